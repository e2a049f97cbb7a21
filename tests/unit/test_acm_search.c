/*
 * Tests of ca/acm: SearchCertificates. Rows are put into the store directly; random filter statements
 * and orders are compared with a plain filter and sort of the same rows.
 */
#include "ca/store/search_internal.h"
#include "tests/unit/ops_kit.h"

#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ACM "acm"
#define ROWS 160
#define EXTRA 40 /* added later */
#define NAMES_MAX 3
#define DAY INT64_C(86400000000)
#ifdef __SANITIZE_ADDRESS__
#define CASES 120 /* of random statements each time; the plain build tries many more */
#else
#define CASES 500
#endif

/* ---- the rows, as the test keeps them ---- */

struct row {
    char id[ROW_UUID_SIZE];
    const char *type, *status, *renewal, *method, *managed;
    enum key_alg key_alg;
    const char *names[NAMES_MAX];
    size_t name_count;
    const char *common; /* NULL = none */
    const char *key_usage, *extended_usage; /* NULL = none yet */
    bool export_disabled;
    uint32_t in_use;
    int64_t created, issued, imported, exported, revoked, not_before, not_after;
    char serial[60];
    size_t order; /* of insertion */
    bool deleted;
};

static struct row rows[ROWS + EXTRA];
static size_t row_count;
static int64_t now;
static uint64_t seed = 20260101;

static unsigned below(unsigned bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % bound;
}

#define PICK(list) ((list)[below(sizeof(list) / sizeof((list)[0]))])

static const char *const types[] = {"PRIVATE", "AMAZON_ISSUED", "IMPORTED"};
static const char *const statuses[] = {"PENDING_VALIDATION", "ISSUED",  "ISSUED", "ISSUED", "INACTIVE",
                                       "EXPIRED", "VALIDATION_TIMED_OUT", "REVOKED", "FAILED"};
static const char *const renewals[] = {NULL, NULL, "PENDING_AUTO_RENEWAL", "PENDING_VALIDATION",
                                       "SUCCESS", "FAILED"};
static const char *const methods[] = {"EMAIL", "DNS", "HTTP"};
static const char *const hosts[] = {"www.example.com", "*.example.com", "api.example.com",
                                    "mail.test.org", "a.b", "xn--bcher-kva.example",
                                    "node-1.rack.internal", "node-12.rack.internal"};
static const char *const commons[] = {"www.example.com", "Root of \"Trust\"", "Zoe, Ops", "api.example.com",
                                      "b\xc3\xbc" "cher"};
static const char *const key_usages[] = {"DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT", "CRL_SIGNING"};
static const char *const extended_usages[] = {"TLS_WEB_SERVER_AUTHENTICATION", "CODE_SIGNING", "CUSTOM"};
static const enum key_alg algs[] = {KEY_ALG_RSA_2048, KEY_ALG_P256, KEY_ALG_P384};

static void dates_make(struct row *r)
{
    bool import = strcmp(r->type, "IMPORTED") == 0;
    bool issued = strcmp(r->status, "PENDING_VALIDATION") != 0 && strcmp(r->status, "FAILED") != 0 &&
                  strcmp(r->status, "VALIDATION_TIMED_OUT") != 0;
    r->created = now - (int64_t)below(20) * DAY;
    if (import)
        r->imported = r->created + (int64_t)below(3) * DAY;
    if (!import && issued)
        r->issued = r->created + (int64_t)below(4) * DAY;
    if (import || issued) {
        r->not_before = r->created - (int64_t)below(5) * DAY;
        r->not_after = now + ((int64_t)below(30) - 3) * DAY + 5000000;
        r->key_usage = PICK(key_usages);
        r->extended_usage = PICK(extended_usages);
        for (int i = 0; i < 20; i++)
            snprintf(r->serial + 3 * i, 4, "%02x%s", below(256), i < 19 ? ":" : "");
    }
    if (!import && issued && below(3) == 0)
        r->exported = r->issued + ((int64_t)below(3) - 1) * DAY;
    if (strcmp(r->status, "REVOKED") == 0)
        r->revoked = now - (int64_t)below(9) * DAY;
}

