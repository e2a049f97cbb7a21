/*
 * million - how lists, searches and lookups fare with a great many certificates.
 *
 *     million fill DATABASE ACCOUNT REGION [COUNT]
 *     million measure DATABASE ACCOUNT REGION [COUNT [WHAT]]
 *
 * fill puts COUNT (1,000,000) certificates into the store of an appliance that does not run, through
 * the store's own row functions: mostly private ones with the row of their authority, some imported with
 * certificate and chain of their own, some public; real DER of real size, without their wrapped
 * keys. measure prints "what: figures" lines of the store's pages of 100: all of them, or those whose
 * name begins with WHAT.
 */
#include "ca/store/search.h"
#include "firmware/base/clock.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AUTHORITY "11111111-2222-4333-8444-555555555555"
#define DAY INT64_C(86400000000)
#define UNIT 25        /* rows written at once: what a unit must be able to undo is kept in memory */
#define THREADS 8
#define ROUNDS 200     /* of each measurement */
#define PAGE 100
#define NAME_FORM "host-%07u.%s.example.com"
#define NAME_LENGTH (sizeof("host-0000000.aa.example.com") - 1)

static struct scope scope;
static int64_t now;

static void check(int r, const char *what)
{
    if (r == 0)
        return;
    fprintf(stderr, "million: %s: %s\n", what, ch_error_text(r));
    exit(1);
}

static uint64_t scatter(uint64_t n)
{
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
    return n ^ (n >> 31);
}

/* ---- certificates: one of each kind of key is made, and its name and serial number overwritten ---- */

struct model {
    uint8_t der[2048];
    size_t len, serial;
    size_t names[4], name_count;
};

static EVP_PKEY *key_new(enum key_alg alg)
{
    return alg == KEY_ALG_RSA_2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

static void extension_add(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    check(e == NULL || X509_add_ext(x, e, -1) != 1 ? CH_ENOMEM : 0, value);
    X509_EXTENSION_free(e);
}

static void model_make(enum key_alg alg, struct model *model)
{
    static const char name[] = "host-0000000.aa.example.com";
    char names[80];
    X509 *x = X509_new();
    EVP_PKEY *key = key_new(alg);
    EVP_PKEY *issuer_key = key_new(alg);
    uint8_t serial[20];
    uint8_t *at = model->der;
    memset(serial, 0x5a, sizeof serial);
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    X509_set_version(x, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 395L * 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const uint8_t *)name,
                               -1, -1, 0);
    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "O", MBSTRING_UTF8,
                               (const uint8_t *)"Example Internal", -1, -1, 0);
    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_UTF8,
                               (const uint8_t *)"Example Internal Issuing CA 1", -1, -1, 0);
    X509_set_pubkey(x, key);
    snprintf(names, sizeof names, "DNS:%s", name);
    extension_add(x, NID_subject_alt_name, names);
    extension_add(x, NID_key_usage, "critical,digitalSignature,keyEncipherment");
    extension_add(x, NID_ext_key_usage, "serverAuth,clientAuth");
    extension_add(x, NID_basic_constraints, "critical,CA:FALSE");
    check(X509_sign(x, issuer_key, EVP_sha256()) == 0 || i2d_X509(x, NULL) > (int)sizeof model->der,
          "certificate");
    model->len = (size_t)i2d_X509(x, &at);
    model->serial = (size_t)((uint8_t *)memmem(model->der, model->len, serial, 20) - model->der);
    for (size_t i = 0; i + NAME_LENGTH <= model->len && model->name_count < 4; i++)
        if (memcmp(model->der + i, name, NAME_LENGTH) == 0)
            model->names[model->name_count++] = i;
    BN_free(number);
    EVP_PKEY_free(issuer_key);
    EVP_PKEY_free(key);
    X509_free(x);
}

/* ---- rows ---- */

static struct model rsa, ec;
static char chain[1700]; /* of imports: a PEM text as long as a real one */

struct job {
    unsigned first, count;
};

static const char *zone_of(unsigned i)
{
    static const char *const zones[] = {"eu", "us", "ap", "db", "ws", "io"};
    return zones[i % 6];
}

