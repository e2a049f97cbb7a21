#include "ca/pki/lint.h"

#include <openssl/err.h>

/*
 * From the outside inwards: a rule may rely on those above it. Adding one is a row here
 * and its function.
 */
static const struct lint_rule rules[] = {
    {"der", "RFC 5280 4.1", "the TBSCertificate must be DER", lint_is_der, LINT_ALL},
    {"version", "RFC 5280 4.1.2.1", "the version must be 3", lint_version, LINT_ALL},
    {"serial-positive", "RFC 5280 4.1.2.2", "the serial number must be positive",
     lint_serial_positive, LINT_ALL},
    {"serial-longest", "RFC 5280 4.1.2.2", "the serial number must fit in 20 octets",
     lint_serial_longest, LINT_ALL},
    {"serial-shortest", "CA/Browser Forum BR 7.1",
     "the serial number must be at least 64 bits long", lint_serial_shortest, LINT_ALL},
    {"signature-known", "RFC 5280 4.1.1.2",
     "the signature algorithm must be RSA, RSASSA-PSS or ECDSA with SHA-2", lint_signature_known,
     LINT_ALL},
    {"validity-encoding", "RFC 5280 4.1.2.5",
     "times must be UTCTime until 2049, GeneralizedTime from 2050, with seconds and Z",
     lint_validity_encoding, LINT_ALL},
    {"validity-order", "RFC 5280 4.1.2.5", "the validity must not end before it begins",
     lint_validity_order, LINT_ALL},
    {"no-unique-ids", "RFC 5280 4.1.2.8", "there must be no unique identifiers", lint_no_unique_ids,
     LINT_ALL},
    {"names-sound", "RFC 5280 4.1.2.4", "issuer and subject must be Names", lint_names_are_names,
     LINT_ALL},
    {"issuer-there", "RFC 5280 4.1.2.4", "the issuer must not be empty", lint_issuer_there,
     LINT_ALL},

    {"key-sound", "RFC 5280 4.1.2.7", "the public key must be a SubjectPublicKeyInfo",
     lint_key_form, LINT_ALL},
    {"key-known", "RFC 3279 2.3", "the public key must be RSA or elliptic curve", lint_key_known,
     LINT_ALL},
    {"key-parameters", "RFC 3279 2.3.1, RFC 5480 2.1.1",
     "the key parameters must be NULL for RSA and a named curve otherwise", lint_key_parameters,
     LINT_ALL},
    {"key-curve", "RFC 5480 2.1.1.1", "the curve must be P-256, P-384 or P-521", lint_key_curve,
     LINT_ALL},
    {"key-point", "RFC 5480 2.2", "the public key must be an uncompressed point", lint_key_point,
     LINT_ALL},
    {"key-exponent", "RFC 8017 3.1",
     "the RSA modulus and exponent must be odd, the exponent at least 3", lint_key_exponent,
     LINT_ALL},
    {"key-strong", "NIST SP 800-131A 3", "an RSA key must have 2048 to 8192 bits", lint_key_strong,
     LINT_ALL},

    {"extensions-number", "RFC 5280 4.2", "there must not be more than 256 extensions",
     lint_extensions_number, LINT_ALL},
    {"extensions-filled", "RFC 5280 4.1.2.9", "the list of extensions must not be empty",
     lint_extensions_filled, LINT_ALL},
    {"extensions-once", "RFC 5280 4.2", "no extension may be there twice", lint_extensions_once,
     LINT_ALL},
    {"extensions-known", "RFC 5280 4.2", "no unknown extension may be critical",
     lint_extensions_known, LINT_NOT_PASSING},
    {"extensions-sound", "RFC 5280 4.2", "each extension must hold what its type says",
     lint_extensions_sound, LINT_ALL},

    {"country", "RFC 5280 Appendix A.1", "countryName must be a PrintableString of two letters",
     lint_country, LINT_ALL},
    {"attribute-types", "RFC 5280 4.1.2.4",
     "subject attributes must be PrintableString or UTF8String, domainComponent and emailAddress "
     "IA5String, and hold valid text",
     lint_attribute_types, LINT_ALL},
    {"attribute-bounds", "RFC 5280 Appendix A.1",
     "a subject attribute must not be empty nor longer than its upper bound", lint_attribute_bounds,
     LINT_ALL},
    {"ca-subject-there", "RFC 5280 4.1.2.6", "a CA must have a subject", lint_ca_subject_there,
     LINT_ALL},
    {"alt-name-filled", "RFC 5280 4.2.1.6", "subjectAltName must hold at least one name",
     lint_alt_name_filled, LINT_ALL},
    {"subject-or-alt-name", "RFC 5280 4.1.2.6", "there must be a subject or a subjectAltName",
     lint_subject_or_alt_name, LINT_ALL},
    {"alt-name-critical", "RFC 5280 4.2.1.6",
     "subjectAltName must be critical when the subject is empty", lint_alt_name_critical, LINT_ALL},
    {"dns-length", "RFC 1035 2.3.4", "a DNS name has at most 253 octets, its labels 1 to 63",
     lint_dns_length, LINT_ALL},
    {"dns-wildcard", "RFC 6125 6.4.3",
     "a wildcard must be the whole left-most label, above another one", lint_dns_wildcard,
     LINT_NOT_BLANK},
    {"dns-letters", "RFC 5280 4.2.1.6, RFC 1123 2.1",
     "the labels of a DNS name consist of letters, digits and inner hyphens", lint_dns_letters,
     LINT_NOT_BLANK},
    {"ip-size", "RFC 5280 4.2.1.6", "an IP address has 4 or 16 octets", lint_ip_size, LINT_ALL},
    {"mailbox", "RFC 5280 4.2.1.6", "a mail address must be local@host in ASCII", lint_mailbox,
     LINT_NOT_BLANK},
    {"uri", "RFC 5280 4.2.1.6", "a URI must be absolute, in ASCII", lint_uri, LINT_NOT_BLANK},

    {"constraints-critical", "RFC 5280 4.2.1.9",
     "basicConstraints must be critical in a CA certificate", lint_constraints_critical, LINT_ALL},
    {"path-length-positive", "RFC 5280 4.2.1.9", "the path length must not be negative",
     lint_path_length_positive, LINT_ALL},
    {"path-length-of-ca", "RFC 5280 4.2.1.9", "only a CA may have a path length",
     lint_path_length_of_ca, LINT_ALL},
    {"path-length-of-signer", "RFC 5280 4.2.1.9",
     "only a key that may sign certificates may have a path length", lint_path_length_of_signer,
     LINT_NOT_BLANK},
    {"cert-sign-of-ca", "RFC 5280 4.2.1.3", "only a CA may have keyCertSign", lint_cert_sign_of_ca,
     LINT_NOT_BLANK},
    {"key-usage-filled", "RFC 5280 4.2.1.3", "keyUsage must have at least one bit",
     lint_key_usage_filled, LINT_ALL},
    {"ca-has-cert-sign", "RFC 5280 4.2.1.3", "a CA must have keyUsage with keyCertSign",
     lint_ca_has_cert_sign, LINT_NOT_BLANK},
    {"key-usage-critical", "RFC 5280 4.2.1.3", "keyUsage must be critical", lint_key_usage_critical,
     LINT_NOT_BLANK},
    {"subject-key-id-of-ca", "RFC 5280 4.2.1.2", "a CA must have a subjectKeyIdentifier",
     lint_subject_key_id_of_ca, LINT_ALL},
    {"subject-key-id-value", "RFC 5280 4.2.1.2 (1)",
     "subjectKeyIdentifier must be the SHA-1 hash of the key", lint_subject_key_id_value, LINT_ALL},
    {"authority-key-id", "RFC 5280 4.2.1.1",
     "authorityKeyIdentifier must be there unless the certificate is self-issued",
     lint_authority_key_id, LINT_ALL},
    {"authority-key-id-form", "RFC 5280 4.2.1.1",
     "authorityKeyIdentifier must have a keyIdentifier, and issuer and serial both or neither",
     lint_authority_key_id_form, LINT_ALL},
    {"key-ids-not-critical", "RFC 5280 4.2.1.1, 4.2.1.2", "key identifiers must not be critical",
     lint_key_ids_not_critical, LINT_ALL},
    {"extended-key-usage-filled", "RFC 5280 4.2.1.12", "extKeyUsage must hold at least one purpose",
     lint_extended_key_usage_filled, LINT_ALL},
    {"any-usage-not-critical", "RFC 5280 4.2.1.12",
     "extKeyUsage must not be critical when it allows any purpose", lint_any_usage_not_critical,
     LINT_NOT_BLANK},

    {"extended-key-usage-once", "RFC 5280 4.2.1.12", "extKeyUsage must not hold a purpose twice",
     lint_extended_key_usage_once, LINT_ALL},
    {"no-check-of-responder", "RFC 6960 4.2.2.2.1",
     "only a certificate that may sign OCSP responses may have id-pkix-ocsp-nocheck",
     lint_no_check_of_responder, LINT_NOT_BLANK},
    {"authority-key-id-own", "RFC 5280 4.2.1.1",
     "authorityKeyIdentifier of a root must be its own subjectKeyIdentifier",
     lint_authority_key_id_own, LINT_ALL},

    {"policies-filled", "RFC 5280 4.2.1.4", "certificatePolicies must hold at least one policy",
     lint_policies_filled, LINT_ALL},
    {"policies-once", "RFC 5280 4.2.1.4", "certificatePolicies must not hold a policy twice",
     lint_policies_once, LINT_ALL},
    {"policy-qualifiers", "RFC 5280 4.2.1.4",
     "a policy qualifier of a practice statement must be a URI, anyPolicy has none of other types",
     lint_policy_qualifiers, LINT_ALL},
    {"policies-of-ca", "RFC 5280 4.2.1.5, 4.2.1.11, 4.2.1.14",
     "only a CA may have policyMappings, policyConstraints and inhibitAnyPolicy",
     lint_policies_of_ca, LINT_NOT_BLANK},
    {"policy-mappings", "RFC 5280 4.2.1.5", "policyMappings must not map from or to anyPolicy",
     lint_policy_mappings, LINT_NOT_BLANK},
    {"policy-constraints-filled", "RFC 5280 4.2.1.11",
     "policyConstraints must have requireExplicitPolicy or inhibitPolicyMapping",
     lint_policy_constraints_filled, LINT_ALL},
    {"policy-constraints-critical", "RFC 5280 4.2.1.11", "policyConstraints must be critical",
     lint_policy_constraints_critical, LINT_NOT_BLANK},
    {"inhibit-any-policy-critical", "RFC 5280 4.2.1.14", "inhibitAnyPolicy must be critical",
     lint_inhibit_any_policy_critical, LINT_NOT_BLANK},
    {"name-constraints-of-ca", "RFC 5280 4.2.1.10", "only a CA may have nameConstraints",
     lint_name_constraints_of_ca, LINT_NOT_BLANK},
    {"name-constraints-filled", "RFC 5280 4.2.1.10",
     "nameConstraints must have permittedSubtrees or excludedSubtrees, none of them empty",
     lint_name_constraints_filled, LINT_ALL},
    {"name-constraints-bases", "RFC 5280 4.2.1.10",
     "the minimum of a subtree must be 0, its maximum absent, an IP range an address and a mask",
     lint_name_constraints_bases, LINT_ALL},
    {"name-constraints-critical", "RFC 5280 4.2.1.10", "nameConstraints must be critical",
     lint_name_constraints_critical, LINT_NOT_BLANK},

    {"crl-points-filled", "RFC 5280 4.2.1.13", "cRLDistributionPoints must hold at least one point",
     lint_crl_points_filled, LINT_ALL},
    {"crl-points-where", "RFC 5280 4.2.1.13",
     "a distribution point must have distributionPoint or cRLIssuer", lint_crl_points_where,
     LINT_ALL},
    {"crl-points-uri", "RFC 5280 4.2.1.13", "the URIs of a distribution point must be absolute",
     lint_crl_points_uri, LINT_ALL},
    {"authority-info-not-critical", "RFC 5280 4.2.2.1", "authorityInfoAccess must not be critical",
     lint_authority_info_not_critical, LINT_NOT_BLANK},
    {"authority-info-filled", "RFC 5280 4.2.2.1", "authorityInfoAccess must not be empty",
     lint_authority_info_filled, LINT_ALL},
    {"authority-info-uri", "RFC 5280 4.2.2.1, RFC 6960 3.1",
     "the URIs of authorityInfoAccess must be absolute", lint_authority_info_uri, LINT_ALL},
    {"subject-info-not-critical", "RFC 5280 4.2.2.2", "subjectInfoAccess must not be critical",
     lint_subject_info_not_critical, LINT_NOT_BLANK},
    {"subject-info-filled", "RFC 5280 4.2.2.2", "subjectInfoAccess must not be empty",
     lint_subject_info_filled, LINT_ALL},
    {"issuer-alt-name-filled", "RFC 5280 4.2.1.7", "issuerAltName must hold at least one name",
     lint_issuer_alt_name_filled, LINT_ALL},

    {"br-validity", "CA/Browser Forum BR 6.3.2",
     "a public certificate must not be valid for more than 398 days", lint_public_validity,
     LINT_PUBLIC},
    {"br-hash", "CA/Browser Forum BR 7.1.3.2", "the hash must be SHA-256, SHA-384 or SHA-512",
     lint_public_hash, LINT_PUBLIC},
    {"br-subject", "CA/Browser Forum BR 7.1.2.7.2",
     "the subject of a domain-validated certificate has at most a common name",
     lint_public_subject, LINT_PUBLIC},
    {"br-names", "CA/Browser Forum BR 7.1.2.7.12",
     "subjectAltName must be there and hold DNS names only", lint_public_names, LINT_PUBLIC},
    {"br-common-name", "CA/Browser Forum BR 7.1.4.3",
     "the common name must be one of the names of subjectAltName", lint_public_common_name,
     LINT_PUBLIC},
    {"br-ca-subject", "CA/Browser Forum BR 7.1.2.10.2",
     "the subject of a CA must have country, organization and common name", lint_public_ca_subject,
     LINT_PUBLIC},
    {"br-purposes", "CA/Browser Forum BR 7.1.2.7.10, 7.1.2.10.6",
     "extKeyUsage must be serverAuth alone, but for a root, which has none", lint_public_purposes,
     LINT_PUBLIC},
    {"br-key-usage", "CA/Browser Forum BR 7.1.2.7.11, 7.1.2.10.7",
     "keyUsage must be digitalSignature, with keyEncipherment for RSA; of a CA keyCertSign and "
     "cRLSign",
     lint_public_key_usage, LINT_PUBLIC},
    {"br-policies", "CA/Browser Forum BR 7.1.2.7.9, 7.1.2.10.5",
     "certificatePolicies must be there and not critical, but for a root", lint_public_policies,
     LINT_PUBLIC},
    {"br-status", "CA/Browser Forum BR 7.1.2.11.2",
     "there must be a CRL distribution point, but for a root", lint_public_status, LINT_PUBLIC},
    {"br-issuer", "CA/Browser Forum BR 7.1.2.7.7, 7.1.2.10.3",
     "authorityInfoAccess must name responder and issuer by HTTP, but for a root",
     lint_public_issuer, LINT_PUBLIC},
    {"ct-poison", "RFC 6962 3.1",
     "a precertificate, and nothing else, has the critical poison extension with NULL",
     lint_public_poison, LINT_PUBLIC},
    {"ct-timestamps", "RFC 6962 3.3",
     "the list of signed certificate timestamps must be sound and not stand in a precertificate",
     lint_public_timestamps, LINT_PUBLIC},

    {"profile-ca", "certificate template", "cA must be as in the template", lint_profile_ca,
     LINT_ALL},
    {"profile-path-length", "certificate template", "the path length must be as in the template",
     lint_profile_path_length, LINT_ALL},
    {"profile-key-usage", "certificate template", "keyUsage must be as in the template",
     lint_profile_key_usage, LINT_ALL},
    {"profile-extended-key-usage", "certificate template", "extKeyUsage must be as in the template",
     lint_profile_extended_key_usage, LINT_ALL},
    {"profile-constraints-critical", "certificate template",
     "basicConstraints must be critical as in the template", lint_profile_constraints_critical,
     LINT_ALL},
    {"profile-extensions", "certificate template",
     "a template without passthrough has the extensions of its definition only",
     lint_profile_extensions, LINT_ALL},
    {"profile-self-signed", "certificate template",
     "issuer and subject must be the same for a template of roots, and only then",
     lint_profile_self_signed, LINT_ALL},
};

