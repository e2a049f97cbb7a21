/*
 * pca_shapes.h - the shapes of the ACM-PCA API that its tables share; defined in
 * pca_types.c and pca_shapes.c.
 */
#ifndef CHANCERY_CONTRACT_PCA_SHAPES_H
#define CHANCERY_CONTRACT_PCA_SHAPES_H

#include "ca/contract/shape_macros.h"

extern const struct shape pca_asn1_printable_string_64;
extern const struct shape pca_asn1_subject;
extern const struct shape pca_aws_policy;
extern const struct shape pca_access_description;
extern const struct shape pca_access_description_list;
extern const struct shape pca_access_method;
extern const struct shape pca_access_method_type;
extern const struct shape pca_account_id;
extern const struct shape pca_action_list;
extern const struct shape pca_action_type;
extern const struct shape pca_api_passthrough;
extern const struct shape pca_arn;
extern const struct shape pca_audit_report_id;
extern const struct shape pca_audit_report_response_format;
extern const struct shape pca_audit_report_status;
extern const struct shape pca_base64_string_1_to_4096;
extern const struct shape pca_boolean;
extern const struct shape pca_certificate_authorities;
extern const struct shape pca_certificate_authority;
extern const struct shape pca_certificate_authority_configuration;
extern const struct shape pca_certificate_authority_status;
extern const struct shape pca_certificate_authority_type;
extern const struct shape pca_certificate_authority_usage_mode;
extern const struct shape pca_certificate_body;
extern const struct shape pca_certificate_body_blob;
extern const struct shape pca_certificate_chain;
extern const struct shape pca_certificate_chain_blob;
extern const struct shape pca_certificate_policy_list;
extern const struct shape pca_cname_string;
extern const struct shape pca_country_code_string;
extern const struct shape pca_crl_configuration;
extern const struct shape pca_crl_distribution_point_extension_configuration;
extern const struct shape pca_crl_path_string;
extern const struct shape pca_crl_type;
extern const struct shape pca_csr_blob;
extern const struct shape pca_csr_body;
extern const struct shape pca_csr_extensions;
extern const struct shape pca_custom_attribute;
extern const struct shape pca_custom_attribute_list;
extern const struct shape pca_custom_extension;
extern const struct shape pca_custom_extension_list;
extern const struct shape pca_custom_object_identifier;
extern const struct shape pca_edi_party_name;
extern const struct shape pca_extended_key_usage;
extern const struct shape pca_extended_key_usage_list;
extern const struct shape pca_extended_key_usage_type;
extern const struct shape pca_extensions;
extern const struct shape pca_failure_reason;
extern const struct shape pca_general_name;
extern const struct shape pca_general_name_list;
extern const struct shape pca_idempotency_token;
extern const struct shape pca_integer_1_to_5000;
extern const struct shape pca_key_algorithm;
extern const struct shape pca_key_storage_security_standard;
extern const struct shape pca_key_usage;
extern const struct shape pca_max_results;
extern const struct shape pca_next_token;
extern const struct shape pca_ocsp_configuration;
extern const struct shape pca_other_name;
extern const struct shape pca_permanent_deletion_time_in_days;
extern const struct shape pca_permission;
extern const struct shape pca_permission_list;
extern const struct shape pca_policy_information;
extern const struct shape pca_policy_qualifier_id;
extern const struct shape pca_policy_qualifier_info;
extern const struct shape pca_policy_qualifier_info_list;
extern const struct shape pca_positive_long;
extern const struct shape pca_principal;
extern const struct shape pca_qualifier;
extern const struct shape pca_resource_owner;
extern const struct shape pca_revocation_configuration;
extern const struct shape pca_revocation_reason;
extern const struct shape pca_s3_bucket_name;
extern const struct shape pca_s3_bucket_name_3_to_255;
extern const struct shape pca_s3_key;
extern const struct shape pca_s3_object_acl;
extern const struct shape pca_signing_algorithm;
extern const struct shape pca_string;
extern const struct shape pca_string_128;
extern const struct shape pca_string_16;
extern const struct shape pca_string_1_to_256;
extern const struct shape pca_string_253;
extern const struct shape pca_string_256;
extern const struct shape pca_string_3;
extern const struct shape pca_string_39;
extern const struct shape pca_string_40;
extern const struct shape pca_string_5;
extern const struct shape pca_string_64;
extern const struct shape pca_tstamp;
extern const struct shape pca_tag;
extern const struct shape pca_tag_key;
extern const struct shape pca_tag_list;
extern const struct shape pca_tag_value;
extern const struct shape pca_validity;
extern const struct shape pca_validity_period_type;

#endif
