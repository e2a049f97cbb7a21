/*
 * resource_policy.h - the policies of authorities, compiled; what was read holds until the
 * store has another version.
 */
#ifndef CHANCERY_AUTH_RESOURCE_POLICY_H
#define CHANCERY_AUTH_RESOURCE_POLICY_H

#include "ca/policy/policy.h"
#include "ca/request.h"

struct resource_policies;

struct resource_policies *resource_policies_new(void); /* NULL when out of memory */
void resource_policies_free(struct resource_policies *cache);

/*
 * The policy of what the ARN names, held for the caller; NULL when it has none or is of a kind that has
 * none. The errors of the store; CH_EINTEGRITY for a stored policy that can no longer be read: then nobody may act.
 */
int resource_policy_get(struct request *r, const char *arn, const struct policy **out);

#endif
