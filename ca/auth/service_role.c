#include "ca/auth/service_role.h"

#include "ca/store/iam.h"
#include "ca/trail/trail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ID_PREFIX "AROA"
#define ID_RANDOM ((size_t)17)
#define POLICY "arn:aws:iam::aws:policy/aws-service-role/CertificateManagerServiceRolePolicy"

static const char trust[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
    "\"Principal\":{\"Service\":\"acm.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";

static int id_make(char id[sizeof ID_PREFIX + ID_RANDOM])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t octets[ID_RANDOM];
    if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets)
        return CH_ESYS;
    memcpy(id, ID_PREFIX, sizeof ID_PREFIX - 1);
    for (size_t i = 0; i < ID_RANDOM; i++)
        id[sizeof ID_PREFIX - 1 + i] = alphabet[octets[i] % 32];
    id[sizeof ID_PREFIX - 1 + ID_RANDOM] = '\0';
    return 0;
}

static int row_make(const char *account, int64_t now, struct iam_row *row)
{
    char id[sizeof ID_PREFIX + ID_RANDOM];
    int r = id_make(id);
    if (r != 0)
        return r;
    *row = (struct iam_row){
        .kind = IAM_ROLE,
        .name = strdup(SERVICE_ROLE_NAME),
        .path = strdup(SERVICE_ROLE_PATH),
        .id = strdup(id),
        .trust = strdup(trust),
        .description = strdup("SLR for ACM Service for accessing cross-account Private CA"),
        .max_session = 3600,
        .created_at = now,
        .updated_at = now,
    };
    memcpy(row->account, account, ROW_ACCOUNT_SIZE);
    bool made = row->name != NULL && row->path != NULL && row->id != NULL && row->trust != NULL &&
                row->description != NULL;
    return made ? 0 : CH_ENOMEM;
}

static int make(struct store_tx *tx, const char *account, int64_t now)
{
    struct iam_row row = {0}, made = {0};
    int r = row_make(account, now, &row);
    if (r == 0)
        r = store_iam_insert(tx, &row);
    if (r == 0)
        r = store_iam_get(tx, account, IAM_ROLE, SERVICE_ROLE_NAME, &made);
    if (r == 0)
        r = store_iam_attach(tx, made.number, POLICY);
    if (r == 0)
        r = trail_append_event(tx, &(struct trail_event){
                                       .name = "CreateServiceLinkedRole",
                                       .source = "iam.amazonaws.com",
                                       .account = account,
                                       .at = now,
                                       .details = json_pack("{s:s, s:s}", "roleName",
                                                            SERVICE_ROLE_NAME, "roleId", row.id),
                                   });
    iam_row_free(&made);
    iam_row_free(&row);
    return r;
}

int principal_service_role_ensure(struct store_tx *tx, const char *account, int64_t now)
{
    struct iam_row row = {0};
    int r = store_iam_get(tx, account, IAM_ROLE, SERVICE_ROLE_NAME, &row);
    iam_row_free(&row);
    return r == CH_ENOTFOUND ? make(tx, account, now) : r;
}