static void row_make(struct row *r, size_t order)
{
    *r = (struct row){.order = order};
    snprintf(r->id, sizeof r->id, "%08x-0000-4000-8000-%012zx", below(0x7fffffff), order);
    r->type = PICK(types);
    r->status = PICK(statuses);
    r->renewal = PICK(renewals);
    r->method = strcmp(r->type, "AMAZON_ISSUED") == 0 ? PICK(methods) : NULL;
    r->managed = below(6) == 0 ? "CLOUDFRONT" : NULL;
    r->key_alg = PICK(algs);
    r->export_disabled = below(2) == 0;
    r->in_use = below(4) == 0 ? 2 : 0;
    dates_make(r);
    r->name_count = strcmp(r->type, "IMPORTED") == 0 ? below(NAMES_MAX + 1) : 1 + below(NAMES_MAX);
    for (size_t i = 0; i < r->name_count; i++)
        r->names[i] = PICK(hosts);
    r->common = r->name_count > 0 ? r->names[0] : NULL;
    if (strcmp(r->type, "IMPORTED") == 0)
        r->common = below(3) == 0 ? NULL : PICK(commons);
}

static char *subject_of(const struct row *r)
{
    struct buf text = {0};
    if (r->common == NULL)
        buf_put_text(&text, "O=Nobody\\, Inc");
    else
        buf_put_text(&text, "O=X,CN=");
    for (const char *at = r->common; at != NULL && *at != '\0'; at++) {
        if (*at == ',' || *at == '"')
            buf_put_text(&text, "\\");
        if ((unsigned char)*at < 0x80)
            buf_put(&text, at, 1);
        else
            buf_printf(&text, "\\%02X", (unsigned)(unsigned char)*at);
    }
    char *copy = strdup(buf_text(&text));
    buf_free(&text);
    return copy;
}

static char *names_of(const struct row *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->name_count; i++)
        json_array_append_new(list, json_string(r->names[i]));
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

static char *borrowed(const char *text)
{
    return (char *)(uintptr_t)text;
}

static int insert_unit(struct store_tx *tx, void *context)
{
    const struct row *r = context;
    char key_usage[64];
    char extended[128];
    char *names = names_of(r);
    char *subject = subject_of(r);
    snprintf(key_usage, sizeof key_usage, "[\"%s\"]", r->key_usage == NULL ? "" : r->key_usage);
    snprintf(extended, sizeof extended, "[{\"Name\":\"%s\"}]",
             r->extended_usage == NULL ? "" : r->extended_usage);
    struct certificate_row row = {
        .type = borrowed(r->type),
        .status = borrowed(r->status),
        .domain = r->name_count > 0 ? borrowed(r->names[0]) : NULL,
        .names = names,
        .managed_by = borrowed(r->managed),
        .key_alg = r->key_alg,
        .key_usages = r->key_usage == NULL ? NULL : key_usage,
        .extended_key_usages = r->extended_usage == NULL ? NULL : extended,
        .options = borrowed(r->export_disabled ? "{\"Export\":\"DISABLED\"}" : "{\"Export\":\"ENABLED\"}"),
        .serial = r->serial[0] == '\0' ? NULL : borrowed(r->serial),
        .subject = subject,
        .not_before = r->not_before,
        .not_after = r->not_after,
        .created_at = r->created,
        .issued_at = r->issued,
        .imported_at = r->imported,
        .exported_at = r->exported,
        .revoked_at = r->revoked,
        .renewal_status = borrowed(r->renewal),
        .validation_method = borrowed(r->method),
        .in_use = r->in_use,
    };
    snprintf(row.scope.account, sizeof row.scope.account, "%s", ops.account);
    snprintf(row.scope.region, sizeof row.scope.region, "%s", OPS_REGION);
    memcpy(row.id, r->id, sizeof row.id);
    int rc = store_certificate_insert(tx, &row);
    free(names);
    free(subject);
    return rc;
}

