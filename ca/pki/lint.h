/*
 * lint.h - a TBSCertificate taken apart for judging, and the judgements. A rule returns true when
 * the TBS keeps it. Private to ca/pki.
 */
#ifndef CHANCERY_PKI_LINT_H
#define CHANCERY_PKI_LINT_H

#include "ca/pki/extension.h"
#include "ca/pki/key.h"

/* Everything a rule can look at; read from the bytes, never from what was asked for. */
struct lint {
    struct slice der;
    PKI_TBS *tbs;
    X509_NAME *issuer;  /* NULL = not a Name */
    X509_NAME *subject; /* NULL = not a Name */
    struct pki_extensions e;
    bool too_many_extensions;
    enum pki_key_fault key_fault;
    const struct pki_profile *profile; /* NULL = only the general rules */
};

/*
 * Templates that a rule does not judge, because AWS issues what it forbids: a blank template takes
 * key usage and names as they come, one with passthrough critical extensions that nobody here
 * knows. And rules that judge public trust alone.
 */
enum lint_scope { LINT_ALL, LINT_NOT_BLANK, LINT_NOT_PASSING, LINT_PUBLIC };

struct lint_rule {
    const char *id;
    const char *clause;
    const char *text; /* what must be */
    bool (*keeps)(const struct lint *l);
    enum lint_scope scope;
};

/* lint_names.c: has text the form of a URI? */
bool lint_is_uri(struct slice text);

/* The rules in the order in which they are applied. */
const struct lint_rule *pki_lint_rules(size_t *count);

/* lint_fields.c */
bool lint_is_der(const struct lint *l);
bool lint_version(const struct lint *l);
bool lint_serial_positive(const struct lint *l);
bool lint_serial_longest(const struct lint *l);
bool lint_serial_shortest(const struct lint *l);
bool lint_signature_known(const struct lint *l);
bool lint_validity_encoding(const struct lint *l);
bool lint_validity_order(const struct lint *l);
bool lint_no_unique_ids(const struct lint *l);
bool lint_key_form(const struct lint *l);
bool lint_key_known(const struct lint *l);
bool lint_key_parameters(const struct lint *l);
bool lint_key_curve(const struct lint *l);
bool lint_key_point(const struct lint *l);
bool lint_key_strong(const struct lint *l);
bool lint_key_exponent(const struct lint *l);

/* lint_names.c */
bool lint_names_are_names(const struct lint *l);
bool lint_issuer_there(const struct lint *l);
bool lint_subject_or_alt_name(const struct lint *l);
bool lint_ca_subject_there(const struct lint *l);
bool lint_country(const struct lint *l);
bool lint_attribute_types(const struct lint *l);
bool lint_attribute_bounds(const struct lint *l);
bool lint_alt_name_critical(const struct lint *l);
bool lint_alt_name_filled(const struct lint *l);
bool lint_dns_length(const struct lint *l);
bool lint_dns_wildcard(const struct lint *l);
bool lint_dns_letters(const struct lint *l);
bool lint_ip_size(const struct lint *l);
bool lint_mailbox(const struct lint *l);
bool lint_uri(const struct lint *l);

/* lint_policies.c */
bool lint_policies_filled(const struct lint *l);
bool lint_policies_once(const struct lint *l);
bool lint_policy_qualifiers(const struct lint *l);
bool lint_policy_constraints_filled(const struct lint *l);
bool lint_policy_constraints_critical(const struct lint *l);
bool lint_inhibit_any_policy_critical(const struct lint *l);
bool lint_policy_mappings(const struct lint *l);
bool lint_policies_of_ca(const struct lint *l);
bool lint_name_constraints_of_ca(const struct lint *l);
bool lint_name_constraints_filled(const struct lint *l);
bool lint_name_constraints_bases(const struct lint *l);
bool lint_name_constraints_critical(const struct lint *l);

/* lint_pointers.c */
bool lint_crl_points_filled(const struct lint *l);
bool lint_crl_points_where(const struct lint *l);
bool lint_crl_points_uri(const struct lint *l);
bool lint_authority_info_not_critical(const struct lint *l);
bool lint_authority_info_filled(const struct lint *l);
bool lint_authority_info_uri(const struct lint *l);
bool lint_subject_info_not_critical(const struct lint *l);
bool lint_subject_info_filled(const struct lint *l);
bool lint_issuer_alt_name_filled(const struct lint *l);
bool lint_no_check_of_responder(const struct lint *l);

/* lint_public.c */
bool lint_public_validity(const struct lint *l);
bool lint_public_subject(const struct lint *l);
bool lint_public_common_name(const struct lint *l);
bool lint_public_names(const struct lint *l);
bool lint_public_ca_subject(const struct lint *l);
bool lint_public_purposes(const struct lint *l);
bool lint_public_key_usage(const struct lint *l);
bool lint_public_policies(const struct lint *l);
bool lint_public_status(const struct lint *l);
bool lint_public_issuer(const struct lint *l);
bool lint_public_hash(const struct lint *l);
bool lint_public_poison(const struct lint *l);
bool lint_public_timestamps(const struct lint *l);

/* lint_extensions.c */
bool lint_extended_key_usage_once(const struct lint *l);
bool lint_authority_key_id_own(const struct lint *l);
bool lint_profile_constraints_critical(const struct lint *l);
bool lint_profile_extensions(const struct lint *l);
bool lint_extensions_number(const struct lint *l);
bool lint_extensions_filled(const struct lint *l);
bool lint_extensions_once(const struct lint *l);
bool lint_extensions_known(const struct lint *l);
bool lint_extensions_sound(const struct lint *l);
bool lint_constraints_critical(const struct lint *l);
bool lint_path_length_positive(const struct lint *l);
bool lint_path_length_of_ca(const struct lint *l);
bool lint_path_length_of_signer(const struct lint *l);
bool lint_cert_sign_of_ca(const struct lint *l);
bool lint_ca_has_cert_sign(const struct lint *l);
bool lint_key_usage_critical(const struct lint *l);
bool lint_key_usage_filled(const struct lint *l);
bool lint_subject_key_id_of_ca(const struct lint *l);
bool lint_subject_key_id_value(const struct lint *l);
bool lint_authority_key_id(const struct lint *l);
bool lint_authority_key_id_form(const struct lint *l);
bool lint_key_ids_not_critical(const struct lint *l);
bool lint_extended_key_usage_filled(const struct lint *l);
bool lint_any_usage_not_critical(const struct lint *l);
bool lint_profile_ca(const struct lint *l);
bool lint_profile_path_length(const struct lint *l);
bool lint_profile_key_usage(const struct lint *l);
bool lint_profile_extended_key_usage(const struct lint *l);
bool lint_profile_self_signed(const struct lint *l);

#endif
