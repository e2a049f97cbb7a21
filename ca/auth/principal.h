/*
 * principal.h - the policies of who asks, and what condition keys say about him.
 */
#ifndef CHANCERY_AUTH_PRINCIPAL_H
#define CHANCERY_AUTH_PRINCIPAL_H

#include "ca/policy/policy.h"
#include "ca/request.h"
#include "ca/store/iam.h"

/* The sets of policies that are remembered, by access key. NULL when out of memory. */
struct principals *principals_new(void);
void principals_free(struct principals *p); /* NULL is fine */

/*
 * The policies of r's principal: those that it brings along; else of the user or role, its groups, boundary and session, and
 * the service control policies of its account. *out is held for the caller, who releases it; it may
 * be shared with other threads. CH_ENOMEM and the errors of the store; then nobody may act.
 */
int principal_policies(struct request *r, const struct policy_set **out);

/*
 * The same of any user or role, read from the store; session: what a token says, or NULL. The caller
 * releases *out.
 */
int principal_policies_read(struct store_tx *tx, const struct iam_row *row, const json_t *session,
                            struct policy_set **out);

/*
 * Inside a write unit: the service-linked role through which ACM uses an authority of another account is there
 * afterwards, and has been used now.
 */
int principal_service_role_ensure(struct store_tx *tx, const char *account);

/* How the Principal element of a resource policy sees r's principal; borrows from r. */
struct policy_principal principal_named(const struct request *r);

/*
 * The values of a key about the principal: aws:principalarn, aws:principalaccount, aws:principaltype,
 * aws:principaltag/…, aws:username, aws:userid, aws:multifactorauthpresent, aws:multifactorauthage,
 * aws:tokenissuetime. Unknown ones stay absent. A policy_find; context is the struct request.
 */
int principal_key_find(void *context, struct slice key, struct policy_values *out);

#endif
