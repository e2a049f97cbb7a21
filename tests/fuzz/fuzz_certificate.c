/*
 * Target functions: pki_certificate_parse and every getter, pki_certificate_issued_by,
 * pki_chain_check, pki_constraints_new and pki_constraints_check_names, pki_pem_each,
 * pki_name_text, pki_name_issuer_text, pki_key_alg; pki_lint on the bytes themselves and on the TBS
 * of a certificate.
 */
#include "ca/pki/der.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void see_name(void *context, struct slice name)
{
    size_t *octets = context;
    *octets += name.len;
}

static void call_getters(const struct pki_certificate *c)
{
    struct buf text = {0};
    char serial[PKI_SERIAL_TEXT_SIZE];
    char oids[4][64];
    size_t octets = 0;
    uint8_t id[20];
    pki_certificate_serial(c, serial);
    pki_certificate_dns_names(c, see_name, &octets);
    (void)pki_certificate_extended_key_usage(c, oids, 4);
    (void)pki_certificate_key_usage(c);
    (void)pki_certificate_path_length(c);
    (void)pki_certificate_is_ca(c);
    (void)pki_certificate_not_before(c);
    (void)pki_certificate_not_after(c);
    (void)pki_certificate_key_id(c);
    (void)pki_certificate_signature_algorithm(c);
    (void)pki_key_alg(pki_certificate_spki(c));
    (void)pki_key_id(pki_certificate_spki(c), id);
    (void)pki_name_text(pki_certificate_subject(c), &text);
    (void)pki_name_issuer_text(pki_certificate_issuer(c), &text);
    buf_free(&text);
}

static void lint_body(struct slice der)
{
    struct pki_reason why;
    PKI_SIGNED *whole = pki_der_decode(der, ASN1_ITEM_rptr(PKI_SIGNED));
    if (whole != NULL) {
        (void)pki_lint(pki_der_string(whole->body), pki_profile_acm_private(), &why);
        (void)pki_lint(pki_der_string(whole->body), NULL, &why);
    }
    ASN1_item_free((ASN1_VALUE *)whole, ASN1_ITEM_rptr(PKI_SIGNED));
}

/* The names of a certificate against its own constraints. */
static void constrain(const struct pki_certificate *c)
{
    struct pki_reason why;
    struct pki_constraints *constraints = NULL;
    PKI_SIGNED *whole = pki_der_decode(pki_certificate_der(c), ASN1_ITEM_rptr(PKI_SIGNED));
    if (whole != NULL && pki_constraints_new(c, NULL, &constraints) == 0) {
        (void)pki_constraints_path_length(constraints);
        (void)pki_constraints_check_names(constraints, pki_der_string(whole->body),
                                          SIG_ALG_SHA256WITHECDSA, &why);
    }
    pki_constraints_free(constraints);
    ASN1_item_free((ASN1_VALUE *)whole, ASN1_ITEM_rptr(PKI_SIGNED));
}

static int visit(void *context, struct slice der)
{
    (void)context;
    struct pki_certificate *c = NULL;
    struct pki_reason why;
    lint_body(der);
    if (pki_certificate_parse(der, &c, &why) == 0) {
        call_getters(c);
        constrain(c);
        (void)pki_certificate_issued_by(c, c, &why);
        (void)pki_chain_check(c, &c, 1, pki_certificate_not_before(c), true, &why);
        (void)pki_chain_check(c, NULL, 0, pki_certificate_not_before(c), true, &why);
    }
    pki_certificate_free(c);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    (void)pki_lint(input, NULL, NULL);
    (void)visit(NULL, input);
    (void)pki_pem_each(input, 8, visit, NULL);
    return 0;
}
