/*
 * managed.h - the policies that AWS manages and that exist here: the same for every account, under
 * arn:aws:iam::aws:policy/... . They name only actions that this appliance serves.
 */
#ifndef CHANCERY_IAM_MANAGED_H
#define CHANCERY_IAM_MANAGED_H

#include <stddef.h>
#include <stdint.h>

struct managed_policy {
    const char *arn;
    const char *path; /* "/" or "/aws-service-role/" */
    const char *name;
    const char *id;   /* ANPA... */
    const char *description;
    const char *document;
};

#define MANAGED_VERSION "v1"
#define MANAGED_CREATED_AT INT64_C(1577836800000000) /* microseconds; no policy here is older than the guide's 2020 */

extern const struct managed_policy managed_policies[];
extern const size_t managed_policy_count;

/* NULL when there is none. */
const struct managed_policy *managed_policy_find(const char *arn);

#endif
