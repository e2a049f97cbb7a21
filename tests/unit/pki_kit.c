#include "tests/unit/pki_kit.h"

#include <ftw.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- keys ---- */

void kit_spki(EVP_PKEY *pkey, struct buf *spki)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    assert_true(len > 0);
    assert_int_equal(buf_put(spki, der, (size_t)len), 0);
    OPENSSL_free(der);
}

const struct kit_key *kit_key(enum key_alg alg, unsigned number)
{
    static struct kit_key keys[KEY_ALG_COUNT][4];
    struct kit_key *key = &keys[alg][number];
    const struct key_alg_info *info = key_alg_info(alg);
    if (key->pkey != NULL)
        return key;
    key->pkey = info->rsa ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)info->bits)
                          : EVP_PKEY_Q_keygen(NULL, NULL, "EC", info->curve);
    assert_non_null(key->pkey);
    kit_spki(key->pkey, &key->spki);
    return key;
}

static const EVP_MD *md_of(enum sig_alg alg)
{
    static const EVP_MD *(*const mds[])(void) = {
        [HASH_SHA256] = EVP_sha256, [HASH_SHA384] = EVP_sha384, [HASH_SHA512] = EVP_sha512};
    return mds[sig_alg_info(alg)->hash]();
}

void kit_sign(const struct kit_key *key, enum sig_alg alg, struct slice message, struct buf *sig)
{
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = 0;
    assert_int_equal(EVP_DigestSignInit(ctx, &pctx, md_of(alg), NULL, key->pkey), 1);
    if (sig_alg_info(alg)->scheme == SIG_SCHEME_RSA_PSS) {
        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST);
    }
    assert_int_equal(EVP_DigestSign(ctx, NULL, &len, message.data, message.len), 1);
    uint8_t *end = buf_reserve(sig, len);
    assert_non_null(end);
    assert_int_equal(EVP_DigestSign(ctx, end, &len, message.data, message.len), 1);
    sig->len += len;
    EVP_MD_CTX_free(ctx);
}

/* ---- certificates ---- */

void kit_name(const char *common_name, struct buf *der)
{
    struct pki_attribute attribute = {"2.5.4.3", common_name};
    assert_int_equal(pki_name_build(&attribute, common_name == NULL ? 0 : 1, der), 0);
}

static const struct kit_key *key_of(const struct kit_order *order)
{
    return order->key != NULL ? order->key : kit_key(KEY_ALG_P256, 0);
}

static enum sig_alg alg_of(const struct kit_order *order)
{
    return order->alg != SIG_ALG_NONE ? order->alg : SIG_ALG_SHA256WITHECDSA;
}

static const struct pki_profile *profile_of(const struct kit_order *order)
{
    const char *name = order->profile != NULL ? order->profile : "EndEntityCertificate/V1";
    const struct pki_profile *profile = pki_profile_find(name);
    assert_non_null(profile);
    return profile;
}

static void random_serial(uint8_t serial[PKI_SERIAL_SIZE])
{
    static uint8_t next = 1;
    memset(serial, 0x5a, PKI_SERIAL_SIZE);
    serial[PKI_SERIAL_SIZE - 1] = next++;
}

void kit_tbs(const struct kit_order *order, struct buf *tbs)
{
    struct buf subject = {0};
    struct buf names = {0};
    struct pki_reason why = {{0}};
    kit_name(order->name, &subject);
    if (order->dns != NULL)
        assert_int_equal(pki_alt_names_build(&order->dns, 1, &names), 0);
    struct pki_tbs_spec spec = {
        .profile = profile_of(order),
        .sig_alg = alg_of(order),
        .issuer = buf_slice(&subject),
        .subject = buf_slice(&subject),
        .spki = buf_slice(&key_of(order)->spki),
        .not_before = order->not_before != 0 ? order->not_before : KIT_NOW - KIT_DAY,
        .not_after = order->not_after != 0 ? order->not_after : KIT_NOW + 30 * KIT_DAY,
        .subject_alt_name = buf_slice(&names),
        .pointers = order->pointers,
        .extras = order->extras,
    };
    random_serial(spec.serial);
    if (order->issuer != NULL) {
        spec.issuer = pki_certificate_subject(order->issuer->parsed);
        spec.issuer_key_id = pki_certificate_key_id(order->issuer->parsed);
    }
    if (pki_tbs_build(&spec, tbs, &why) != 0)
        fail_msg("%s", why.text);
    buf_free(&subject);
    buf_free(&names);
}

void kit_certify(struct slice tbs, const struct kit_cert *issuer, enum sig_alg alg,
                 struct kit_cert *out)
{
    struct buf sig = {0};
    struct pki_reason why = {{0}};
    kit_sign(issuer->key, alg, tbs, &sig);
    assert_int_equal(pki_certificate_finish(tbs, alg, buf_slice(&sig), &out->der), 0);
    if (pki_certificate_parse(buf_slice(&out->der), &out->parsed, &why) != 0)
        fail_msg("%s", why.text);
    buf_free(&sig);
}

void kit_issue(const struct kit_order *order, struct kit_cert *out)
{
    struct buf tbs = {0};
    struct pki_reason why = {{0}};
    *out = (struct kit_cert){.key = key_of(order)};
    kit_tbs(order, &tbs);
    if (pki_lint(buf_slice(&tbs), profile_of(order), &why) != 0)
        fail_msg("%s", why.text);
    kit_certify(buf_slice(&tbs), order->issuer != NULL ? order->issuer : out, alg_of(order), out);
    buf_free(&tbs);
}

void kit_cert_free(struct kit_cert *c)
{
    pki_certificate_free(c->parsed);
    buf_free(&c->der);
    *c = (struct kit_cert){0};
}

/* ---- files and commands ---- */

static char folder[4096];

const char *kit_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    if (folder[0] != '\0')
        return folder;
    snprintf(folder, sizeof folder, "%s/chancery-pki-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
    (void)st;
    (void)flag;
    (void)walk;
    return remove(path);
}

int kit_folder_remove(void **state)
{
    (void)state;
    if (folder[0] != '\0')
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
    return 0;
}

void kit_write(const char *name, struct slice contents)
{
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", kit_folder(), name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(contents.data, 1, contents.len, file), contents.len);
    assert_int_equal(fclose(file), 0);
}

void kit_write_pem(const char *name, const char *label, struct slice der)
{
    struct buf pem = {0};
    assert_int_equal(pki_pem_put(label, der, true, &pem), 0);
    kit_write(name, buf_slice(&pem));
    buf_free(&pem);
}

static int run(struct buf *text, const char *format, va_list args)
{
    char command[8192];
    char shell[16384];
    char chunk[4096];
    vsnprintf(command, sizeof command, format, args);
    snprintf(shell, sizeof shell, "cd '%s' && { %s; } 2>&1", kit_folder(), command);
    FILE *pipe = popen(shell, "r");
    assert_non_null(pipe);
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, pipe)) > 0;)
        if (text->len < 65536)
            assert_int_equal(buf_put(text, chunk, got), 0);
    int status = pclose(pipe);
    assert_non_null(buf_text(text));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int kit_run(struct buf *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = run(text, format, args);
    va_end(args);
    return status;
}

void kit_must_run(const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    int status = run(&text, format, args);
    va_end(args);
    if (status != 0)
        fail_msg("%s: exit status %d\n%s", format, status, buf_text(&text));
    buf_free(&text);
}
