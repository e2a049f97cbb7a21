#include "ca/iam/iam.h"

#include "ca/core.h"
#include "ca/iam/principal_ids.h"
#include "ca/members.h"
#include "ca/tags.h"
#include "firmware/base/log.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 100
#define SERVICE_LINKED_PATH "/aws-service-role/"

static const struct {
    enum iam_kind kind;
    const char *noun;   /* in ARNs and errors */
    const char *title;  /* the same where a sentence begins */
    const char *member;
} kinds[] = {
    {IAM_USER, "user", "User", "UserName"},
    {IAM_GROUP, "group", "Group", "GroupName"},
    {IAM_ROLE, "role", "Role", "RoleName"},
    {IAM_POLICY, "policy", "Policy", NULL},
    {IAM_ROOT, "root", "Root", NULL},
};

#define KIND(kind) (kinds[(kind)-IAM_USER])

/* ---- transactions ---- */

struct stepping {
    struct request *r;
    iam_step step;
};

static int unit(struct store_tx *tx, void *context)
{
    const struct stepping *s = context;
    return s->step(s->r, tx);
}

int iam_write(struct request *r, iam_step step)
{
    return request_commit(r, unit, &(struct stepping){r, step});
}

int iam_read(struct request *r, iam_step step)
{
    return request_read(r, unit, &(struct stepping){r, step});
}

/* ---- errors ---- */

int iam_missing(struct request *r, enum iam_kind kind, const char *name)
{
    if (kind == IAM_POLICY)
        return api_fail(&r->error, "NoSuchEntityException", "Policy %s was not found.", name);
    return api_fail(&r->error, "NoSuchEntityException", "The %s with name %s cannot be found.",
                    KIND(kind).noun, name);
}

int iam_exists(struct request *r, enum iam_kind kind, const char *name)
{
    if (kind == IAM_POLICY)
        return api_fail(&r->error, "EntityAlreadyExistsException",
                        "A policy called %s already exists. Duplicate names are not allowed.",
                        name);
    return api_fail(&r->error, "EntityAlreadyExistsException", "%s with name %s already exists.",
                    KIND(kind).title, name);
}

int iam_conflict(struct request *r, const char *what)
{
    return api_fail(&r->error, "DeleteConflictException", "Cannot delete entity, must %s first.",
                    what);
}

int iam_over_quota(struct request *r, const char *quota, unsigned limit)
{
    return api_fail(&r->error, "LimitExceededException", "Cannot exceed quota for %s: %u", quota,
                    limit);
}

/* ---- finding ---- */

const char *iam_name_member(enum iam_kind kind)
{
    return KIND(kind).member;
}

const char *iam_noun(enum iam_kind kind)
{
    return KIND(kind).noun;
}

enum iam_kind iam_kind_of(const struct request *r)
{
    const struct shape *input = r->operation->input;
    for (size_t i = 0; i < input->member_count; i++)
        for (enum iam_kind kind = IAM_USER; kind <= IAM_ROLE; kind++)
            if (strcmp(input->members[i].name, KIND(kind).member) == 0)
                return kind;
    return IAM_POLICY;
}

int iam_find_named(struct request *r, struct store_tx *tx, enum iam_kind kind, const char *name,
                   struct iam_row *out)
{
    int rc = store_iam_get(tx, r->scope.account, kind, name, out);
    return rc == CH_ENOTFOUND ? iam_missing(r, kind, name) : rc;
}

int iam_find(struct request *r, struct store_tx *tx, enum iam_kind kind, struct iam_row *out)
{
    const char *name = member_text(r->in, KIND(kind).member);
    if (name == NULL && kind == IAM_USER && r->principal.kind == PRINCIPAL_ROOT)
        return store_iam_get_by_number(tx, r->principal.number, out);
    if (name == NULL && (kind != IAM_USER || r->principal.kind != PRINCIPAL_USER))
        return api_fail(&r->error, "ValidationException",
                        "Must specify userName when calling with non-User credentials");
    return iam_find_named(r, tx, kind, name == NULL ? r->principal.user_name : name, out);
}

bool iam_is_service_linked(const struct iam_row *row)
{
    return row->kind == IAM_ROLE &&
           strncmp(row->path, SERVICE_LINKED_PATH, sizeof SERVICE_LINKED_PATH - 1) == 0;
}

int iam_find_changeable(struct request *r, struct store_tx *tx, struct iam_row *out)
{
    int rc = iam_find(r, tx, iam_kind_of(r), out);
    if (rc != 0 || !iam_is_service_linked(out))
        return rc;
    return api_fail(&r->error, "UnmodifiableEntityException",
                    "Cannot perform the operation on the protected role '%s' - this role is only "
                    "modifiable by AWS",
                    out->name);
}

/* ---- making ---- */

