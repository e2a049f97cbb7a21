#include "ca/auth/credentials.h"

#include "ca/core.h"
#include "ca/store/iam.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_SIZE ((size_t)40)

/* ---- ids and secrets ---- */

/* prefix and letters of base 32 up to size - 1 characters, from the token's generator. */
static int random_id(struct core *core, const char *prefix, char *out, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t bytes[32];
    size_t start = strlen(prefix), count = size - 1 - start;
    PRECOND(count <= sizeof bytes);
    int r = hsm_random(core->hsm, bytes, count);
    if (r != 0)
        return r;
    memcpy(out, prefix, start);
    for (size_t i = 0; i < count; i++)
        out[start + i] = letters[bytes[i] & 31];
    out[size - 1] = '\0';
    return 0;
}

/* 30 random octets as 40 characters of base64, the form that AWS gives. */
static int random_secret(struct core *core, struct secret **out)
{
    struct secret *raw = secret_new(SECRET_SIZE / 4 * 3);
    struct secret *text = secret_new(SECRET_SIZE + 1);
    int r = raw == NULL || text == NULL ? CH_ENOMEM
                                        : hsm_random(core->hsm, secret_data(raw), secret_len(raw));
    if (r == 0) {
        EVP_EncodeBlock(secret_data(text), secret_data(raw), (int)secret_len(raw));
        secret_trim(text, SECRET_SIZE);
        *out = text;
        text = NULL;
    }
    secret_free(raw);
    secret_free(text);
    return r;
}

int credentials_random(struct core *core, const char *prefix, char *id, size_t size,
                       struct secret **secret)
{
    int r = random_id(core, prefix, id, size);
    return r == 0 ? random_secret(core, secret) : r;
}

int credentials_key_make(struct core *core, const char *account, int64_t at,
                         struct credentials_key *out)
{
    char id[21], context[160];
    *out = (struct credentials_key){.row = {.active = true, .created_at = at}};
    int r = random_id(core, "AKIA", id, sizeof id);
    if (r == 0)
        r = random_secret(core, &out->secret);
    if (r == 0 && (out->row.id = strdup(id)) == NULL)
        r = CH_ENOMEM;
    snprintf(out->row.account, sizeof out->row.account, "%s", account);
    snprintf(context, sizeof context, "access-key/%s", r == 0 ? id : "");
    if (r == 0)
        r = hsm_seal(core->hsm, core->seal, slice_text(context), secret_slice(out->secret),
                     &out->row.sealed_secret);
    if (r != 0)
        credentials_key_free(out);
    return r;
}

void credentials_key_free(struct credentials_key *key)
{
    access_key_row_free(&key->row);
    secret_free(key->secret);
    key->secret = NULL;
}

/* ---- new users ---- */

/* IAM: [\w+=,.@-]+, at most 64. */
static bool name_is_valid(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
    size_t len = strlen(name);
    return len > 0 && len <= 64 && strspn(name, allowed) == len;
}

static int draft_key(struct core *core, struct credentials_draft *d)
{
    int r = credentials_key_make(core, d->user.account, d->user.created_at, &d->key);
    if (r == 0 && (d->key.row.user = strdup(d->user.name)) == NULL)
        r = CH_ENOMEM;
    return r;
}

int credentials_draft_make(struct core *core, const char *account, const char *name,
                           bool administrator, struct credentials_draft *out)
{
    char id[22];
    *out = (struct credentials_draft){0};
    if (!name_is_valid(name) || strlen(account) != ROW_ACCOUNT_SIZE - 1)
        return CH_EINVAL;
    int r = random_id(core, "AIDA", id, sizeof id);
    if (r != 0)
        return r;
    snprintf(out->user.account, sizeof out->user.account, "%s", account);
    out->user.name = strdup(name);
    out->user.id = strdup(id);
    out->user.administrator = administrator;
    out->user.created_at = clock_now_us();
    r = out->user.name == NULL || out->user.id == NULL ? CH_ENOMEM : draft_key(core, out);
    if (r != 0)
        credentials_draft_free(out);
    return r;
}

