#include "ca/jobs/ocsp.h"

#include "ca/pca/ocsp.h"

static int due_unit(struct store_tx *tx, void *context)
{
    return store_ocsp_renewal_next(tx, context);
}

int ocsp_job_due(struct core *core, int64_t *at)
{
    int rc = store_read(core->store, due_unit, at);
    if (rc == CH_ENOTFOUND)
        *at = SCHEDULE_NEVER;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

struct renewal {
    int64_t now;
    struct authority_row row;
};

static int first_unit(struct store_tx *tx, void *context)
{
    struct renewal *n = context;
    return store_ocsp_renewal_first(tx, n->now, &n->row);
}

/* One authority: a signature or two. */
int ocsp_job_run(struct core *core, int64_t now)
{
    struct renewal n = {.now = now};
    int rc = store_read(core->store, first_unit, &n);
    if (rc == 0)
        rc = ocsp_renew(core->ocsp, &n.row);
    authority_row_free(&n.row);
    return rc == CH_ENOTFOUND ? 0 : rc;
}
