#include "ca/auth/principal.h"

#include "ca/core.h"

#include <string.h>

static const char everything[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                                 "\"Action\":\"*\",\"Resource\":\"*\"}]}";

/* An administrator of the account has AdministratorAccess, other users nothing. */
int principal_policies(struct request *r, const struct policy_set **out)
{
    *out = NULL;
    struct policy_set *set = policy_set_new();
    int rc = set == NULL ? CH_ENOMEM : 0;
    if (rc == 0 && r->principal.administrator)
        rc = policy_set_add_text(set, POLICY_IDENTITY, slice_text(everything),
                                 "arn:aws:iam::aws:policy/AdministratorAccess");
    if (rc == 0)
        *out = set;
    else
        policy_set_release(set);
    return rc;
}

struct policy_principal principal_named(const struct request *r)
{
    return (struct policy_principal){.account = r->principal.account, .arn = r->principal.arn};
}

static const struct fact {
    const char *key;
    size_t at; /* of the text in struct principal */
} facts[] = {
    {"aws:principalarn", offsetof(struct principal, arn)},
    {"aws:principalaccount", offsetof(struct principal, account)},
    {"aws:username", offsetof(struct principal, user_name)},
    {"aws:userid", offsetof(struct principal, user_id)},
};

int principal_key_find(void *context, struct slice key, struct policy_values *out)
{
    const struct request *r = context;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (slice_is(key, facts[i].key))
            return policy_values_put_text(out, (const char *)&r->principal + facts[i].at);
    return slice_is(key, "aws:principaltype") ? policy_values_put_text(out, "User") : 0;
}
