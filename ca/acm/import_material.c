#include "ca/acm/import.h"

#include "ca/acm/usage.h"
#include "ca/pki/pem_strict.h"
#include "ca/pki/weak_key.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)
#define OCSP_ADDRESS_MAX 1000 /* API reference, ImportCertificate */
#define EMPTY_NAME_SIZE 2     /* the empty sequence */

#define NOT_PEM "The certificate body/chain provided is not in a valid PEM format."

/* ---- certificates ---- */

/* where: "" for the body, or which one of the chain. */
static int certificate_decode(struct import *i, const struct pki_pem_block *block,
                              const char *where, struct pki_certificate **out)
{
    struct buf der = {0};
    size_t len = 0;
    if (!slice_is(block->label, "CERTIFICATE"))
        return import_refuse(i, NOT_PEM "%s", where);
    uint8_t *room = buf_reserve(&der, pki_pem_size(block));
    int rc = room == NULL ? CH_ENOMEM : pki_pem_decode(block, room, &len);
    if (rc == CH_EINVAL) {
        rc = import_refuse(i, NOT_PEM "%s", where);
    } else if (rc == 0) {
        rc = pki_certificate_parse(slice_of(room, len), out, &i->why);
        if (rc == CH_EINVAL)
            rc = import_refuse(i,
                               "Unable to parse certificate. Please make sure the certificate is "
                               "in PEM format.%s %s.",
                               where, i->why.text);
    }
    buf_free(&der);
    return rc;
}

static int body_read(struct import *i)
{
    struct buf pem = {0};
    struct pki_pem_block block, more;
    int rc = contract_blob(i->r->in, "Certificate", &pem);
    struct slice rest = buf_slice(&pem);
    if (rc == 0 && pki_pem_next(&rest, &block) != 0)
        rc = import_refuse(i, NOT_PEM);
    if (rc == 0) {
        int next = pki_pem_next(&rest, &more);
        if (next == 0 && slice_is(more.label, "CERTIFICATE"))
            rc = import_refuse(i, "The certificate field contains more than one certificate. You "
                                  "can specify only one certificate in this field.");
        else if (next != CH_ENOTFOUND)
            rc = import_refuse(i, NOT_PEM);
    }
    if (rc == 0)
        rc = certificate_decode(i, &block, "", &i->certificate);
    buf_free(&pem);
    return rc;
}

static int chain_read_next(struct import *i, const struct pki_pem_block *block)
{
    char where[64];
    if (i->chain_count == IMPORT_CHAIN_MAX)
        return import_refuse(i, "The certificate chain has more than %d certificates.",
                             IMPORT_CHAIN_MAX);
    snprintf(where, sizeof where, " The index within the chain of the invalid certificate is: %zu.",
             i->chain_count);
    int rc = certificate_decode(i, block, where, &i->chain[i->chain_count]);
    if (rc == 0)
        i->chain_count++;
    return rc;
}

static int chain_read(struct import *i)
{
    struct buf pem = {0};
    struct pki_pem_block block;
    int next = 0;
    int rc = contract_blob(i->r->in, "CertificateChain", &pem);
    struct slice rest = buf_slice(&pem);
    if (rc == CH_ENOTFOUND)
        return 0;
    while (rc == 0 && next == 0) {
        next = pki_pem_next(&rest, &block);
        if (next == 0)
            rc = chain_read_next(i, &block);
    }
    if (rc == 0 && (next == CH_EINVAL || i->chain_count == 0))
        rc = import_refuse(i,
                           NOT_PEM " The index within the chain of the invalid certificate is: "
                                   "%zu.",
                           i->chain_count);
    buf_free(&pem);
    return rc;
}

/* ---- the private key ---- */

static int key_refuse(struct import *i, enum pki_private_fault fault)
{
    switch (fault) {
    case PKI_PRIVATE_ENCRYPTED:
        return import_refuse(i, "Your private key should not be encrypted.");
    case PKI_PRIVATE_TYPE:
        return import_refuse(i, "The private key is not supported. %s.", i->why.text);
    case PKI_PRIVATE_LENGTH:
        return import_refuse(i, "The private key length %u is not supported for key algorithm.",
                             i->key.bits);
    default:
        return import_refuse(i, "Passed PEM was not a private key. %s.", i->why.text);
    }
}

static int key_read(struct import *i)
{
    struct secret *pem = NULL;
    enum pki_private_fault fault = PKI_PRIVATE_FINE;
    int rc = contract_blob_secret(i->r->in, "PrivateKey", &pem);
    if (rc == 0)
        rc = pki_private_key_read(secret_slice(pem), &i->key, &fault, &i->why);
    secret_free(pem);
    return rc == CH_EINVAL ? key_refuse(i, fault) : rc;
}

/* ---- what is asked of the certificate by itself ---- */

