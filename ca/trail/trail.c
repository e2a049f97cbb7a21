#include "ca/trail/trail.h"

#include "ca/arn.h"
#include "ca/duties/duties.h"
#include "ca/trail/record_text.h"
#include "firmware/base/clock.h"

#include <ctype.h>
#include <string.h>

#define TEXT_MAX 1024
#define PARAMETERS_SHOWN_MAX ((size_t)65536)

/* Text from outside: cut to TEXT_MAX; when it is not UTF-8, its foreign octets become '?'. */
static json_t *text_json(struct slice s)
{
    char plain[TEXT_MAX];
    size_t len = s.len < TEXT_MAX ? s.len : TEXT_MAX;
    if (len == 0)
        return json_string("");
    json_t *text = json_stringn((const char *)s.data, len);
    for (size_t i = 0; text == NULL && i < len; i++)
        plain[i] = s.data[i] >= 0x20 && s.data[i] < 0x7f ? (char)s.data[i] : '?';
    return text != NULL ? text : json_stringn(plain, len);
}

/* ---- what was asked and answered, without what must not be kept ---- */

/* "DomainName" -> "domainName"; "OID" -> "oid". */
static void member_name(const char *name, char *out, size_t size)
{
    bool all_upper = true;
    for (const char *c = name; *c != '\0'; c++)
        all_upper = all_upper && isupper((unsigned char)*c);
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < size; n++)
        out[n] = all_upper || n == 0 ? (char)tolower((unsigned char)name[n]) : name[n];
    out[n] = '\0';
}

static bool is_kept(const struct shape *shape, bool blobs)
{
    return shape != NULL && !shape->sensitive && (blobs || shape->kind != SHAPE_BLOB);
}

static json_t *value_copy(const struct shape *shape, json_t *value, bool blobs);

static const struct shape *member_shape(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, name) == 0)
            return shape->members[i].shape;
    return NULL;
}

