/*
 * ListCertificates: newest first unless asked otherwise, keyset pages. Without Includes.keyTypes
 * only RSA certificates of 1024 and 2048 bits are listed, as AWS does. What the store
 * cannot filter by index is filtered here, over a bounded number of rows a call: a page may then be
 * short, or empty, and its NextToken goes on.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/members.h"
#include "ca/page_token.h"

#include <string.h>

#define PAGE_DEFAULT 100
#define SCAN_MAX 10000 /* rows looked at for one page */
#define STATUSES_MAX 8

struct list {
    struct request *r;
    const json_t *includes;
    json_t *statuses; /* borrowed */
    const char *store_statuses[STATUSES_MAX];
    struct certificate_filter filter;
    struct page_key last; /* of the last row that was looked at */
    size_t page_size;
    size_t batch, scanned;
    json_t *items;
    bool more;
};

/* ---- one entry ---- */

static int usages_put(const struct certificate_row *row, json_t *item)
{
    json_t *names = json_array();
    json_t *extended =
        json_loads(row->extended_key_usages == NULL ? "[]" : row->extended_key_usages, 0, NULL);
    int rc = extended == NULL ? CH_EINTEGRITY : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(extended); i++)
        if (json_array_append(names, json_object_get(json_array_get(extended, i), "Name")) != 0)
            rc = CH_ENOMEM;
    if (rc == 0)
        rc = member_put_new(item, "ExtendedKeyUsages", json_incref(names));
    if (rc == 0)
        rc = member_put_json(item, "KeyUsages", row->key_usages == NULL ? "[]" : row->key_usages);
    json_decref(extended);
    json_decref(names);
    return rc;
}

static int texts_put(const struct certificate_row *row, int64_t now, json_t *item)
{
    char arn[ARN_SIZE];
    char key_name[32];
    arn_certificate(&row->scope, row->id, arn);
    int rc = certificate_key_name(row, key_name);
    const struct {
        const char *member;
        const char *text;
    } rows[] = {
        {"CertificateArn", arn},
        {"DomainName", row->domain},
        {"Status", certificate_status(row, now)},
        {"Type", row->type},
        {"KeyAlgorithm", key_name},
        {"RenewalEligibility", certificate_renewal(row, now)},
        {"ManagedBy", row->managed_by},
        {"CertificateKeyPairOrigin", "AWS_MANAGED"},
    };
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++)
        rc = member_put_text(item, rows[i].member, rows[i].text);
    return rc;
}

static int flags_put(const struct certificate_row *row, const char *export_option, json_t *item)
{
    int rc = member_put_bool(item, "HasAdditionalSubjectAlternativeNames", false);
    if (rc == 0)
        rc = member_put_bool(item, "InUse", false);
    if (rc == 0)
        rc = member_put_bool(item, "Exported", row->exported_at != 0);
    if (rc == 0)
        rc = member_put_text(item, "ExportOption", export_option);
    if (rc == 0)
        rc = member_put_json(item, "SubjectAlternativeNameSummaries", row->names);
    return rc;
}

static int times_put(const struct certificate_row *row, json_t *item)
{
    int rc = member_put_time(item, "CreatedAt", row->created_at);
    if (rc == 0)
        rc = member_put_time(item, "IssuedAt", row->issued_at);
    if (rc == 0)
        rc = member_put_time(item, "NotBefore", row->not_before);
    if (rc == 0)
        rc = member_put_time(item, "NotAfter", row->not_after);
    return rc;
}

static int summary_put(const struct certificate_row *row, int64_t now, json_t *item)
{
    json_t *options = row->options == NULL ? NULL : json_loads(row->options, 0, NULL);
    int rc = texts_put(row, now, item);
    if (rc == 0)
        rc = flags_put(row, certificate_export_option(options), item);
    if (rc == 0)
        rc = times_put(row, item);
    if (rc == 0)
        rc = usages_put(row, item);
    json_decref(options);
    return rc;
}

/* ---- what the store cannot filter ---- */

static bool list_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

/* True when the lists share a value, or nothing was asked for. */
static bool any_wanted(const json_t *wanted, const json_t *present)
{
    if (json_array_size(wanted) == 0)
        return true;
    for (size_t i = 0; i < json_array_size(present); i++)
        if (list_has(wanted, json_string_value(json_array_get(present, i))))
            return true;
    return false;
}

static bool text_wanted(const json_t *includes, const char *member, const char *value)
{
    const char *wanted = member_text(includes, member);
    return wanted == NULL || (value != NULL && strcmp(wanted, value) == 0);
}