int credentials_draft_insert(struct store_tx *tx, const struct credentials_draft *draft)
{
    int r = store_user_insert(tx, &draft->user);
    if (r == 0)
        r = store_access_key_insert(tx, &draft->key.row);
    if (r != 0)
        return r;
    return trail_append_event(tx, &(struct trail_event){
                                      .name = "CreateUser",
                                      .source = "iam.amazonaws.com",
                                      .account = draft->user.account,
                                      .at = draft->user.created_at,
                                      .details = json_pack("{s:s, s:s, s:b}", "userName",
                                                           draft->user.name, "accessKeyId",
                                                           draft->key.row.id, "administrator",
                                                           draft->user.administrator),
                                  });
}

void credentials_draft_free(struct credentials_draft *draft)
{
    user_row_free(&draft->user);
    credentials_key_free(&draft->key);
    *draft = (struct credentials_draft){0};
}

struct user_making {
    const struct credentials_draft *draft;
    const char *account;
};

static int user_write(struct store_tx *tx, void *context)
{
    const struct user_making *m = context;
    struct account_row account = {0};
    int r = store_account_get(tx, m->account, &account);
    account_row_free(&account);
    return r != 0 ? r : credentials_draft_insert(tx, m->draft);
}

int credentials_user_add(struct core *core, struct new_user *user)
{
    struct credentials_draft draft;
    user->secret = NULL;
    user->access_key_id[0] = '\0';
    int r = credentials_draft_make(core, user->account, user->name, user->administrator, &draft);
    if (r != 0)
        return r;
    r = store_write(core->store, user_write,
                    &(struct user_making){.draft = &draft, .account = user->account});
    if (r == 0) {
        snprintf(user->access_key_id, sizeof user->access_key_id, "%s", draft.key.row.id);
        user->secret = draft.key.secret;
        draft.key.secret = NULL;
    }
    credentials_draft_free(&draft);
    return r;
}

/* ---- the root principal ---- */

#define ROOT_KEYS_MAX 2

static int root_insert(struct store_tx *tx, const char *account, int64_t at)
{
    struct iam_row row = {.kind = IAM_ROOT, .created_at = at, .updated_at = at};
    snprintf(row.account, sizeof row.account, "%s", account);
    row.name = strdup(IAM_ROOT_NAME);
    row.path = strdup("/");
    row.id = strdup(account);
    int r = row.name == NULL || row.path == NULL || row.id == NULL ? CH_ENOMEM
                                                                    : store_iam_insert(tx, &row);
    iam_row_free(&row);
    return r;
}

static int root_ensure(struct store_tx *tx, const char *account, int64_t at)
{
    struct iam_row row = {0};
    int r = store_iam_get(tx, account, IAM_ROOT, IAM_ROOT_NAME, &row);
    iam_row_free(&row);
    return r == CH_ENOTFOUND ? root_insert(tx, account, at) : r;
}

static int root_write(struct store_tx *tx, void *context)
{
    const struct credentials_key *key = context;
    struct account_row account = {0};
    uint32_t count = 0;
    int r = store_account_get(tx, key->row.account, &account);
    account_row_free(&account);
    if (r == 0)
        r = root_ensure(tx, key->row.account, key->row.created_at);
    if (r == 0)
        r = store_access_key_count(tx, key->row.account, IAM_ROOT_NAME, &count);
    if (r == 0 && count >= ROOT_KEYS_MAX)
        r = CH_ELIMIT;
    if (r == 0)
        r = store_access_key_insert(tx, &key->row);
    return r != 0 ? r
                  : trail_append_event(tx, &(struct trail_event){
                                               .name = "CreateAccessKey",
                                               .source = "iam.amazonaws.com",
                                               .account = key->row.account,
                                               .at = key->row.created_at,
                                               .details = json_pack("{s:s, s:s}", "userName",
                                                                    IAM_ROOT_NAME, "accessKeyId",
                                                                    key->row.id),
                                           });
}

int credentials_root_key_add(struct core *core, struct new_user *user)
{
    struct credentials_key key = {0};
    user->secret = NULL;
    user->access_key_id[0] = '\0';
    int r = credentials_key_make(core, user->account, clock_now_us(), &key);
    if (r == 0 && (key.row.user = strdup(IAM_ROOT_NAME)) == NULL)
        r = CH_ENOMEM;
    if (r == 0)
        r = store_write(core->store, root_write, &key);
    if (r == 0) {
        snprintf(user->access_key_id, sizeof user->access_key_id, "%s", key.row.id);
        user->secret = key.secret;
        key.secret = NULL;
    }
    credentials_key_free(&key);
    return r;
}
