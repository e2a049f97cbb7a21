/*
 * import.c - what one ImportCertificate costs, apart from the commit: CPU of reading and judging
 * the material, and of bringing the key into the HSM, for each key type; self-signed certificates.
 *
 *   import MODULE TOKEN-LABEL PIN-FILE [CALLS [KEY-TYPE]]
 *
 * Makes two secret keys on the token and destroys them.
 */
#include "ca/acm/import.h"
#include "hsm/hsm.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARN "arn:aws:acm:us-east-1:123456789012:certificate/bench"

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int code, const char *what)
{
    if (code == 0)
        return;
    fprintf(stderr, "import: %s: %s\n", what, ch_error_text(code));
    exit(1);
}

static X509 *certificate_make(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1001);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"www.example.com", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
                                                "DNS:www.example.com,DNS:example.com");
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x, key, EVP_sha256());
    return x;
}

static void member_put(json_t *in, const char *member, BIO *pem)
{
    char *data = NULL;
    long len = BIO_get_mem_data(pem, &data);
    unsigned char *base64 = malloc(4 * ((size_t)len / 3 + 1) + 1);
    EVP_EncodeBlock(base64, (const unsigned char *)data, (int)len);
    json_object_set_new(in, member, json_string((const char *)base64));
    free(base64);
    BIO_free(pem);
}

static json_t *request_make(enum key_alg alg)
{
    const struct key_alg_info *info = key_alg_info(alg);
    EVP_PKEY *key = info->rsa ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)info->bits)
                              : EVP_PKEY_Q_keygen(NULL, NULL, "EC", info->curve);
    X509 *x = certificate_make(key);
    BIO *body = BIO_new(BIO_s_mem()), *secret = BIO_new(BIO_s_mem());
    json_t *in = json_object();
    PEM_write_bio_X509(body, x);
    PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL);
    member_put(in, "Certificate", body);
    member_put(in, "PrivateKey", secret);
    X509_free(x);
    EVP_PKEY_free(key);
    return in;
}

static void import_free(struct import *i)
{
    pki_certificate_free(i->certificate);
    pki_private_key_free(&i->key);
    certificate_row_free(&i->row);
}

static void measure(struct hsm *hsm, const struct hsm_custody *custody, enum key_alg alg, int calls)
{
    struct request *r = calloc(1, sizeof *r);
    double judged = 0, carried = 0;
    r->in = request_make(alg);
    r->now = (int64_t)time(NULL) * 1000000;
    for (int n = 0; n < calls; n++) {
        struct import i = {.r = r};
        struct hsm_wrapped wrapped;
        double start = cpu_us();
        int rc = import_material(&i);
        if (rc == 0)
            rc = import_row(&i);
        judged += cpu_us() - start;
        must(rc, r->error.type != NULL ? r->error.text : "judging");
        start = cpu_us();
        must(hsm_subscriber_import(hsm, custody, secret_slice(i.key.pkcs8), slice_text(ARN),
                                   &wrapped),
             "the HSM");
        carried += cpu_us() - start;
        hsm_wrapped_free(&wrapped);
        import_free(&i);
    }
    printf("import of %s, CPU us: judge, HSM, calls/s on 2 cores: %.0f %.0f %.0f\n",
           key_alg_info(alg)->name, judged / calls, carried / calls,
           2e6 * calls / (judged + carried));
    json_decref(r->in);
    free(r);
}

static void secret_make(struct hsm *hsm, struct hsm_name *name, enum hsm_secret_kind kind,
                        struct hsm_key **out)
{
    must(hsm_random(hsm, name->id, sizeof name->id), "C_GenerateRandom");
    must(hsm_secret_generate(hsm, name, kind), "C_GenerateKey");
    must(hsm_secret_find(hsm, name, kind, out), "C_FindObjects");
}

int main(int argc, char **argv)
{
    struct hsm *hsm = NULL;
    struct hsm_custody custody;
    struct hsm_name kek = {.label = "bench import kek"}, mac = {.label = "bench import mac"};
    if (argc < 4) {
        fprintf(stderr, "usage: import MODULE TOKEN-LABEL PIN-FILE [CALLS [KEY-TYPE]]\n");
        return 2;
    }
    struct hsm_config config = {.module = argv[1], .token_label = argv[2], .pin_file = argv[3]};
    must(hsm_open(&config, &hsm), "hsm_open");
    secret_make(hsm, &kek, HSM_SECRET_KEK_NO_EXPORT, &custody.kek);
    secret_make(hsm, &mac, HSM_SECRET_MAC, &custody.mac);
    for (enum key_alg alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++)
        if (argc <= 5 || strcmp(argv[5], key_alg_info(alg)->name) == 0)
            measure(hsm, &custody, alg, argc > 4 ? atoi(argv[4]) : 200);
    hsm_secret_destroy(hsm, &kek, HSM_SECRET_KEK_NO_EXPORT);
    hsm_secret_destroy(hsm, &mac, HSM_SECRET_MAC);
    hsm_close(hsm);
    return 0;
}