static enum key_alg alg_of(unsigned i)
{
    unsigned share = (unsigned)(scatter(i + 7) % 100);
    if (share < 60)
        return KEY_ALG_RSA_2048;
    return share < 95 ? KEY_ALG_P256 : share < 98 ? KEY_ALG_P384 : KEY_ALG_RSA_4096;
}

static const char *status_of(unsigned i)
{
    unsigned share = (unsigned)(scatter(i + 99) % 100000);
    if (share < 5)
        return "FAILED";
    if (share < 60)
        return "REVOKED";
    if (share < 900)
        return "PENDING_VALIDATION";
    return share < 3000 ? "EXPIRED" : "ISSUED";
}

static const char *type_of(unsigned i)
{
    unsigned share = (unsigned)(scatter(i + 1234) % 10);
    return share == 0 ? "IMPORTED" : share == 1 ? "AMAZON_ISSUED" : "PRIVATE";
}

static char *text(const char *borrowed)
{
    return (char *)(uintptr_t)borrowed;
}

static void uuid_of(unsigned i, char out[ROW_UUID_SIZE])
{
    uint64_t a = scatter(i);
    uint64_t b = scatter(~(uint64_t)i);
    snprintf(out, ROW_UUID_SIZE, "%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)(b >> 52),
             b & 0xffffffffffff);
}

static int issued_put(struct store_tx *tx, const struct certificate_row *row, const uint8_t serial[20])
{
    struct issued_row issued = {.scope = scope,
                                .authority = AUTHORITY,
                                .state = "ISSUED",
                                .template_name = "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
                                .certificate = row->certificate,
                                .not_before = row->not_before,
                                .not_after = row->not_after,
                                .created_at = row->created_at,
                                .issued_at = row->issued_at};
    memcpy(issued.serial, serial, 20);
    snprintf(issued.id, sizeof issued.id, "%s", row->issued_id);
    return store_issued_insert(tx, &issued);
}

static int row_put(struct store_tx *tx, unsigned i)
{
    char name[64], names[160], subject[96], serial_text[60], issued_id[33];
    uint8_t serial[20];
    uint8_t der[2048];
    const struct model *model = alg_of(i) == KEY_ALG_RSA_2048 || alg_of(i) == KEY_ALG_RSA_4096 ? &rsa : &ec;
    const char *status = status_of(i);
    bool import = strcmp(type_of(i), "IMPORTED") == 0;
    bool issued = strcmp(status, "PENDING_VALIDATION") != 0 && strcmp(status, "FAILED") != 0;
    int64_t created = now - DAY * 300 + (int64_t)i * 20000000 / 1000 * 1000;
    uint64_t random[3] = {(uint64_t)i << 32 | 1, scatter(i + 5), scatter(i + 6)};
    memcpy(serial, random, sizeof serial);
    serial[0] = 1;
    snprintf(name, sizeof name, NAME_FORM, i, zone_of(i));
    if (i % 5000 == 17)
        snprintf(name, sizeof name, "www.shared.example.com");
    if (i % 3 == 0)
        snprintf(names, sizeof names, "[\"%s\",\"alt-%u.%s.example.org\"]", name, i % 1000, zone_of(i));
    else
        snprintf(names, sizeof names, "[\"%s\"]", name);
    snprintf(subject, sizeof subject, "CN=%s", name);
    hex_encode(random, 16, issued_id);
    for (int at = 0; at < 20; at++)
        snprintf(serial_text + 3 * at, 4, "%02x%s", serial[at], at < 19 ? ":" : "");
    memcpy(der, model->der, model->len);
    memcpy(der + model->serial, serial, 20);
    for (size_t at = 0; at < model->name_count && strlen(name) == NAME_LENGTH; at++)
        memcpy(der + model->names[at], name, NAME_LENGTH);
    struct certificate_row row = {
        .scope = scope,
        .type = text(type_of(i)),
        .status = text(status),
        .domain = name,
        .names = names,
        .key_alg = alg_of(i),
        .options = "{\"CertificateTransparencyLoggingPreference\":\"ENABLED\",\"Export\":\"ENABLED\"}",
        .authority_arn = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/" AUTHORITY,
        .subject = subject,
        .issuer = "Example Internal",
        .signature_algorithm = "SHA256WITHRSA",
        .created_at = created,
        .imported_at = import ? created : 0,
    };
    uuid_of(i, row.id);
    if (issued || import) {
        row.key_usages = "[\"DIGITAL_SIGNATURE\",\"KEY_ENCIPHERMENT\"]";
        row.extended_key_usages = i % 1000 == 3
                                      ? "[{\"Name\":\"CODE_SIGNING\",\"OID\":\"1.3.6.1.5.5.7.3.3\"}]"
                                      : "[{\"Name\":\"TLS_WEB_SERVER_AUTHENTICATION\",\"OID\":\"1.3.6.1.5.5.7.3.1\"}"
                                        ",{\"Name\":\"TLS_WEB_CLIENT_AUTHENTICATION\",\"OID\":\"1.3.6.1.5.5.7.3.2\"}]";
        row.serial = serial_text;
        row.issued_at = import ? 0 : created + 500000;
        row.not_before = created - 3600000000;
        row.not_after = strcmp(status, "EXPIRED") == 0 ? now - DAY : created + DAY * 395 + DAY * 200;
        row.revoked_at = strcmp(status, "REVOKED") == 0 ? created + DAY : 0;
        row.exported_at = i % 10 == 0 && !import ? created + 600000 : 0;
        row.chain = import ? chain : "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n";
        row.certificate = (struct buf){.data = der, .len = model->len};
        row.issued_id = import ? NULL : issued_id;
    }
    int rc = row.issued_id == NULL ? 0 : issued_put(tx, &row, serial);
    return rc == 0 ? store_certificate_insert(tx, &row) : rc;
}

