#include "ca/acm/renewal_public.h"

#include "ca/acm/renewal.h"
#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)
#define PENDING_AUTO "PENDING_AUTO_RENEWAL"
#define PENDING_PERSON "PENDING_VALIDATION"
#define BY_ITSELF_DAYS 3 /* so long it may take without a person: 72 hours */

/* Days before the end at which the names are asked for. */
static const int starts[] = {60, 45, 30, 15, 7, 3, 1};
#define MAIL_FIRST 1 /* notices by mail begin 45 days before the end */

static bool by_mail(const struct certificate_row *row)
{
    return row->validation_method != NULL && strcmp(row->validation_method, "EMAIL") == 0;
}

int64_t renewal_public_begins(const struct certificate_row *row)
{
    return row->not_after - starts[by_mail(row) ? MAIL_FIRST : 0] * DAY_US;
}

static int64_t next_start(const struct certificate_row *row, int64_t now)
{
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (row->not_after - starts[i] * DAY_US > now)
            return row->not_after - starts[i] * DAY_US;
    return 0;
}

struct round {
    struct certificate_row row; /* borrows texts */
    const char *status;
    int64_t now;
    bool asks; /* names are asked for, not only the status is changed */
};

static int round_unit(struct store_tx *tx, void *context)
{
    struct round *r = context;
    struct certificate_row now = {0};
    int rc = store_certificate_get(tx, &r->row.scope, r->row.id, &now);
    if (rc != 0)
        return rc;
    free(now.renewal_status);
    free(now.renewal_reason);
    now.renewal_reason = NULL;
    now.renewal_updated_at = r->now;
    now.renewal_started_at = r->row.renewal_started_at;
    now.renew_at = r->row.renew_at;
    rc = member_copy(r->status, &now.renewal_status);
    if (rc == 0)
        rc = store_certificate_set_renewal(tx, &now);
    if (rc == 0 && r->asks)
        rc = validation_restart(tx, &now.scope, now.id, r->now);
    certificate_row_free(&now);
    return rc;
}

/*
 * First the names are asked for by themselves; after three days in vain a person has to act, and the
 * names are asked for again at the next start.
 */
int renewal_public_attempt(struct core *core, const struct certificate_row *row, int64_t now)
{
    struct round r = {.row = *row, .now = now, .asks = true, .status = PENDING_PERSON};
    bool began = renewal_is_pending(row);
    if (!began)
        r.row.renewal_started_at = now;
    int64_t patience = r.row.renewal_started_at + BY_ITSELF_DAYS * DAY_US;
    r.row.renew_at = next_start(row, now);
    if (!by_mail(row) && now < patience) {
        r.status = PENDING_AUTO;
        if (r.row.renew_at == 0 || patience < r.row.renew_at)
            r.row.renew_at = patience;
    } else if (!by_mail(row) && began && strcmp(row->renewal_status, PENDING_AUTO) == 0) {
        r.asks = false;
    }
    int rc = store_write(core->store, round_unit, &r);
    if (rc == 0 && r.asks)
        validation_wake(core);
    return rc;
}
