#include "ca/jobs/destruction.h"

#include "ca/arn.h"
#include "ca/jobs/key_maker.h"
#include "ca/pca/authority.h"
#include "ca/pca/ocsp.h"
#include "ca/trail/trail.h"
#include "firmware/base/log.h"

static int due_unit(struct store_tx *tx, void *context)
{
    return store_authority_destroy_next(tx, context);
}

int destruction_job_due(struct core *core, int64_t *at)
{
    int rc = store_read(core->store, due_unit, at);
    if (rc == CH_ENOTFOUND)
        *at = SCHEDULE_NEVER;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

struct destruction {
    struct core *core;
    int64_t now;
    struct authority_row row;
};

static int first_unit(struct store_tx *tx, void *context)
{
    struct destruction *d = context;
    return store_authority_destroy_first(tx, d->now, &d->row);
}

static int condemn_unit(struct store_tx *tx, void *context)
{
    const struct destruction *d = context;
    return store_authority_condemn(tx, &d->row, d->now);
}

static int record(struct store_tx *tx, const struct destruction *d, const char *arn)
{
    return trail_append_event(tx, &(struct trail_event){
                                      .name = "DestroyCertificateAuthorityKey",
                                      .source = "acm-pca.amazonaws.com",
                                      .account = d->row.scope.account,
                                      .region = d->row.scope.region,
                                      .at = d->now,
                                      .details = json_pack("{s:s}", "certificateAuthorityArn", arn),
                                  });
}

static int end_unit(struct store_tx *tx, void *context)
{
    const struct destruction *d = context;
    char arn[ARN_SIZE];
    arn_authority(&d->row.scope, d->row.id, arn);
    int rc = store_authority_destroyed(tx, &d->row, d->now);
    if (rc == 0)
        rc = store_tag_remove_all(tx, arn);
    return rc == 0 ? record(tx, d, arn) : rc;
}

/*
 * In this order: first it is written that there is no way back, then the pair is destroyed and
 * that of its OCSP responder, then that it is. Whatever is interrupted is done again, and
 * destroying what is not there is no failure.
 */
static int destroy(struct destruction *d)
{
    struct hsm_name name;
    authority_key_name(&d->row, &name);
    int rc = store_write(d->core->store, condemn_unit, d);
    if (rc == 0)
        rc = hsm_pair_destroy(d->core->hsm, &name);
    if (rc == 0)
        rc = ocsp_end(d->core->ocsp, &d->row);
    if (rc == 0)
        rc = store_write(d->core->store, end_unit, d);
    if (rc == 0)
        log_info("authority %s can no longer be restored: its key is destroyed", d->row.id);
    return rc;
}

/* One authority. The claim keeps the key maker from making the pair of one that was deleted
 * CREATING. */
int destruction_job_run(struct core *core, int64_t now)
{
    struct destruction d = {.core = core, .now = now};
    int rc = store_read(core->store, first_unit, &d);
    if (rc == CH_ENOTFOUND)
        return 0;
    if (rc == 0)
        rc = key_maker_claim(core->key_maker, d.row.id);
    if (rc == 0) {
        rc = destroy(&d);
        key_maker_release(core->key_maker, d.row.id);
    }
    authority_row_free(&d.row);
    return rc == CH_ESTATE ? 0 : rc;
}
