#include "ca/trust/trust.h"

#include "ca/jobs/schedule.h"
#include "firmware/base/clock.h"

#include <stdlib.h>
#include <string.h>

const struct scope trust_scope = {TRUST_ACCOUNT, TRUST_REGION};

/* The roots are numbered as those of AWS are. */
const struct trust_family trust_families[TRUST_FAMILIES] = {
    {KEY_ALG_P256, SIG_ALG_SHA256WITHECDSA, "ECDSA 256", "p-256", "Root CA 3"},
    {KEY_ALG_P384, SIG_ALG_SHA384WITHECDSA, "ECDSA 384", "p-384", "Root CA 4"},
    {KEY_ALG_RSA_2048, SIG_ALG_SHA256WITHRSA, "RSA 2048", "rsa-2048", "Root CA 1"},
    {KEY_ALG_RSA_4096, SIG_ALG_SHA384WITHRSA, "RSA 4096", "rsa-4096", "Root CA 2"},
};

const struct trust_family *trust_family_find(enum key_alg alg)
{
    for (size_t i = 0; i < TRUST_FAMILIES; i++)
        if (trust_families[i].key_alg == alg)
            return &trust_families[i];
    return NULL;
}

const struct trust_family *trust_family_named(const char *token)
{
    for (size_t i = 0; i < TRUST_FAMILIES; i++)
        if (strcmp(trust_families[i].token, token) == 0)
            return &trust_families[i];
    return NULL;
}

/* A signature is to be as strong as the key that it certifies. */
const struct trust_family *trust_family_for(enum key_alg alg)
{
    static const enum key_alg signers[KEY_ALG_COUNT] = {
        [KEY_ALG_RSA_2048] = KEY_ALG_RSA_2048, [KEY_ALG_RSA_3072] = KEY_ALG_RSA_4096,
        [KEY_ALG_RSA_4096] = KEY_ALG_RSA_4096, [KEY_ALG_P256] = KEY_ALG_P256,
        [KEY_ALG_P384] = KEY_ALG_P384,         [KEY_ALG_P521] = KEY_ALG_P384,
    };
    return (unsigned)alg < KEY_ALG_COUNT ? trust_family_find(signers[alg]) : NULL;
}

/* ---- the list ---- */

static int visit(void *context, const struct trust_row *row)
{
    struct trust_list *list = context;
    struct trust_row *rows = reallocarray(list->rows, list->count + 1, sizeof *rows);
    if (rows == NULL)
        return CH_ENOMEM;
    list->rows = rows;
    rows[list->count] = *row;
    rows[list->count].status = strdup(row->status);
    return rows[list->count++].status == NULL ? CH_ENOMEM : 0;
}

static int list_unit(struct store_tx *tx, void *context)
{
    return store_trust_list(tx, visit, context);
}

void trust_list_free(struct trust_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        trust_row_free(&list->rows[i]);
    free(list->rows);
    *list = (struct trust_list){0};
}

int trust_list_read(struct core *core, struct trust_list *out)
{
    *out = (struct trust_list){0};
    int rc = store_read(core->store, list_unit, out);
    if (rc != 0)
        trust_list_free(out);
    return rc;
}

bool trust_is_root(const struct trust_row *row)
{
    return strcmp(row->id, row->parent) == 0;
}

bool trust_issues(const struct trust_row *row, int64_t until)
{
    return row->retired_at == 0 && strcmp(row->status, "ACTIVE") == 0 && row->not_after >= until;
}

bool trust_has_place(const struct config *config)
{
    return config->public_port != 0 || config->public_url[0] != '\0';
}

/* ---- whose turn it is ---- */

/* The index of the nth that issues for the family; count when there are fewer. *found = how many. */
static size_t find_nth(const struct trust_list *list, enum key_alg family, int64_t until, size_t n,
                       size_t *found)
{
    *found = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct trust_row *row = &list->rows[i];
        if (row->family != family || trust_is_root(row) || !trust_issues(row, until))
            continue;
        if ((*found)++ == n)
            return i;
    }
    return list->count;
}

static bool has_failed(const struct trust_list *list, enum key_alg family)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].family == family && strcmp(list->rows[i].status, "FAILED") == 0)
            return true;
    return false;
}

struct load {
    const char *id;
    struct authority_row *out;
};

static int load_unit(struct store_tx *tx, void *context)
{
    struct load *l = context;
    return store_authority_get(tx, &trust_scope, l->id, l->out);
}

static int none(struct core *core, const struct trust_list *list, const struct trust_family *family)
{
    if (has_failed(list, family->key_alg))
        return CH_EUNSUPPORTED;
    int rc = trust_want(core, family);
    return rc == 0 ? CH_EBUSY : rc;
}

int trust_choose(struct core *core, enum key_alg alg, int64_t until, struct authority_row *out)
{
    const struct trust_family *family = trust_family_for(alg);
    struct trust_list list;
    uint8_t octets[2];
    size_t count = 0;
    *out = (struct authority_row){0};
    if (family == NULL || !trust_has_place(core->config))
        return CH_EUNSUPPORTED;
    int rc = trust_list_read(core, &list);
    if (rc != 0)
        return rc;
    (void)find_nth(&list, family->key_alg, until, list.count, &count);
    rc = count == 0 ? none(core, &list, family) : core_random(core, octets, sizeof octets);
    if (rc == 0) {
        size_t chance = ((size_t)octets[0] << 8 | octets[1]) % count;
        size_t at = find_nth(&list, family->key_alg, until, chance, &count);
        rc = store_read(core->store, load_unit, &(struct load){list.rows[at].id, out});
    }
    trust_list_free(&list);
    return rc;
}

struct search {
    const char *id;
    struct store_tx *tx;
    struct issued_row *out;
};

/* There are few authorities, and this is asked when a certificate is revoked. */
static int search_visit(void *context, const struct trust_row *row)
{
    struct search *s = context;
    int rc = store_issued_get(s->tx, &trust_scope, row->id, s->id, s->out);
    return rc == 0 ? CH_EEXISTS : rc == CH_ENOTFOUND ? 0 : rc;
}

int trust_issued_get(struct store_tx *tx, const char *id, struct issued_row *out)
{
    struct search s = {.id = id, .tx = tx, .out = out};
    int rc = store_trust_list(tx, search_visit, &s);
    return rc == CH_EEXISTS ? 0 : rc == 0 ? CH_ENOTFOUND : rc;
}
