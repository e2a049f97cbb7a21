/*
 * SearchCertificates: the filter statement becomes the store's tree of conditions, as it is. What a
 * certificate lacks makes a filter on it false, and Not of that true. Sorted by creation, newest first,
 * unless asked otherwise; what lacks the value that is sorted by comes last.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/listing.h"
#include "ca/acm/x509_attributes.h"
#include "ca/arn.h"
#include "ca/members.h"

#include <math.h>
#include <string.h>

#define PAGE_DEFAULT 100
#define FILTERS_MAX 256 /* of one statement */
#define SECOND_US 1000000.0

struct search {
    struct listing listing;
    unsigned filters;
};

/* ---- one filter ---- */

static int never(struct condition *parent)
{
    struct condition *part;
    return condition_add(parent, CONDITION_OR, &part);
}

static int flag_add(struct condition *parent, enum facet_field field, const json_t *value)
{
    struct condition *part;
    int rc = condition_add(parent, CONDITION_FACET, &part);
    if (rc != 0)
        return rc;
    part->field = field;
    part->any = 1u << (json_is_true(value) ? 1 : 0);
    return 0;
}

static int in_use_add(struct condition *parent, const json_t *value)
{
    return flag_add(parent, FACET_IN_USE, value);
}

/* An import has no member Exported at all. */
static int exported_add(struct condition *parent, const json_t *value)
{
    struct condition *both;
    struct condition *no_import;
    int rc = condition_add(parent, CONDITION_AND, &both);
    if (rc == 0)
        rc = flag_add(both, FACET_EXPORTED, value);
    if (rc == 0)
        rc = condition_add(both, CONDITION_FACET, &no_import);
    if (rc != 0)
        return rc;
    no_import->field = FACET_TYPE;
    no_import->any = ~(1u << facet_value(FACET_TYPE, "IMPORTED"));
    return 0;
}

static int origin_add(struct condition *parent, const json_t *value)
{
    json_t *list = json_pack("[O]", value);
    int rc = list == NULL ? CH_ENOMEM : condition_add_origins(parent, list);
    json_decref(list);
    return rc;
}

static int text_add(struct condition *parent, enum condition_kind kind, const char *text,
                    bool contains)
{
    struct condition *part;
    int rc = condition_add(parent, kind, &part);
    if (rc != 0)
        return rc;
    part->contains = contains;
    return member_copy(text, &part->text);
}

static int name_add(struct condition *parent, enum condition_kind kind, const json_t *filter)
{
    return text_add(parent, kind, member_text(filter, "Value"),
                    strcmp(member_text(filter, "ComparisonOperator"), "CONTAINS") == 0);
}

static int subject_add(struct condition *parent, const json_t *value)
{
    return name_add(parent, CONDITION_COMMON_NAME, json_object_get(value, "CommonName"));
}

static int alternative_add(struct condition *parent, const json_t *value)
{
    return name_add(parent, CONDITION_NAME, json_object_get(value, "DnsName"));
}

static int serial_add(struct condition *parent, const json_t *value)
{
    return text_add(parent, CONDITION_SERIAL, json_string_value(value), false);
}

/* Seconds as a number; what no date can reach is cut off. */
static int64_t time_read(const json_t *range, const char *member, int64_t absent)
{
    const json_t *value = json_object_get(range, member);
    double microseconds = json_number_value(value) * SECOND_US;
    if (value == NULL || isnan(microseconds))
        return absent;
    if (microseconds >= 9e18)
        return INT64_MAX;
    if (microseconds <= -9e18)
        return INT64_MIN;
    return (int64_t)(microseconds < 0 ? microseconds - 0.5 : microseconds + 0.5);
}

static int range_add(struct condition *parent, enum condition_kind kind, const json_t *range)
{
    struct condition *part;
    int rc = condition_add(parent, kind, &part);
    if (rc != 0)
        return rc;
    part->from = time_read(range, "Start", INT64_MIN);
    part->to = time_read(range, "End", INT64_MAX);
    return 0;
}

static int not_after_add(struct condition *parent, const json_t *value)
{
    return range_add(parent, CONDITION_NOT_AFTER, value);
}

static int not_before_add(struct condition *parent, const json_t *value)
{
    return range_add(parent, CONDITION_NOT_BEFORE, value);
}

/* Nothing here comes from an ACME endpoint. */
static int acme_add(struct condition *parent, const json_t *value)
{
    (void)value;
    return never(parent);
}

