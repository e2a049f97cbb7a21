/*
 * doctor.c - tries on a module and token each thing that Chancery needs, says how fast it is and what
 * is missing. One row a check; every object it makes is removed again.
 */
#include "hsm/evp.h"
#include "hsm/internal.h"

#include "firmware/base/clock.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define DETAIL_MAX 160
#define MEASURE_MS 250
#define SESSIONS_TRIED 64

enum need { NEED_ALWAYS, NEED_CA_KEY, NEED_CUSTODY, NEED_TOOLS };

static const char *const need_texts[] = {
    [NEED_ALWAYS] = "needed",
    [NEED_CA_KEY] = "for authorities of this type",
    [NEED_CUSTODY] = "needed to keep subscriber keys",
    [NEED_TOOLS] = "for OpenSSL tools",
};

struct doctor {
    struct hsm *h;
    FILE *out;
    struct hsm_name kek, mac; /* made by the custody check, used by those behind it */
    struct hsm_custody custody;
    struct hsm_wrapped wrapped;
    bool missing[sizeof need_texts / sizeof need_texts[0]];
    unsigned ca_keys; /* types that work */
};

struct check {
    const char *name;
    enum need need;
    enum key_alg alg;
    int (*run)(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX]);
};

static void detail_say(char detail[DETAIL_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void detail_say(char detail[DETAIL_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(detail, DETAIL_MAX, format, args);
    va_end(args);
}

/* A name that no key of an appliance has. */
static int name_make(struct hsm_name *name)
{
    char hex[2 * HSM_ID_SIZE + 1];
    if (RAND_bytes(name->id, HSM_ID_SIZE) != 1)
        return CH_ESYS;
    hex_encode(name->id, HSM_ID_SIZE, hex);
    snprintf(name->label, sizeof name->label, "doctor/%s", hex);
    return 0;
}

/* How often action succeeds in a second; negative is the failure. */
static double rate_measure(struct doctor *d, int (*action)(struct doctor *d, void *context),
                           void *context)
{
    int64_t start = clock_monotonic_ms();
    int64_t now = start;
    unsigned count = 0;
    while (now - start < MEASURE_MS) {
        int r = action(d, context);
        if (r != 0)
            return r;
        count++;
        now = clock_monotonic_ms();
    }
    return count * 1000.0 / (double)(now - start);
}

static int sessions_count(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    (void)alg;
    CK_SESSION_HANDLE sessions[SESSIONS_TRIED];
    unsigned open = 0;
    pthread_rwlock_rdlock(&d->h->module->lock);
    while (open < SESSIONS_TRIED &&
           d->h->p11->C_OpenSession(d->h->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                    &sessions[open]) == CKR_OK)
        open++;
    for (unsigned i = 0; i < open; i++)
        d->h->p11->C_CloseSession(sessions[i]);
    pthread_rwlock_unlock(&d->h->module->lock);
    detail_say(detail, open == SESSIONS_TRIED ? "at least %u at once" : "only %u at once", open);
    return open >= 4 ? 0 : CH_ELIMIT;
}

static int random_draw(struct doctor *d, void *context)
{
    return hsm_random(d->h, context, 32);
}

static int random_check(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    (void)alg;
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    int r = hsm_random(d->h, a, sizeof a);
    if (r == 0)
        r = hsm_random(d->h, b, sizeof b);
    if (r == 0 && memcmp(a, b, sizeof a) == 0)
        r = CH_EINTEGRITY;
    if (r == 0)
        detail_say(detail, "%.0f draws of 32 octets/s", rate_measure(d, random_draw, a));
    return r;
}

struct signing {
    struct hsm_key *key;
    enum sig_alg alg;
    struct buf signature;
};

static const char doctor_message[] = "what the doctor signs";

static int signature_make(struct doctor *d, void *context)
{
    struct signing *s = context;
    buf_clear(&s->signature);
    return hsm_sign(d->h, s->key, s->alg, slice_text(doctor_message), &s->signature);
}

static int signature_verify(EVP_PKEY *public, const struct signing *s)
{
    static const char *const digests[] = {"SHA256", "SHA384", "SHA512"};
    const struct sig_alg_info *info = sig_alg_info(s->alg);
    EVP_PKEY_CTX *how = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestVerifyInit_ex(context, &how, digests[info->hash], NULL,
                                                           NULL, public, NULL) == 1;
    if (good && info->scheme == SIG_SCHEME_RSA_PSS)
        good = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1;
    good = good && EVP_DigestVerify(context, s->signature.data, s->signature.len,
                                    (const unsigned char *)doctor_message,
                                    sizeof doctor_message - 1) == 1;
    EVP_MD_CTX_free(context);
    return good ? 0 : CH_EINTEGRITY;
}

/* Every signature algorithm that fits the key: made by the token, verified by OpenSSL. */
static int signatures_check(struct doctor *d, struct hsm_key *key, struct slice spki,
                            enum key_alg alg, char detail[DETAIL_MAX])
{
    EVP_PKEY *public = NULL;
    enum key_alg found = KEY_ALG_NONE;
    int r = public_parse(spki, &public, &found);
    for (int a = SIG_ALG_NONE + 1; r == 0 && a < SIG_ALG_COUNT; a++) {
        struct signing s = {.key = key, .alg = (enum sig_alg)a};
        if (!sig_alg_fits_key(s.alg, alg))
            continue;
        r = signature_make(d, &s);
        if (r == 0)
            r = signature_verify(public, &s);
        if (r != 0)
            detail_say(detail, "%s failed: %s", sig_alg_info(s.alg)->name, ch_error_text(r));
        buf_free(&s.signature);
    }
    EVP_PKEY_free(public);
    return r;
}

static int ca_key_check(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    struct hsm_name name = {0};
    struct hsm_key *key = NULL;
    struct buf spki = {0};
    int64_t start = clock_monotonic_ms();
    int r = name_make(&name);
    if (r == 0)
        r = hsm_pair_generate(d->h, &name, alg, &spki);
    int64_t made = clock_monotonic_ms() - start;
    if (r != 0)
        goto out;
    r = hsm_pair_find(d->h, &name, buf_slice(&spki), &key);
    if (r == 0)
        r = signatures_check(d, key, buf_slice(&spki), alg, detail);
    if (r == 0) {
        struct signing s = {.key = key, .alg = sig_alg_default(alg)};
        double rate = rate_measure(d, signature_make, &s);
        detail_say(detail, "made in %lld ms, %.0f signatures/s", (long long)made, rate);
        buf_free(&s.signature);
        d->ca_keys |= 1u << alg;
    }
    int gone = hsm_pair_destroy(d->h, &name);
    r = r == 0 ? gone : r;
out:
    buf_free(&spki);
    return r;
}

static int mac_make(struct doctor *d, void *context)
{
    uint8_t tag[HSM_TAG_SIZE];
    (void)context;
    return hsm_mac(d->h, d->custody.mac, slice_text(doctor_message), tag);
}

static int seal_check(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    (void)alg;
    struct buf sealed = {0};
    struct secret *clear = NULL;
    int r = name_make(&d->mac);
    if (r == 0)
        r = hsm_secret_generate(d->h, &d->mac, HSM_SECRET_MAC);
    if (r == 0)
        r = hsm_secret_find(d->h, &d->mac, HSM_SECRET_MAC, &d->custody.mac);
    if (r == 0)
        r = hsm_seal(d->h, d->custody.mac, slice_text("row"), slice_text("secret"), &sealed);
    if (r == 0)
        r = hsm_unseal(d->h, d->custody.mac, slice_text("row"), buf_slice(&sealed), &clear);
    if (r == 0)
        detail_say(detail, "%.0f HMAC/s", rate_measure(d, mac_make, NULL));
    secret_free(clear);
    buf_free(&sealed);
    return r;
}

static int subscriber_make(struct doctor *d, void *context)
{
    struct hsm_wrapped wrapped = {0};
    int r = hsm_subscriber_generate(d->h, &d->custody, KEY_ALG_P256, slice_text(context), true,
                                    &wrapped);
    hsm_wrapped_free(&wrapped);
    return r;
}

static char doctor_arn[] = "arn:doctor";

static int wrap_check(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    (void)alg;
    if (d->custody.mac == NULL)
        return CH_EUNSUPPORTED;
    int r = name_make(&d->kek);
    if (r == 0)
        r = hsm_secret_generate(d->h, &d->kek, HSM_SECRET_KEK_EXPORT);
    if (r == 0)
        r = hsm_secret_find(d->h, &d->kek, HSM_SECRET_KEK_EXPORT, &d->custody.kek);
    if (r == 0)
        r = hsm_subscriber_generate(d->h, &d->custody, KEY_ALG_P256, slice_text(doctor_arn), true,
                                    &d->wrapped);
    if (r == 0)
        detail_say(detail, "format %s, %.0f P-256 keys made and wrapped/s", d->wrapped.format,
                   rate_measure(d, subscriber_make, doctor_arn));
    return r;
}

static int subscriber_use(struct doctor *d, void *context)
{
    struct buf *signature = context;
    buf_clear(signature);
    return hsm_subscriber_sign(d->h, &d->custody, &d->wrapped, slice_text(doctor_arn),
                               SIG_ALG_SHA256WITHECDSA, slice_text(doctor_message), signature);
}

static int unwrap_check(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    (void)alg;
    if (d->custody.kek == NULL || d->wrapped.blob.len == 0)
        return CH_EUNSUPPORTED;
    struct buf signature = {0};
    int r = subscriber_use(d, &signature);
    if (r == 0 && hsm_subscriber_sign(d->h, &d->custody, &d->wrapped, slice_text("arn:other"),
                                      SIG_ALG_SHA256WITHECDSA, slice_text(doctor_message),
                                      &signature) != CH_EINTEGRITY)
        r = CH_EINTEGRITY;
    if (r == 0)
        detail_say(detail, "bound to its ARN; %.0f signatures/s with an unwrapped key",
                   rate_measure(d, subscriber_use, &signature));
    buf_free(&signature);
    return r;
}

static int subscriber_export(struct doctor *d, void *context)
{
    (void)context;
    struct secret *pkcs8 = NULL;
    int r = hsm_subscriber_export(d->h, &d->custody, &d->wrapped, slice_text(doctor_arn), &pkcs8);
    secret_free(pkcs8);
    return r;
}

static int export_check(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    (void)alg;
    if (d->custody.kek == NULL || d->wrapped.blob.len == 0)
        return CH_EUNSUPPORTED;
    int r = subscriber_export(d, NULL);
    if (r == 0)
        detail_say(detail, "%.0f exports/s", rate_measure(d, subscriber_export, NULL));
    return r;
}

static int libp11_sign(struct hsm *h, const struct hsm_name *name, size_t *len)
{
    unsigned char signature[SIGNATURE_MAX];
    EVP_PKEY *key = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *len = sizeof signature;
    int r = hsm_pair_evp(h, name, &key);
    if (r == 0 && (context == NULL ||
                   EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
                   EVP_DigestSign(context, signature, len, (const unsigned char *)doctor_message,
                                  sizeof doctor_message - 1) != 1))
        r = CH_EUNSUPPORTED;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return r;
}

static int libp11_check(struct doctor *d, enum key_alg alg, char detail[DETAIL_MAX])
{
    struct hsm_name name = {0};
    struct buf spki = {0};
    size_t len = 0;
    alg = (d->ca_keys & 1u << alg) != 0 ? alg : KEY_ALG_RSA_2048;
    int r = name_make(&name);
    if (r == 0)
        r = hsm_pair_generate(d->h, &name, alg, &spki);
    if (r == 0) {
        r = libp11_sign(d->h, &name, &len);
        if (r == 0)
            detail_say(detail, "an EVP_PKEY of a token key signs: %zu octets", len);
        int gone = hsm_pair_destroy(d->h, &name);
        r = r == 0 ? gone : r;
    }
    buf_free(&spki);
    return r;
}

static const struct check checks[] = {
    {"sessions", NEED_ALWAYS, KEY_ALG_NONE, sessions_count},
    {"random numbers", NEED_ALWAYS, KEY_ALG_NONE, random_check},
    {"CA key EC_prime256v1 (P-256)", NEED_CA_KEY, KEY_ALG_P256, ca_key_check},
    {"CA key EC_secp384r1 (P-384)", NEED_CA_KEY, KEY_ALG_P384, ca_key_check},
    {"CA key EC_secp521r1 (P-521)", NEED_CA_KEY, KEY_ALG_P521, ca_key_check},
    {"CA key RSA_2048", NEED_CA_KEY, KEY_ALG_RSA_2048, ca_key_check},
    {"CA key RSA_3072", NEED_CA_KEY, KEY_ALG_RSA_3072, ca_key_check},
    {"CA key RSA_4096", NEED_CA_KEY, KEY_ALG_RSA_4096, ca_key_check},
    {"HMAC key, sealing", NEED_ALWAYS, KEY_ALG_NONE, seal_check},
    {"wrapping private keys", NEED_CUSTODY, KEY_ALG_NONE, wrap_check},
    {"unwrapping and using them", NEED_CUSTODY, KEY_ALG_NONE, unwrap_check},
    {"exporting them", NEED_CUSTODY, KEY_ALG_NONE, export_check},
    {"libp11", NEED_TOOLS, KEY_ALG_P256, libp11_check},
};

static void check_report(struct doctor *d, const struct check *check, int r, const char *detail)
{
    if (r == 0) {
        fprintf(d->out, "  ok       %-30s %s\n", check->name, detail);
        return;
    }
    d->missing[check->need] = true;
    fprintf(d->out, "  MISSING  %-30s %s (%s%s%s)\n", check->name, ch_error_text(r),
            need_texts[check->need], detail[0] == '\0' ? "" : "; ", detail);
}

static bool verdict_say(const struct doctor *d)
{
    bool custody = !d->missing[NEED_CUSTODY];
    bool whole = !d->missing[NEED_ALWAYS] && custody && d->ca_keys != 0;
    fprintf(d->out, "\nKey custody: %s\n",
            custody ? "in the HSM: subscriber keys are made in it and kept wrapped by it"
                    : "CA keys only: this token cannot wrap private keys");
    if (whole)
        fprintf(d->out, "This module and token can do all that Chancery needs%s.\n",
                d->missing[NEED_CA_KEY] ? ", except for authorities of the types marked above"
                                        : "");
    else
        fprintf(d->out, "This module and token cannot hold a whole appliance: see MISSING.\n");
    return whole;
}

static const char *open_failure_text(int r)
{
    static const struct {
        int code;
        const char *text;
    } texts[] = {
        {CH_EINVAL, "this file is no PKCS#11 module that can be loaded"},
        {CH_ENOTFOUND, "the module has no such token (label and serial), or the PIN file is not there"},
        {CH_EPIN, "the token refused the PIN; it was tried once only"},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].code == r)
            return texts[i].text;
    return ch_error_text(r);
}

int hsm_doctor(const struct hsm_config *config, FILE *out)
{
    struct doctor d = {.out = out};
    char identity[160];
    fprintf(out, "Module %s, token \"%s\"\n", config->module, config->token_label);
    int r = hsm_open(config, &d.h);
    if (r != 0) {
        fprintf(out, "  FAILED   %s\n", open_failure_text(r));
        return r;
    }
    hsm_describe(d.h, identity, sizeof identity);
    fprintf(out, "%s\n\n", identity);
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        char detail[DETAIL_MAX] = "";
        r = checks[i].run(&d, checks[i].alg, detail);
        check_report(&d, &checks[i], r, detail);
        fflush(out);
    }
    bool whole = verdict_say(&d);
    hsm_wrapped_free(&d.wrapped);
    if (d.custody.kek != NULL)
        hsm_secret_destroy(d.h, &d.kek, HSM_SECRET_KEK_EXPORT);
    if (d.custody.mac != NULL)
        hsm_secret_destroy(d.h, &d.mac, HSM_SECRET_MAC);
    hsm_close(d.h);
    return whole ? 0 : CH_EUNSUPPORTED;
}
