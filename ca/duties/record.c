#include "ca/duties/duties.h"

#include "ca/arn.h"
#include "ca/core.h"
#include "ca/members.h"
#include "firmware/base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The purposes keep these MACs apart from everything else that the seal key is used for. */
#define TAG_PURPOSE "chancery approval 1"
#define DIGEST_PURPOSE "chancery approval digest 1"
#define SECOND_US INT64_C(1000000)

/* Length first: no two lists of texts look alike. NULL is not the empty text. */
static int put_text(struct buf *out, const char *text)
{
    return text == NULL ? buf_put_text(out, "-:")
                        : buf_printf(out, "%zu:%s", strlen(text), text);
}

static int put_texts(struct buf *out, const char *const *texts, size_t count)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = put_text(out, texts[i]);
    return rc;
}

int duties_digest(struct core *core, const char *const *parts, size_t count, uint8_t digest[32])
{
    struct buf message = {0};
    int rc = put_text(&message, DIGEST_PURPOSE);
    if (rc == 0)
        rc = put_texts(&message, parts, count);
    if (rc == 0)
        rc = hsm_mac(core->hsm, core->seal, buf_slice(&message), digest);
    buf_free(&message);
    return rc;
}

int duties_tag(struct core *core, const struct approval_row *row, uint8_t tag[32])
{
    const char *const texts[] = {TAG_PURPOSE,       row->id,           row->scope.account,
                                 row->scope.region, row->requester,    row->requester_id,
                                 row->origin == NULL ? "" : row->origin, row->operation,
                                 row->parameters,   row->status,       row->decided_by,
                                 row->reason,       row->used_by};
    struct buf message = {0};
    int rc = put_texts(&message, texts, sizeof texts / sizeof texts[0]);
    if (rc == 0)
        rc = buf_printf(&message, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",",
                        row->created_at, row->expires_at, row->decided_at, row->used_at);
    if (rc == 0)
        rc = buf_put(&message, row->digest, sizeof row->digest);
    if (rc == 0)
        rc = hsm_mac(core->hsm, core->seal, buf_slice(&message), tag);
    buf_free(&message);
    return rc;
}

int duties_verify(struct core *core, const struct approval_row *row)
{
    uint8_t tag[HSM_TAG_SIZE];
    int rc = duties_tag(core, row, tag);
    if (rc != 0 || bytes_equal_ct(tag, row->tag, sizeof tag))
        return rc;
    log_error("the request for approval %s was altered in the database: it counts no more",
              row->id);
    return CH_EINTEGRITY;
}

int duties_row_new(struct core *core, struct approval_row *row, int64_t now)
{
    row->created_at = now;
    row->expires_at = now + core->config->approval_expiry * SECOND_US;
    int rc = arn_uuid_new(row->id);
    if (rc == 0)
        rc = member_copy("PENDING", &row->status);
    return rc == 0 ? duties_tag(core, row, row->tag) : rc;
}

const char *duties_status(const struct approval_row *row, int64_t now)
{
    bool open = strcmp(row->status, "PENDING") == 0 || strcmp(row->status, "APPROVED") == 0;
    return open && row->expires_at <= now ? "EXPIRED" : row->status;
}

static int put_members(json_t *out, const struct approval_row *row, int64_t now)
{
    const struct {
        const char *member, *text;
    } texts[] = {
        {"ApprovalId", row->id},           {"Operation", row->operation},
        {"Region", row->scope.region},     {"RequestedBy", row->requester},
        {"Parameters", row->parameters},   {"Status", duties_status(row, now)},
        {"DecidedBy", row->decided_by},    {"Reason", row->reason},
        {"UsedByRequestId", row->used_by},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof texts[0]; i++)
        rc = member_put_text(out, texts[i].member, texts[i].text);
    if (rc == 0)
        rc = member_put_time(out, "RequestedAt", row->created_at);
    if (rc == 0)
        rc = member_put_time(out, "ExpiresAt", row->expires_at);
    if (rc == 0)
        rc = member_put_time(out, "DecidedAt", row->decided_at);
    return rc == 0 ? member_put_time(out, "UsedAt", row->used_at) : rc;
}

json_t *duties_describe(const struct approval_row *row, int64_t now)
{
    char arn[ARN_SIZE];
    json_t *out = json_object();
    snprintf(arn, sizeof arn, "arn:aws:chancery:%s:%s:approval/%s", row->scope.region,
             row->scope.account, row->id);
    if (out != NULL && member_put_text(out, "ApprovalArn", arn) == 0 &&
        put_members(out, row, now) == 0)
        return out;
    json_decref(out);
    return NULL;
}
