/*
 * store_bench - how fast the store is, and how large its rows are.
 *
 *     store_bench [threads] [seconds] [folder]
 *
 * Prints durable units a second (one issued certificate of 700 octets and one audit
 * record each) beside the raw fdatasync rate of the same folder, octets a row, and the time of
 * list pages.
 */
#include "ca/store/search.h"
#include "firmware/base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUTHORITY "11111111-2222-3333-4444-555555555555"
#define DER_SIZE 700
#define ROWS 10000
#define PATH_SIZE 4200

static const struct scope scope = {"111122223333", "eu-central-1"};
static _Atomic uint64_t next_number = 1;
static _Atomic bool stop;

static void check(int r, const char *what)
{
    if (r == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, ch_error_text(r));
    exit(1);
}

/* Spreads numbers over the key space, as random ids do. */
static uint64_t scatter(uint64_t n)
{
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
    return n ^ (n >> 31);
}

static int authority_unit(struct store_tx *tx, void *context)
{
    (void)context;
    struct authority_row row = {
        .scope = scope, .id = AUTHORITY, .type = "ROOT", .status = "ACTIVE", .configuration = "{}"};
    return store_authority_insert(tx, &row);
}

static int issue(struct store_tx *tx, uint64_t number, const char *record)
{
    uint8_t der[DER_SIZE];
    struct issued_row row = {.scope = scope,
                             .authority = AUTHORITY,
                             .state = "ISSUED",
                             .template_name = "arn:aws:acm-pca:::template/EndEntity/V1",
                             .certificate = {.data = der, .len = sizeof(der)},
                             .not_before = clock_now_us(),
                             .not_after = clock_now_us(),
                             .created_at = clock_now_us(),
                             .issued_at = clock_now_us()};
    uint64_t bits[4] = {scatter(number), scatter(~number), number, 0};
    memset(der, 0x5a, sizeof(der));
    memcpy(der, bits, sizeof(bits));
    memcpy(row.serial, bits, sizeof(row.serial));
    hex_encode(bits, 16, row.id);
    int r = store_issued_insert(tx, &row);
    if (r == 0 && record != NULL)
        r = store_audit_append(tx, row.created_at, slice_text(record));
    return r;
}

static int issue_unit(struct store_tx *tx, void *context)
{
    static const char record[] =
        "{\"eventName\":\"IssueCertificate\",\"eventSource\":\"acm-pca.amazonaws.com\","
        "\"userIdentity\":{\"arn\":\"arn:aws:iam::111122223333:user/admin\"},\"sourceIPAddress\":"
        "\"192.0.2.1\",\"requestID\":\"a0b1c2d3-0000-4000-8000-000000000000\"}";
    return issue(tx, *(uint64_t *)context, record);
}

static void *issue_thread(void *context)
{
    struct store *store = context;
    while (!atomic_load(&stop)) {
        uint64_t number = atomic_fetch_add(&next_number, 1);
        check(store_write(store, issue_unit, &number), "issue");
    }
    return NULL;
}

