/*
 * ListCertificates: newest first unless asked otherwise, keyset pages. Without Includes.keyTypes
 * only RSA certificates of 1024 and 2048 bits that have a domain name are listed, as AWS does.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/listing.h"
#include "ca/arn.h"
#include "ca/members.h"

#include <string.h>

#define PAGE_DEFAULT 100
#define NAMES_MAX 100 /* alternative names of an entry */

/* ---- one entry ---- */

static int names_put(const struct certificate_row *row, json_t *item)
{
    json_t *names = json_loads(row->names == NULL ? "[]" : row->names, 0, NULL);
    bool more = json_array_size(names) > NAMES_MAX;
    int rc = names == NULL ? CH_EINTEGRITY : 0;
    while (json_array_size(names) > NAMES_MAX)
        json_array_remove(names, json_array_size(names) - 1);
    if (rc == 0)
        rc = member_put_text(item, "DomainName", row->domain);
    if (rc == 0)
        rc = member_put_new(item, "SubjectAlternativeNameSummaries", json_incref(names));
    if (rc == 0)
        rc = member_put_bool(item, "HasAdditionalSubjectAlternativeNames", more);
    json_decref(names);
    return rc;
}

static int entry(struct listing *l, const struct certificate_row *row, json_t *item)
{
    char arn[ARN_SIZE];
    char key_name[32];
    arn_certificate(&row->scope, row->id, arn);
    int rc = certificate_key_name(row, key_name);
    if (rc == 0)
        rc = member_put_text(item, "CertificateArn", arn);
    if (rc == 0)
        rc = names_put(row, item);
    if (rc == 0)
        rc = listing_put_metadata(l, row, item);
    if (rc == 0)
        rc = member_put_text(item, "KeyAlgorithm", key_name);
    if (rc == 0)
        rc = listing_put_names(l->known, item, "KeyUsages", row->key_usages);
    if (rc == 0)
        rc = listing_put_names(l->known, item, "ExtendedKeyUsages", row->extended_key_usages);
    if (rc == 0)
        rc = member_put_time(item, "NotBefore", row->not_before);
    if (rc == 0)
        rc = member_put_time(item, "NotAfter", row->not_after);
    return rc;
}

/* ---- request -> conditions ---- */

static int key_types_read(struct listing *l, const json_t *types)
{
    struct condition *part;
    if (json_array_size(types) > 0)
        return condition_add_words(&l->where, FACET_KEY_ALG, types);
    int rc = condition_add(&l->where, CONDITION_FACET, &part);
    if (rc != 0)
        return rc;
    part->field = FACET_KEY_ALG;
    part->any = 1u << KEY_ALG_RSA_1024 | 1u << KEY_ALG_RSA_2048;
    rc = condition_add(&l->where, CONDITION_FACET, &part);
    if (rc != 0)
        return rc;
    part->field = FACET_NAMELESS;
    part->any = 1u << 0;
    return 0;
}

static int includes_read(struct listing *l, const json_t *includes)
{
    static const struct {
        const char *member;
        enum facet_field field;
    } rows[] = {
        {"keyUsage", FACET_KEY_USAGES},
        {"extendedKeyUsage", FACET_EXTENDED_KEY_USAGES},
        {"exportOption", FACET_EXPORT_OPTION},
        {"managedBy", FACET_MANAGED_BY},
    };
    int rc = key_types_read(l, json_object_get(includes, "keyTypes"));
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++) {
        const json_t *wanted = json_object_get(includes, rows[i].member);
        if (json_is_string(wanted))
            rc = condition_add_word(&l->where, rows[i].field, json_string_value(wanted));
        else if (json_array_size(wanted) > 0)
            rc = condition_add_words(&l->where, rows[i].field, wanted);
    }
    return rc;
}

static int conditions_read(struct listing *l)
{
    const json_t *statuses = json_object_get(l->r->in, "CertificateStatuses");
    const json_t *origins = json_object_get(l->r->in, "CertificateKeyPairOrigins");
    int rc = includes_read(l, json_object_get(l->r->in, "Includes"));
    if (rc == 0 && json_array_size(statuses) > 0)
        rc = condition_add_words(&l->where, FACET_STATUS, statuses);
    if (rc == 0 && origins != NULL)
        rc = condition_add_origins(&l->where, origins);
    return rc;
}

static int order_read(struct listing *l)
{
    const char *by = member_text(l->r->in, "SortBy");
    const char *order = member_text(l->r->in, "SortOrder");
    if ((by == NULL) != (order == NULL))
        return api_fail(&l->r->error, "InvalidArgsException",
                        "SortBy and SortOrder must be given together.");
    l->query.order = ORDER_CREATION;
    l->query.descending = order == NULL || strcmp(order, "DESCENDING") == 0;
    return 0;
}

int acm_list_certificates(struct request *r)
{
    struct listing l = {.r = r, .entry = entry, .where = {.kind = CONDITION_AND}};
    const json_t *limit = json_object_get(r->in, "MaxItems");
    l.query.limit = limit == NULL ? PAGE_DEFAULT : (uint32_t)json_integer_value(limit);
    int rc = order_read(&l);
    if (rc == 0)
        rc = conditions_read(&l);
    if (rc == 0)
        rc = listing_page(&l);
    if (rc == 0)
        rc = member_put_new(r->out, "CertificateSummaryList", json_incref(l.items));
    listing_free(&l);
    return rc;
}
