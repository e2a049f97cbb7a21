/*
 * DeleteCertificateAuthority: an authority that is not ACTIVE becomes DELETED and can be restored
 * for 7 to 30 days; one that never had a key that was given out, CREATING or FAILED, is gone at
 * once. The key is destroyed by a job of its own (ca/jobs/destruction.c) when there is no way back.
 */
#include "ca/pca/pca.h"

#include "ca/core.h"
#include "ca/jobs/destruction.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/pca/authority.h"

#include <string.h>

#define DAY_US (INT64_C(86400) * 1000000)
#define RESTORABLE_DAYS 30 /* unless asked otherwise */

struct deletion {
    struct request *r;
    struct authority_row row;
    int64_t restorable_until;
};

static bool status_is_of(const char *status, const char *const list[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(status, list[i]) == 0)
            return true;
    return false;
}

static int check_state(struct deletion *d)
{
    static const char *const deletable[] = {"PENDING_CERTIFICATE", "CREATING", "EXPIRED",
                                            "DISABLED", "FAILED"};
    if (status_is_of(authority_status(&d->row, d->r->now), deletable,
                     sizeof deletable / sizeof deletable[0]))
        return 0;
    return api_fail(&d->r->error, "InvalidStateException",
                    "The certificate authority is not in a valid state for deletion.");
}

static void period_set(struct deletion *d)
{
    static const char *const never_used[] = {"CREATING", "FAILED"};
    const json_t *days = json_object_get(d->r->in, "PermanentDeletionTimeInDays");
    int64_t count = days == NULL ? RESTORABLE_DAYS : json_integer_value(days);
    d->restorable_until = d->r->now;
    if (!status_is_of(d->row.status, never_used, 2))
        d->restorable_until += count * DAY_US;
}

static int delete_unit(struct store_tx *tx, void *context)
{
    const struct deletion *d = context;
    return store_authority_delete(tx, &d->row, d->restorable_until, d->r->now);
}

int pca_delete_certificate_authority(struct request *r)
{
    struct deletion d = {.r = r};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &d.row);
    if (rc == 0)
        rc = check_state(&d);
    if (rc == 0) {
        period_set(&d);
        rc = request_commit(r, delete_unit, &d);
    }
    if (rc == 0)
        schedule_wake(r->core->schedule, DESTRUCTION_JOB);
    authority_row_free(&d.row);
    return rc == CH_ESTATE ? authority_fail_concurrent(r) : rc;
}