static void row_insert(void)
{
    struct row *r = &rows[row_count];
    row_make(r, row_count++);
    assert_int_equal(store_write(ops.core.store, insert_unit, r), 0);
}

static int delete_unit(struct store_tx *tx, void *context)
{
    struct scope scope = {"", ""};
    snprintf(scope.account, sizeof scope.account, "%s", ops.account);
    snprintf(scope.region, sizeof scope.region, "%s", OPS_REGION);
    return store_certificate_delete(tx, &scope, ((const struct row *)context)->id);
}

static void row_delete(struct row *r)
{
    assert_int_equal(store_write(ops.core.store, delete_unit, r), 0);
    r->deleted = true;
}

static int learn_unit(struct store_tx *tx, void *context)
{
    return store_names_learn(tx, *(uint32_t *)context);
}

static void names_learn(uint32_t count)
{
    assert_int_equal(store_write(ops.core.store, learn_unit, &count), 0);
}

static int64_t fixed_clock(void)
{
    return now;
}

static int setup(void **state)
{
    struct timespec ts;
    ops_setup(state);
    clock_gettime(CLOCK_REALTIME, &ts);
    now = (int64_t)ts.tv_sec * 1000000;
    clock_replace(fixed_clock);
    while (row_count < ROWS)
        row_insert();
    return 0;
}

static int teardown(void **state)
{
    clock_replace(NULL);
    return ops_teardown(state);
}

/* ---- the plain filter ---- */

static const char *status_of(const struct row *r)
{
    return strcmp(r->status, "ISSUED") == 0 && r->not_after != 0 && r->not_after < now ? "EXPIRED"
                                                                                      : r->status;
}

static bool text_is(const char *value, const json_t *wanted)
{
    return value != NULL && strcmp(value, json_string_value(wanted)) == 0;
}

static bool name_fits(const char *name, const json_t *filter)
{
    const char *value = json_string_value(json_object_get(filter, "Value"));
    if (name == NULL)
        return false;
    if (text_is("EQUALS", json_object_get(filter, "ComparisonOperator")))
        return strcasecmp(name, value) == 0;
    return strcasestr(name, value) != NULL;
}

static bool any_name_fits(const struct row *r, const json_t *filter)
{
    for (size_t i = 0; i < r->name_count; i++)
        if (name_fits(r->names[i], filter))
            return true;
    return false;
}

static bool time_fits(int64_t time, const json_t *range)
{
    const json_t *start = json_object_get(range, "Start");
    const json_t *end = json_object_get(range, "End");
    return time != 0 &&
           (start == NULL || time >= (int64_t)(json_number_value(start) * 1e6)) &&
           (end == NULL || time <= (int64_t)(json_number_value(end) * 1e6));
}

static bool x509_fits(const struct row *r, const char *key, const json_t *value)
{
    if (strcmp(key, "Subject") == 0)
        return name_fits(r->common, json_object_get(value, "CommonName"));
    if (strcmp(key, "SubjectAlternativeName") == 0)
        return any_name_fits(r, json_object_get(value, "DnsName"));
    if (strcmp(key, "ExtendedKeyUsage") == 0)
        return text_is(r->extended_usage, value);
    if (strcmp(key, "KeyUsage") == 0)
        return text_is(r->key_usage, value);
    if (strcmp(key, "KeyAlgorithm") == 0)
        return text_is(key_alg_info(r->key_alg)->name, value);
    if (strcmp(key, "SerialNumber") == 0)
        return text_is(r->serial, value);
    return time_fits(strcmp(key, "NotAfter") == 0 ? r->not_after : r->not_before, value);
}

