#include "ca/auth/condition.h"

#include "ca/arn.h"
#include "ca/auth/principal.h"
#include "ca/core.h"
#include "ca/members.h"

#include <string.h>
#include <strings.h>

/* Is the question about the call itself, and not about one that it leads to? */
static bool is_direct(const struct condition *c)
{
    const char *service = c->r->service == NULL ? NULL : c->r->service->name;
    size_t len = service == NULL ? 0 : strlen(service);
    return service == NULL || (strncmp(c->action, service, len) == 0 && c->action[len] == ':');
}

/* ---- the call ---- */

static int source_ip(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return c->r->call == NULL ? 0 : policy_values_put(out, c->r->call->peer);
}

static int current_time(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return policy_values_put_time(out, c->r->now / 1000000);
}

static int epoch_time(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return policy_values_put_number(out, c->r->now / 1000000);
}

/* There is no way in but by TLS. */
static int secure_transport(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)c;
    (void)rest;
    return policy_values_put_bool(out, true);
}

static int requested_region(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return c->r->scope.region[0] == '\0' ? 0 : policy_values_put_text(out, c->r->scope.region);
}

static int header_value(const struct condition *c, const char *name, struct policy_values *out)
{
    struct slice value = c->r->call == NULL ? slice_of(NULL, 0) : request_header(c->r->call, name);
    return value.len == 0 ? 0 : policy_values_put(out, value);
}

static int user_agent(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return header_value(c, "user-agent", out);
}

static int referer(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return header_value(c, "referer", out);
}

/* ---- calls that lead to others ---- */

static int called_via(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    if (is_direct(c))
        return 0;
    return policy_values_put_text(out, "acm.amazonaws.com");
}

static int via_service(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return policy_values_put_bool(out, !is_direct(c));
}

/* ---- the resource ---- */

static int resource_account(const struct condition *c, struct slice rest, struct policy_values *out)
{
    struct arn arn;
    (void)rest;
    if (c->resource == NULL || arn_parse(c->resource, &arn) != 0 || arn.account.len == 0)
        return 0;
    return policy_values_put(out, arn.account);
}

struct tag_search {
    const char *resource;
    struct slice key;
    struct policy_values *out;
    bool exact; /* a key that is the same to the letter goes before others */
};

static bool key_folds(struct slice key, const char *have)
{
    return strlen(have) == key.len && strncasecmp((const char *)key.data, have, key.len) == 0;
}

/* Names of keys have no case in policies; tags do. */
static int tag_offer(struct tag_search *s, const char *key, const char *value)
{
    bool same = slice_is(s->key, key);
    if (!key_folds(s->key, key) || (s->exact && !same))
        return 0;
    if (same)
        policy_values_free(s->out);
    s->exact = s->exact || same;
    return policy_values_put_text(s->out, value == NULL ? "" : value);
}

static int tag_visit(void *context, const char *key, const char *value)
{
    return tag_offer(context, key, value);
}

static int tags_read(struct store_tx *tx, void *context)
{
    struct tag_search *s = context;
    return store_tag_list(tx, s->resource, tag_visit, s);
}

static int resource_tag(const struct condition *c, struct slice rest, struct policy_values *out)
{
    struct tag_search s = {.resource = c->resource, .key = rest, .out = out};
    if (c->resource == NULL || c->r->core == NULL || c->r->core->store == NULL)
        return 0;
    return request_read(c->r, tags_read, &s);
}

static int request_tag(const struct condition *c, struct slice rest, struct policy_values *out)
{
    const json_t *tags = json_object_get(c->r->in, "Tags");
    struct tag_search s = {.key = rest, .out = out};
    int rc = 0;
    for (size_t i = 0; is_direct(c) && i < json_array_size(tags) && rc == 0; i++) {
        const char *key = member_text(json_array_get(tags, i), "Key");
        rc = key == NULL ? 0 : tag_offer(&s, key, member_text(json_array_get(tags, i), "Value"));
    }
    return rc;
}

static int tag_keys(const struct condition *c, struct slice rest, struct policy_values *out)
{
    const json_t *tags = json_object_get(c->r->in, "Tags");
    const json_t *keys = json_object_get(c->r->in, "TagKeys");
    int rc = 0;
    (void)rest;
    for (size_t i = 0; is_direct(c) && i < json_array_size(tags) && rc == 0; i++)
        rc = policy_values_put_text(out, member_text(json_array_get(tags, i), "Key"));
    for (size_t i = 0; is_direct(c) && i < json_array_size(keys) && rc == 0; i++)
        rc = policy_values_put_text(out, json_string_value(json_array_get(keys, i)));
    return rc;
}

static const struct condition_key global_rows[] = {
    {"aws:sourceip", source_ip},
    {"aws:currenttime", current_time},
    {"aws:epochtime", epoch_time},
    {"aws:securetransport", secure_transport},
    {"aws:requestedregion", requested_region},
    {"aws:useragent", user_agent},
    {"aws:referer", referer},
    {"aws:calledvia", called_via},
    {"aws:calledviafirst", called_via},
    {"aws:calledvialast", called_via},
    {"aws:viaawsservice", via_service},
    {"aws:resourceaccount", resource_account},
    {"aws:resourcetag/", resource_tag},
    {"aws:requesttag/", request_tag},
    {"aws:tagkeys", tag_keys},
};

static const struct condition_table global_keys = {"aws:", global_rows,
                                                   sizeof global_rows / sizeof global_rows[0]};

static const struct condition_table *const tables[] = {
    &global_keys,
    &acm_condition_keys,
    &pca_condition_keys,
    &iam_condition_keys,
    &sts_condition_keys,
};

/* ---- looking up ---- */

static bool begins(struct slice key, const char *with, size_t *len)
{
    *len = strlen(with);
    return key.len >= *len && memcmp(key.data, with, *len) == 0;
}

/* The key itself, or a family and something behind it. */
static bool row_is(const struct condition_key *row, struct slice key, struct slice *rest)
{
    size_t len = 0;
    if (!begins(key, row->name, &len))
        return false;
    *rest = slice_of(key.data + len, key.len - len);
    return (row->name[len - 1] == '/') == (rest->len > 0);
}

int condition_find(void *context, struct slice key, struct policy_values *out)
{
    const struct condition *c = context;
    struct slice rest;
    size_t len = 0;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        if (!begins(key, tables[t]->prefix, &len))
            continue;
        for (size_t i = 0; i < tables[t]->count; i++)
            if (row_is(&tables[t]->rows[i], key, &rest))
                return tables[t]->rows[i].find(c, rest, out);
    }
    return principal_key_find(c->r, key, out);
}