static json_t *structure_copy(const struct shape *shape, json_t *value, bool blobs)
{
    json_t *copy = json_object();
    json_t *member = NULL;
    const char *name = NULL;
    char key[96];
    json_object_foreach(value, name, member) {
        const struct shape *of = member_shape(shape, name);
        if (!is_kept(of, blobs))
            continue;
        member_name(name, key, sizeof key);
        if (json_object_set_new(copy, key, value_copy(of, member, blobs)) != 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

static json_t *list_copy(const struct shape *shape, json_t *value, bool blobs)
{
    json_t *copy = json_array();
    bool kept = is_kept(shape->item, blobs);
    for (size_t i = 0; i < json_array_size(value) && copy != NULL && kept; i++) {
        if (json_array_append_new(copy, value_copy(shape->item, json_array_get(value, i), blobs)) !=
            0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

/* By the shape; a value that is not what its shape says (a call refused for that) is left out. */
static json_t *value_copy(const struct shape *shape, json_t *value, bool blobs)
{
    if ((shape->kind == SHAPE_STRUCTURE || shape->kind == SHAPE_UNION) && json_is_object(value))
        return structure_copy(shape, value, blobs);
    if (shape->kind == SHAPE_LIST && json_is_array(value))
        return list_copy(shape, value, blobs);
    if (json_is_object(value) || json_is_array(value))
        return json_null();
    if (json_is_string(value))
        return blobs ? json_copy(value)
                     : text_json(slice_of(json_string_value(value), json_string_length(value)));
    return json_copy(value);
}

static json_t *elements(const struct shape *shape, json_t *value)
{
    if (shape == NULL || !json_is_object(value) || json_object_size(value) == 0)
        return json_null();
    json_t *copy = structure_copy(shape, value, false);
    struct buf text = {0};
    int r = record_text(copy, &text);
    size_t size = r == CH_ELIMIT ? BUF_MAX : text.len;
    buf_free(&text);
    if (r == 0 && size <= TRAIL_PARAMETERS_MAX)
        return copy;
    if (r != 0 && r != CH_ELIMIT) {
        json_decref(copy);
        return NULL;
    }
    json_decref(copy);
    return json_pack("{s:b, s:I, s:s}", "omitted", 1, "originalSize", (json_int_t)size, "reason",
                     "too large");
}

int trail_parameters(const struct request *r, struct buf *out)
{
    const struct shape *shape = r->operation->input;
    if (shape == NULL || !json_is_object(r->in))
        return buf_put_text(out, "{}");
    json_t *copy = structure_copy(shape, r->in, true);
    int rc = record_text(copy, out);
    json_decref(copy);
    if (rc != CH_ELIMIT && (rc != 0 || out->len <= PARAMETERS_SHOWN_MAX))
        return rc;
    buf_clear(out);
    return buf_put_text(out, "{\"omitted\":true,\"reason\":\"too large\"}");
}

/* ---- records ---- */

static int record_dump(json_t *record, struct buf *out)
{
    int r = record_text(record, out);
    json_decref(record);
    return r;
}

/* Of temporary credentials: since when, with or without a second factor, and of which role. */
static json_t *session_context(const struct principal *p)
{
    char since[CLOCK_ISO_SIZE];
    bool mfa = json_object_get(p->session, "mfa") != NULL;
    clock_format_iso(json_integer_value(json_object_get(p->session, "issued")), since);
    json_t *context = json_pack("{s:{s:s, s:s}}", "attributes", "creationDate", since,
                                "mfaAuthenticated", mfa ? "true" : "false");
    if (p->kind == PRINCIPAL_ROLE &&
        json_object_set_new(context, "sessionIssuer",
                            json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "Role", "principalId",
                                      p->user_id, "arn", p->role_arn, "accountId", p->account,
                                      "userName", p->user_name)) != 0) {
        json_decref(context);
        return NULL;
    }
    return context;
}

static json_t *identity(const struct principal *p)
{
    static const char *const types[] = {
        [PRINCIPAL_USER] = "IAMUser", [PRINCIPAL_ROLE] = "AssumedRole", [PRINCIPAL_ROOT] = "Root"};
    const char *session = json_string_value(json_object_get(p->session, "session"));
    json_t *who = json_pack("{s:s, s:o, s:s, s:s, s:s}", "type", types[p->kind],
                            "principalId",
                            json_sprintf("%s%s%s", p->user_id, session == NULL ? "" : ":",
                                         session == NULL ? "" : session),
                            "arn", p->arn, "accountId", p->account, "accessKeyId",
                            p->access_key_id);
    int failed = p->kind == PRINCIPAL_USER
                     ? json_object_set_new(who, "userName", json_string(p->user_name))
                     : 0;
    if (p->session != NULL)
        failed |= json_object_set_new(who, "sessionContext", session_context(p));
    if (failed == 0)
        return who;
    json_decref(who);
    return NULL;
}

/* An operation that we do not know is recorded under the name that the caller gave it. */
static json_t *event_name(const struct request *r)
{
    if (r->operation != NULL)
        return json_string(r->operation->name);
    struct slice target = request_header(r->call, "x-amz-target");
    const uint8_t *dot = target.len == 0 ? NULL : memrchr(target.data, '.', target.len);
    if (dot != NULL)
        target = slice_of(dot + 1, target.len - (size_t)(dot + 1 - target.data));
    if (target.len > 128)
        target.len = 128;
    return text_json(target);
}

/* What a record says of another account's principal to the owner of a resource, as CloudTrail does. */
static json_t *identity_abroad(const struct principal *p)
{
    const char *session = json_string_value(json_object_get(p->session, "session"));
    return json_pack("{s:s, s:o, s:s}", "type", "AWSAccount", "principalId",
                     json_sprintf("%s%s%s", p->user_id, session == NULL ? "" : ":",
                                  session == NULL ? "" : session),
                     "accountId", p->account);
}

/* Which request for approval the call made or used up, and who had approved it. */
static json_t *approval_data(const struct request *r)
{
    const char *by = r->approval == NULL ? NULL : r->approval->row.decided_by;
    return json_pack("{s:s, s:s*}", "approvalId", r->approval_id, "approvedBy", by);
}

/* For whom, and what the records of one call in several trails have in common: "" = there is one. */
struct recipient {
    const char *account;
    bool owner; /* of the resource, not of the caller */
    char shared_id[ROW_UUID_SIZE];
};

static json_t *beginning(const struct request *r, const struct recipient *to)
{
    char when[CLOCK_ISO_SIZE];
    bool own = r->service != NULL && strcmp(r->service->name, "chancery") == 0;
    json_t *source = json_sprintf("%s%s", r->service == NULL ? "" : r->service->name,
                                  own ? "" : ".amazonaws.com");
    clock_format_iso(r->now / 1000000, when);
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:o}", "eventVersion", "1.11",
                     "userIdentity",
                     to->owner ? identity_abroad(&r->principal) : identity(&r->principal),
                     "eventTime", when, "eventSource", source, "eventName", event_name(r),
                     "awsRegion", r->scope.region, "sourceIPAddress", text_json(r->call->peer),
                     "userAgent", text_json(request_header(r->call, "user-agent")));
}

static json_t *end(const struct request *r, const struct recipient *to, const char *event_id)
{
    const struct shape *input = r->operation == NULL ? NULL : r->operation->input;
    const struct shape *output = r->operation == NULL ? NULL : r->operation->output;
    bool failed = r->error.type != NULL;
    return json_pack("{s:o, s:o, s:s, s:s, s:b, s:s, s:s, s:s*}", "requestParameters",
                     elements(input, r->in), "responseElements",
                     failed || r->read_only ? json_null() : elements(output, r->out), "requestID",
                     r->id, "eventID", event_id, "readOnly", r->read_only, "eventType",
                     "AwsApiCall", "recipientAccountId", to->account, "sharedEventID",
                     to->shared_id[0] == '\0' ? NULL : to->shared_id);
}

static int record_build(const struct request *r, const struct recipient *to, struct buf *out)
{
    char event_id[ROW_UUID_SIZE];
    if (arn_uuid_new(event_id) != 0)
        return CH_ESYS;
    json_t *record = beginning(r, to);
    if (record != NULL && r->error.type != NULL) {
        json_object_set_new(record, "errorCode", json_string(r->error.type));
        json_object_set_new(record, "errorMessage", text_json(slice_text(r->error.text)));
    }
    if (record != NULL && json_object_update_new(record, end(r, to, event_id)) != 0) {
        json_decref(record);
        record = NULL;
    }
    if (record != NULL && r->approval_id[0] != '\0' && !to->owner)
        json_object_set_new(record, "additionalEventData", approval_data(r));
    return record_dump(record, out);
}

int trail_record(const struct request *r, struct buf *out)
{
    return record_build(r, &(struct recipient){.account = r->principal.account}, out);
}

static int append(struct store_tx *tx, const struct request *r, const struct recipient *to)
{
    struct buf record = {0};
    int code = record_build(r, to, &record);
    if (code == 0)
        code = store_audit_append(tx, r->now, buf_slice(&record));
    buf_free(&record);
    return code;
}

/* A call that was let in to another account's resource is in that account's trail, too; one that was not is not. */
int trail_append(struct store_tx *tx, const struct request *r)
{
    struct recipient caller = {.account = r->principal.account};
    if (r->owner[0] == '\0')
        return append(tx, r, &caller);
    struct recipient owner = {.account = r->owner, .owner = true};
    int code = arn_uuid_new(caller.shared_id);
    memcpy(owner.shared_id, caller.shared_id, sizeof owner.shared_id);
    if (code == 0)
        code = append(tx, r, &caller);
    return code == 0 ? append(tx, r, &owner) : code;
}

static int event_append(struct store_tx *tx, const struct trail_event *event,
                        const struct recipient *to)
{
    struct buf record = {0};
    char when[CLOCK_ISO_SIZE], event_id[ROW_UUID_SIZE];
    clock_format_iso(event->at / 1000000, when);
    int code = arn_uuid_new(event_id);
    json_t *json = code != 0 ? NULL
                             : json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s*, s:O, s:s, s:b, "
                                         "s:s, s:s*, s:s*}",
                                         "eventVersion", "1.11", "userIdentity", "type",
                                         "AWSService", "invokedBy", "chancery", "eventTime", when,
                                         "eventSource", event->source, "eventName", event->name,
                                         "awsRegion", event->region, "serviceEventDetails",
                                         event->details, "eventID", event_id, "readOnly", 0,
                                         "eventType", "AwsServiceEvent", "recipientAccountId",
                                         to->account, "sharedEventID",
                                         to->shared_id[0] == '\0' ? NULL : to->shared_id);
    if (code == 0)
        code = record_dump(json, &record);
    if (code == 0)
        code = store_audit_append(tx, event->at, buf_slice(&record));
    buf_free(&record);
    return code;
}

int trail_append_event(struct store_tx *tx, const struct trail_event *event)
{
    struct recipient to = {.account = event->account};
    bool shared = event->owner != NULL && event->account != NULL &&
                  strcmp(event->owner, event->account) != 0;
    int code = event->details == NULL ? CH_ENOMEM : shared ? arn_uuid_new(to.shared_id) : 0;
    if (code == 0)
        code = event_append(tx, event, &to);
    to.account = event->owner;
    if (code == 0 && shared)
        code = event_append(tx, event, &to);
    json_decref(event->details);
    return code;
}