static bool metadata_fits(const struct row *r, const char *key, const json_t *value)
{
    bool import = strcmp(r->type, "IMPORTED") == 0;
    if (strcmp(key, "Status") == 0)
        return text_is(status_of(r), value);
    if (strcmp(key, "RenewalStatus") == 0)
        return text_is(r->renewal, value);
    if (strcmp(key, "Type") == 0)
        return text_is(r->type, value);
    if (strcmp(key, "InUse") == 0)
        return (r->in_use > 0) == json_is_true(value);
    if (strcmp(key, "Exported") == 0)
        return !import && (r->exported != 0) == json_is_true(value);
    if (strcmp(key, "ExportOption") == 0)
        return text_is(r->export_disabled ? "DISABLED" : "ENABLED", value);
    if (strcmp(key, "ManagedBy") == 0)
        return text_is(r->managed, value);
    if (strcmp(key, "ValidationMethod") == 0)
        return text_is(r->method, value);
    if (strcmp(key, "CertificateKeyPairOrigin") == 0)
        return text_is(import ? "CUSTOMER_PROVIDED" : "AWS_MANAGED", value);
    return false;
}

static bool filter_fits(const struct row *r, json_t *filter)
{
    const char *kind = json_object_iter_key(json_object_iter(filter));
    json_t *inner = json_object_get(filter, kind);
    if (strcmp(kind, "CertificateArn") == 0) {
        const char *id = strrchr(json_string_value(inner), '/') + 1;
        return strcmp(id, r->id) == 0 && strstr(json_string_value(inner), OPS_REGION) != NULL;
    }
    const char *key = json_object_iter_key(json_object_iter(inner));
    const json_t *value = json_object_get(inner, key);
    return strcmp(kind, "X509AttributeFilter") == 0 ? x509_fits(r, key, value)
                                                    : metadata_fits(r, key, value);
}

static bool statement_fits(const struct row *r, json_t *statement)
{
    json_t *and = json_object_get(statement, "And");
    json_t *or = json_object_get(statement, "Or");
    json_t *not = json_object_get(statement, "Not");
    for (size_t i = 0; i < json_array_size(and); i++)
        if (!statement_fits(r, json_array_get(and, i)))
            return false;
    for (size_t i = 0; i < json_array_size(or); i++)
        if (statement_fits(r, json_array_get(or, i)))
            return true;
    if (not != NULL)
        return !statement_fits(r, not);
    return and != NULL || (or == NULL && filter_fits(r, json_object_get(statement, "Filter")));
}

/* ---- random statements ---- */

static json_t *random_name(void)
{
    static const char *const values[] = {"example.com", "WWW", "w", "a.b", "node-1", "rack", "zz9", "\"", "o",
                                         "cher", "\xc3\xbc", "www.example.com", "Zoe, Ops", "API.example.com",
                                         "node-1.rack.internal", "m\",\"", "*.e", "le.com"};
    return json_pack("{s:s, s:s}", "Value", PICK(values), "ComparisonOperator",
                     below(2) == 0 ? "EQUALS" : "CONTAINS");
}

static json_t *random_range(void)
{
    json_t *range = json_object();
    double at = (double)now / 1e6 + ((double)below(40) - 15) * 86400;
    if (below(4) != 0)
        json_object_set_new(range, "Start", json_real(at));
    if (below(4) != 0)
        json_object_set_new(range, "End", json_real(at + below(12) * 86400.0));
    return range;
}

static json_t *random_x509(void)
{
    const struct row *r = &rows[below((unsigned)row_count)];
    switch (below(8)) {
    case 0:
        return json_pack("{s:{s:o}}", "Subject", "CommonName", random_name());
    case 1:
        return json_pack("{s:{s:o}}", "SubjectAlternativeName", "DnsName", random_name());
    case 2:
        return json_pack("{s:s}", "ExtendedKeyUsage", PICK(extended_usages));
    case 3:
        return json_pack("{s:s}", "KeyUsage", PICK(key_usages));
    case 4:
        return json_pack("{s:s}", "KeyAlgorithm", key_alg_info(PICK(algs))->name);
    case 5:
        return json_pack("{s:s}", "SerialNumber", r->serial[0] == '\0' ? "00:01" : r->serial);
    case 6:
        return json_pack("{s:o}", "NotAfter", random_range());
    default:
        return json_pack("{s:o}", "NotBefore", random_range());
    }
}

