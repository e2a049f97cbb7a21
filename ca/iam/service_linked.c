/*
 * The service-linked role of ACM: made on request or at its first use, changed by nobody, deleted on request.
 */
#include "ca/arn.h"
#include "ca/auth/principal.h"
#include "ca/iam/iam.h"
#include "ca/iam/operations.h"
#include "ca/members.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "acm.amazonaws.com"
#define NAME "AWSServiceRoleForCertificateManager"
#define PATH "/aws-service-role/" SERVICE "/"
#define POLICY "arn:aws:iam::aws:policy/aws-service-role/CertificateManagerServiceRolePolicy"
#define DESCRIPTION "SLR for ACM Service for accessing cross-account Private CA"
#define TRUST                                                                                      \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"              \
    "{\"Service\":\"" SERVICE "\"},\"Action\":\"sts:AssumeRole\"}]}"
#define SESSION_SECONDS 3600
#define TASK "task" PATH NAME "/"

static const char trust[] = TRUST;

/* The digits of a random UUID, in letters that ids may have. */
static int id_new(char out[IAM_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef", letters[] = "ABCDEFGHIJKLMNOP";
    char uuid[ROW_UUID_SIZE];
    int rc = arn_uuid_new(uuid);
    size_t n = 4;
    memcpy(out, "AROA", 4);
    for (const char *c = uuid; rc == 0 && *c != '\0' && n < IAM_ID_SIZE - 1; c++) {
        const char *digit = strchr(digits, *c);
        if (digit != NULL)
            out[n++] = letters[digit - digits];
    }
    out[n] = '\0';
    return rc;
}

static int insert(struct store_tx *tx, const char *account, const char *description, int64_t now)
{
    struct iam_row row = {.kind = IAM_ROLE,
                          .created_at = now,
                          .updated_at = now,
                          .max_session = SESSION_SECONDS};
    struct iam_row made = {0};
    char id[IAM_ID_SIZE];
    int rc = id_new(id);
    snprintf(row.account, sizeof row.account, "%s", account);
    if (rc == 0)
        rc = member_copy(NAME, &row.name);
    if (rc == 0)
        rc = member_copy(PATH, &row.path);
    if (rc == 0)
        rc = member_copy(id, &row.id);
    if (rc == 0)
        rc = member_copy(trust, &row.trust);
    if (rc == 0)
        rc = member_copy(description == NULL ? DESCRIPTION : description, &row.description);
    if (rc == 0)
        rc = store_iam_insert(tx, &row);
    if (rc == 0)
        rc = store_iam_get_by_id(tx, id, &made);
    if (rc == 0)
        rc = store_iam_attach(tx, made.number, POLICY);
    iam_row_free(&made);
    iam_row_free(&row);
    return rc;
}

/* Nobody called for it: the trail says that the appliance made it. */
static int record(struct store_tx *tx, const char *account, int64_t now)
{
    return trail_append_event(
        tx, &(struct trail_event){.name = "CreateServiceLinkedRole",
                                  .source = "iam.amazonaws.com",
                                  .account = account,
                                  .at = now,
                                  .details = json_pack("{s:s, s:s}", "AWSServiceName", SERVICE,
                                                       "roleName", NAME)});
}

int principal_service_role_ensure(struct store_tx *tx, const char *account)
{
    struct iam_row row = {0};
    int64_t now = clock_now_us();
    int rc = store_iam_get(tx, account, IAM_ROLE, NAME, &row);
    if (rc == CH_ENOTFOUND) {
        rc = insert(tx, account, NULL, now);
        if (rc == 0)
            rc = record(tx, account, now);
        if (rc == 0)
            rc = store_iam_get(tx, account, IAM_ROLE, NAME, &row);
    }
    if (rc == 0)
        rc = store_iam_used(tx, row.number, now, row.used_region);
    iam_row_free(&row);
    return rc;
}

/* ---- operations ---- */

static int create_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    json_t *object = NULL;
    int rc = insert(tx, r->scope.account, member_text(r->in, "Description"), r->now);
    if (rc == CH_EEXISTS)
        rc = api_fail(&r->error, "InvalidInputException",
                      "Service role name %s has been taken in this account, please try a different "
                      "suffix.",
                      NAME);
    if (rc == 0)
        rc = store_iam_get(tx, r->scope.account, IAM_ROLE, NAME, &row);
    if (rc == 0)
        rc = iam_role_object(tx, &row, false, &object);
    if (rc == 0)
        rc = member_put_new(r->out, "Role", object);
    iam_row_free(&row);
    return rc;
}

int iam_create_service_linked_role(struct request *r)
{
    if (strcmp(member_text(r->in, "AWSServiceName"), SERVICE) != 0)
        return api_fail(&r->error, "InvalidInputException",
                        "Service-linked roles are not supported for the service %s.",
                        member_text(r->in, "AWSServiceName"));
    if (member_text(r->in, "CustomSuffix") != NULL)
        return api_fail(&r->error, "InvalidInputException",
                        "Custom suffix is not allowed for " SERVICE);
    return iam_write(r, create_step);
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    char id[ROW_UUID_SIZE];
    int rc = iam_find(r, tx, IAM_ROLE, &row);
    if (rc == 0 && !iam_is_service_linked(&row))
        rc = iam_missing(r, IAM_ROLE, row.name);
    if (rc == 0)
        rc = store_iam_detach(tx, row.number, POLICY);
    if (rc == 0)
        rc = store_iam_delete(tx, &row);
    if (rc == 0)
        rc = arn_uuid_new(id);
    if (rc == 0)
        rc = member_put_new(r->out, "DeletionTaskId", json_sprintf(TASK "%s", id));
    iam_row_free(&row);
    return rc;
}

int iam_delete_service_linked_role(struct request *r)
{
    return iam_write(r, delete_step);
}

/* A deletion is done when it is answered, so its task has always succeeded. */
int iam_get_service_linked_role_deletion_status(struct request *r)
{
    const char *task = member_text(r->in, "DeletionTaskId");
    if (strncmp(task, TASK, sizeof TASK - 1) != 0 ||
        strlen(task) != sizeof TASK - 1 + ROW_UUID_SIZE - 1)
        return api_fail(&r->error, "NoSuchEntityException",
                        "The deletion task %s cannot be found.", task);
    return member_put_text(r->out, "Status", "SUCCEEDED");
}