static bool wanted(const struct list *l, const json_t *item)
{
    const json_t *in = l->includes;
    return (l->statuses == NULL || list_has(l->statuses, member_text(item, "Status"))) &&
           any_wanted(json_object_get(in, "keyUsage"), json_object_get(item, "KeyUsages")) &&
           any_wanted(json_object_get(in, "extendedKeyUsage"),
                      json_object_get(item, "ExtendedKeyUsages")) &&
           text_wanted(in, "exportOption", member_text(item, "ExportOption")) &&
           text_wanted(in, "managedBy", member_text(item, "ManagedBy"));
}

/* ---- pages ---- */

static int visit(void *context, const struct certificate_row *row)
{
    struct list *l = context;
    if (json_array_size(l->items) == l->page_size) {
        l->more = true;
        return 0;
    }
    json_t *item = json_object();
    int rc = summary_put(row, l->r->now, item);
    if (rc == 0 && wanted(l, item) && json_array_append(l->items, item) != 0)
        rc = CH_ENOMEM;
    json_decref(item);
    l->last.created = row->created_at;
    memcpy(l->last.id, row->id, sizeof l->last.id);
    l->batch++;
    return rc;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct list *l = context;
    int rc = 0;
    do {
        l->batch = 0;
        l->filter.after_created = l->last.created;
        l->filter.after_id = l->last.id;
        rc = store_certificate_list(tx, &l->r->scope, &l->filter, visit, l);
        l->scanned += l->batch;
    } while (rc == 0 && !l->more && l->batch == l->filter.limit && l->scanned < SCAN_MAX);
    if (rc == 0 && l->batch == l->filter.limit)
        l->more = true;
    return rc;
}

/* ---- request -> filter ---- */

/* false: nothing of ours has such a key. */
static bool key_types_read(struct list *l)
{
    const json_t *types = json_object_get(l->includes, "keyTypes");
    if (json_array_size(types) == 0)
        l->filter.key_algs = 1u << KEY_ALG_RSA_1024 | 1u << KEY_ALG_RSA_2048;
    for (size_t i = 0; i < json_array_size(types); i++) {
        enum key_alg alg = key_alg_from_name(json_string_value(json_array_get(types, i)));
        if (alg != KEY_ALG_NONE)
            l->filter.key_algs |= 1u << alg;
    }
    return l->filter.key_algs != 0;
}

static bool origins_read(const struct list *l)
{
    const json_t *origins = json_object_get(l->r->in, "CertificateKeyPairOrigins");
    return origins == NULL || list_has(origins, "AWS_MANAGED");
}

/* A certificate that ran out is still ISSUED in the store until the expiry job comes by. */
static void statuses_read(struct list *l)
{
    json_t *statuses = json_object_get(l->r->in, "CertificateStatuses");
    if (json_array_size(statuses) == 0)
        return;
    l->statuses = statuses;
    for (size_t i = 0; i < json_array_size(statuses) && l->filter.status_count < STATUSES_MAX - 1;
         i++)
        l->store_statuses[l->filter.status_count++] =
            json_string_value(json_array_get(statuses, i));
    if (list_has(statuses, "EXPIRED") && !list_has(statuses, "ISSUED"))
        l->store_statuses[l->filter.status_count++] = "ISSUED";
    l->filter.statuses = l->store_statuses;
}

static int order_read(struct list *l)
{
    const char *by = member_text(l->r->in, "SortBy");
    const char *order = member_text(l->r->in, "SortOrder");
    if ((by == NULL) != (order == NULL))
        return api_fail(&l->r->error, "InvalidArgsException",
                        "SortBy and SortOrder must be given together.");
    l->filter.descending = order == NULL || strcmp(order, "DESCENDING") == 0;
    return 0;
}

static int list_read(struct list *l)
{
    const json_t *limit = json_object_get(l->r->in, "MaxItems");
    l->page_size = limit == NULL ? PAGE_DEFAULT : (size_t)json_integer_value(limit);
    l->filter.limit = (uint32_t)l->page_size + 1;
    l->includes = json_object_get(l->r->in, "Includes");
    statuses_read(l);
    int rc = order_read(l);
    if (rc == 0)
        rc = page_token_read(l->r, &l->last);
    if (rc == CH_EINVAL)
        rc = api_fail(&l->r->error, "ValidationException",
                      "The NextToken is not one that this list has given.");
    return rc;
}

int acm_list_certificates(struct request *r)
{
    struct list l = {.r = r, .items = json_array()};
    int rc = list_read(&l);
    if (rc == 0 && key_types_read(&l) && origins_read(&l))
        rc = request_read(r, list_unit, &l);
    if (rc == 0 && l.more)
        rc = page_token_put(r, &l.last);
    if (rc == 0)
        rc = member_put_new(r->out, "CertificateSummaryList", json_incref(l.items));
    json_decref(l.items);
    return rc;
}
