#include "ca/iam/principal_ids.h"

#include "ca/arn.h"
#include "ca/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS 15 /* of numbers in conditions: as they were written */

/* What a principal becomes; *out stays NULL when it is to stay as it is. */
typedef int (*change)(struct store_tx *tx, const char *text, char **out);

struct work {
    struct store_tx *tx;
    change change;
    const char *failed; /* the principal at which change failed; borrowed from the document */
    bool changed;
};

/* ---- the walk over a document ---- */

static int text_change(struct work *w, json_t *text, json_t **out)
{
    char *other = NULL;
    *out = NULL;
    if (!json_is_string(text))
        return 0;
    int rc = w->change(w->tx, json_string_value(text), &other);
    if (rc != 0)
        w->failed = json_string_value(text);
    if (rc == 0 && other != NULL) {
        *out = json_string(other);
        rc = *out == NULL ? CH_ENOMEM : 0;
        w->changed = true;
    }
    free(other);
    return rc;
}

static int list_change(struct work *w, json_t *list)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        json_t *other = NULL;
        rc = text_change(w, json_array_get(list, i), &other);
        if (rc == 0 && other != NULL && json_array_set_new(list, i, other) != 0)
            rc = CH_ENOMEM;
    }
    return rc;
}

static int element_change(struct work *w, const json_t *statement, const char *element)
{
    json_t *principal = json_object_get(statement, element), *other = NULL;
    json_t *aws = json_is_object(principal) ? json_object_get(principal, "AWS") : NULL;
    if (json_is_array(aws))
        return list_change(w, aws);
    int rc = text_change(w, aws, &other);
    return rc == 0 && other != NULL ? member_put_new(principal, "AWS", other) : rc;
}

static int statement_change(struct work *w, const json_t *statement)
{
    int rc = element_change(w, statement, "Principal");
    return rc == 0 ? element_change(w, statement, "NotPrincipal") : rc;
}

static int dump(const struct work *w, const json_t *json, const char *document, char **out)
{
    if (!w->changed)
        return member_copy(document, out);
    *out = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(NUMBER_DIGITS));
    return *out == NULL ? CH_ENOMEM : 0;
}

/* A document in which nothing changes stays what it is to the letter. */
static int walk(struct work *w, const char *document, char **out, char *who)
{
    json_t *json = json_loads(document, 0, NULL);
    const json_t *statements = json_object_get(json, "Statement");
    int rc = json == NULL ? CH_EINTEGRITY : 0;
    *out = NULL;
    if (rc == 0 && json_is_object(statements))
        rc = statement_change(w, statements);
    for (size_t i = 0; rc == 0 && i < json_array_size(statements); i++)
        rc = statement_change(w, json_array_get(statements, i));
    if (rc == 0)
        rc = dump(w, json, document, out);
    if (rc == CH_ENOTFOUND && who != NULL)
        snprintf(who, PRINCIPAL_TEXT_SIZE, "%s", w->failed);
    json_decref(json);
    return rc;
}

/* ---- ids ---- */

static bool is_id(const char *text)
{
    return strlen(text) == IAM_ID_SIZE - 1 &&
           (strncmp(text, "AIDA", 4) == 0 || strncmp(text, "AROA", 4) == 0);
}

static int id_find(struct store_tx *tx, const char *id, char arn[IAM_ARN_SIZE])
{
    struct iam_row row = {0};
    int rc = store_iam_get_by_id(tx, id, &row);
    if (rc == 0)
        iam_arn(&row, arn);
    iam_row_free(&row);
    return rc;
}

static int arn_find(struct store_tx *tx, const char *text, enum iam_kind kind, char **id)
{
    char account[ROW_ACCOUNT_SIZE], full[IAM_ARN_SIZE];
    struct iam_row row = {0};
    struct arn arn;
    if (arn_parse(text, &arn) != 0 || arn.account.len != sizeof account - 1)
        return CH_ENOTFOUND;
    snprintf(account, sizeof account, "%.*s", (int)arn.account.len,
             (const char *)arn.account.data);
    int rc = store_iam_get(tx, account, kind, strrchr(text, '/') + 1, &row);
    if (rc == 0) {
        iam_arn(&row, full);
        rc = strcmp(full, text) == 0 ? member_copy(row.id, id) : CH_ENOTFOUND;
    }
    iam_row_free(&row);
    return rc;
}

static int to_id(struct store_tx *tx, const char *text, char **out)
{
    char arn[IAM_ARN_SIZE];
    if (is_id(text))
        return id_find(tx, text, arn);
    if (strncmp(text, "arn:", 4) != 0)
        return 0;
    if (strstr(text, ":user/") != NULL)
        return arn_find(tx, text, IAM_USER, out);
    return strstr(text, ":role/") != NULL ? arn_find(tx, text, IAM_ROLE, out) : 0;
}

static int to_arn(struct store_tx *tx, const char *text, char **out)
{
    char arn[IAM_ARN_SIZE];
    if (!is_id(text))
        return 0;
    int rc = id_find(tx, text, arn);
    if (rc == CH_ENOTFOUND)
        return 0;
    return rc == 0 ? member_copy(arn, out) : rc;
}

int principal_ids_bind(struct store_tx *tx, const char *document, char **out,
                       char who[PRINCIPAL_TEXT_SIZE])
{
    who[0] = '\0';
    return walk(&(struct work){.tx = tx, .change = to_id}, document, out, who);
}

int principal_ids_show(struct store_tx *tx, const char *document, char **out)
{
    return walk(&(struct work){.tx = tx, .change = to_arn}, document, out, NULL);
}
