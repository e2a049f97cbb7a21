/*
 * GetAccountConfiguration: what PutAccountConfiguration set for the account in this region, or the
 * defaults.
 */
#include "ca/acm/acm.h"

#include "ca/members.h"

#define DAYS_DEFAULT 45

struct reading {
    const struct scope *scope;
    int64_t days;
};

static int read_unit(struct store_tx *tx, void *context)
{
    struct reading *c = context;
    int rc = store_configuration_get(tx, c->scope, &c->days);
    if (rc == CH_ENOTFOUND)
        c->days = DAYS_DEFAULT;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

int acm_get_account_configuration(struct request *r)
{
    struct reading c = {.scope = &r->scope};
    int rc = request_read(r, read_unit, &c);
    if (rc == 0)
        rc = member_put_new(r->out, "ExpiryEvents",
                            json_pack("{s:I}", "DaysBeforeExpiry", (json_int_t)c.days));
    return rc;
}
