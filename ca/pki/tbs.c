#include "ca/pki/extension.h"
#include "ca/pki/key.h"

#include <openssl/err.h>
#include <string.h>

#define ALT_NAME_OID "2.5.29.17"
#define TIME_MAX INT64_C(253402300799) /* the last second of the year 9999 */

/* ---- extensions ---- */

static int add_alt_name(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    struct slice names = spec->subject_alt_name;
    bool critical = spec->subject.len == 2; /* the empty SEQUENCE; RFC 5280 4.2.1.6 */
    struct slice value;
    X509_EXTENSION *extra = pki_extension_find(pki_extras_list(spec->extras), ALT_NAME_OID, &value);
    if (extra != NULL) {
        names = value;
        critical = critical || X509_EXTENSION_get_critical(extra) > 0;
    }
    return names.len == 0 ? 0 : pki_extension_add_alt_name(list, names, critical);
}

static int add_basic_constraints(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    const struct pki_profile *p = spec->profile;
    return pki_extension_add_basic_constraints(list, p->ca, p->path_length,
                                               p->ca || p->constraints_critical);
}

static int add_authority_key_id(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    if (spec->profile->self_signed)
        return 0;
    return pki_extension_add_authority_key_id(list, spec->issuer_key_id);
}

static int add_subject_key_id(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    uint8_t id[20];
    int rc = pki_key_id(spec->spki, id);
    return rc != 0 ? rc : pki_extension_add_subject_key_id(list, slice_of(id, sizeof id));
}

static int add_key_usage(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    if (spec->profile->key_usage == 0)
        return 0;
    return pki_extension_add_key_usage(list, spec->profile->key_usage, true);
}

static int add_extended_key_usage(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    if (spec->profile->extended_key_usage == NULL)
        return 0;
    return pki_extension_add_extended_key_usage(list, spec->profile->extended_key_usage,
                                                spec->profile->extended_key_usage_critical);
}

static int add_crl_points(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    return spec->profile->pointers ? pki_extension_add_crl_points(list, &spec->pointers) : 0;
}

static int add_authority_info(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    return spec->profile->pointers ? pki_extension_add_authority_info(list, &spec->pointers) : 0;
}

static int add_no_check(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    static const uint8_t null[] = {0x05, 0x00};
    if (!spec->profile->no_check)
        return 0;
    return pki_extension_add(list, NID_id_pkix_OCSP_noCheck, false, slice_of(null, sizeof null));
}

/* The definition of RootCACertificate says of CRL distribution points that there are none. */
static bool is_left_out(const struct pki_profile *profile, X509_EXTENSION *extension)
{
    return profile->self_signed && !profile->blank &&
           OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_crl_distribution_points;
}

/* What is in the list already comes from the template or the authority: it wins. */
static int add_extras(const struct pki_tbs_spec *spec, STACK_OF(X509_EXTENSION) * list)
{
    const STACK_OF(X509_EXTENSION) *extras = pki_extras_list(spec->extras);
    for (int i = 0; i < sk_X509_EXTENSION_num(extras); i++) {
        X509_EXTENSION *extra = sk_X509_EXTENSION_value(extras, i);
        const ASN1_OBJECT *oid = X509_EXTENSION_get_object(extra);
        if (X509v3_get_ext_by_OBJ(list, oid, -1) >= 0 || is_left_out(spec->profile, extra))
            continue;
        X509_EXTENSION *copy = X509_EXTENSION_dup(extra);
        if (copy == NULL || sk_X509_EXTENSION_push(list, copy) <= 0) {
            X509_EXTENSION_free(copy);
            return CH_ENOMEM;
        }
    }
    return 0;
}

/*
 * The order of the extensions in every certificate: that of the tables in AWS Private CA's template
 * definitions, then what the request adds.
 */
static int (*const extension_steps[])(const struct pki_tbs_spec *, STACK_OF(X509_EXTENSION) *) = {
    add_alt_name,       add_basic_constraints, add_authority_key_id,
    add_subject_key_id, add_key_usage,         add_extended_key_usage,
    add_crl_points,     add_authority_info,    add_no_check,
    add_extras,
};

static int set_extensions(const struct pki_tbs_spec *spec, PKI_TBS *tbs)
{
    int rc = 0;
    tbs->extensions = sk_X509_EXTENSION_new_null();
    if (tbs->extensions == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; rc == 0 && i < sizeof extension_steps / sizeof extension_steps[0]; i++)
        rc = extension_steps[i](spec, tbs->extensions);
    return rc;
}

/* ---- the other fields ---- */

static int set_version(PKI_TBS *tbs)
{
    tbs->version = ASN1_INTEGER_new();
    return tbs->version != NULL && ASN1_INTEGER_set(tbs->version, 2) == 1 ? 0 : CH_ENOMEM;
}

static int set_serial(const struct pki_tbs_spec *spec, PKI_TBS *tbs)
{
    size_t zeros = 0;
    while (zeros < PKI_SERIAL_SIZE && spec->serial[zeros] == 0)
        zeros++;
    int rc = ASN1_STRING_set(tbs->serial, spec->serial + zeros, (int)(PKI_SERIAL_SIZE - zeros));
    return rc == 1 ? 0 : CH_ENOMEM;
}

