/*
 * crl.c - what CRLs of very many revocations cost: fills the store of a provisioned appliance, which is
 * not running, with an authority's revocations, and makes its complete CRL and all 256 parts, while another
 * thread issues certificates.
 *
 *   crl STATE AUTHORITY-ID [REVOCATIONS]
 *
 * Prints "what: figure" a line. The store is not the same afterwards.
 */
#include "ca/contract/contract.h"
#include "ca/core.h"
#include "ca/issue.h"
#include "ca/jobs/key_maker.h"
#include "ca/pca/authority.h"
#include "ca/pca/crl.h"
#include "ca/pki/pki.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define SECOND_US INT64_C(1000000)
#define BATCH 1000
#define PARTS 256

static struct config config;
static struct core core;
static struct authority_row authority;

static void must(int code, const char *what)
{
    if (code == 0)
        return;
    fprintf(stderr, "crl: %s: %s\n", what, ch_error_text(code));
    exit(1);
}

static double peak_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* ---- revocations ---- */

struct fill {
    uint64_t from, to, all;
};

/* The last octet, the part, comes in order: pages of the indexes are written once, not at each commit. */
static void serial_make(const struct fill *f, uint64_t n, uint8_t serial[20])
{
    memset(serial, 0x5a, 20);
    for (int i = 0; i < 8; i++)
        serial[11 + i] = (uint8_t)(n >> (8 * (7 - i)));
    serial[19] = (uint8_t)(n * PARTS / f->all);
}

static int fill_one(struct store_tx *tx, const struct fill *f, uint64_t n, int64_t now)
{
    struct issued_row issued = {.scope = authority.scope, .state = (char[]){"ISSUED"},
                                .template_name = (char[]){"EndEntityCertificate/V1"},
                                .not_before = now, .not_after = now + 365 * 86400 * SECOND_US,
                                .created_at = now, .issued_at = now};
    struct revocation_row revoked = {.scope = authority.scope, .reason = n % 2 == 0 ? 1 : 4,
                                     .revoked_at = now};
    memcpy(issued.authority, authority.id, sizeof issued.authority);
    memcpy(revoked.authority, authority.id, sizeof revoked.authority);
    snprintf(issued.id, sizeof issued.id, "b0b0%028llx", (unsigned long long)n);
    serial_make(f, n, issued.serial);
    memcpy(revoked.serial, issued.serial, sizeof revoked.serial);
    must(buf_put_text(&issued.certificate, "x"), "memory");
    int r = store_issued_insert(tx, &issued);
    buf_free(&issued.certificate);
    return r == 0 ? store_revocation_insert(tx, &revoked) : r;
}

static int fill_unit(struct store_tx *tx, void *context)
{
    const struct fill *f = context;
    int64_t now = clock_now_us();
    int r = 0;
    for (uint64_t n = f->from; r == 0 && n < f->to; n++)
        r = fill_one(tx, f, n, now);
    return r;
}

static void fill(uint64_t count)
{
    int64_t start = clock_monotonic_ms();
    for (uint64_t n = 0; n < count; n += BATCH) {
        struct fill f = {n, n + BATCH < count ? n + BATCH : count, count};
        must(store_write(core.store, fill_unit, &f), "filling");
    }
    printf("revocations put into the store: %llu in %.1f s\n", (unsigned long long)count,
           (double)(clock_monotonic_ms() - start) / 1e3);
}

/* ---- issuing meanwhile ---- */

static _Atomic bool stop;
static _Atomic unsigned issued_count;
static _Atomic int slowest_ms;

static int intent_unit(struct store_tx *tx, void *context)
{
    return store_issued_insert(tx, context);
}

static int complete_unit(struct store_tx *tx, void *context)
{
    return store_issued_complete(tx, context);
}

static void issue_one(struct slice subject, struct slice spki)
{
    struct pki_reason why = {""};
    struct issued_row intent = {0};
    struct issue_order order = {
        .authority = &authority,
        .profile = pki_profile_find("EndEntityCertificate/V1"),
        .sig_alg = sig_alg_default(authority_key_alg(&authority)),
        .subject = subject,
        .spki = spki,
        .not_before = clock_now() - 60,
        .not_after = clock_now() + 86400,
    };
    must(issue_intend(&core, &order, &intent), "intent");
    must(store_write(core.store, intent_unit, &intent), "intent");
    must(issue_sign(&core, &order, &intent, &why), why.text);
    must(store_write(core.store, complete_unit, &intent), "certificate");
    issued_row_free(&intent);
}

