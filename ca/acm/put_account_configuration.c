/*
 * PutAccountConfiguration: how many days before expiry the events begin. A token seen in the last
 * hour with the same request changes nothing, even when another call did since; with another
 * request it is a ConflictException.
 */
#include "ca/acm/acm.h"

#include "ca/idempotency.h"
#include "ca/members.h"

struct put {
    struct request *r;
    const char *token;
    json_int_t days;
    struct buf hash;
    struct buf known;
};

/* CH_ENOTFOUND: the token is new. */
static int token_check(struct store_tx *tx, struct put *p)
{
    buf_clear(&p->known);
    int rc = store_configuration_token_get(tx, &p->r->scope, p->token,
                                           p->r->now - IDEMPOTENCY_ACM_US, &p->known);
    if (rc == 0 && !idempotency_same(&p->known, &p->hash))
        rc = api_fail(&p->r->error, "ConflictException",
                      "The idempotency token was used with another request in the last hour.");
    return rc;
}

static int put_unit(struct store_tx *tx, void *context)
{
    struct put *p = context;
    int rc = token_check(tx, p);
    if (rc != CH_ENOTFOUND)
        return rc;
    rc = store_configuration_token_put(tx, &p->r->scope, p->token, buf_slice(&p->hash), p->r->now,
                                       p->r->now - IDEMPOTENCY_ACM_US);
    return rc == 0 ? store_configuration_put(tx, &p->r->scope, p->days) : rc;
}

int acm_put_account_configuration(struct request *r)
{
    const json_t *days =
        json_object_get(json_object_get(r->in, "ExpiryEvents"), "DaysBeforeExpiry");
    struct put p = {.r = r,
                    .token = member_text(r->in, "IdempotencyToken"),
                    .days = json_integer_value(days)};
    if (days == NULL)
        return api_fail(&r->error, "ValidationException", "Configuration for events is empty.");
    int rc = idempotency_hash(r->in, &p.hash);
    if (rc == 0)
        rc = request_commit(r, put_unit, &p);
    buf_free(&p.known);
    buf_free(&p.hash);
    return rc;
}