int iam_id_new(struct core *core, const char *prefix, char out[IAM_ID_SIZE])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t bytes[IAM_ID_SIZE];
    size_t start = strlen(prefix);
    int rc = core_random(core, bytes, sizeof bytes);
    if (rc != 0)
        return rc;
    memcpy(out, prefix, start);
    for (size_t i = start; i < IAM_ID_SIZE - 1; i++)
        out[i] = letters[bytes[i] & 31];
    out[IAM_ID_SIZE - 1] = '\0';
    return 0;
}

void iam_arn(const struct iam_row *row, char out[IAM_ARN_SIZE])
{
    if (row->kind == IAM_ROOT)
        snprintf(out, IAM_ARN_SIZE, "arn:aws:iam::%s:root", row->account);
    else
        snprintf(out, IAM_ARN_SIZE, "arn:aws:iam::%s:%s%s%s", row->account,
                 KIND(row->kind).noun, row->path, row->name);
}

/* ---- answering ---- */

int iam_put_document(json_t *object, const char *member, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    struct buf out = {0};
    int rc = text == NULL ? CH_EINTEGRITY : 0;
    for (; rc == 0 && *text != '\0'; text++)
        rc = strchr(plain, *text) != NULL ? buf_put(&out, text, 1)
                                          : buf_printf(&out, "%%%02X", (unsigned char)*text);
    if (rc == 0)
        rc = member_put_buf(object, member, &out);
    buf_free(&out);
    return rc;
}

/* Path, name, id, ARN and date: every entity has them, but root no path and no name. */
static int put_common(const struct iam_row *row, json_t *object, const char *name, const char *id)
{
    char arn[IAM_ARN_SIZE];
    iam_arn(row, arn);
    bool named = row->kind != IAM_ROOT;
    int rc = named ? member_put_text(object, "Path", row->path) : 0;
    if (rc == 0 && named)
        rc = member_put_text(object, name, row->name);
    if (rc == 0)
        rc = member_put_text(object, id, row->id);
    if (rc == 0)
        rc = member_put_text(object, "Arn", arn);
    return rc == 0 ? member_put_time(object, "CreateDate", row->created_at) : rc;
}

static int put_boundary(const struct iam_row *row, json_t *object)
{
    if (row->boundary == NULL)
        return 0;
    return member_put_new(object, "PermissionsBoundary",
                          json_pack("{s:s, s:s}", "PermissionsBoundaryType", "Policy",
                                    "PermissionsBoundaryArn", row->boundary));
}

/* Hands the object out, or frees it. */
static int hand_out(int rc, json_t *object, json_t **out)
{
    *out = rc == 0 ? object : NULL;
    if (rc != 0)
        json_decref(object);
    return rc;
}

int iam_user_object(struct store_tx *tx, const struct iam_row *row, json_t **out)
{
    json_t *object = json_object();
    int rc = put_common(row, object, "UserName", "UserId");
    if (rc == 0)
        rc = member_put_time(object, "PasswordLastUsed", row->used_at);
    if (rc == 0)
        rc = tx == NULL ? 0 : put_boundary(row, object);
    if (rc == 0 && tx != NULL)
        rc = iam_put_tags(tx, row->id, object);
    return hand_out(rc, object, out);
}

int iam_group_object(const struct iam_row *row, json_t **out)
{
    json_t *object = json_object();
    return hand_out(put_common(row, object, "GroupName", "GroupId"), object, out);
}

static int put_role_last_used(const struct iam_row *row, json_t *object)
{
    json_t *used = json_object();
    int rc = member_put_time(used, "LastUsedDate", row->used_at);
    if (rc == 0)
        rc = member_put_text(used, "Region", row->used_region);
    if (rc == 0)
        return member_put_new(object, "RoleLastUsed", used);
    json_decref(used);
    return rc;
}

/* With ARNs in the place of ids. */
static int put_trust(struct store_tx *tx, const struct iam_row *row, json_t *object)
{
    char *shown = NULL;
    int rc = principal_ids_show(tx, row->trust == NULL ? "" : row->trust, &shown);
    if (rc == 0)
        rc = iam_put_document(object, "AssumeRolePolicyDocument", shown);
    free(shown);
    return rc;
}

int iam_role_object(struct store_tx *tx, const struct iam_row *row, bool whole, json_t **out)
{
    json_t *object = json_object();
    int rc = put_common(row, object, "RoleName", "RoleId");
    if (rc == 0)
        rc = put_trust(tx, row, object);
    if (rc == 0)
        rc = member_put_text(object, "Description", row->description);
    if (rc == 0)
        rc = member_put_new(object, "MaxSessionDuration", json_integer(row->max_session));
    if (rc == 0 && whole)
        rc = put_boundary(row, object);
    if (rc == 0 && whole)
        rc = put_role_last_used(row, object);
    if (rc == 0 && whole)
        rc = iam_put_tags(tx, row->id, object);
    return hand_out(rc, object, out);
}

static int put_policy_counts(struct store_tx *tx, const struct iam_row *row, const char *arn,
                             json_t *object)
{
    uint32_t attached = 0, bounding = 0;
    int rc = store_iam_holders_count(tx, row->account, arn, false, &attached);
    if (rc == 0)
        rc = store_iam_holders_count(tx, row->account, arn, true, &bounding);
    if (rc == 0)
        rc = member_put_new(object, "AttachmentCount", json_integer(attached));
    return rc == 0 ? member_put_new(object, "PermissionsBoundaryUsageCount", json_integer(bounding))
                   : rc;
}

