/*
 * GetSessionToken: temporary credentials of a user for himself. No policy is asked; nobody gains by it.
 */
#include "ca/members.h"
#include "ca/sts/operations.h"
#include "ca/sts/session.h"

#define USUAL_SECONDS 43200
#define ROOT_SECONDS_MAX 3600 /* more is cut, not refused, as by AWS */

int sts_get_session_token(struct request *r)
{
    struct sts_credentials credentials = {.secret = NULL};
    int64_t seconds = sts_duration(r, USUAL_SECONDS);
    json_t *claims = NULL;
    if (r->principal.kind == PRINCIPAL_ROOT && seconds > ROOT_SECONDS_MAX)
        seconds = ROOT_SECONDS_MAX;
    if (r->principal.session != NULL)
        return api_fail(&r->error, "AccessDeniedException",
                        "Cannot call GetSessionToken with session credentials");
    int rc = sts_check_mfa(r);
    if (rc == 0)
        rc = (claims = sts_claims(r, r->principal.user_id, seconds)) == NULL ? CH_ENOMEM : 0;
    if (rc == 0)
        rc = sts_credentials_make(r->core, claims, &credentials);
    if (rc == 0)
        rc = sts_put_credentials(r, &credentials, r->now / 1000000 + seconds);
    sts_credentials_free(&credentials);
    json_decref(claims);
    return rc;
}
