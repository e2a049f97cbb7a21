#include "ca/jobs/expiry.h"

#include "ca/domain/event.h"
#include "ca/domain/outcome.h"

#define BATCH 500 /* rows in one transaction; other writers come in between */

static int due_unit(struct store_tx *tx, void *context)
{
    int64_t *at = context;
    int64_t not_after = 0;
    int64_t created_at = 0;
    *at = SCHEDULE_NEVER;
    int rc = store_certificate_expiry_next(tx, &not_after);
    if (rc == 0)
        *at = not_after + 1; /* valid up to and including NotAfter, RFC 5280 4.1.2.5 */
    if (rc == 0 || rc == CH_ENOTFOUND)
        rc = store_certificate_timeout_next(tx, &created_at);
    if (rc == 0 && created_at + OUTCOME_WAIT_US < *at)
        *at = created_at + OUTCOME_WAIT_US;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

int expiry_job_due(struct core *core, int64_t *at)
{
    return store_read(core->store, due_unit, at);
}

struct ending {
    struct store_tx *tx;
    int64_t now;
};

static int timed_out(void *context, const struct scope *scope, const char *id)
{
    const struct ending *e = context;
    return domain_event_timed_out(e->tx, scope, id, e->now);
}

static int run_unit(struct store_tx *tx, void *context)
{
    const int64_t *now = context;
    const int64_t created_at = *now - OUTCOME_WAIT_US;
    struct ending e = {tx, *now};
    uint32_t count = 0;
    int rc = store_certificate_expire(tx, *now, BATCH, &count);
    if (rc == 0)
        rc = store_certificate_timeout_list(tx, created_at, BATCH, timed_out, &e);
    return rc == 0 ? store_certificate_time_out(tx, created_at, BATCH, &count) : rc;
}

int expiry_job_run(struct core *core, int64_t now)
{
    return store_write(core->store, run_unit, &now);
}
