#include "ca/quota.h"

#include "ca/core.h"
#include "firmware/base/log.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define YEAR_US (INT64_C(365) * 86400 * 1000000)

struct question {
    struct store_tx *tx;
    const struct scope *scope;
    int64_t now;
};

static int held_public(const struct question *q, uint64_t *used)
{
    return store_usage_held(q->tx, q->scope, USAGE_AMAZON_ISSUED, used);
}

static int year_public(const struct question *q, uint64_t *used)
{
    return store_usage_since(q->tx, q->scope, USAGE_AMAZON_ISSUED, q->now - YEAR_US, used);
}

static int held_imported(const struct question *q, uint64_t *used)
{
    return store_usage_held(q->tx, q->scope, USAGE_IMPORTED, used);
}

static int year_imported(const struct question *q, uint64_t *used)
{
    return store_usage_since(q->tx, q->scope, USAGE_IMPORTED, q->now - YEAR_US, used);
}

static int authorities(const struct question *q, uint64_t *used)
{
    return store_usage_authorities(q->tx, q->scope, q->now, used);
}

static int nothing(const struct question *q, uint64_t *used)
{
    (void)q;
    *used = 0;
    return 0;
}

struct quota_row {
    size_t limit; /* where struct config has it */
    int (*used)(const struct question *q, uint64_t *used);
    const char *text; /* AWS's own; {} stands for the limit */
};

static const struct quota_row rows[QUOTA_COUNT] = {
    [QUOTA_CERTIFICATES] = {offsetof(struct config, quota_certificates), held_public,
                            "Cannot request more certificates in this account. "
                            "Contact Customer Service for details."},
    [QUOTA_CERTIFICATES_PER_YEAR] =
        {offsetof(struct config, quota_certificates_per_year), year_public,
         "Error: you have reached your limit of {} certificates in the last year."},
    [QUOTA_IMPORTS] = {offsetof(struct config, quota_imports), held_imported,
                       "You have reached the maximum number of certificates. Delete certificates "
                       "that are not in use, or contact AWS Support to request an increase."},
    [QUOTA_IMPORTS_PER_YEAR] =
        {offsetof(struct config, quota_imports_per_year), year_imported,
         "You have imported the maximum number of {} certificates in the last year."},
    [QUOTA_NAMES] = {offsetof(struct config, quota_names), nothing,
                     "Certificate has too many domains."},
    /* No recorded text is known of this one and of quota_fail_issued. */
    [QUOTA_AUTHORITIES] = {offsetof(struct config, quota_authorities), authorities,
                           "You have reached your limit of {} certificate authorities."},
};

static uint64_t limit_of(const struct config *config, size_t offset)
{
    int64_t limit = 0;
    memcpy(&limit, (const char *)config + offset, sizeof limit);
    return limit <= 0 ? UINT64_MAX : (uint64_t)limit;
}

static int refuse(struct request *r, const char *text, uint64_t limit)
{
    const char *hole = strstr(text, "{}");
    if (hole == NULL)
        return api_fail(&r->error, "LimitExceededException", "%s", text);
    return api_fail(&r->error, "LimitExceededException", "%.*s%" PRIu64 "%s", (int)(hole - text),
                    text, limit, hole + 2);
}

int quota_check(struct request *r, struct store_tx *tx, enum quota quota, uint64_t amount)
{
    PRECOND(r != NULL && quota < QUOTA_COUNT && (tx != NULL || quota == QUOTA_NAMES));
    const struct quota_row *row = &rows[quota];
    const struct question q = {.tx = tx, .scope = &r->scope, .now = r->now};
    uint64_t limit = limit_of(r->core->config, row->limit);
    uint64_t used = 0;
    int rc = row->used(&q, &used);
    if (rc != 0)
        return rc;
    return used > limit || amount > limit - used ? refuse(r, row->text, limit) : 0;
}

int quota_waiting(struct request *r, struct store_tx *tx)
{
    uint64_t waiting = 0;
    int rc = store_certificate_count_waiting(tx, &r->scope, &waiting);
    if (rc != 0 || waiting < limit_of(r->core->config, offsetof(struct config, quota_waiting)))
        return rc;
    return api_fail_throttled(&r->error, r->service->name, r->operation->name);
}

int quota_issued(const struct core *core, struct store_tx *tx, const struct scope *scope,
                 const char *authority)
{
    uint64_t used = 0;
    int rc = store_usage_issued(tx, scope, authority, &used);
    if (rc != 0)
        return rc;
    return used >= limit_of(core->config, offsetof(struct config, quota_issued)) ? CH_ELIMIT : 0;
}

int quota_fail_issued(struct request *r)
{
    return refuse(r, "The certificate authority has reached its limit of {} certificates.",
                  limit_of(r->core->config, offsetof(struct config, quota_issued)));
}
