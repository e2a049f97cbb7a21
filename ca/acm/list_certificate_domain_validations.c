/*
 * ListCertificateDomainValidations: the names of a certificate, a page at a time, each with how
 * it is validated. Names of private and imported certificates are not validated: they come
 * without a configuration. The operation has no InvalidArnException and no ValidationException.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/domain/validation.h"
#include "ca/members.h"
#include "ca/page_token.h"

#include <string.h>

#define PAGE_DEFAULT 1000
#define PLACE_SIZE ((size_t)8)

struct listing {
    const struct certificate_row *row;
    struct validation_list validations;
    json_t *all; /* every summary */
};

static int validations_unit(struct store_tx *tx, void *context)
{
    struct listing *l = context;
    return validation_list_read(tx, &l->row->scope, l->row->id, &l->validations);
}

static int summaries_of_rows(struct listing *l)
{
    for (size_t i = 0; i < l->validations.count; i++)
        if (json_array_append_new(l->all, validation_summarize(&l->validations.rows[i])) != 0)
            return CH_ENOMEM;
    return 0;
}

static int summaries_of_names(struct listing *l)
{
    json_t *names = l->row->names == NULL ? json_array() : json_loads(l->row->names, 0, NULL);
    int rc = names == NULL ? CH_EINTEGRITY : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(names); i++)
        if (json_array_append_new(l->all, json_pack("{s:O}", "DomainName",
                                                    json_array_get(names, i))) != 0)
            rc = CH_ENOMEM;
    json_decref(names);
    return rc;
}

static int summaries_make(struct request *r, struct listing *l)
{
    int rc = request_read(r, validations_unit, l);
    if (rc != 0)
        return rc;
    return l->validations.count > 0 ? summaries_of_rows(l) : summaries_of_names(l);
}

static size_t page_size(const struct request *r)
{
    const json_t *asked = json_object_get(r->in, "MaxItems");
    return asked == NULL ? PAGE_DEFAULT : (size_t)json_integer_value(asked);
}

/* Where a page begins: how many names came before it. */
static int start_read(struct request *r, size_t *start)
{
    struct buf place = {0};
    int rc = page_place_read(r, &place);
    if (rc == 0 && place.len != 0 && place.len != PLACE_SIZE)
        rc = CH_EINVAL;
    *start = rc == 0 && place.len != 0 ? (size_t)page_number_get(place.data) : 0;
    buf_free(&place);
    return rc == CH_EINVAL ? api_fail(&r->error, "InvalidArgsException", "The token is not valid.")
                           : rc;
}

static int next_put(struct request *r, size_t next)
{
    uint8_t place[PLACE_SIZE];
    page_number_put(next, place);
    return page_place_put(r, slice_of(place, sizeof place));
}

static int page_put(struct request *r, const struct listing *l)
{
    size_t next = 0;
    json_t *page = json_array();
    int rc = start_read(r, &next);
    for (; rc == 0 && next < json_array_size(l->all) && json_array_size(page) < page_size(r);
         next++)
        if (json_array_append(page, json_array_get(l->all, next)) != 0)
            rc = CH_ENOMEM;
    if (rc == 0)
        rc = member_put_new(r->out, "DomainValidationSummaryList", json_incref(page));
    if (rc == 0 && next < json_array_size(l->all))
        rc = next_put(r, next);
    json_decref(page);
    return rc;
}

static int load(struct request *r, struct certificate_row *row)
{
    int rc = certificate_load(r, row);
    if (rc != CH_EAPI || strcmp(r->error.type, "InvalidArnException") != 0)
        return rc;
    r->error.type = NULL;
    return api_fail(&r->error, "InvalidArgsException", "Not a valid certificate arn: %s",
                    member_text(r->in, "CertificateArn"));
}

int acm_list_certificate_domain_validations(struct request *r)
{
    struct certificate_row row = {0};
    struct listing l = {.row = &row, .all = json_array()};
    int rc = load(r, &row);
    if (rc == 0)
        rc = summaries_make(r, &l);
    if (rc == 0)
        rc = page_put(r, &l);
    validation_list_free(&l.validations);
    json_decref(l.all);
    certificate_row_free(&row);
    return rc;
}