static void *issue_main(void *context)
{
    static const struct pki_attribute name = {"2.5.4.3", "bench"};
    struct buf subject = {0};
    unsigned char *spki = NULL;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    int len = i2d_PUBKEY(key, &spki);
    (void)context;
    must(pki_name_build(&name, 1, &subject), "name");
    while (!stop) {
        int64_t start = clock_monotonic_ms();
        issue_one(buf_slice(&subject), slice_of(spki, (size_t)len));
        int took = (int)(clock_monotonic_ms() - start);
        if (took > slowest_ms)
            slowest_ms = took;
        issued_count++;
    }
    OPENSSL_free(spki);
    EVP_PKEY_free(key);
    buf_free(&subject);
    return NULL;
}

/* ---- CRLs ---- */

struct want {
    const char *revocation;
    int64_t first, last;
};

static int want_unit(struct store_tx *tx, void *context)
{
    const struct want *w = context;
    char *text = strdup(w->revocation);
    int64_t now = clock_now_us();
    int r = text == NULL ? CH_ENOMEM
                         : store_authority_update(tx, &authority, authority.status, text, now);
    for (int64_t part = w->first; r == 0 && part <= w->last; part++)
        r = store_crl_want(tx, &authority.scope, authority.id, part, now);
    free(text);
    return r;
}

static void make(const char *what, struct want want)
{
    int64_t at = 0;
    int64_t start = clock_monotonic_ms();
    unsigned before = issued_count;
    slowest_ms = 0;
    must(store_write(core.store, want_unit, &want), "wanting");
    for (;;) {
        must(crl_job_due(&core, &at), "due");
        if (at > clock_now_us())
            break;
        must(crl_job_run(&core, clock_now_us()), "making");
    }
    double s = (double)(clock_monotonic_ms() - start) / 1e3;
    printf("%s: %.2f s, peak RSS %.0f MB; certificates issued meanwhile %.0f/s, the slowest in %d "
           "ms\n",
           what, s, peak_mb(), (issued_count - before) / (s > 0 ? s : 1), slowest_ms);
}

static void size_print(void)
{
    char path[CORE_PATH_MAX];
    struct stat st;
    struct crl_row row = {.part = CRL_COMPLETE};
    memcpy(row.authority, authority.id, sizeof row.authority);
    must(crl_path(&core, &row, false, path), "path");
    if (stat(path, &st) == 0)
        printf("octets of the complete CRL: %lld\n", (long long)st.st_size);
}

static int load_unit(struct store_tx *tx, void *context)
{
    return store_authority_get_any(tx, context, &authority);
}

int main(int argc, char **argv)
{
    char path[CORE_PATH_MAX];
    pthread_t issuer;
    if (argc < 3) {
        fprintf(stderr, "usage: crl STATE AUTHORITY-ID [REVOCATIONS]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* what was measured is said even when the run is cut short */
    log_open("bench", LOG_LEVEL_WARN);
    must(contract_init(), "contract");
    must(core_path(argv[1], "chancery.conf", path), "path");
    must(config_load(path, &config, stderr), "configuration");
    must(core_hsm_environment(&config), "environment");
    must(core_open(argv[1], &config, NULL, &core), "core");
    must(key_maker_new(&core, &core.key_maker), "key maker");
    must(store_read(core.store, load_unit, argv[2]), "authority");
    fill(argc > 3 ? strtoull(argv[3], NULL, 10) : 1000000);
    printf("peak RSS before: %.0f MB\n", peak_mb());
    pthread_create(&issuer, NULL, issue_main, NULL);
    make("complete CRL",
         (struct want){"{\"CrlConfiguration\":{\"Enabled\":true,\"ExpirationInDays\":7}}",
                       CRL_COMPLETE, CRL_COMPLETE});
    make("all 256 parts", (struct want){"{\"CrlConfiguration\":{\"Enabled\":true,"
                                        "\"ExpirationInDays\":7,\"CrlType\":\"PARTITIONED\"}}",
                                        0, PARTS - 1});
    stop = true;
    pthread_join(issuer, NULL);
    size_print();
    authority_row_free(&authority);
    key_maker_free(core.key_maker);
    core_close(&core);
    contract_exit();
    return 0;
}
