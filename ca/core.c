#include "ca/core.h"

#include "ca/auth/auth.h"
#include "ca/auth/attempts.h"
#include "ca/iam/sign_in.h"
#include "ca/auth/principal.h"
#include "ca/auth/resource_policy.h"
#include "ca/keyring.h"
#include "ca/management.h"
#include "ca/trail/checkpoint.h"
#include "ca/throttle.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- paths and the HSM's configuration ---- */

int core_path(const char *state, const char *path, char out[CORE_PATH_MAX])
{
    bool as_is = path[0] == '/' || path[0] == '\0';
    int len = snprintf(out, CORE_PATH_MAX, "%s%s%s", as_is ? "" : state, as_is ? "" : "/", path);
    return len >= 0 && len < CORE_PATH_MAX ? 0 : CH_ELIMIT;
}

int core_hsm_config(const char *state, const struct config *config, struct hsm_pin *pin,
                    struct core_hsm *out)
{
    *out = (struct core_hsm){0};
    int r = core_path(state, config->hsm_pin_file, out->pin_file);
    if (r == 0)
        r = core_path(state, config->hsm_writable, out->writable);
    if (r != 0)
        return r;
    out->hsm = (struct hsm_config){
        .module = config->hsm_module,
        .init_args = config->hsm_init_args[0] == '\0' ? NULL : config->hsm_init_args,
        .token_label = config->hsm_token_label,
        .token_serial = config->hsm_token_serial,
        .pin = pin,
        .pin_file = out->pin_file,
        .fsync_folder = out->writable[0] == '\0' ? NULL : out->writable,
        .sessions = (unsigned)config->hsm_sessions,
        .signers = (unsigned)config->hsm_signers,
        .unwrapped_keys = (unsigned)config->hsm_unwrapped_keys,
        .pool_size =
            {
                [KEY_ALG_RSA_2048] = (unsigned)config->hsm_pool_rsa_2048,
                [KEY_ALG_RSA_3072] = (unsigned)config->hsm_pool_rsa_3072,
                [KEY_ALG_RSA_4096] = (unsigned)config->hsm_pool_rsa_4096,
            },
    };
    return 0;
}

int core_hsm_environment(const struct config *config)
{
    char name[CONFIG_TEXT_MAX];
    const char *equals = strchr(config->hsm_environment, '=');
    if (config->hsm_environment[0] == '\0')
        return 0;
    if (equals == NULL || equals == config->hsm_environment)
        return CH_EINVAL;
    snprintf(name, sizeof name, "%.*s", (int)(equals - config->hsm_environment),
             config->hsm_environment);
    return setenv(name, equals + 1, 1) == 0 ? 0 : CH_ESYS;
}

/* ---- reconciliation: what an earlier run left half done ---- */

struct intents {
    struct intent {
        struct scope scope;
        char authority[ROW_UUID_SIZE];
        char id[sizeof((struct issued_row *)0)->id];
    } *list;
    size_t count, room;
};

static int intent_collect(void *context, const struct issued_row *row)
{
    struct intents *all = context;
    if (all->count == all->room) {
        size_t room = all->room == 0 ? 16 : 2 * all->room;
        struct intent *list = reallocarray(all->list, room, sizeof *list);
        if (list == NULL)
            return CH_ENOMEM;
        all->list = list;
        all->room = room;
    }
    struct intent *i = &all->list[all->count++];
    i->scope = row->scope;
    snprintf(i->authority, sizeof i->authority, "%s", row->authority);
    snprintf(i->id, sizeof i->id, "%s", row->id);
    return 0;
}

static int intents_read(struct store_tx *tx, void *context)
{
    return store_issued_list_intents(tx, intent_collect, context);
}

static int intents_fail(struct store_tx *tx, void *context)
{
    const struct intents *all = context;
    int r = 0;
    for (size_t i = 0; i < all->count && r == 0; i++)
        r = store_issued_fail(tx, &all->list[i].scope, all->list[i].authority, all->list[i].id);
    return r;
}