/* Either a word of the field, or a function of its own. */
static const struct filter_row {
    const char *member;
    enum facet_field field;
    int (*add)(struct condition *parent, const json_t *value);
} metadata_rows[] = {
    {"Status", FACET_STATUS, NULL},
    {"RenewalStatus", FACET_RENEWAL_STATUS, NULL},
    {"Type", FACET_TYPE, NULL},
    {"ExportOption", FACET_EXPORT_OPTION, NULL},
    {"ManagedBy", FACET_MANAGED_BY, NULL},
    {"ValidationMethod", FACET_VALIDATION_METHOD, NULL},
    {"InUse", 0, in_use_add},
    {"Exported", 0, exported_add},
    {"CertificateKeyPairOrigin", 0, origin_add},
    {"AcmeEndpointArn", 0, acme_add},
    {"AcmeAccountId", 0, acme_add},
    {NULL, 0, NULL},
}, x509_rows[] = {
    {"Subject", 0, subject_add},
    {"SubjectAlternativeName", 0, alternative_add},
    {"ExtendedKeyUsage", FACET_EXTENDED_KEY_USAGES, NULL},
    {"KeyUsage", FACET_KEY_USAGES, NULL},
    {"KeyAlgorithm", FACET_KEY_ALG, NULL},
    {"SerialNumber", 0, serial_add},
    {"NotAfter", 0, not_after_add},
    {"NotBefore", 0, not_before_add},
    {NULL, 0, NULL},
};

static int row_add(const struct filter_row *rows, struct condition *parent, const json_t *filter)
{
    for (; rows->member != NULL; rows++) {
        const json_t *value = json_object_get(filter, rows->member);
        if (value == NULL || json_is_null(value))
            continue;
        return rows->add != NULL
                   ? rows->add(parent, value)
                   : condition_add_word(parent, rows->field, json_string_value(value));
    }
    return never(parent);
}

/* An ARN that cannot be in this scope, or names no certificate, fits none. */
static int arn_add(struct request *r, struct condition *parent, const char *text)
{
    char id[ROW_UUID_SIZE];
    if (arn_certificate_of_scope(&r->scope, text, id) != 0)
        return never(parent);
    return text_add(parent, CONDITION_ID, id, false);
}

static int filter_add(struct search *s, struct condition *parent, const json_t *filter)
{
    const json_t *x509 = json_object_get(filter, "X509AttributeFilter");
    const json_t *metadata = json_object_get(filter, "AcmCertificateMetadataFilter");
    const char *arn = member_text(filter, "CertificateArn");
    if (++s->filters > FILTERS_MAX)
        return api_fail(&s->listing.r->error, "ValidationException",
                        "A filter statement can have at most %d filters.", FILTERS_MAX);
    if (arn != NULL)
        return arn_add(s->listing.r, parent, arn);
    return json_is_object(x509) ? row_add(x509_rows, parent, x509)
                                : row_add(metadata_rows, parent, metadata);
}

/* ---- the statement; JSON is not nested deeper than the parser allows ---- */

