/*
 * UpdateCertificateOptions: the transparency preference of a public certificate. Export is fixed
 * when a certificate is requested; naming the value that it has is fine, as clients send both. From
 * the renewal period on a change does nothing, and nothing is said (user guide of ACM, "Opting out
 * of certificate transparency logging").
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

#define LOGGING "CertificateTransparencyLoggingPreference"
#define RENEWAL_PERIOD_US (INT64_C(60) * 86400 * 1000000)

struct update {
    struct request *r;
    char id[ROW_UUID_SIZE];
    const json_t *asked;
};

static int check_state(struct update *u, const struct certificate_row *row)
{
    static const char *const good[] = {"PENDING_VALIDATION", "ISSUED", "INACTIVE"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (certificate_status_is(row, u->r->now, good[i]))
            return 0;
    return api_fail(&u->r->error, "InvalidStateException",
                    "The options of certificate %s cannot be updated: its status is %s.",
                    member_text(u->r->in, "CertificateArn"), certificate_status(row, u->r->now));
}

static int check_export(struct update *u, const json_t *options)
{
    const char *asked = member_text(u->asked, "Export");
    if (asked == NULL || strcmp(asked, certificate_export_option(options)) == 0)
        return 0;
    return api_fail(&u->r->error, "ValidationException",
                    "The export option of a certificate cannot be changed after its creation.");
}

static bool logging_is(const json_t *options, const char *asked)
{
    const char *now = member_text(options, LOGGING);
    return asked == NULL || (now != NULL && strcmp(now, asked) == 0);
}

static int check_logging(struct update *u, const struct certificate_row *row,
                         const json_t *options)
{
    if (logging_is(options, member_text(u->asked, LOGGING)) ||
        strcmp(row->type, "AMAZON_ISSUED") == 0)
        return 0;
    return api_fail(&u->r->error, "InvalidStateException",
                    "Certificate %s is not issued by ACM: it is not recorded in a certificate "
                    "transparency log.",
                    member_text(u->r->in, "CertificateArn"));
}

static int change(struct update *u, struct store_tx *tx, const struct certificate_row *row,
                  json_t *options)
{
    const char *logging = member_text(u->asked, LOGGING);
    char *text = NULL;
    bool renewing = row->not_after != 0 && row->not_after - u->r->now <= RENEWAL_PERIOD_US;
    if (renewing || logging_is(options, logging))
        return 0;
    int rc = member_put_text(options, LOGGING, logging);
    if (rc == 0)
        rc = member_dump(options, &text);
    if (rc == 0)
        rc = store_certificate_set_options(tx, &u->r->scope, u->id, text);
    free(text);
    return rc;
}

static int update_unit(struct store_tx *tx, void *context)
{
    struct update *u = context;
    struct certificate_row row = {0};
    json_t *options = NULL;
    int rc = store_certificate_get(tx, &u->r->scope, u->id, &row);
    if (rc == 0) {
        options = row.options == NULL ? json_object() : json_loads(row.options, 0, NULL);
        rc = options == NULL ? CH_EINTEGRITY : check_state(u, &row);
    }
    if (rc == 0)
        rc = check_export(u, options);
    if (rc == 0)
        rc = check_logging(u, &row, options);
    if (rc == 0)
        rc = change(u, tx, &row, options);
    json_decref(options);
    certificate_row_free(&row);
    return rc;
}

int acm_update_certificate_options(struct request *r)
{
    struct update u = {.r = r, .asked = json_object_get(r->in, "Options")};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, u.id);
    if (rc == 0 && json_object_size(u.asked) == 0)
        rc = api_fail(&r->error, "ValidationException", "No option is given.");
    if (rc == 0)
        rc = request_commit(r, update_unit, &u);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