static int fill_unit(struct store_tx *tx, void *context)
{
    const struct job *job = context;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < job->count; i++)
        rc = row_put(tx, job->first + i);
    return rc;
}

/* Several threads, so that many units share one commit. */
static struct store *filled_store;
static unsigned fill_count;
static _Atomic unsigned fill_next;

static void *fill_thread(void *context)
{
    (void)context;
    for (unsigned first; (first = atomic_fetch_add(&fill_next, UNIT)) < fill_count;) {
        struct job job = {first, fill_count - first < UNIT ? fill_count - first : UNIT};
        check(store_write(filled_store, fill_unit, &job), "rows");
    }
    return NULL;
}

static void fill_rows(struct store *store, unsigned count)
{
    pthread_t threads[THREADS];
    filled_store = store;
    fill_count = count;
    for (size_t i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, fill_thread, NULL) == 0 ? 0 : CH_ESYS, "thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static int authority_unit(struct store_tx *tx, void *context)
{
    (void)context;
    struct authority_row row = {
        .scope = scope, .id = AUTHORITY, .type = "ROOT", .status = "DISABLED", .configuration = "{}"};
    return store_authority_insert(tx, &row);
}

static int learn_unit(struct store_tx *tx, void *context)
{
    int rc = store_names_learn(tx, UNIT);
    return rc == 0 ? store_names_waiting(tx, context) : rc;
}

static void fill(struct store *store, unsigned count)
{
    bool waiting = true;
    int64_t start = clock_now_us();
    memset(chain, 'A', sizeof chain - 1);
    model_make(KEY_ALG_RSA_2048, &rsa);
    model_make(KEY_ALG_P256, &ec);
    check(store_write(store, authority_unit, NULL), "authority");
    fill_rows(store, count);
    int64_t filled = clock_now_us();
    while (waiting)
        check(store_write(store, learn_unit, &waiting), "names");
    printf("certificates written: %.0f/s\n",
           count * 1e6 / (double)(filled - start));
    printf("names made known to searches: %.0f/s\n",
           count * 1e6 / (double)(clock_now_us() - filled));
}

/* ---- measurements ---- */

struct measure {
    const char *what;
    struct condition *where;
    enum certificate_order order;
    unsigned total; /* certificates in the store */
    bool deep;      /* from a random place in the list */
    struct certificate_place after;
    unsigned round;
    uint32_t rows;
    bool more;
};

static int count_row(void *context, const struct certificate_row *row)
{
    (void)row;
    ++*(uint32_t *)context;
    return 0;
}

static int page_unit(struct store_tx *tx, void *context)
{
    struct measure *m = context;
    struct certificate_page page;
    struct certificate_query query = {.where = m->where,
                                      .order = m->order,
                                      .descending = true,
                                      .now = now,
                                      .after = m->deep ? &m->after : NULL,
                                      .limit = PAGE};
    m->rows = 0;
    int rc = store_certificate_search(tx, &scope, &query, count_row, &m->rows, &page);
    m->more = page.more;
    free(page.last.text);
    return rc;
}

static int describe_unit(struct store_tx *tx, void *context)
{
    const struct measure *m = context;
    struct certificate_row row;
    char id[ROW_UUID_SIZE];
    uuid_of((unsigned)(scatter(m->round) % m->total), id);
    int rc = store_certificate_get(tx, &scope, id, &row);
    if (rc == 0)
        certificate_row_free(&row);
    return rc;
}

/* What this thread has used; other programs on the machine do not disturb it. */
static double processor_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1000 + (double)used.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void run(struct store *store, store_unit unit, struct measure *m)
{
    static double took[ROUNDS], used[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t at = scatter(i + 77) % m->total;
        m->round = i;
        m->after = (struct certificate_place){
            .group = 0x80000000,
            .value = now - DAY * 300 + (int64_t)at * 20000000 / 1000 * 1000,
            .number = (int64_t)at};
        int64_t start = clock_now_us();
        used[i] = processor_ms();
        check(store_read(store, unit, m), m->what);
        used[i] = processor_ms() - used[i];
        took[i] = (double)(clock_now_us() - start) / 1000;
    }
    qsort(took, ROUNDS, sizeof took[0], compare);
    qsort(used, ROUNDS, sizeof used[0], compare);
    printf("%s: p50 %.2f ms, p99 %.2f ms (processor %.2f ms), %" PRIu32 " rows%s\n", m->what,
           took[ROUNDS / 2], took[ROUNDS * 99 / 100], used[ROUNDS * 99 / 100], m->rows,
           m->more ? ", more" : "");
}

static struct condition *words(enum facet_field field, const char *word)
{
    struct condition *c = calloc(1, sizeof *c);
    check(c == NULL ? CH_ENOMEM : 0, word);
    *c = (struct condition){
        .kind = CONDITION_FACET, .field = field, .any = 1u << facet_value(field, word)};
    return c;
}

static struct condition *name(enum condition_kind kind, const char *value, bool contains)
{
    struct condition *c = calloc(1, sizeof *c);
    check(c == NULL ? CH_ENOMEM : 0, value);
    *c = (struct condition){.kind = kind, .text = strdup(value), .contains = contains};
    return c;
}

static struct condition *of(enum condition_kind kind, struct condition *a, struct condition *b)
{
    struct condition *c = calloc(1, sizeof *c);
    check(c == NULL ? CH_ENOMEM : 0, "condition");
    c->kind = kind;
    c->count = b == NULL ? 1 : 2;
    c->parts = calloc(2, sizeof *c->parts);
    check(c->parts == NULL ? CH_ENOMEM : 0, "condition");
    c->parts[0] = *a;
    if (b != NULL)
        c->parts[1] = *b;
    free(a);
    free(b);
    return c;
}

static struct condition *range(enum condition_kind kind, int64_t from, int64_t to)
{
    struct condition *c = calloc(1, sizeof *c);
    check(c == NULL ? CH_ENOMEM : 0, "range");
    *c = (struct condition){.kind = kind, .from = from, .to = to};
    return c;
}

static void measure(struct store *store, unsigned count, const char *what)
{
    char serial[60] = "01:00:00:00:40:e2:01:00";
    struct condition *rsa_only = words(FACET_KEY_ALG, "RSA_2048");
    struct measure rows[] = {
        {"list, RSA_2048, first page", rsa_only, .order = ORDER_CREATION},
        {"list, RSA_2048, at a random depth", rsa_only, .order = ORDER_CREATION, .deep = true},
        {"list, all, at a random depth", NULL, .order = ORDER_CREATION, .deep = true},
        {"list, FAILED (5 of 100,000)", words(FACET_STATUS, "FAILED"), .order = ORDER_CREATION},
        {"list, CODE_SIGNING (1 of 1,000)", words(FACET_EXTENDED_KEY_USAGES, "CODE_SIGNING"), .order = ORDER_CREATION},
        {"search, Not ISSUED, at a random depth", of(CONDITION_NOT, words(FACET_STATUS, "ISSUED"), NULL),
         .order = ORDER_CREATION, .deep = true},
        {"search, P-384, by NOT_AFTER", words(FACET_KEY_ALG, "EC_secp384r1"), .order = ORDER_NOT_AFTER},
        {"search, P-384, by COMMON_NAME", words(FACET_KEY_ALG, "EC_secp384r1"), .order = ORDER_COMMON_NAME},
        {"search, all, by CERTIFICATE_ARN", NULL, .order = ORDER_ARN},
        {"search, P-384, by CERTIFICATE_ARN", words(FACET_KEY_ALG, "EC_secp384r1"), .order = ORDER_ARN},
        {"search, DNS name EQUALS, one", name(CONDITION_NAME, "host-0123456.eu.example.com", false), .order = ORDER_CREATION},
        {"search, DNS name EQUALS, 200 of a million", name(CONDITION_NAME, "www.shared.example.com", false), .order = ORDER_CREATION},
        {"search, DNS name EQUALS, none", name(CONDITION_NAME, "nobody.example.com", false), .order = ORDER_CREATION},
        {"search, common name EQUALS, by NOT_AFTER", name(CONDITION_COMMON_NAME, "host-0123456.eu.example.com", false), .order = ORDER_NOT_AFTER},
        {"search, serial number", name(CONDITION_SERIAL, serial, false), .order = ORDER_CREATION},
        {"search, NotAfter within a day", range(CONDITION_NOT_AFTER, now + DAY * 300, now + DAY * 301), .order = ORDER_CREATION},
        {"search, NotAfter within a day, by NOT_AFTER", range(CONDITION_NOT_AFTER, now + DAY * 300, now + DAY * 301), .order = ORDER_NOT_AFTER},
        {"search, CONTAINS, one", name(CONDITION_NAME, "-0123456", true), .order = ORDER_CREATION},
        {"search, CONTAINS, 200 of a million", name(CONDITION_NAME, "shared", true), .order = ORDER_CREATION},
        {"search, CONTAINS, 2,000 of a million", name(CONDITION_NAME, "alt-12", true), .order = ORDER_CREATION},
        {"search, CONTAINS, 10,000 of a million", name(CONDITION_NAME, "host-01", true), .order = ORDER_CREATION},
        {"search, CONTAINS, all", name(CONDITION_NAME, "example", true), .order = ORDER_CREATION},
        {"search, CONTAINS, none, parts in all names", name(CONDITION_NAME, "example.exa", true), .order = ORDER_CREATION},
        {"search, CONTAINS, two letters in few names", name(CONDITION_NAME, "zq", true), .order = ORDER_CREATION},
        {"search, FAILED or a DNS name", of(CONDITION_OR, words(FACET_STATUS, "FAILED"), name(CONDITION_NAME, "host-0123456.eu.example.com", false)),
         .order = ORDER_CREATION},
        {"search, P-384 and CONTAINS all", of(CONDITION_AND, words(FACET_KEY_ALG, "EC_secp384r1"), name(CONDITION_NAME, "example", true)),
         .order = ORDER_CREATION},
    };
    struct measure describe = {.what = "describe", .total = count};
    if (strncmp(describe.what, what, strlen(what)) == 0)
        run(store, describe_unit, &describe);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].total = count;
        if (strncmp(rows[i].what, what, strlen(what)) == 0)
            run(store, page_unit, &rows[i]);
        if (rows[i].where != rsa_only && rows[i].where != NULL) {
            condition_clear(rows[i].where);
            free(rows[i].where);
        }
    }
    free(rsa_only);
}

int main(int argc, char **argv)
{
    struct store *store = NULL;
    if (argc < 5 || (strcmp(argv[1], "fill") != 0 && strcmp(argv[1], "measure") != 0)) {
        fprintf(stderr, "million: see the top of tests/bench/million.c\n");
        return 2;
    }
    bool filling = strcmp(argv[1], "fill") == 0;
    unsigned count = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 1000000;
    now = clock_now_us() / DAY * DAY;
    snprintf(scope.account, sizeof scope.account, "%s", argv[3]);
    snprintf(scope.region, sizeof scope.region, "%s", argv[4]);
    check(store_open(argv[2], filling, &store), argv[2]);
    if (filling)
        fill(store, count);
    else
        measure(store, count, argc > 6 ? argv[6] : "");
    store_close(store);
    return 0;
}
