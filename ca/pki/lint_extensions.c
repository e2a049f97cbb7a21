#include "ca/pki/lint.h"

#include <string.h>

/* ---- short cuts ---- */

static const BASIC_CONSTRAINTS *constraints(const struct lint *l)
{
    return l->e.value[PKI_EXT_BASIC_CONSTRAINTS];
}

static bool is_ca(const struct lint *l)
{
    return constraints(l) != NULL && constraints(l)->ca != 0;
}

static bool has_path_length(const struct lint *l)
{
    return constraints(l) != NULL && constraints(l)->pathlen != NULL;
}

static unsigned key_usage(const struct lint *l)
{
    return pki_key_usage_bits(l->e.value[PKI_EXT_KEY_USAGE]);
}

static bool is_self_issued(const struct lint *l)
{
    return slice_equal(pki_der_string(l->tbs->issuer), pki_der_string(l->tbs->subject));
}

/* ---- the list ---- */

bool lint_extensions_number(const struct lint *l)
{
    return !l->too_many_extensions;
}

bool lint_extensions_filled(const struct lint *l)
{
    return sk_X509_EXTENSION_num(l->tbs->extensions) > 0;
}

bool lint_extensions_once(const struct lint *l)
{
    return !l->e.duplicate;
}

bool lint_extensions_known(const struct lint *l)
{
    if (l->e.alien_critical == NULL)
        return true;
    int nid = OBJ_obj2nid(X509_EXTENSION_get_object(l->e.alien_critical));
    return l->profile != NULL && l->profile->precertificate && nid == NID_ct_precert_poison;
}

bool lint_extensions_sound(const struct lint *l)
{
    return l->e.malformed == NULL;
}

/* ---- basicConstraints and keyUsage ---- */

bool lint_constraints_critical(const struct lint *l)
{
    return !is_ca(l) || l->e.critical[PKI_EXT_BASIC_CONSTRAINTS];
}

bool lint_path_length_positive(const struct lint *l)
{
    int length;
    return pki_path_length_get(constraints(l), &length) == 0;
}

bool lint_path_length_of_ca(const struct lint *l)
{
    return !has_path_length(l) || is_ca(l);
}

bool lint_path_length_of_signer(const struct lint *l)
{
    return !has_path_length(l) || (key_usage(l) & PKI_KU_KEY_CERT_SIGN) != 0;
}

bool lint_cert_sign_of_ca(const struct lint *l)
{
    return (key_usage(l) & PKI_KU_KEY_CERT_SIGN) == 0 || is_ca(l);
}

bool lint_ca_has_cert_sign(const struct lint *l)
{
    return !is_ca(l) || (key_usage(l) & PKI_KU_KEY_CERT_SIGN) != 0;
}

bool lint_key_usage_critical(const struct lint *l)
{
    return l->e.value[PKI_EXT_KEY_USAGE] == NULL || l->e.critical[PKI_EXT_KEY_USAGE];
}

bool lint_key_usage_filled(const struct lint *l)
{
    return l->e.value[PKI_EXT_KEY_USAGE] == NULL || key_usage(l) != 0;
}

/* ---- key identifiers ---- */

bool lint_subject_key_id_of_ca(const struct lint *l)
{
    return !is_ca(l) || l->e.value[PKI_EXT_SUBJECT_KEY_ID] != NULL;
}

bool lint_subject_key_id_value(const struct lint *l)
{
    uint8_t id[20];
    const ASN1_OCTET_STRING *value = l->e.value[PKI_EXT_SUBJECT_KEY_ID];
    if (value == NULL)
        return true;
    return pki_key_id(pki_der_string(l->tbs->spki), id) == 0 &&
           slice_equal(pki_der_string(value), slice_of(id, sizeof id));
}

bool lint_authority_key_id(const struct lint *l)
{
    return l->e.value[PKI_EXT_AUTHORITY_KEY_ID] != NULL || is_self_issued(l);
}

bool lint_authority_key_id_form(const struct lint *l)
{
    const AUTHORITY_KEYID *authority = l->e.value[PKI_EXT_AUTHORITY_KEY_ID];
    if (authority == NULL)
        return true;
    return pki_der_string(authority->keyid).len > 0 &&
           (authority->issuer == NULL) == (authority->serial == NULL);
}

/* Verifiers take a root whose authority key identifier is not its own for somebody else's. */
bool lint_authority_key_id_own(const struct lint *l)
{
    const AUTHORITY_KEYID *authority = l->e.value[PKI_EXT_AUTHORITY_KEY_ID];
    const ASN1_OCTET_STRING *own = l->e.value[PKI_EXT_SUBJECT_KEY_ID];
    if (authority == NULL || own == NULL || l->profile == NULL || !l->profile->self_signed)
        return true;
    return slice_equal(pki_der_string(authority->keyid), pki_der_string(own));
}

