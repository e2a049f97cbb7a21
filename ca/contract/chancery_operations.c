/*
 * chancery_operations.c - Chancery's own API, which AWS does not have: what uses a certificate, how
 * the proof of its names stands, and what waits for a second principal. docs/openapi says the same for people.
 */
#include "ca/contract/acm_shapes.h"
#include "ca/contract/services.h"

#define SERVICE SERVICE_CHANCERY

#define COMMON_ERRORS                                                                              \
    "AccessDeniedException", "InvalidArnException", "ResourceNotFoundException",                   \
        "ThrottlingException", "ValidationException"

static const struct shape resource = {STRING("Resource", 8, 1024), MATCHES(RESOURCE)};
static const struct shape created_at = {TIMESTAMP("CreatedAt")};
static const struct shape max_results = {INTEGER("MaxResults", 1, 500)};
static const struct shape next_token = {BLOB("NextToken", 1, 1024)};

static const struct shape association = {STRUCTURE("Association",
    MEMBER("Resource", resource, REQUIRED),
    MEMBER("CreatedAt", created_at, REQUIRED))};

static const struct shape associations = {LIST("Associations", association, ANY, ANY)};

static const struct shape delete_association_request = {STRUCTURE("DeleteAssociationRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Resource", resource, REQUIRED))};

static const struct shape list_associations_request = {STRUCTURE("ListAssociationsRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("MaxResults", max_results, OPTIONAL),
    MEMBER("NextToken", next_token, OPTIONAL))};

static const struct shape list_associations_response = {STRUCTURE("ListAssociationsResponse",
    MEMBER("Associations", associations, REQUIRED),
    MEMBER("NextToken", next_token, OPTIONAL))};

static const struct shape put_association_request = {STRUCTURE("PutAssociationRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Resource", resource, REQUIRED))};

static const struct shape put_association_response = {STRUCTURE("PutAssociationResponse",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Resource", resource, REQUIRED),
    MEMBER("CreatedAt", created_at, REQUIRED))};

/* ---- validations ---- */

#define WORDS(NAME) STRING(NAME, ANY, ANY)

static const struct shape text = {WORDS("Text")};
static const struct shape texts = {LIST("Texts", text, ANY, ANY)};
static const struct shape number = {INTEGER("Number", ANY, ANY)};
static const struct shape truth = {BOOLEAN("Truth")};

static const struct shape resource_record = {STRUCTURE("ResourceRecord",
    MEMBER("Name", text, REQUIRED),
    MEMBER("Type", text, REQUIRED),
    MEMBER("Value", text, REQUIRED))};

static const struct shape http_redirect = {STRUCTURE("HttpRedirect",
    MEMBER("RedirectFrom", text, REQUIRED),
    MEMBER("RedirectTo", text, REQUIRED))};

/* What one resolver or web server said. */
static const struct shape sighting = {STRUCTURE("Sighting",
    MEMBER("Resolver", text, OPTIONAL),
    MEMBER("Name", text, OPTIONAL),
    MEMBER("Type", text, OPTIONAL),
    MEMBER("Answer", text, OPTIONAL),
    MEMBER("Secure", truth, OPTIONAL),
    MEMBER("Records", texts, OPTIONAL),
    MEMBER("Detail", text, OPTIONAL),
    MEMBER("Server", text, OPTIONAL),
    MEMBER("Status", number, OPTIONAL),
    MEMBER("Location", text, OPTIONAL))};

static const struct shape sightings = {LIST("Sightings", sighting, ANY, ANY)};

static const struct shape validation = {STRUCTURE("Validation",
    MEMBER("DomainName", text, REQUIRED),
    MEMBER("ValidationDomain", text, REQUIRED),
    MEMBER("ValidationMethod", text, REQUIRED),
    MEMBER("ValidationStatus", text, REQUIRED),
    MEMBER("ResourceRecord", resource_record, OPTIONAL),
    MEMBER("HttpRedirect", http_redirect, OPTIONAL),
    MEMBER("ValidationEmails", texts, OPTIONAL),
    MEMBER("Attempts", number, REQUIRED),
    MEMBER("Result", text, REQUIRED),
    MEMBER("Reason", text, OPTIONAL),
    MEMBER("LookedAt", created_at, OPTIONAL),
    MEMBER("NextLookAt", created_at, OPTIONAL),
    MEMBER("CaaAllowedAt", created_at, OPTIONAL),
    MEMBER("Seen", sightings, REQUIRED),
    MEMBER("CaaSeen", sightings, REQUIRED))};

static const struct shape validations = {LIST("Validations", validation, ANY, ANY)};

static const struct shape waiting = {STRUCTURE("Waiting",
    MEMBER("DomainName", text, OPTIONAL),
    MEMBER("Code", text, REQUIRED),
    MEMBER("Reason", text, REQUIRED),
    MEMBER("NextAt", created_at, OPTIONAL))};