static json_t *random_metadata(void)
{
    static const char *const origins[] = {"AWS_MANAGED", "CUSTOMER_PROVIDED", "ACME"};
    switch (below(10)) {
    case 0:
    case 1:
        return json_pack("{s:s}", "Status", PICK(statuses));
    case 2:
        return json_pack("{s:s}", "RenewalStatus", renewals[2 + below(4)]);
    case 3:
        return json_pack("{s:s}", "Type", PICK(types));
    case 4:
        return json_pack("{s:b}", "InUse", (int)below(2));
    case 5:
        return json_pack("{s:b}", "Exported", (int)below(2));
    case 6:
        return json_pack("{s:s}", "ExportOption", below(2) == 0 ? "ENABLED" : "DISABLED");
    case 7:
        return json_pack("{s:s}", "ManagedBy", "CLOUDFRONT");
    case 8:
        return json_pack("{s:s}", "ValidationMethod", PICK(methods));
    default:
        return json_pack("{s:s}", "CertificateKeyPairOrigin", PICK(origins));
    }
}

static json_t *random_filter(void)
{
    char arn[160];
    const struct row *r = &rows[below((unsigned)row_count)];
    unsigned kind = below(12);
    if (kind > 6)
        return json_pack("{s:o}", "X509AttributeFilter", random_x509());
    if (kind > 0)
        return json_pack("{s:o}", "AcmCertificateMetadataFilter", random_metadata());
    snprintf(arn, sizeof arn, "arn:aws:acm:%s:%s:certificate/%s",
             below(4) == 0 ? "eu-west-1" : OPS_REGION, ops.account, r->id);
    return json_pack("{s:s}", "CertificateArn", arn);
}

static json_t *random_statement(unsigned depth)
{
    unsigned kind = depth == 0 ? 9 : below(10);
    if (kind == 0)
        return json_pack("{s:o}", "Not", random_statement(depth - 1));
    if (kind > 4)
        return json_pack("{s:o}", "Filter", random_filter());
    json_t *list = json_array();
    for (unsigned i = 1 + below(4); i > 0; i--)
        json_array_append_new(list, random_statement(depth - 1));
    return json_pack("{s:o}", kind < 3 ? "And" : "Or", list);
}

/* ---- the plain sort ---- */

static const char *sort_by;
static bool sort_down;

#define ABSENT INT64_MAX

static const char *const sorts[] = {
    "CREATED_AT",        "NOT_AFTER",        "STATUS",        "RENEWAL_STATUS",
    "EXPORTED",          "IN_USE",           "NOT_BEFORE",    "KEY_ALGORITHM",
    "TYPE",              "CERTIFICATE_ARN",  "COMMON_NAME",   "REVOKED_AT",
    "RENEWAL_ELIGIBILITY", "ISSUED_AT",      "MANAGED_BY",    "EXPORT_OPTION",
    "VALIDATION_METHOD", "IMPORTED_AT",      "ACME_ENDPOINT_ARN", "ACME_ACCOUNT_ID",
    "CERTIFICATE_KEY_PAIR_ORIGIN",
};

static int64_t or_absent(int64_t time)
{
    return time == 0 ? ABSENT : time;
}

/* What is sorted by, as a number or as a text; both absent: last. */
static int64_t sort_number(const struct row *r)
{
    bool import = strcmp(r->type, "IMPORTED") == 0;
    const struct {
        const char *name;
        int64_t value;
    } values[] = {
        {"CREATED_AT", r->created},
        {"NOT_AFTER", or_absent(r->not_after)},
        {"NOT_BEFORE", or_absent(r->not_before)},
        {"ISSUED_AT", or_absent(r->issued)},
        {"IMPORTED_AT", or_absent(r->imported)},
        {"REVOKED_AT", or_absent(r->revoked)},
        {"EXPORTED", import ? ABSENT : r->exported != 0},
        {"IN_USE", r->in_use != 0},
        {"MANAGED_BY", r->managed == NULL ? ABSENT : 0},
        {"CERTIFICATE_KEY_PAIR_ORIGIN", import},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(sort_by, values[i].name) == 0)
            return values[i].value;
    return 0;
}

