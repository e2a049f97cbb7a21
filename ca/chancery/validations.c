/*
 * ListValidations: for every name of a public certificate what its owner is to do, what was last seen, by whom, why
 * that was not good enough, and when it is looked at again. CheckValidations: have it looked at now.
 */
#include "ca/chancery/operations.h"

#include "ca/acm/renewal_public.h"
#include "ca/arn.h"
#include "ca/domain/validation.h"
#include "ca/members.h"
#include "ca/store/validations.h"

#include <string.h>

struct work {
    struct request *r;
    char id[ROW_UUID_SIZE];
    struct certificate_row certificate;
    struct validation_list list;
    uint32_t count;
};

static int refuse_kind(struct work *w)
{
    return api_fail(&w->r->error, "InvalidStateException",
                    "Certificate %s is no public one: nobody has to prove its domains.",
                    member_text(w->r->in, "CertificateArn"));
}

static int read_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = store_certificate_get(tx, &w->r->scope, w->id, &w->certificate);
    if (rc == 0 && strcmp(w->certificate.type, "AMAZON_ISSUED") != 0)
        rc = refuse_kind(w);
    return rc == 0 ? validation_list_read(tx, &w->r->scope, w->id, &w->list) : rc;
}

/* ---- one name ---- */

static json_t *list_load(const char *text)
{
    json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL);
    return list == NULL ? json_array() : list;
}

static int look_put(const struct validation_row *row, json_t *out)
{
    int rc = member_put_text(out, "Result", row->code == NULL ? "NOT_LOOKED_AT" : row->code);
    if (rc == 0 && row->reason != NULL)
        rc = member_put_text(out, "Reason", row->reason);
    if (rc == 0 && row->looked_at != 0)
        rc = member_put_time(out, "LookedAt", row->looked_at);
    if (rc == 0 && row->next_try != 0)
        rc = member_put_time(out, "NextLookAt", row->next_try);
    if (rc == 0 && row->caa_at != 0)
        rc = member_put_time(out, "CaaAllowedAt", row->caa_at);
    if (rc == 0)
        rc = member_put_new(out, "Seen", list_load(row->seen));
    return rc == 0 ? member_put_new(out, "CaaSeen", list_load(row->caa_seen)) : rc;
}

static int name_put(const struct validation_row *row, json_t *names)
{
    json_t *out = validation_describe(row);
    int rc = out == NULL ? CH_ENOMEM : member_put_new(out, "Attempts", json_integer(row->attempts));
    if (rc == 0)
        rc = look_put(row, out);
    if (rc == 0 && json_array_append(names, out) != 0)
        rc = CH_ENOMEM;
    json_decref(out);
    return rc;
}

static int answer(struct work *w)
{
    json_t *names = json_array();
    int rc = member_put_text(w->r->out, "CertificateArn", member_text(w->r->in, "CertificateArn"));
    if (rc == 0)
        rc = member_put_text(w->r->out, "Status", w->certificate.status);
    if (rc == 0 && w->certificate.failure_reason != NULL)
        rc = member_put_text(w->r->out, "FailureReason", w->certificate.failure_reason);
    for (size_t i = 0; rc == 0 && i < w->list.count; i++)
        rc = name_put(&w->list.rows[i], names);
    if (rc == 0)
        rc = member_put_new(w->r->out, "Validations", json_incref(names));
    json_decref(names);
    return rc;
}

static void work_free(struct work *w)
{
    certificate_row_free(&w->certificate);
    validation_list_free(&w->list);
}

int chancery_list_validations(struct request *r)
{
    struct work w = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, w.id);
    if (rc == 0)
        rc = request_read(r, read_unit, &w);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == 0)
        rc = answer(&w);
    work_free(&w);
    return rc;
}

/* ---- now ---- */

static int hurry_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    work_free(w);
    int rc = read_unit(tx, w);
    return rc == 0 ? store_validation_hurry(tx, &w->r->scope, w->id, w->r->now, &w->count) : rc;
}

int chancery_check_validations(struct request *r)
{
    struct work w = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, w.id);
    if (rc == 0)
        rc = request_commit(r, hurry_unit, &w);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == 0)
        validation_wake(r->core);
    if (rc == 0)
        rc = member_put_new(r->out, "Checking", json_integer(w.count));
    work_free(&w);
    return rc;
}