/* Whether such a certificate was signed nobody knows; nobody was given it. The serial stays spent. */
static int reconcile_intents(struct core *core)
{
    struct intents all = {0};
    int r = store_read(core->store, intents_read, &all);
    for (size_t i = 0; i < all.count && r == 0; i++)
        log_warn("certificate %s of authority %s was begun and not finished: marked FAILED",
                 all.list[i].id, all.list[i].authority);
    if (r == 0 && all.count > 0)
        r = store_write(core->store, intents_fail, &all);
    free(all.list);
    return r;
}

struct pair_seen {
    const struct hsm_name *name;
    bool public_found;
};

static int pair_judge(struct store_tx *tx, void *context)
{
    const struct pair_seen *seen = context;
    struct system_key_row row = {0};
    int r = store_system_key_get_by_id(tx, seen->name->id, &row);
    system_key_row_free(&row);
    if (r == CH_ENOTFOUND)
        log_warn("the token holds a key \"%s\" that the store does not know", seen->name->label);
    else if (r == 0 && !seen->public_found)
        log_warn("the token holds \"%s\" without its public half", seen->name->label);
    return r == CH_ENOTFOUND ? 0 : r;
}

static void pair_visit(void *context, const struct hsm_name *name, bool public_found)
{
    struct core *core = context;
    struct pair_seen seen = {.name = name, .public_found = public_found};
    if (store_read(core->store, pair_judge, &seen) != 0)
        log_warn("key \"%s\" could not be looked up", name->label);
}

static int reconcile(struct core *core)
{
    int r = reconcile_intents(core);
    return r != 0 ? r : hsm_pair_list(core->hsm, "chancery/", pair_visit, core);
}

/* ---- open ---- */

static int node_read(struct store_tx *tx, void *context)
{
    return store_setting_get(tx, "node", context);
}

static int node_take(struct core *core)
{
    char *text = NULL;
    int r = store_read(core->store, node_read, &text);
    long node = r == 0 ? strtol(text, NULL, 10) : 0;
    core->node = (uint8_t)node;
    if (r == 0 && (node < 1 || node > 0x7f))
        r = CH_EINTEGRITY;
    free(text);
    return r;
}

static int keys_find(struct core *core)
{
    struct system_key_row audit = {0};
    int r = keyring_anchor_set(core->keyring);
    if (r == 0)
        r = keyring_secret_find(core->keyring, KEYRING_BINDING, &core->binding);
    if (r == 0)
        r = keyring_secret_find(core->keyring, KEYRING_SEAL, &core->seal);
    if (r == 0)
        r = keyring_pair_find(core->keyring, KEYRING_AUDIT, &audit, &core->audit);
    core->audit_spki = audit.spki;
    audit.spki = (struct buf){0};
    system_key_row_free(&audit);
    return r != 0 ? r : management_open(core, &core->management);
}

/* ---- the findings of the HSM's self test, between two starts ---- */

#define NOTES_SETTING "hsm-self-test"

struct notes {
    struct buf *text;
    const char *line;
};

static int notes_get(struct store_tx *tx, void *context)
{
    const struct notes *n = context;
    char *value = NULL;
    int r = store_setting_get(tx, NOTES_SETTING, &value);
    if (r == 0)
        r = buf_put_text(n->text, value);
    free(value);
    return r;
}

static int notes_read(void *context, struct buf *text)
{
    return store_read(context, notes_get, &(struct notes){.text = text});
}

static int notes_put(struct store_tx *tx, void *context)
{
    const struct notes *n = context;
    return store_setting_put(tx, NOTES_SETTING, n->line);
}

static int notes_write(void *context, const char *text)
{
    return store_write(context, notes_put, &(struct notes){.line = text});
}

struct hsm_notes core_hsm_notes(struct store *store)
{
    return (struct hsm_notes){.read = notes_read, .write = notes_write, .context = store};
}

