/*
 * policy.h - managed policies, customers' and AWS's, by their ARN; and documents.
 */
#ifndef CHANCERY_IAM_POLICY_H
#define CHANCERY_IAM_POLICY_H

#include "ca/iam/iam.h"
#include "ca/iam/managed.h"
#include "ca/policy/policy.h"

/* One of AWS's (aws), or a row of the caller's account. */
struct iam_policy {
    const struct managed_policy *aws;
    struct iam_row row;
};

/* CH_ENOTFOUND when that ARN names no policy that the account can see. Free with iam_policy_free. */
int iam_policy_get(struct store_tx *tx, const char *account, const char *arn,
                   struct iam_policy *out);
void iam_policy_free(struct iam_policy *policy);

/* The document that counts, of a policy by its ARN; the caller frees. CH_ENOTFOUND. */
int iam_policy_document(struct store_tx *tx, const char *account, const char *arn, char **out);

/* A policy of AWS as an account sees it, a new object; the caller owns it. */
int iam_managed_object(struct store_tx *tx, const char *account, const struct managed_policy *p,
                       json_t **out);

/* NoSuchEntityException when it does not, in the words for something that should be attached. */
int iam_policy_must_exist(struct request *r, struct store_tx *tx, const char *arn);

/* The document in a member of r: MalformedPolicyDocumentException with IAM's reason. */
int iam_document_check(struct request *r, const char *member, enum policy_form form);

/* How many of its characters count. */
size_t iam_document_size(const char *text);

#endif
