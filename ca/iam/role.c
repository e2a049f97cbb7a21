/*
 * Roles: CreateRole, GetRole, ListRoles, UpdateRole, UpdateAssumeRolePolicy, DeleteRole.
 */
#include "ca/iam/entity.h"
#include "ca/iam/operations.h"
#include "ca/iam/policy.h"
#include "ca/iam/principal_ids.h"
#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

#define ROLES_MAX 1000
#define TRUST_MAX 2048
#define SESSION_DEFAULT 3600

static int put_role(struct store_tx *tx, const struct iam_row *row, bool whole, json_t *out)
{
    json_t *object = NULL;
    int rc = iam_role_object(tx, row, whole, &object);
    return rc == 0 ? member_put_new(out, "Role", object) : rc;
}

static int replace(char **text, const char *new)
{
    char *copy = NULL;
    int rc = member_copy(new, &copy);
    if (rc == 0) {
        free(*text);
        *text = copy;
    }
    return rc;
}

static int check_trust(struct request *r, const char *member)
{
    if (iam_document_size(member_text(r->in, member)) > TRUST_MAX)
        return iam_over_quota(r, "ACLSizePerRole", TRUST_MAX);
    return iam_document_check(r, member, POLICY_FORM_TRUST);
}

/* The document of the call, as it is kept. */
static int take_trust(struct request *r, struct store_tx *tx, const char *member,
                      struct iam_row *row)
{
    char who[PRINCIPAL_TEXT_SIZE], *kept = NULL;
    int rc = principal_ids_bind(tx, member_text(r->in, member), &kept, who);
    if (rc == CH_ENOTFOUND)
        return api_fail(&r->error, "MalformedPolicyDocumentException",
                        "Invalid principal in policy: \"AWS\":\"%s\"", who);
    if (rc == 0) {
        free(row->trust);
        row->trust = kept;
    }
    return rc;
}

static int insert(struct request *r, struct store_tx *tx, struct iam_row *row)
{
    uint32_t count = 0;
    int rc = store_iam_count(tx, r->scope.account, IAM_ROLE, &count);
    if (rc == 0 && count >= ROLES_MAX)
        return iam_over_quota(r, "RolesPerAccount", ROLES_MAX);
    if (rc == 0)
        rc = store_iam_insert(tx, row);
    if (rc == CH_EEXISTS)
        return iam_exists(r, IAM_ROLE, row->name);
    return rc == 0 ? iam_tags_add(r, tx, row->id) : rc;
}

static int create_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    const json_t *duration = json_object_get(r->in, "MaxSessionDuration");
    int rc = iam_row_draft(r, tx, IAM_ROLE, &row);
    row.max_session = duration == NULL ? SESSION_DEFAULT : json_integer_value(duration);
    if (rc == 0)
        rc = take_trust(r, tx, "AssumeRolePolicyDocument", &row);
    if (rc == 0 && iam_is_service_linked(&row))
        rc = api_fail(&r->error, "InvalidInputException",
                      "The path of a role must not begin with /aws-service-role/.");
    if (rc == 0)
        rc = insert(r, tx, &row);
    if (rc == 0)
        rc = put_role(tx, &row, true, r->out);
    iam_row_free(&row);
    return rc;
}

int iam_create_role(struct request *r)
{
    int rc = iam_tags_check(r, json_object_get(r->in, "Tags"));
    if (rc == 0)
        rc = check_trust(r, "AssumeRolePolicyDocument");
    return rc == 0 ? iam_write(r, create_step) : rc;
}

static int get_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find(r, tx, IAM_ROLE, &row);
    if (rc == 0)
        rc = put_role(tx, &row, true, r->out);
    iam_row_free(&row);
    return rc;
}

int iam_get_role(struct request *r)
{
    return iam_read(r, get_step);
}

static int list_visit(void *context, struct iam_row *row)
{
    struct iam_page *page = context;
    json_t *object = NULL;
    if (!iam_page_takes(page, row->name))
        return 0;
    int rc = iam_role_object(page->tx, row, false, &object);
    return rc == 0 ? iam_page_add(page, row->name, object) : rc;
}

static int list_step(struct request *r, struct store_tx *tx)
{
    return iam_list_entities(r, tx, IAM_ROLE, list_visit, "Roles");
}

int iam_list_roles(struct request *r)
{
    return iam_read(r, list_step);
}

/* ---- changes ---- */

/* UpdateRole: what is not given stays. A service-linked role lets its description be changed. */
static int update_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    const json_t *duration = json_object_get(r->in, "MaxSessionDuration");
    const char *description = member_text(r->in, "Description");
    int rc = duration == NULL ? iam_find(r, tx, IAM_ROLE, &row) : iam_find_changeable(r, tx, &row);
    if (rc == 0 && description != NULL)
        rc = replace(&row.description, description);
    if (rc == 0 && duration != NULL)
        row.max_session = json_integer_value(duration);
    if (rc == 0)
        rc = store_iam_update(tx, &row);
    if (rc == 0 && strcmp(r->operation->name, "UpdateRoleDescription") == 0)
        rc = put_role(tx, &row, true, r->out);
    iam_row_free(&row);
    return rc;
}

int iam_update_role(struct request *r)
{
    return iam_write(r, update_step);
}

static int trust_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find_changeable(r, tx, &row);
    if (rc == 0)
        rc = take_trust(r, tx, "PolicyDocument", &row);
    if (rc == 0)
        rc = store_iam_update(tx, &row);
    iam_row_free(&row);
    return rc;
}

int iam_update_assume_role_policy(struct request *r)
{
    int rc = check_trust(r, "PolicyDocument");
    return rc == 0 ? iam_write(r, trust_step) : rc;
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find_changeable(r, tx, &row);
    if (rc == 0)
        rc = iam_delete_entity(r, tx, &row);
    iam_row_free(&row);
    return rc;
}

int iam_delete_role(struct request *r)
{
    return iam_write(r, delete_step);
}

/* There are no instance profiles; tools ask before they delete a role. */
static int profiles_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    struct iam_page page;
    int rc = iam_find(r, tx, IAM_ROLE, &row);
    iam_row_free(&row);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &page);
    return iam_page_close(&page, "InstanceProfiles", rc);
}

int iam_list_instance_profiles_for_role(struct request *r)
{
    return iam_read(r, profiles_step);
}