static const struct shape waitings = {LIST("Waitings", waiting, ANY, ANY)};

static const struct shape domain_name = {STRING("DomainName", 1, 253)};

static const struct shape check_validations_request = {STRUCTURE("CheckValidationsRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("DomainName", domain_name, OPTIONAL))};

static const struct shape validations_request = {STRUCTURE("ValidationsRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED))};

static const struct shape list_validations_response = {STRUCTURE("ListValidationsResponse",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Status", text, REQUIRED),
    MEMBER("FailureReason", text, OPTIONAL),
    MEMBER("GivenUpAt", created_at, OPTIONAL),
    MEMBER("Waiting", waitings, REQUIRED),
    MEMBER("Validations", validations, REQUIRED))};

static const struct shape check_validations_response = {STRUCTURE("CheckValidationsResponse",
    MEMBER("Checking", number, REQUIRED))};

/* ---- approvals ---- */

static const struct shape approval_arn = {STRING("ApprovalArn", 20, 2048)};
static const struct shape approval_status = {ENUM("ApprovalStatus", "PENDING", "APPROVED", "DENIED",
                                                  "USED", "EXPIRED")};
static const struct shape reason = {STRING("Reason", 1, 512)};

#define APPROVAL_MEMBERS                                                                           \
    MEMBER("ApprovalArn", text, REQUIRED), MEMBER("ApprovalId", text, REQUIRED),                   \
        MEMBER("Operation", text, REQUIRED), MEMBER("Region", text, REQUIRED),                     \
        MEMBER("RequestedBy", text, REQUIRED), MEMBER("Parameters", text, OPTIONAL),               \
        MEMBER("Status", approval_status, REQUIRED), MEMBER("RequestedAt", created_at, REQUIRED),  \
        MEMBER("ExpiresAt", created_at, REQUIRED), MEMBER("DecidedBy", text, OPTIONAL),            \
        MEMBER("DecidedAt", created_at, OPTIONAL), MEMBER("Reason", text, OPTIONAL),               \
        MEMBER("UsedAt", created_at, OPTIONAL), MEMBER("UsedByRequestId", text, OPTIONAL)

static const struct shape approval = {STRUCTURE("Approval", APPROVAL_MEMBERS)};
static const struct shape approvals = {LIST("Approvals", approval, ANY, ANY)};

static const struct shape list_approvals_request = {STRUCTURE("ListApprovalsRequest",
    MEMBER("Status", approval_status, OPTIONAL),
    MEMBER("MaxResults", max_results, OPTIONAL),
    MEMBER("NextToken", next_token, OPTIONAL))};

static const struct shape list_approvals_response = {STRUCTURE("ListApprovalsResponse",
    MEMBER("Approvals", approvals, REQUIRED),
    MEMBER("NextToken", next_token, OPTIONAL))};

static const struct shape get_approval_request = {STRUCTURE("GetApprovalRequest",
    MEMBER("ApprovalArn", approval_arn, REQUIRED))};

static const struct shape approve_request_request = {STRUCTURE("ApproveRequestRequest",
    MEMBER("ApprovalArn", approval_arn, REQUIRED),
    MEMBER("Reason", reason, OPTIONAL))};

static const struct shape deny_request_request = {STRUCTURE("DenyRequestRequest",
    MEMBER("ApprovalArn", approval_arn, REQUIRED),
    MEMBER("Reason", reason, REQUIRED))};

const struct operation contract_chancery_operations[CHANCERY_OPERATION_COUNT] = {
    OPERATION("ApproveRequest", &approve_request_request, &approval,
              ERRORS(COMMON_ERRORS, "InvalidStateException")),
    OPERATION("CheckValidations", &check_validations_request, &check_validations_response,
              ERRORS(COMMON_ERRORS, "InvalidStateException")),
    OPERATION("DeleteAssociation", &delete_association_request, NO_OUTPUT, ERRORS(COMMON_ERRORS)),
    OPERATION("DenyRequest", &deny_request_request, &approval,
              ERRORS(COMMON_ERRORS, "InvalidStateException")),
    OPERATION("GetApproval", &get_approval_request, &approval, ERRORS(COMMON_ERRORS)),
    OPERATION("ListApprovals", &list_approvals_request, &list_approvals_response,
              ERRORS("AccessDeniedException", "ThrottlingException", "ValidationException")),
    OPERATION("ListAssociations", &list_associations_request, &list_associations_response,
              ERRORS(COMMON_ERRORS)),
    OPERATION("ListValidations", &validations_request, &list_validations_response,
              ERRORS(COMMON_ERRORS, "InvalidStateException")),
    OPERATION("PutAssociation", &put_association_request, &put_association_response,
              ERRORS(COMMON_ERRORS, "InvalidStateException", "ServiceQuotaExceededException")),
};