static int check_fields(struct import *i)
{
    const struct pki_certificate *c = i->certificate;
    char oids[1][64];
    if (pki_certificate_version(c) != 3)
        return import_refuse(i,
                             "The certificate is of X.509 version %d. You can import only X.509 "
                             "version 3 certificates.",
                             pki_certificate_version(c));
    if (pki_certificate_serial_is_negative(c))
        return import_refuse(i, "The serial number of the certificate is negative (RFC 5280 "
                                "4.1.2.2).");
    if (pki_certificate_issuer(c).len <= EMPTY_NAME_SIZE)
        return import_refuse(i, "The Issuer field of the certificate is empty (RFC 5280 4.1.2.4).");
    if (pki_certificate_extended_key_usage(c, oids, 1) > USAGE_EXTENDED_MAX)
        return import_refuse(i, "The certificate has more than %d extended key usages.",
                             USAGE_EXTENDED_MAX);
    return 0;
}

static int check_ocsp(struct import *i)
{
    size_t length = 0;
    if (pki_certificate_ocsp_length(i->certificate, &length) != 0)
        return import_refuse(i, "The authority information access of the certificate is malformed "
                                "(RFC 5280 4.2.2.1).");
    if (length > OCSP_ADDRESS_MAX)
        return import_refuse(i, "The OCSP authority URL of the certificate exceeds %d characters.",
                             OCSP_ADDRESS_MAX);
    return 0;
}

static int check_validity(struct import *i)
{
    int64_t now = i->r->now / SECOND_US;
    if (now < pki_certificate_not_before(i->certificate))
        return import_refuse(i, "The certificate is not in effect yet, is not valid.");
    if (now > pki_certificate_not_after(i->certificate))
        return import_refuse(i, "The certificate has expired, is not valid.");
    return 0;
}

static int check_key(struct import *i)
{
    const char *check = NULL;
    if (!slice_equal(pki_certificate_spki(i->certificate), buf_slice(&i->key.spki)))
        return import_refuse(i,
                             "The private key does not match the public key of the certificate.");
    int rc = pki_key_check_strength(buf_slice(&i->key.spki), &check, &i->why);
    if (rc == CH_EINVAL)
        rc = import_refuse(i, "The private key is not supported. %s (%s).", i->why.text, check);
    return rc;
}

/* ---- the path ---- */

/* Whose key signed the certificate has the same family; API reference, ImportCertificate. */
static int check_family(struct import *i)
{
    enum sig_alg signed_with =
        sig_alg_from_name(pki_certificate_signature_algorithm(i->certificate));
    if (signed_with == SIG_ALG_NONE || sig_alg_fits_key(signed_with, i->key.alg))
        return 0; /* an unknown one is told by the path */
    return import_refuse(i,
                         "The cryptographic algorithm of the certificate (%s) does not match "
                         "the algorithm of the signing CA (%s).",
                         key_alg_info(i->key.alg)->name,
                         pki_certificate_signature_algorithm(i->certificate));
}

static int check_self_signed(struct import *i)
{
    int rc = pki_certificate_issued_by(i->certificate, i->certificate, &i->why);
    if (rc == CH_EINTEGRITY)
        rc = import_refuse(i,
                           "Provided certificate is not a valid self signed. Please provide either "
                           "a valid self-signed certificate or certificate chain. %s.",
                           i->why.text);
    return rc;
}

/* Does some certificate of the chain certify the leaf, though not the first? */
static bool is_out_of_order(const struct import *i)
{
    for (size_t k = 1; k < i->chain_count; k++)
        if (pki_certificate_issued_by(i->certificate, i->chain[k], NULL) == 0)
            return true;
    return false;
}

static int check_chain(struct import *i)
{
    int bad = -1;
    int rc = pki_chain_judge(i->certificate, i->chain, i->chain_count, i->r->now / SECOND_US, false,
                             &bad, &i->why);
    if (rc != CH_EINVAL)
        return rc;
    if (bad < 0 && !is_out_of_order(i))
        return import_refuse(
            i, "Could not validate the certificate with the certificate chain. %s.", i->why.text);
    return import_refuse(i,
                         "Unable to validate certificate chain. The certificate chain must start "
                         "with the immediate signing certificate, followed by any intermediaries "
                         "in order. The index within the chain of the invalid certificate is: %d. "
                         "%s.",
                         bad < 0 ? 0 : bad, i->why.text);
}

static int check_path(struct import *i)
{
    int rc = check_family(i);
    if (rc == 0)
        rc = i->chain_count == 0 ? check_self_signed(i) : check_chain(i);
    return rc;
}

int import_material(struct import *i)
{
    static int (*const steps[])(struct import *) = {
        body_read,  key_read,  chain_read,     check_fields,
        check_ocsp, check_key, check_validity, check_path,
    };
    int rc = 0;
    for (size_t s = 0; rc == 0 && s < sizeof steps / sizeof steps[0]; s++)
        rc = steps[s](i);
    return rc;
}