/* ASN1_TIME_set chooses UTCTime until 2049 and GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
static int set_validity(const struct pki_tbs_spec *spec, PKI_TBS *tbs)
{
    return ASN1_TIME_set(tbs->validity->not_before, (time_t)spec->not_before) != NULL &&
                   ASN1_TIME_set(tbs->validity->not_after, (time_t)spec->not_after) != NULL
               ? 0
               : CH_ENOMEM;
}

static int set_names_and_key(const struct pki_tbs_spec *spec, PKI_TBS *tbs)
{
    int rc = pki_der_set_sequence(tbs->issuer, spec->issuer);
    if (rc == 0)
        rc = pki_der_set_sequence(tbs->subject, spec->subject);
    if (rc == 0)
        rc = pki_der_set_sequence(tbs->spki, spec->spki);
    return rc;
}

/* What could not be encoded, or not without changing it. The rest is pki_lint's to judge. */
static int judge_spec(const struct pki_tbs_spec *spec, struct pki_reason *why)
{
    static const uint8_t zero[PKI_SERIAL_SIZE];
    if (memcmp(spec->serial, zero, sizeof zero) == 0 || (spec->serial[0] & 0x80) != 0)
        return pki_refuse(why, CH_EINVAL,
                          "RFC 5280 4.1.2.2: the serial number must be positive and "
                          "fit in 20 octets");
    if (sig_alg_info(spec->sig_alg) == NULL)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1.1.2: the signature algorithm is unknown");
    if (spec->not_before < 0 || spec->not_after > TIME_MAX || spec->not_before > spec->not_after)
        return pki_refuse(why, CH_EINVAL,
                          "RFC 5280 4.1.2.5: the validity must begin in 1970 or "
                          "later, before it ends, and end by the year 9999");
    if (!spec->profile->self_signed && spec->issuer_key_id.len == 0)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.2.1.1: the issuer has no key identifier");
    return 0;
}

int pki_tbs_build(const struct pki_tbs_spec *spec, struct buf *out, struct pki_reason *why)
{
    int rc = judge_spec(spec, why);
    PKI_TBS *tbs = NULL;

    if (rc != 0)
        return rc;
    tbs = (PKI_TBS *)ASN1_item_new(ASN1_ITEM_rptr(PKI_TBS));
    if (tbs == NULL)
        return pki_no_memory(why);
    rc = set_version(tbs);
    if (rc == 0)
        rc = set_serial(spec, tbs);
    if (rc == 0)
        rc = pki_sig_alg_put(spec->sig_alg, tbs->signature);
    if (rc == 0)
        rc = set_validity(spec, tbs);
    if (rc == 0)
        rc = set_names_and_key(spec, tbs);
    if (rc == 0)
        rc = set_extensions(spec, tbs);
    if (rc == 0)
        rc = pki_der_encode(tbs, ASN1_ITEM_rptr(PKI_TBS), out);
    if (rc == CH_EINVAL)
        pki_refuse(why, rc,
                   "RFC 5280 4.1: issuer, subject or public key is not the DER it should be");
    if (rc == CH_ENOMEM)
        pki_no_memory(why);
    ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
    return rc;
}

/* ---- names and the end of it ---- */

static int add_dns(GENERAL_NAMES *names, const char *dns)
{
    int rc = CH_ENOMEM;
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    GENERAL_NAME *name = GENERAL_NAME_new();

    if (text == NULL || name == NULL || ASN1_STRING_set(text, dns, (int)strlen(dns)) != 1)
        goto out;
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    text = NULL; /* now the name's */
    if (sk_GENERAL_NAME_push(names, name) <= 0)
        goto out;
    name = NULL;
    rc = 0;
out:
    ASN1_IA5STRING_free(text);
    GENERAL_NAME_free(name);
    return rc;
}

int pki_alt_names_build(const char *const *dns, size_t count, struct buf *der)
{
    int rc = 0;
    if (count == 0)
        return CH_EINVAL;
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    if (names == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = add_dns(names, dns[i]);
    if (rc == 0)
        rc = pki_der_encode(names, ASN1_ITEM_rptr(GENERAL_NAMES), der);
    GENERAL_NAMES_free(names);
    return rc;
}

/* Moves p over the head of an element, or over all of it; false when it is not there. */
static bool element_pass(const unsigned char **p, const unsigned char *end, int tag, int class,
                         bool whole)
{
    long len = 0;
    int found = 0, of = 0;
    int form = ASN1_get_object(p, &len, &found, &of, end - *p);
    if ((form & 0x80) != 0 || found != tag || of != class)
        return false;
    *p += whole ? len : 0;
    return true;
}

/*
 * The algorithm outside must be the one inside (RFC 5280 4.1.1.2). Reads no further than that: the
 * rest has been linted, as the very same octets.
 */
static int judge_algorithm(struct slice der, enum sig_alg alg)
{
    struct pki_sig_alg inside = {.alg = SIG_ALG_NONE};
    const unsigned char *p = der.data;
    const unsigned char *end = p + der.len;
    X509_ALGOR *algorithm = NULL;
    if (element_pass(&p, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, false) &&
        element_pass(&p, end, 0, V_ASN1_CONTEXT_SPECIFIC, true) &&
        element_pass(&p, end, V_ASN1_INTEGER, V_ASN1_UNIVERSAL, true))
        algorithm = d2i_X509_ALGOR(NULL, &p, end - p);
    int rc = algorithm == NULL ? CH_EINVAL : pki_sig_alg_get(algorithm, &inside);
    X509_ALGOR_free(algorithm);
    ERR_clear_error();
    return rc != 0 || inside.alg != alg ? CH_EINVAL : 0;
}

int pki_certificate_finish(struct slice tbs, enum sig_alg alg, struct slice signature,
                           struct buf *der)
{
    if (judge_algorithm(tbs, alg) != 0)
        return CH_EINVAL;
    return pki_der_sign(tbs, alg, signature, der);
}
