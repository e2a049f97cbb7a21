/*
 * GetCallerIdentity: who asks; nobody needs permission for that. GetAccessKeyInfo: whose account a key is of.
 */
#include "ca/iam/iam.h"
#include "ca/members.h"
#include "ca/sts/operations.h"

#include <stdio.h>

/* AROA...:session for sessions of roles. */
static int put_user_id(struct request *r)
{
    const char *session = member_text(r->principal.session, "session");
    char id[128];
    snprintf(id, sizeof id, "%s%s%s", r->principal.user_id, session == NULL ? "" : ":",
             session == NULL ? "" : session);
    return member_put_text(r->out, "UserId", id);
}

int sts_get_caller_identity(struct request *r)
{
    int rc = put_user_id(r);
    if (rc == 0)
        rc = member_put_text(r->out, "Account", r->principal.account);
    return rc == 0 ? member_put_text(r->out, "Arn", r->principal.arn) : rc;
}

static int info_step(struct request *r, struct store_tx *tx)
{
    struct iam_key_row key = {0};
    int rc = store_iam_key_get(tx, member_text(r->in, "AccessKeyId"), &key);
    if (rc == CH_ENOTFOUND)
        rc = api_fail(&r->error, "ValidationException", "The access key does not exist.");
    if (rc == 0)
        rc = member_put_text(r->out, "Account", key.account);
    iam_key_row_free(&key);
    return rc;
}

int sts_get_access_key_info(struct request *r)
{
    return iam_read(r, info_step);
}