static int statement_add(struct search *s, struct condition *parent, const json_t *statement)
{
    static const struct {
        const char *member;
        enum condition_kind kind;
    } rows[] = {{"And", CONDITION_AND}, {"Or", CONDITION_OR}, {"Not", CONDITION_NOT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const json_t *value = json_object_get(statement, rows[i].member);
        struct condition *part;
        if (value == NULL || json_is_null(value))
            continue;
        int rc = condition_add(parent, rows[i].kind, &part);
        if (rc == 0 && rows[i].kind == CONDITION_NOT)
            return statement_add(s, part, value);
        for (size_t at = 0; rc == 0 && at < json_array_size(value); at++)
            rc = statement_add(s, part, json_array_get(value, at));
        return rc;
    }
    return filter_add(s, parent, json_object_get(statement, "Filter"));
}

/* ---- the order ---- */

/* By the names of the values, as the API spells them. */
static uint32_t word_rank(const void *context, int64_t facet)
{
    enum facet_field field = *(const enum facet_field *)context;
    const char *word = facet_word(field, facet_get(facet, field));
    uint32_t rank = 0;
    if (word == NULL)
        return RANK_ABSENT;
    for (unsigned value = 0; value < 16; value++) {
        const char *other = facet_word(field, value);
        rank += other != NULL && strcmp(other, word) < 0 ? 1 : 0;
    }
    return rank;
}

static uint32_t flag_rank(const void *context, int64_t facet)
{
    return facet_get(facet, *(const enum facet_field *)context);
}

static bool is_import(int64_t facet)
{
    return facet_get(facet, FACET_TYPE) == (unsigned)facet_value(FACET_TYPE, "IMPORTED");
}

static uint32_t exported_rank(const void *context, int64_t facet)
{
    return is_import(facet) ? RANK_ABSENT : flag_rank(context, facet);
}

static uint32_t origin_rank(const void *context, int64_t facet)
{
    (void)context;
    return is_import(facet) ? 1 : 0; /* AWS_MANAGED before CUSTOMER_PROVIDED */
}

/* The rule is that of one certificate: asked for one with this facet. */
static uint32_t eligibility_rank(const void *context, int64_t facet)
{
    (void)context;
    struct certificate_row row = {
        .type = (char *)(uintptr_t)facet_word(FACET_TYPE, facet_get(facet, FACET_TYPE)),
        .status = (char *)(uintptr_t)facet_word(FACET_STATUS, facet_get(facet, FACET_STATUS)),
        .key_alg = (enum key_alg)facet_get(facet, FACET_KEY_ALG),
        .in_use = facet_get(facet, FACET_IN_USE),
        .issued_at = facet_get(facet, FACET_HAS_ISSUE) != 0 ? 2 : 0,
        .not_after = INT64_MAX,
    };
    if (facet_get(facet, FACET_EXPORTED) != 0)
        row.exported_at = facet_get(facet, FACET_EXPORTED_SINCE_ISSUE) != 0 ? 3 : 1;
    return strcmp(certificate_renewal(&row, 0), "ELIGIBLE") == 0 ? 0 : 1;
}

static const struct order_row {
    const char *name;
    uint32_t (*rank)(const void *context, int64_t facet);
    enum certificate_order order;
    enum facet_field field; /* what rank is given */
} order_rows[] = {
    {"CREATED_AT", NULL, ORDER_CREATION, 0},
    {"NOT_AFTER", NULL, ORDER_NOT_AFTER, 0},
    {"NOT_BEFORE", NULL, ORDER_NOT_BEFORE, 0},
    {"ISSUED_AT", NULL, ORDER_ISSUE, 0},
    {"IMPORTED_AT", NULL, ORDER_IMPORT, 0},
    {"REVOKED_AT", NULL, ORDER_REVOCATION, 0},
    {"COMMON_NAME", NULL, ORDER_COMMON_NAME, 0},
    {"CERTIFICATE_ARN", NULL, ORDER_ARN, 0},
    {"STATUS", word_rank, ORDER_CREATION, FACET_STATUS},
    {"RENEWAL_STATUS", word_rank, ORDER_CREATION, FACET_RENEWAL_STATUS},
    {"TYPE", word_rank, ORDER_CREATION, FACET_TYPE},
    {"KEY_ALGORITHM", word_rank, ORDER_CREATION, FACET_KEY_ALG},
    {"MANAGED_BY", word_rank, ORDER_CREATION, FACET_MANAGED_BY},
    {"EXPORT_OPTION", word_rank, ORDER_CREATION, FACET_EXPORT_OPTION},
    {"VALIDATION_METHOD", word_rank, ORDER_CREATION, FACET_VALIDATION_METHOD},
    {"EXPORTED", exported_rank, ORDER_CREATION, FACET_EXPORTED},
    {"IN_USE", flag_rank, ORDER_CREATION, FACET_IN_USE},
    {"RENEWAL_ELIGIBILITY", eligibility_rank, ORDER_CREATION, 0},
    {"CERTIFICATE_KEY_PAIR_ORIGIN", origin_rank, ORDER_CREATION, 0},
    {"ACME_ENDPOINT_ARN", NULL, ORDER_CREATION, 0}, /* no certificate has one */
    {"ACME_ACCOUNT_ID", NULL, ORDER_CREATION, 0},
};

static void order_read(struct search *s)
{
    const char *by = member_text(s->listing.r->in, "SortBy");
    const char *direction = member_text(s->listing.r->in, "SortOrder");
    struct certificate_query *query = &s->listing.query;
    query->descending = direction == NULL || strcmp(direction, "DESCENDING") == 0;
    for (size_t i = 0; by != NULL && i < sizeof order_rows / sizeof order_rows[0]; i++)
        if (strcmp(by, order_rows[i].name) == 0) {
            query->order = order_rows[i].order;
            query->rank = order_rows[i].rank;
            query->rank_context = &order_rows[i].field;
        }
}

/* ---- one result ---- */

static int metadata_put(const struct listing *l, const struct certificate_row *row, json_t *item)
{
    json_t *metadata = json_object();
    int rc = listing_put_metadata(l, row, metadata);
    if (rc == 0)
        rc = member_put_text(metadata, "RenewalStatus", row->renewal_status);
    if (rc == 0)
        rc = member_put_text(metadata, "ValidationMethod", row->validation_method);
    if (rc == 0)
        rc = member_put_new(item, "CertificateMetadata",
                            json_pack("{s:O}", "AcmCertificateMetadata", metadata));
    json_decref(metadata);
    return rc;
}

static int entry(struct listing *l, const struct certificate_row *row, json_t *item)
{
    char arn[ARN_SIZE];
    json_t *attributes = json_object();
    arn_certificate(&row->scope, row->id, arn);
    int rc = member_put_text(item, "CertificateArn", arn);
    if (rc == 0)
        rc = x509_attributes_put(row, l->known, attributes);
    if (rc == 0)
        rc = member_put_new(item, "X509Attributes", json_incref(attributes));
    if (rc == 0)
        rc = metadata_put(l, row, item);
    json_decref(attributes);
    return rc;
}

int acm_search_certificates(struct request *r)
{
    struct search s = {
        .listing = {.r = r, .entry = entry, .where = {.kind = CONDITION_AND}},
    };
    const json_t *limit = json_object_get(r->in, "MaxResults");
    const json_t *statement = json_object_get(r->in, "FilterStatement");
    s.listing.query.limit = limit == NULL ? PAGE_DEFAULT : (uint32_t)json_integer_value(limit);
    s.listing.query.whole = true;
    order_read(&s);
    int rc = 0;
    if (json_is_object(statement))
        rc = statement_add(&s, &s.listing.where, statement);
    if (rc == 0)
        rc = listing_page(&s.listing);
    if (rc == 0)
        rc = member_put_new(r->out, "Results", json_incref(s.listing.items));
    listing_free(&s.listing);
    return rc;
}