bool lint_key_ids_not_critical(const struct lint *l)
{
    return !l->e.critical[PKI_EXT_AUTHORITY_KEY_ID] && !l->e.critical[PKI_EXT_SUBJECT_KEY_ID];
}

/* ---- extKeyUsage ---- */

bool lint_extended_key_usage_filled(const struct lint *l)
{
    const EXTENDED_KEY_USAGE *usage = l->e.value[PKI_EXT_EXTENDED_KEY_USAGE];
    return usage == NULL || sk_ASN1_OBJECT_num(usage) > 0;
}

bool lint_any_usage_not_critical(const struct lint *l)
{
    const EXTENDED_KEY_USAGE *usage = l->e.value[PKI_EXT_EXTENDED_KEY_USAGE];
    if (usage == NULL || !l->e.critical[PKI_EXT_EXTENDED_KEY_USAGE])
        return true;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++)
        if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == NID_anyExtendedKeyUsage)
            return false;
    return true;
}

bool lint_extended_key_usage_once(const struct lint *l)
{
    const EXTENDED_KEY_USAGE *usage = l->e.value[PKI_EXT_EXTENDED_KEY_USAGE];
    for (int i = 0; usage != NULL && i < sk_ASN1_OBJECT_num(usage); i++)
        for (int k = 0; k < i; k++)
            if (OBJ_cmp(sk_ASN1_OBJECT_value(usage, i), sk_ASN1_OBJECT_value(usage, k)) == 0)
                return false;
    return true;
}

/* ---- the template ---- */

bool lint_profile_constraints_critical(const struct lint *l)
{
    return l->profile == NULL || is_ca(l) ||
           l->profile->constraints_critical == l->e.critical[PKI_EXT_BASIC_CONSTRAINTS];
}

static bool is_of_template(int nid)
{
    static const int nids[] = {
        NID_basic_constraints,        NID_subject_alt_name, NID_subject_key_identifier,
        NID_authority_key_identifier, NID_key_usage,        NID_ext_key_usage,
        NID_crl_distribution_points,  NID_info_access};
    for (size_t i = 0; i < sizeof nids / sizeof nids[0]; i++)
        if (nids[i] == nid)
            return true;
    return false;
}

/* What issuance of public certificates adds; lint_public.c judges it. */
static bool is_of_public_trust(int nid)
{
    return nid == NID_certificate_policies || nid == NID_ct_precert_poison ||
           nid == NID_ct_precert_scts;
}

/* Without passthrough there is nothing that the template and the authority do not put in. */
bool lint_profile_extensions(const struct lint *l)
{
    if (l->profile == NULL || l->profile->passthrough != 0)
        return true;
    for (int i = 0; i < sk_X509_EXTENSION_num(l->tbs->extensions); i++) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(l->tbs->extensions, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        if (!is_of_template(nid) && !(l->profile->no_check && nid == NID_id_pkix_OCSP_noCheck) &&
            !(l->profile->public_trust && is_of_public_trust(nid)))
            return false;
    }
    return true;
}

bool lint_profile_ca(const struct lint *l)
{
    return l->profile == NULL || (constraints(l) != NULL && l->profile->ca == is_ca(l));
}

bool lint_profile_path_length(const struct lint *l)
{
    int length;
    return l->profile == NULL ||
           (pki_path_length_get(constraints(l), &length) == 0 && length == l->profile->path_length);
}

bool lint_profile_key_usage(const struct lint *l)
{
    if (l->profile == NULL || l->profile->key_usage == 0)
        return true;
    return key_usage(l) == l->profile->key_usage;
}

/* The same purposes in the same order. */
bool lint_profile_extended_key_usage(const struct lint *l)
{
    char oid[64];
    if (l->profile == NULL)
        return true;
    const EXTENDED_KEY_USAGE *usage = l->e.value[PKI_EXT_EXTENDED_KEY_USAGE];
    const char *const *wanted = l->profile->extended_key_usage;
    if (wanted == NULL)
        return usage == NULL || l->profile->passthrough != 0;
    if (usage == NULL ||
        l->e.critical[PKI_EXT_EXTENDED_KEY_USAGE] != l->profile->extended_key_usage_critical)
        return false;
    int count = sk_ASN1_OBJECT_num(usage);
    for (int i = 0; i < count; i++) {
        OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, i), 1);
        if (wanted[i] == NULL || strcmp(oid, wanted[i]) != 0)
            return false;
    }
    return wanted[count] == NULL;
}

/* A root is its own issuer and needs no authority key identifier. Nobody else may look like one. */
bool lint_profile_self_signed(const struct lint *l)
{
    if (l->profile == NULL)
        return true;
    if (l->profile->self_signed && l->profile->passthrough == 0 &&
        l->e.value[PKI_EXT_AUTHORITY_KEY_ID] != NULL)
        return false;
    return l->profile->self_signed == is_self_issued(l);
}
