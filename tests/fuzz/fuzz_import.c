/*
 * Target functions: import_material and import_row, and with them pki_pem_next, pki_pem_decode,
 * pki_private_key_read, pki_key_check_strength, pki_chain_judge; import_again_check of the certificate
 * against itself. A seed is certificate, private key and chain as PEM, with lines "====" between.
 */
#include "ca/acm/import.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_US (INT64_C(1796000000) * 1000000) /* 2026-11-30 */
#define SEPARATOR "====\n"
#define CERTIFICATE_MAX 32768 /* what the contract lets through */
#define KEY_MAX 5120

/* Takes off the next part. */
static struct slice part_take(struct slice *rest)
{
    size_t n = strlen(SEPARATOR);
    const uint8_t *end = rest->len < n ? NULL : memmem(rest->data, rest->len, SEPARATOR, n);
    struct slice part = end == NULL ? *rest : slice_of(rest->data, (size_t)(end - rest->data));
    size_t taken = end == NULL ? part.len : part.len + n;
    *rest = slice_of(rest->data + taken, rest->len - taken);
    return part;
}

static void part_put(json_t *in, const char *member, struct slice part, size_t max)
{
    if (part.len == 0 || part.len > max)
        return;
    char *base64 = malloc(4 * ((part.len + 2) / 3) + 1);
    EVP_EncodeBlock((unsigned char *)base64, part.data, (int)part.len);
    json_object_set_new(in, member, json_string(base64));
    free(base64);
}

static void again(struct import *i)
{
    i->old.key_alg = i->row.key_alg;
    if (buf_put_slice(&i->old.certificate, buf_slice(&i->row.certificate)) == 0)
        PRECOND(import_again_check(i) == 0);
    certificate_row_free(&i->old);
}

static void run(struct request *r)
{
    struct import i = {.r = r};
    int rc = import_material(&i);
    if (rc == 0)
        rc = import_row(&i);
    if (rc == 0)
        again(&i);
    PRECOND(rc == 0 || rc == CH_EAPI);
    for (size_t k = 0; k < i.chain_count; k++)
        pki_certificate_free(i.chain[k]);
    pki_certificate_free(i.certificate);
    pki_private_key_free(&i.key);
    certificate_row_free(&i.row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size);
    struct request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return 0;
    r->now = NOW_US;
    r->in = json_object();
    part_put(r->in, "Certificate", part_take(&rest), CERTIFICATE_MAX);
    part_put(r->in, "PrivateKey", part_take(&rest), KEY_MAX);
    part_put(r->in, "CertificateChain", rest, (size_t)2 * 1024 * 1024);
    if (json_object_get(r->in, "Certificate") != NULL && json_object_get(r->in, "PrivateKey") != NULL)
        run(r);
    json_decref(r->in);
    free(r);
    return 0;
}