int iam_policy_object(struct store_tx *tx, const struct iam_row *row, bool whole, json_t **out)
{
    char arn[IAM_ARN_SIZE], version[24];
    json_t *object = json_object();
    iam_arn(row, arn);
    snprintf(version, sizeof version, "v%lld", (long long)row->default_version);
    int rc = put_common(row, object, "PolicyName", "PolicyId");
    if (rc == 0)
        rc = member_put_text(object, "DefaultVersionId", version);
    if (rc == 0)
        rc = put_policy_counts(tx, row, arn, object);
    if (rc == 0)
        rc = member_put_bool(object, "IsAttachable", true);
    if (rc == 0)
        rc = member_put_time(object, "UpdateDate", row->updated_at);
    if (rc == 0 && whole)
        rc = member_put_text(object, "Description", row->description);
    if (rc == 0 && whole)
        rc = iam_put_tags(tx, row->id, object);
    return hand_out(rc, object, out);
}

/* ---- pages ---- */

/* Base64 of the last key: it tells nothing that the list itself would not, so it needs no seal. */
static int marker_read(struct iam_page *page, const char *marker)
{
    unsigned char plain[sizeof page->after + 3];
    size_t len = strlen(marker);
    int size = len > 0 && len % 4 == 0 && len / 4 * 3 <= sizeof page->after - 1
                   ? EVP_DecodeBlock(plain, (const unsigned char *)marker, (int)len)
                   : -1;
    while (size > 0 && len > 0 && marker[len - 1] == '=') {
        size--;
        len--;
    }
    if (size <= 0 || memchr(plain, '\0', (size_t)size) != NULL)
        return api_fail(&page->r->error, "ValidationException", "Invalid Marker.");
    memcpy(page->after, plain, (size_t)size);
    page->after[size] = '\0';
    return 0;
}

int iam_page_open(struct request *r, struct iam_page *page)
{
    const char *marker = member_text(r->in, "Marker");
    const json_t *limit = json_object_get(r->in, "MaxItems");
    *page = (struct iam_page){.r = r, .limit = PAGE_DEFAULT, .items = json_array()};
    if (limit != NULL)
        page->limit = (uint32_t)json_integer_value(limit);
    if (page->items == NULL)
        return CH_ENOMEM;
    return marker == NULL ? 0 : marker_read(page, marker);
}

bool iam_page_takes(struct iam_page *page, const char *key)
{
    if (page->after[0] != '\0' && !page->past) {
        page->past = strcmp(key, page->after) == 0;
        return false;
    }
    if (json_array_size(page->items) < page->limit)
        return true;
    page->more = true;
    return false;
}

int iam_page_add(struct iam_page *page, const char *key, json_t *item)
{
    snprintf(page->last, sizeof page->last, "%s", key);
    return json_array_append_new(page->items, item) == 0 ? 0 : CH_ENOMEM;
}

static int marker_put(const struct iam_page *page)
{
    char marker[(sizeof page->last + 2) / 3 * 4 + 1];
    EVP_EncodeBlock((unsigned char *)marker, (const unsigned char *)page->last,
                    (int)strlen(page->last));
    return member_put_text(page->r->out, "Marker", marker);
}

int iam_page_close(struct iam_page *page, const char *member, int rc)
{
    if (rc == 0)
        rc = member_put_new(page->r->out, member, json_incref(page->items));
    if (rc == 0)
        rc = member_put_bool(page->r->out, "IsTruncated", page->more);
    if (rc == 0 && page->more)
        rc = marker_put(page);
    json_decref(page->items);
    page->items = NULL;
    return rc;
}

/* ---- tags ---- */

static int tag_visit(void *context, const char *key, const char *value)
{
    json_t *tags = context;
    return json_array_append_new(tags, json_pack("{s:s, s:s}", "Key", key, "Value",
                                                 value == NULL ? "" : value)) == 0
               ? 0
               : CH_ENOMEM;
}

int iam_put_tags(struct store_tx *tx, const char *id, json_t *object)
{
    json_t *tags = json_array();
    int rc = tags == NULL ? CH_ENOMEM : store_tag_list(tx, id, tag_visit, tags);
    if (rc == 0 && json_array_size(tags) > 0)
        return member_put_new(object, "Tags", tags);
    json_decref(tags);
    return rc;
}

int iam_tags_check(struct request *r, const json_t *tags)
{
    return tags_check_as(r, tags, "InvalidInputException");
}

int iam_tags_add(struct request *r, struct store_tx *tx, const char *id)
{
    int rc = tags_put(tx, id, json_object_get(r->in, "Tags"));
    return rc == CH_ELIMIT ? iam_over_quota(r, "TagsPerResource", TAGS_MAX) : rc;
}
