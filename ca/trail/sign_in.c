#include "ca/trail/sign_in.h"

#include "ca/arn.h"
#include "ca/trail/record_text.h"
#include "firmware/base/clock.h"

#include <string.h>

#define HIDDEN "HIDDEN_DUE_TO_SECURITY_REASONS"

static json_t *identity(const struct principal *p)
{
    bool known = p->user_id[0] != '\0';
    const char *account = p->account[0] == '\0' ? NULL : p->account;
    if (known)
        return json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "IAMUser", "principalId", p->user_id,
                         "arn", p->arn, "accountId", p->account, "userName", p->user_name);
    return json_pack("{s:s, s:s*, s:s, s:s}", "type", "IAMUser", "accountId", account,
                     "accessKeyId", "", "userName", HIDDEN);
}

static json_t *details(const struct trail_sign_in *event)
{
    if (strcmp(event->name, "CheckMfa") == 0)
        return json_pack("{s:s}", "MfaType", "Virtual MFA");
    return json_pack("{s:s, s:s}", "MobileVersion", "No", "MFAUsed", event->mfa ? "Yes" : "No");
}

/* What is no UTF-8 is left out. */
static json_t *text_json(struct slice s)
{
    json_t *text = s.len == 0 ? NULL : json_stringn((const char *)s.data, s.len);
    return text != NULL ? text : json_string("");
}

static json_t *record_make(const struct request *r, const struct trail_sign_in *event)
{
    char when[CLOCK_ISO_SIZE], id[ROW_UUID_SIZE];
    const char *account = r->principal.account[0] == '\0' ? NULL : r->principal.account;
    clock_format_iso(r->now / 1000000, when);
    if (arn_uuid_new(id) != 0)
        return NULL;
    return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:s*, s:n, s:{s:s}, s:o, s:s, s:s, "
                     "s:b, s:s, s:s*}",
                     "eventVersion", "1.11", "userIdentity", identity(&r->principal), "eventTime",
                     when, "eventSource", "signin.amazonaws.com", "eventName", event->name,
                     "awsRegion", r->scope.region, "sourceIPAddress", text_json(r->call->peer),
                     "userAgent", text_json(request_header(r->call, "user-agent")), "errorMessage",
                     event->why, "requestParameters", "responseElements", event->name,
                     event->why == NULL ? "Success" : "Failure", "additionalEventData",
                     details(event), "requestID", r->id, "eventID", id, "readOnly", 0, "eventType",
                     "AwsConsoleSignIn", "recipientAccountId", account);
}

int trail_append_sign_in(struct store_tx *tx, const struct request *r,
                         const struct trail_sign_in *event)
{
    struct buf text = {0};
    json_t *record = record_make(r, event);
    int rc = record_text(record, &text);
    json_decref(record);
    if (rc == 0)
        rc = store_audit_append(tx, r->now, buf_slice(&text));
    buf_free(&text);
    return rc;
}