const struct lint_rule *pki_lint_rules(size_t *count)
{
    *count = sizeof rules / sizeof rules[0];
    return rules;
}

static int lint_open(struct lint *l, struct slice der, const struct pki_profile *profile)
{
    struct pki_key_facts facts;
    *l = (struct lint){.der = der, .profile = profile};
    l->tbs = pki_der_decode(der, ASN1_ITEM_rptr(PKI_TBS));
    if (l->tbs == NULL)
        return CH_EINVAL;
    l->issuer = pki_der_decode(pki_der_string(l->tbs->issuer), ASN1_ITEM_rptr(X509_NAME));
    l->subject = pki_der_decode(pki_der_string(l->tbs->subject), ASN1_ITEM_rptr(X509_NAME));
    l->too_many_extensions = pki_extensions_read_all(l->tbs->extensions, &l->e) != 0;
    l->key_fault = pki_key_judge(pki_der_string(l->tbs->spki), &facts);
    return 0;
}

static void lint_close(struct lint *l)
{
    pki_extensions_free(&l->e);
    X509_NAME_free(l->issuer);
    X509_NAME_free(l->subject);
    ASN1_item_free((ASN1_VALUE *)l->tbs, ASN1_ITEM_rptr(PKI_TBS));
}

static bool is_judged(const struct lint_rule *rule, const struct pki_profile *profile)
{
    if (rule->scope == LINT_PUBLIC)
        return profile != NULL && profile->public_trust;
    if (profile == NULL || rule->scope == LINT_ALL)
        return true;
    return rule->scope == LINT_NOT_BLANK ? !profile->blank : profile->passthrough == 0;
}

static const struct lint_rule *first_broken(const struct lint *l)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (is_judged(&rules[i], l->profile) && !rules[i].keeps(l))
            return &rules[i];
    return NULL;
}

int pki_lint(struct slice tbs, const struct pki_profile *profile, struct pki_reason *why)
{
    struct lint l;
    int rc = 0;
    if (lint_open(&l, tbs, profile) != 0)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1: this is not a TBSCertificate [tbs-sound]");
    const struct lint_rule *broken = first_broken(&l);
    if (broken != NULL)
        rc = pki_refuse(why, CH_EINVAL, "%s: %s [%s]", broken->clause, broken->text, broken->id);
    lint_close(&l);
    ERR_clear_error();
    return rc;
}
