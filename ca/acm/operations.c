#include "ca/acm/operations.h"

#include "ca/acm/acm.h"

#define ARN "CertificateArn"

const struct operation_binding acm_operations[] = {
    {"AddTagsToCertificate", acm_add_tags_to_certificate, ARN, NULL, false},
    {"DeleteCertificate", acm_delete_certificate, ARN, NULL, false},
    {"DescribeCertificate", acm_describe_certificate, ARN, NULL, true},
    {"ExportCertificate", acm_export_certificate, ARN, NULL, false},
    {"GetAccountConfiguration", acm_get_account_configuration, NULL, NULL, true},
    {"GetCertificate", acm_get_certificate, ARN, NULL, true},
    {"ImportCertificate", acm_import_certificate, ARN, "certificate/*", false},
    {"ListCertificateDomainValidations", acm_list_certificate_domain_validations, ARN, NULL, true},
    {"ListCertificates", acm_list_certificates, NULL, NULL, true},
    {"ListTagsForCertificate", acm_list_tags_for_certificate, ARN, NULL, true},
    {"ListTagsForResource", acm_list_tags_for_resource, "ResourceArn", NULL, true},
    {"PutAccountConfiguration", acm_put_account_configuration, NULL, NULL, false},
    {"RemoveTagsFromCertificate", acm_remove_tags_from_certificate, ARN, NULL, false},
    {"RenewCertificate", acm_renew_certificate, ARN, NULL, false},
    {"RequestCertificate", acm_request_certificate, NULL, "certificate/*", false},
    {"ResendValidationEmail", acm_resend_validation_email, ARN, NULL, false},
    {"RevokeCertificate", acm_revoke_certificate, ARN, NULL, false},
    {"SearchCertificates", acm_search_certificates, NULL, NULL, true},
    {"TagResource", acm_tag_resource, "ResourceArn", NULL, false},
    {"UntagResource", acm_untag_resource, "ResourceArn", NULL, false},
    {"UpdateCertificateOptions", acm_update_certificate_options, ARN, NULL, false},
};
const size_t acm_operation_count = sizeof acm_operations / sizeof acm_operations[0];