static const char *sort_text(const struct row *r)
{
    const struct {
        const char *name;
        const char *value;
    } values[] = {
        {"STATUS", r->status},
        {"RENEWAL_STATUS", r->renewal},
        {"KEY_ALGORITHM", key_alg_info(r->key_alg)->name},
        {"TYPE", r->type},
        {"CERTIFICATE_ARN", r->id},
        {"COMMON_NAME", r->common},
        {"EXPORT_OPTION", r->export_disabled ? "DISABLED" : "ENABLED"},
        {"VALIDATION_METHOD", r->method},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(sort_by, values[i].name) == 0)
            return values[i].value;
    return "";
}

static int numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static bool goes_by_creation(void)
{
    static const char *const values[] = {"NOT_AFTER", "NOT_BEFORE", "ISSUED_AT", "IMPORTED_AT",
                                         "REVOKED_AT", "CERTIFICATE_ARN", "COMMON_NAME"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(sort_by, values[i]) == 0)
            return false;
    return true;
}

static int row_compare(const void *x, const void *y)
{
    const struct row *a = *(const struct row *const *)x;
    const struct row *b = *(const struct row *const *)y;
    bool absent_a = sort_number(a) == ABSENT || sort_text(a) == NULL;
    bool absent_b = sort_number(b) == ABSENT || sort_text(b) == NULL;
    if (absent_a != absent_b)
        return absent_a ? 1 : -1;
    int order = absent_a ? 0 : numbers(sort_number(a), sort_number(b));
    if (order == 0 && !absent_a)
        order = strcasecmp(sort_text(a), sort_text(b));
    if (order == 0 && (absent_a || goes_by_creation()))
        order = numbers(a->created, b->created);
    if (order == 0)
        order = numbers((int64_t)a->order, (int64_t)b->order);
    return sort_down && !absent_a ? -order : order;
}

/* ---- the comparison ---- */

static size_t expected_rows(json_t *statement, const struct row **out)
{
    size_t count = 0;
    for (size_t i = 0; i < row_count; i++)
        if (!rows[i].deleted && (statement == NULL || statement_fits(&rows[i], statement)))
            out[count++] = &rows[i];
    qsort(out, count, sizeof out[0], row_compare);
    return count;
}

static const char *id_of(const json_t *result)
{
    return strrchr(ops_text(result, "CertificateArn"), '/') + 1;
}

static json_t *question(json_t *statement, int page, const char *token)
{
    json_t *in = json_pack("{s:s, s:s, s:i}", "SortBy", sort_by, "SortOrder",
                           sort_down ? "DESCENDING" : "ASCENDING", "MaxResults", page);
    if (statement != NULL)
        json_object_set(in, "FilterStatement", statement);
    if (token != NULL)
        json_object_set_new(in, "NextToken", json_string(token));
    return in;
}

/* Follows the pages and gathers the ids; between is called after each page. */
static size_t walk(json_t *statement, int page, char (*ids)[ROW_UUID_SIZE], void (*between)(void))
{
    size_t count = 0;
    char *token = NULL;
    do {
        json_t *out = ops_ok(ACM, "SearchCertificates", "o", question(statement, page, token));
        const json_t *results = json_object_get(out, "Results");
        assert_true(json_array_size(results) <= (size_t)page);
        for (size_t i = 0; i < json_array_size(results); i++) {
            assert_true(count < ROWS + EXTRA);
            snprintf(ids[count++], ROW_UUID_SIZE, "%s", id_of(json_array_get(results, i)));
        }
        const char *next = json_string_value(json_object_get(out, "NextToken"));
        free(token);
        token = next == NULL ? NULL : strdup(next);
        json_decref(out);
        if (between != NULL)
            between();
    } while (token != NULL);
    return count;
}

static void compare(json_t *statement, int page)
{
    const struct row *expected[ROWS + EXTRA];
    char ids[ROWS + EXTRA][ROW_UUID_SIZE];
    size_t count = expected_rows(statement, expected);
    size_t found = walk(statement, page, ids, NULL);
    size_t same = 0;
    while (same < count && same < found && strcmp(ids[same], expected[same]->id) == 0)
        same++;
    if (found != count || same != count) {
        char *text = json_dumps(statement, 0);
        print_error("%zu of %zu rows, the first %zu are right: %s %s %s\n", found, count, same,
                    sort_by, sort_down ? "down" : "up", text);
        free(text);
    }
    assert_int_equal(found, count);
    assert_int_equal(same, count);
}