static double fdatasync_rate(const char *folder)
{
    char path[PATH_SIZE];
    uint8_t page[4096] = {0};
    snprintf(path, sizeof(path), "%s/raw", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check(fd < 0 ? CH_EIO : 0, path);
    int64_t start = clock_now_us();
    int count = 0;
    while (clock_now_us() - start < 500000 && count < 5000) {
        if (pwrite(fd, page, sizeof(page), (off_t)count * 4096) < 0 || fdatasync(fd) != 0)
            check(CH_EIO, path);
        count++;
    }
    double seconds = (double)(clock_now_us() - start) / 1e6;
    close(fd);
    unlink(path);
    return count / seconds;
}

static void bench_issue(struct store *store, int threads, int seconds)
{
    pthread_t thread[64];
    struct store_stats before, after;
    store_stats(store, &before);
    int64_t start = clock_now_us();
    atomic_store(&stop, false);
    for (int i = 0; i < threads; i++)
        check(pthread_create(&thread[i], NULL, issue_thread, store) == 0 ? 0 : CH_ESYS, "thread");
    sleep((unsigned)seconds);
    atomic_store(&stop, true);
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    double took = (double)(clock_now_us() - start) / 1e6;
    store_stats(store, &after);
    double units = (double)(after.units - before.units);
    double commits = (double)(after.commits - before.commits);
    printf("%2d threads: %8.0f units/s %7.0f commits/s %6.1f units a commit\n", threads,
           units / took, commits / took, units / commits);
}

/* ---- octets a row ---- */

static int issued_rows_unit(struct store_tx *tx, void *context)
{
    (void)context;
    int r = 0;
    for (int i = 0; i < 500 && r == 0; i++)
        r = issue(tx, atomic_fetch_add(&next_number, 1), NULL);
    return r;
}

struct certificate_job {
    uint64_t number;
    bool issue; /* else request */
};

/* An ACM certificate from a private CA: request, then issuance with the authority's own row. */
static int certificate_unit(struct store_tx *tx, void *context)
{
    const struct certificate_job *job = context;
    char domain[64], names[80], subject[80], serial[60];
    uint8_t der[DER_SIZE];
    uint64_t bits[4] = {scatter(job->number), scatter(~job->number), job->number, 0};
    struct certificate_row row = {.scope = scope,
                                  .type = "PRIVATE",
                                  .status = "PENDING_VALIDATION",
                                  .domain = domain,
                                  .names = names,
                                  .key_alg = KEY_ALG_P256,
                                  .options =
                                      "{\"CertificateTransparencyLoggingPreference\":\"ENABLED\"}",
                                  .authority_arn = "arn:aws:acm-pca:eu-central-1:111122223333:"
                                                   "certificate-authority/" AUTHORITY,
                                  .created_at = 1700000000000000 + (int64_t)job->number};
    uint8_t octets[16];
    memcpy(octets, bits, sizeof(octets));
    snprintf(row.id, sizeof(row.id),
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", octets[0],
             octets[1], octets[2], octets[3], octets[4], octets[5], octets[6], octets[7], octets[8],
             octets[9], octets[10], octets[11], octets[12], octets[13], octets[14], octets[15]);
    snprintf(domain, sizeof(domain), "host-%08" PRIu64 ".example.internal", job->number);
    snprintf(names, sizeof(names), "[\"%s\"]", domain);
    if (!job->issue)
        return store_certificate_insert(tx, &row);
    char id[33];
    hex_encode(bits, 16, id);
    memset(der, 0x5a, sizeof(der));
    memcpy(der, bits, sizeof(bits));
    for (int i = 0; i < 20; i++)
        snprintf(serial + 3 * i, 4, "%02x:", ((uint8_t *)bits)[i]);
    serial[59] = '\0';
    snprintf(subject, sizeof(subject), "CN=%s", domain);
    row.issued_id = id;
    row.certificate = (struct buf){.data = der, .len = sizeof(der)};
    row.serial = serial;
    row.subject = subject;
    row.issuer = "CN=Example Internal Root,O=Example";
    row.signature_algorithm = "SHA256WITHECDSA";
    row.key_usages = "[\"DIGITAL_SIGNATURE\",\"KEY_ENCIPHERMENT\"]";
    row.extended_key_usages = "[{\"Name\":\"TLS_WEB_SERVER_AUTHENTICATION\"}]";
    row.chain = "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n";
    row.issued_at = row.not_before = row.not_after = 1700000000000000;
    int r = issue(tx, job->number, NULL);
    return r == 0 ? store_certificate_set_issued(tx, &row) : r;
}

static int certificate_rows_unit(struct store_tx *tx, void *context)
{
    (void)context;
    int r = 0;
    uint64_t first = atomic_fetch_add(&next_number, 8);
    for (int issued = 0; issued < 2; issued++)
        for (uint64_t i = 0; i < 8 && r == 0; i++)
            r = certificate_unit(tx, &(struct certificate_job){first + i, issued == 1});
    return r;
}

/* Growth of the file over ROWS rows, closed before and after so that nothing is left in the WAL. */
static void measure_size(const char *path, const char *what, store_unit unit, int units)
{
    struct store *store = NULL;
    struct stat before, after;
    stat(path, &before);
    check(store_open(path, false, &store), path);
    for (int i = 0; i < units; i++)
        check(store_write(store, unit, NULL), what);
    store_close(store);
    stat(path, &after);
    printf("%s: %.0f octets a row\n", what, (double)(after.st_size - before.st_size) / ROWS);
}

/* ---- pages ---- */

static int count_row(void *context, const struct certificate_row *row)
{
    (void)row;
    ++*(int *)context;
    return 0;
}

static int page_unit(struct store_tx *tx, void *context)
{
    struct certificate_page page;
    int rows = 0;
    int r = store_certificate_search(tx, &scope, context, count_row, &rows, &page);
    free(page.last.text);
    return r;
}

static void bench_page(struct store *store, uint32_t limit, bool all)
{
    struct condition issued = {
        .kind = CONDITION_FACET, .field = FACET_KEY_ALG, .any = 1u << KEY_ALG_P256};
    struct certificate_query query = {
        .where = all ? NULL : &issued, .descending = true, .limit = limit};
    int64_t start = clock_now_us();
    for (int i = 0; i < 100; i++)
        check(store_read(store, page_unit, &query), "page");
    printf("page of %4" PRIu32 " certificates, %s: %.2f ms\n", limit,
           all ? "no filter" : "one stream", (double)(clock_now_us() - start) / 100 / 1000);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 0;
    int seconds = argc > 2 ? atoi(argv[2]) : 2;
    char folder[4096], path[PATH_SIZE];
    snprintf(folder, sizeof(folder), "%s/store-bench-XXXXXX", argc > 3 ? argv[3] : "/tmp");
    check(threads < 0 || threads > 64 ? CH_EINVAL : 0, "threads");
    check(mkdtemp(folder) == NULL ? CH_EIO : 0, folder);
    snprintf(path, sizeof(path), "%s/chancery.db", folder);
    struct store *store = NULL;
    check(store_open(path, true, &store), path);
    check(store_write(store, authority_unit, NULL), "authority");
    printf("fdatasync alone: %.0f/s\n", fdatasync_rate(folder));
    static const int steps[] = {1, 8, 32};
    for (size_t i = 0; i < 3; i++)
        if (threads == 0 || i == 0)
            bench_issue(store, threads == 0 ? steps[i] : threads, seconds);
    store_close(store);
    measure_size(path, "issued certificate", issued_rows_unit, ROWS / 500);
    measure_size(path, "ACM certificate with its issued row", certificate_rows_unit, ROWS / 8);
    check(store_open(path, false, &store), path);
    bench_page(store, 100, true);
    bench_page(store, 100, false);
    bench_page(store, 1000, true);
    store_close(store);
    unlink(path);
    rmdir(folder);
    return 0;
}
