#include "ca/acm/tagging.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/tags.h"

#include <string.h>

struct tagging {
    struct request *r;
    const char *id;
    char arn[ARN_SIZE];
    json_t *list;
};

int tagging_resource(struct request *r, char id[ROW_UUID_SIZE])
{
    const char *arn = member_text(r->in, "ResourceArn");
    int rc = arn_certificate_of_scope(&r->scope, arn, id);
    if (rc == CH_EINVAL)
        return api_fail(&r->error, "ValidationException", "Not a resource that has tags: %s", arn);
    return rc == 0 ? 0 : arn_certificate_missing(r, arn);
}

static struct tagging tagging_make(struct request *r, const char *id)
{
    struct tagging t = {.r = r, .id = id};
    arn_certificate(&r->scope, id, t.arn);
    return t;
}

static int check_there(struct store_tx *tx, const struct tagging *t)
{
    struct certificate_row row = {0};
    int rc = store_certificate_get(tx, &t->r->scope, t->id, &row);
    certificate_row_free(&row);
    return rc;
}

static int put_unit(struct store_tx *tx, void *context)
{
    const struct tagging *t = context;
    int rc = check_there(tx, t);
    return rc == 0 ? tags_put(tx, t->arn, json_object_get(t->r->in, "Tags")) : rc;
}

int tagging_put(struct request *r, const char *id)
{
    struct tagging t = tagging_make(r, id);
    return request_commit(r, put_unit, &t);
}

static int remove_unit(struct store_tx *tx, void *context)
{
    const struct tagging *t = context;
    const json_t *tags = json_object_get(t->r->in, "Tags");
    int rc = check_there(tx, t);
    for (size_t i = 0; rc == 0 && i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        rc = store_tag_remove(tx, t->arn, member_text(tag, "Key"), member_text(tag, "Value"));
    }
    return rc;
}

int tagging_remove(struct request *r, const char *id)
{
    struct tagging t = tagging_make(r, id);
    return request_commit(r, remove_unit, &t);
}

static int remove_keys_unit(struct store_tx *tx, void *context)
{
    const struct tagging *t = context;
    const json_t *keys = json_object_get(t->r->in, "TagKeys");
    int rc = check_there(tx, t);
    for (size_t i = 0; rc == 0 && i < json_array_size(keys); i++)
        rc = store_tag_remove(tx, t->arn, json_string_value(json_array_get(keys, i)), NULL);
    return rc;
}

int tagging_remove_keys(struct request *r, const char *id)
{
    struct tagging t = tagging_make(r, id);
    return request_commit(r, remove_keys_unit, &t);
}

static int visit(void *context, const char *key, const char *value)
{
    const struct tagging *t = context;
    json_t *tag = json_pack("{s:s,s:s}", "Key", key, "Value", value == NULL ? "" : value);
    return json_array_append_new(t->list, tag) == 0 ? 0 : CH_ENOMEM;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct tagging *t = context;
    int rc = check_there(tx, t);
    return rc == 0 ? store_tag_list(tx, t->arn, visit, t) : rc;
}

int tagging_list(struct request *r, const char *id)
{
    struct tagging t = tagging_make(r, id);
    t.list = json_array();
    int rc = request_read(r, list_unit, &t);
    if (rc == 0)
        rc = member_put_new(r->out, "Tags", json_incref(t.list));
    json_decref(t.list);
    return rc;
}
