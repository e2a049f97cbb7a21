#include "ca/pki/der.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <string.h>

#define CERTIFICATES_MAX 256 /* in one bundle */
#define LINE 64
#define LINE_OCTETS 48 /* what a line of 64 characters holds */
#define BLOCK_BEGIN "-----BEGIN "

int pki_pem_put(const char *label, struct slice der, bool final_newline, struct buf *pem)
{
    unsigned char line[LINE + 2];
    int rc = buf_printf(pem, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; rc == 0 && at < der.len; at += LINE_OCTETS) {
        size_t take = der.len - at < LINE_OCTETS ? der.len - at : LINE_OCTETS;
        int len = EVP_EncodeBlock(line, der.data + at, (int)take);
        line[len] = '\n';
        rc = buf_put(pem, line, (size_t)len + 1);
    }
    if (rc == 0)
        rc = buf_printf(pem, "-----END %s-----%s", label, final_newline ? "\n" : "");
    return rc;
}

/* OpenSSL skips a block whose first line is damaged as if it were text; so they are counted. */
static size_t count_blocks(struct slice pem)
{
    size_t count = 0;
    const uint8_t *at = pem.data;
    const uint8_t *end = pem.data + pem.len;
    while (at != NULL && at < end) {
        at = memmem(at, (size_t)(end - at), BLOCK_BEGIN, strlen(BLOCK_BEGIN));
        if (at != NULL) {
            count++;
            at += strlen(BLOCK_BEGIN);
        }
    }
    return count;
}

static bool is_certificate(const char *label, const char *header)
{
    return header[0] == '\0' &&
           (strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0);
}

static int visit_next(BIO *bio, int (*visit)(void *context, struct slice der), void *context)
{
    char *label = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long len = 0;
    int rc = CH_EINVAL;

    if (PEM_read_bio(bio, &label, &header, &der, &len) == 1 && is_certificate(label, header))
        rc = visit(context, slice_of(der, (size_t)len));
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)len); /* somebody may have sent a private key */
    ERR_clear_error();
    return rc;
}

int pki_pem_each(struct slice pem, size_t max, int (*visit)(void *context, struct slice der),
                 void *context)
{
    int rc = CH_ENOMEM;
    BIO *bio = NULL;
    size_t count = count_blocks(pem);

    if (count == 0 || pem.len > INT_MAX)
        return CH_EINVAL;
    if (count > max)
        return CH_ELIMIT;
    bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (bio == NULL)
        goto out;
    rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = visit_next(bio, visit, context);
out:
    BIO_free(bio);
    return rc;
}

/* ---- many certificates as one element ---- */

static int bundle_add(void *context, struct slice der)
{
    PKCS7 *bundle = context;
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
    int rc = certificate == NULL ? CH_EINVAL
             : PKCS7_add_certificate(bundle, certificate) == 1 ? 0
                                                               : CH_ENOMEM;
    X509_free(certificate);
    ERR_clear_error();
    return rc;
}

int pki_pkcs7_bundle(struct slice pem, struct buf *der)
{
    PKCS7 *bundle = PKCS7_new();
    int rc = bundle == NULL || PKCS7_set_type(bundle, NID_pkcs7_signed) != 1 ||
                     PKCS7_content_new(bundle, NID_pkcs7_data) != 1 ||
                     PKCS7_set_detached(bundle, 1) < 0
                 ? CH_ENOMEM
                 : 0;
    if (rc == 0)
        rc = pki_pem_each(pem, CERTIFICATES_MAX, bundle_add, bundle);
    if (rc == 0)
        rc = pki_der_encode(bundle, ASN1_ITEM_rptr(PKCS7), der);
    PKCS7_free(bundle);
    ERR_clear_error();
    return rc;
}
