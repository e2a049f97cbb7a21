/*
 * ListCertificateAuthorities: oldest first, keyset pages. OTHER_ACCOUNTS are those whose policy lets
 * the caller use them.
 */
#include "ca/pca/describe.h"
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/auth/condition.h"
#include "ca/auth/principal.h"
#include "ca/auth/resource_policy.h"
#include "ca/members.h"
#include "ca/page_token.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 100

struct list {
    struct request *r;
    struct page_key from, last;
    uint32_t limit;
    json_t *items;
    bool more;
};

/* Those of other accounts that have a policy, before it is asked. */
struct shared {
    struct list *l;
    struct authority_row *rows;
    size_t count, room;
};

static int visit(void *context, const struct authority_row *row)
{
    struct list *l = context;
    if (json_array_size(l->items) == l->limit) {
        l->more = true;
        return 0;
    }
    json_t *object = json_object();
    int rc = authority_describe(row, l->r->now, object);
    if (rc == 0 && json_array_append(l->items, object) != 0)
        rc = CH_ENOMEM;
    json_decref(object);
    l->last.created = row->created_at;
    memcpy(l->last.id, row->id, sizeof l->last.id);
    return rc;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct list *l = context;
    return store_authority_list(tx, &l->r->scope, l->r->now, l->from.created, l->from.id,
                                l->limit + 1, visit, l);
}

/* Does its policy let the caller issue, or at least look? */
static int is_shared(const struct list *l, const struct authority_row *row, bool *out)
{
    static const char *const actions[] = {"acm-pca:DescribeCertificateAuthority",
                                          "acm-pca:IssueCertificate"};
    char arn[ARN_SIZE];
    const struct policy *policy = NULL;
    enum policy_answer answer = POLICY_SILENT;
    arn_authority(&row->scope, row->id, arn);
    int rc = resource_policy_get(l->r, arn, &policy);
    for (size_t i = 0; rc == 0 && policy != NULL && answer == POLICY_SILENT && i < 2; i++) {
        struct condition context = {.r = l->r, .action = actions[i], .resource = arn};
        struct policy_question question = {.action = actions[i],
                                           .resource = arn,
                                           .principal = principal_named(l->r),
                                           .find = condition_find,
                                           .context = &context};
        rc = policy_ask(policy, &question, &answer);
    }
    policy_release(policy);
    *out = answer == POLICY_ALLOWS;
    return rc;
}

static int collect(void *context, const struct authority_row *row)
{
    struct shared *s = context;
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 16 : 2 * s->room;
        struct authority_row *rows = reallocarray(s->rows, room, sizeof *rows);
        if (rows == NULL)
            return CH_ENOMEM;
        s->rows = rows;
        s->room = room;
    }
    int rc = authority_row_copy(row, &s->rows[s->count]);
    s->count += rc == 0;
    return rc;
}

static int shared_unit(struct store_tx *tx, void *context)
{
    struct shared *s = context;
    return store_authority_list_shared(tx, &s->l->r->scope, s->l->from.id, collect, s);
}

static int list_shared(struct list *l)
{
    struct shared s = {.l = l};
    int rc = request_read(l->r, shared_unit, &s);
    for (size_t i = 0; i < s.count; i++) {
        bool mine = false;
        if (rc == 0 && !l->more)
            rc = is_shared(l, &s.rows[i], &mine);
        if (rc == 0 && mine)
            rc = visit(l, &s.rows[i]);
        authority_row_free(&s.rows[i]);
    }
    free(s.rows);
    return rc;
}

int pca_list_certificate_authorities(struct request *r)
{
    struct list l = {.r = r, .limit = PAGE_DEFAULT};
    const char *owner = member_text(r->in, "ResourceOwner");
    const json_t *limit = json_object_get(r->in, "MaxResults");
    if (limit != NULL)
        l.limit = (uint32_t)json_integer_value(limit);
    int rc = page_token_read(r, &l.from);
    if (rc == CH_EINVAL)
        return api_fail(&r->error, "InvalidNextTokenException",
                        "The NextToken is not one that this list has given.");
    l.items = json_array();
    if (rc == 0)
        rc = owner != NULL && strcmp(owner, "OTHER_ACCOUNTS") == 0 ? list_shared(&l)
                                                                    : request_read(r, list_unit, &l);
    if (rc == 0 && l.more)
        rc = page_token_put(r, &l.last);
    if (rc == 0)
        rc = member_put_new(r->out, "CertificateAuthorities", json_incref(l.items));
    json_decref(l.items);
    return rc;
}