static int store_and_hsm_open(const char *state, const struct config *config, struct hsm_pin *pin,
                              struct core *core)
{
    struct core_hsm hsm;
    char path[CORE_PATH_MAX];
    int r = core_path(state, config->store_path, path);
    if (r == 0)
        r = core_hsm_config(state, config, pin, &hsm);
    if (r == 0)
        r = store_open(path, false, &core->store);
    if (r != 0) {
        log_error("store %s: %s", path, ch_error_text(r));
        return r;
    }
    hsm.hsm.notes = core_hsm_notes(core->store);
    return hsm_open(&hsm.hsm, &core->hsm);
}

int core_open(const char *state, const struct config *config, struct hsm_pin *pin,
              struct core *out)
{
    PRECOND(state != NULL && config != NULL && out != NULL);
    *out = (struct core){.config = config, .started_at = clock_now()};
    int r = throttle_new(config, &out->throttle);
    if (r == 0)
        r = core_path(state, "public", out->public_folder);
    if (r == 0)
        r = core_path(state, "reports", out->reports_folder);
    if (r == 0)
        r = store_and_hsm_open(state, config, pin, out);
    if (r != 0)
        goto out;
    out->keyring = keyring_new(out->store, out->hsm);
    out->credentials = credentials_new(out);
    out->resource_policies = resource_policies_new();
    out->principals = principals_new();
    out->attempts = attempts_new(ATTEMPTS_MAX, ATTEMPTS_WINDOW);
    out->sign_ins = sign_ins_new(config);
    bool made = out->principals != NULL && out->attempts != NULL && out->sign_ins != NULL && out->keyring != NULL && out->credentials != NULL && out->resource_policies != NULL;
    r = made ? node_take(out) : CH_ENOMEM;
    if (r == 0)
        r = keys_find(out);
    if (r == CH_ENOTFOUND)
        log_error("%s is not provisioned: run `chancery init --state %s`", state, state);
    if (r == 0)
        r = reconcile(out);
    if (r == 0)
        r = checkpoint_look(out);
out:
    if (r != 0)
        core_close(out);
    return r;
}

void core_close(struct core *core)
{
    management_close(core->management);
    credentials_free(core->credentials);
    principals_free(core->principals);
    attempts_free(core->attempts);
    sign_ins_free(core->sign_ins);
    resource_policies_free(core->resource_policies);
    keyring_free(core->keyring);
    buf_free(&core->audit_spki);
    hsm_close(core->hsm);
    store_close(core->store);
    throttle_free(core->throttle);
    explicit_bzero(core->random_ahead.octets, sizeof core->random_ahead.octets);
    *core = (struct core){0};
}

/* ---- randomness ---- */

int core_random(struct core *core, uint8_t *out, size_t len)
{
    struct random_ahead *ahead = &core->random_ahead;
    PRECOND(len <= CORE_RANDOM_AHEAD);
    int r = 0;
    pthread_mutex_lock(&ahead->lock);
    if (ahead->left < len) {
        ahead->left = 0;
        r = hsm_random(core->hsm, ahead->octets, sizeof ahead->octets);
        if (r == 0)
            ahead->left = sizeof ahead->octets;
    }
    if (r == 0) {
        ahead->left -= len;
        memcpy(out, ahead->octets + ahead->left, len);
        explicit_bzero(ahead->octets + ahead->left, len);
    }
    pthread_mutex_unlock(&ahead->lock);
    return r;
}

/* ---- custody ---- */

int core_custody(struct core *core, const struct scope *scope, bool exportable,
                 struct hsm_custody *out)
{
    char family[96];
    *out = (struct hsm_custody){0};
    snprintf(family, sizeof family, "kek/%s/%s/%s", scope->account, scope->region,
             exportable ? "export" : "no-export");
    int r = keyring_kek(core->keyring, family,
                        exportable ? HSM_SECRET_KEK_EXPORT : HSM_SECRET_KEK_NO_EXPORT, &out->kek);
    if (r == 0)
        out->mac = core->binding;
    return r;
}

int core_custody_by_id(struct core *core, const uint8_t kek_id[HSM_ID_SIZE],
                       struct hsm_custody *out)
{
    *out = (struct hsm_custody){0};
    int r = keyring_secret_find_by_id(core->keyring, kek_id, &out->kek);
    if (r == 0)
        out->mac = core->binding;
    return r;
}
