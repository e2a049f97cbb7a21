/*
 * chancery_operations.c - Chancery's own API, which AWS does not have: what uses a certificate.
 * docs/openapi/associations.yaml says the same for people.
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

const struct operation contract_chancery_operations[CHANCERY_OPERATION_COUNT] = {
    OPERATION("DeleteAssociation", &delete_association_request, NO_OUTPUT, ERRORS(COMMON_ERRORS)),
    OPERATION("ListAssociations", &list_associations_request, &list_associations_response,
              ERRORS(COMMON_ERRORS)),
    OPERATION("PutAssociation", &put_association_request, &put_association_response,
              ERRORS(COMMON_ERRORS, "InvalidStateException", "ServiceQuotaExceededException")),
};