static void random_cases(unsigned cases)
{
    for (unsigned i = 0; i < cases; i++) {
        json_t *statement = below(30) == 0 ? NULL : random_statement(3);
        sort_by = strcmp(sorts[i % 21], "RENEWAL_ELIGIBILITY") == 0 ? "STATUS" : sorts[i % 21];
        sort_down = below(2) == 0;
        compare(statement, below(4) == 0 ? 3 + (int)below(9) : 500);
        json_decref(statement);
    }
}

static void random_statements_find_what_a_plain_filter_finds(void **state)
{
    (void)state;
    random_cases(CASES);
    names_learn(ROWS / 2);
    random_cases(CASES);
    names_learn(10 * ROWS);
    random_cases(CASES);
}

static void small_bounds_change_nothing_but_the_size_of_pages(void **state)
{
    (void)state;
    struct search_bounds kept = search_bounds;
    search_bounds = (struct search_bounds){.found = 5, .looked = 7};
    random_cases(CASES / 2);
    search_bounds = (struct search_bounds){.found = 30, .looked = 20};
    random_cases(CASES / 2);
    search_bounds = kept;
}

static void eligibility_for_renewal_sorts_by_its_name(void **state)
{
    (void)state;
    json_t *out = ops_ok(ACM, "SearchCertificates", "{s:s, s:s, s:i}", "SortBy",
                         "RENEWAL_ELIGIBILITY", "SortOrder", "ASCENDING", "MaxResults", 500);
    const json_t *results = json_object_get(out, "Results");
    bool ineligible = false;
    assert_int_equal(json_array_size(results), ROWS);
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *m = json_object_get(
            json_object_get(json_array_get(results, i), "CertificateMetadata"),
            "AcmCertificateMetadata");
        bool eligible = strcmp(ops_text(m, "RenewalEligibility"), "ELIGIBLE") == 0;
        /* What ran out a moment ago still counts as issued in this order. */
        assert_false(eligible && ineligible);
        ineligible = ineligible || (!eligible && strcmp(ops_text(m, "Status"), "EXPIRED") != 0);
    }
    json_decref(out);
}

/* ---- what changes while pages are followed ---- */

static void change_something(void)
{
    if (row_count < ROWS + EXTRA && below(2) == 0)
        row_insert();
    struct row *victim = &rows[below((unsigned)row_count)];
    if (below(2) == 0 && !victim->deleted)
        row_delete(victim);
    if (below(3) == 0)
        names_learn(3);
}

/* Rows that were there before and after come exactly once and in order; the others once at most. */
static void pages_stay_right_while_rows_come_and_go(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 6; round++) {
        char ids[ROWS + EXTRA][ROW_UUID_SIZE];
        bool before[ROWS + EXTRA] = {false};
        const struct row *after[ROWS + EXTRA];
        size_t at = 0;
        sort_by = sorts[round * 5 % 21];
        sort_down = round % 2 == 0;
        for (size_t i = 0; i < row_count; i++)
            before[i] = !rows[i].deleted;
        size_t found = walk(NULL, 11, ids, change_something);
        size_t count = expected_rows(NULL, after);
        for (size_t i = 0; i < count; i++) {
            if (!before[after[i]->order])
                continue;
            while (at < found && strcmp(ids[at], after[i]->id) != 0)
                at++;
            assert_true(at < found);
            at++;
        }
        for (size_t i = 0; i < found; i++)
            for (size_t other = 0; other < i; other++)
                assert_string_not_equal(ids[i], ids[other]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eligibility_for_renewal_sorts_by_its_name),
        cmocka_unit_test(random_statements_find_what_a_plain_filter_finds),
        cmocka_unit_test(small_bounds_change_nothing_but_the_size_of_pages),
        cmocka_unit_test(pages_stay_right_while_rows_come_and_go),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
