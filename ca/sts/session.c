#include "ca/sts/session.h"

#include "ca/iam/mfa.h"
#include "ca/members.h"

int sts_check_mfa(struct request *r)
{
    const char *serial = member_text(r->in, "SerialNumber");
    const char *code = member_text(r->in, "TokenCode");
    if (serial == NULL && code == NULL)
        return 0;
    if (serial == NULL || code == NULL)
        return api_fail(&r->error, "ValidationException",
                        "SerialNumber and TokenCode must be given together.");
    int rc = r->principal.kind == PRINCIPAL_USER
                 ? mfa_use(r, r->principal.number, serial, code)
                 : CH_EDENIED;
    if (rc == 0)
        r->mfa_at = r->now / 1000000;
    if (rc != CH_EDENIED)
        return rc;
    return api_fail(&r->error, "AccessDeniedException",
                    "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
}

int64_t sts_duration(const struct request *r, int64_t usual)
{
    const json_t *seconds = json_object_get(r->in, "DurationSeconds");
    return seconds == NULL ? usual : json_integer_value(seconds);
}

json_t *sts_claims(const struct request *r, const char *entity, int64_t seconds)
{
    int64_t now = r->now / 1000000;
    json_t *claims = json_pack("{s:s, s:I, s:I}", "entity", entity, "issued", (json_int_t)now,
                               "expires", (json_int_t)now + seconds);
    if (claims != NULL && r->mfa_at != 0 &&
        json_object_set_new(claims, "mfa", json_integer(r->mfa_at)) != 0) {
        json_decref(claims);
        claims = NULL;
    }
    return claims;
}

int sts_put_credentials(struct request *r, const struct sts_credentials *credentials,
                        int64_t expires)
{
    struct slice secret = secret_slice(credentials->secret);
    return member_put_new(
        r->out, "Credentials",
        json_pack("{s:s, s:o, s:s, s:o}", "AccessKeyId", credentials->access_key_id,
                  "SecretAccessKey", json_stringn((const char *)secret.data, secret.len),
                  "SessionToken", credentials->token, "Expiration",
                  contract_timestamp(expires * 1000000)));
}
