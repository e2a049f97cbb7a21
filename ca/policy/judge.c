#include "ca/policy/internal.h"
#include "firmware/base/log.h"

#include <string.h>

/* ---- one statement ---- */

struct action_name {
    struct slice service, name;
};

static struct action_name action_split(const char *action)
{
    const char *colon = strchr(action, ':');
    if (colon == NULL)
        return (struct action_name){slice_of(NULL, 0), slice_text(action)};
    return (struct action_name){slice_of(action, (size_t)(colon - action)), slice_text(colon + 1)};
}

static int action_matches(struct asking *a, const struct statement *st, bool *out)
{
    struct action_name action = action_split(a->q->action);
    bool matches = false;
    int r = 0;
    for (size_t i = 0; i < st->action_count && r == 0 && !matches; i++) {
        const struct action_pattern *p = &st->actions[i];
        matches = p->anything;
        if (!matches)
            r = pattern_match(a, &p->service, PATTERN_FOLD, action.service, &matches);
        if (r == 0 && matches && !p->anything)
            r = pattern_match(a, &p->name, PATTERN_FOLD, action.name, &matches);
    }
    *out = matches != st->not_actions;
    return r;
}

static int resource_matches(struct asking *a, const struct statement *st, bool *out)
{
    struct slice resource = slice_text(a->q->resource == NULL ? "*" : a->q->resource);
    bool matches = st->resource_count == 0;
    int r = 0;
    for (size_t i = 0; i < st->resource_count && r == 0 && !matches; i++)
        r = arn_pattern_match(a, &st->resources[i], resource, &matches);
    *out = matches != st->not_resources;
    return r;
}

static int clauses_hold(struct asking *a, const struct statement *st, bool *out)
{
    int r = 0;
    *out = true;
    for (size_t i = 0; i < st->clause_count && r == 0 && *out; i++)
        r = clause_holds(a, &st->clauses[i], out);
    return r;
}

/* How closely the statement is about who asks; a document without principals is about everybody it is attached to. */
static enum who_grade statement_grade(const struct policy *p, const struct statement *st,
                                      const struct policy_principal *who)
{
    if (p->form == POLICY_FORM_IDENTITY)
        return GRADE_EXACT;
    if (st->not_who)
        return who_spares(st->who, st->who_count, who) ? GRADE_NONE : GRADE_EXACT;
    return who_match(st->who, st->who_count, who);
}

static int statement_matches(struct asking *a, const struct policy *p, const struct statement *st,
                             enum who_grade *grade)
{
    bool matches = false;
    *grade = GRADE_NONE;
    int r = action_matches(a, st, &matches);
    enum who_grade found =
        r == 0 && matches ? statement_grade(p, st, &a->q->principal) : GRADE_NONE;
    if (found == GRADE_NONE)
        return r;
    r = resource_matches(a, st, &matches);
    if (r == 0 && matches)
        r = clauses_hold(a, st, &matches);
    if (r == 0 && matches)
        *grade = found;
    return r;
}

/* ---- one document, one kind ---- */

struct answer {
    const struct policy *policy; /* of the statement that counts */
    const struct statement *statement;
    enum who_grade grade;        /* of the closest permission */
    bool denied;
};

/* A denial ends it; else the permission that names the caller most closely counts. */
static int document_ask(struct asking *a, const struct policy *p, struct answer *out)
{
    for (size_t i = 0; i < p->statement_count && !out->denied; i++) {
        const struct statement *st = &p->statements[i];
        enum who_grade grade = GRADE_NONE;
        if (!st->denies && out->grade == GRADE_EXACT)
            continue;
        int r = statement_matches(a, p, st, &grade);
        if (r != 0)
            return r;
        if (grade == GRADE_NONE || (!st->denies && grade <= out->grade))
            continue;
        *out = (struct answer){p, st, st->denies ? out->grade : grade, st->denies};
    }
    return 0;
}

static int list_ask(struct asking *a, const struct policy_list *list, struct answer *out)
{
    int r = 0;
    for (size_t i = 0; i < list->count && r == 0 && !out->denied; i++)
        r = document_ask(a, list->items[i], out);
    return r;
}

/* ---- all of them ---- */

static const struct policy_list nothing;

struct judgement {
    const struct policy_question *q;
    struct answer answers[POLICY_KINDS];
    bool limits[POLICY_KINDS];
};

static void decide(struct policy_verdict *out, bool allowed, enum policy_kind by,
                   const struct answer *answer)
{
    *out = (struct policy_verdict){.allowed = allowed, .by = by};
    if (answer == NULL || answer->statement == NULL || !(allowed || answer->denied))
        return;
    out->explicit_deny = !allowed;
    out->policy = answer->policy;
    out->sid = answer->statement->sid;
    out->from = answer->statement->from;
    out->to = answer->statement->to;
}

static bool allows(const struct judgement *j, enum policy_kind kind)
{
    return j->answers[kind].grade != GRADE_NONE;
}

/* The first of the limits that does not let it through. */
static bool limited(const struct judgement *j, enum policy_kind from, enum policy_kind to,
                    struct policy_verdict *out)
{
    for (enum policy_kind kind = from; kind <= to; kind++) {
        if (!j->limits[kind] || allows(j, kind))
            continue;
        decide(out, false, kind, NULL);
        return true;
    }
    return false;
}

static bool is_own(const struct policy_question *q)
{
    return q->owner == NULL ||
           (q->principal.account != NULL && strcmp(q->owner, q->principal.account) == 0);
}

/*
 * Within an account the resource's policy grants by itself to who is named in it. Then the
 * lack of a permission elsewhere does not matter to a user or a session that is named by its own ARN; to a
 * role or everybody it matters in boundary and session policy. The account's own name only
 * hands the question on to the identity policies.
 */
static bool granted_by_resource(const struct judgement *j, enum policy_kind kind,
                                struct policy_verdict *out)
{
    enum who_grade grade = j->answers[kind].grade;
    bool direct = grade == GRADE_EXACT;
    if (grade != GRADE_ANYBODY && grade != GRADE_ROLE && !direct)
        return false;
    if (direct || !limited(j, POLICY_BOUNDARY, POLICY_SESSION, out))
        decide(out, true, kind, &j->answers[kind]);
    return true;
}

static void judge_identity(const struct judgement *j, struct policy_verdict *out)
{
    bool root = j->q->principal.root && j->q->principal.account != NULL;
    if (limited(j, POLICY_BOUNDARY, POLICY_SESSION, out))
        return;
    decide(out, root || allows(j, POLICY_IDENTITY), POLICY_IDENTITY, &j->answers[POLICY_IDENTITY]);
}

static void judge_rest(const struct judgement *j, struct policy_verdict *out)
{
    enum policy_kind kind = j->q->resource_kind == POLICY_TRUST ? POLICY_TRUST : POLICY_RESOURCE;
    bool own = is_own(j->q), by_resource = allows(j, kind);
    bool must = !own || j->q->resource_must_allow || j->q->principal.account == NULL;
    if (limited(j, POLICY_SCP, POLICY_SCP, out))
        return;
    if (must && !by_resource) {
        decide(out, false, kind, NULL);
        return;
    }
    if (j->q->principal.account == NULL)
        decide(out, true, kind, &j->answers[kind]);
    else if (!own || !granted_by_resource(j, kind, out))
        judge_identity(j, out);
}

static int answers_get(struct asking *a, struct judgement *j)
{
    const struct policy_question *q = j->q;
    enum policy_kind of = q->resource_kind == POLICY_TRUST ? POLICY_TRUST : POLICY_RESOURCE;
    int r = 0;
    for (enum policy_kind kind = 0; kind < POLICY_KINDS && r == 0; kind++) {
        const struct policy_list *list = q->policies == NULL ? &nothing : &q->policies->lists[kind];
        j->limits[kind] = list->limits;
        if (kind != POLICY_RESOURCE && kind != POLICY_TRUST)
            r = list_ask(a, list, &j->answers[kind]);
        else if (kind == of && q->resource_policy != NULL)
            r = document_ask(a, q->resource_policy, &j->answers[kind]);
    }
    return r;
}

int policy_judge(const struct policy_question *question, struct policy_verdict *out)
{
    PRECOND(question != NULL && question->action != NULL && out != NULL);
    struct judgement j = {.q = question};
    struct asking a = {.q = question};
    bool denied = false;
    *out = (struct policy_verdict){.by = POLICY_IDENTITY};
    int r = answers_get(&a, &j);
    buf_free(&a.scratch);
    if (r != 0)
        return r;
    for (enum policy_kind kind = 0; kind < POLICY_KINDS && !denied; kind++) {
        denied = j.answers[kind].denied;
        if (denied)
            decide(out, false, kind, &j.answers[kind]);
    }
    if (!denied && (question->policies == NULL || !question->policies->blocked))
        judge_rest(&j, out);
    return 0;
}

int policy_ask(const struct policy *p, const struct policy_question *question,
               enum policy_answer *out)
{
    struct asking a = {.q = question};
    struct answer answer = {0};
    int r = document_ask(&a, p, &answer);
    buf_free(&a.scratch);
    *out = answer.denied                ? POLICY_DENIES
           : answer.grade != GRADE_NONE ? POLICY_ALLOWS
                                        : POLICY_SILENT;
    return r;
}

int policy_set_ask(const struct policy_set *set, enum policy_kind kind,
                   const struct policy_question *question, bool *limits, enum policy_answer *out)
{
    PRECOND(set != NULL && kind < POLICY_KINDS);
    const struct policy_list *list = &set->lists[kind];
    int r = 0;
    *limits = list->limits;
    *out = POLICY_SILENT;
    for (size_t i = 0; r == 0 && *out != POLICY_DENIES && i < list->count; i++) {
        enum policy_answer one;
        r = policy_ask(list->items[i], question, &one);
        if (one != POLICY_SILENT)
            *out = one;
    }
    return r;
}

/* ---- words ---- */

static const struct kind_words {
    const char *implicit, *denial;
} words[POLICY_KINDS] = {
    [POLICY_SCP] = {"service control policy", "a service control policy"},
    [POLICY_RESOURCE] = {"resource-based policy", "a resource-based policy"},
    [POLICY_TRUST] = {"role trust policy", "the role trust policy"},
    [POLICY_BOUNDARY] = {"permissions boundary", "a permissions boundary"},
    [POLICY_SESSION] = {"session policy", "a session policy"},
    [POLICY_IDENTITY] = {"identity-based policy", "an identity-based policy"},
};

int policy_refusal_put(const struct policy_verdict *verdict, const char *action, struct buf *out)
{
    if (verdict->explicit_deny)
        return buf_printf(out, "with an explicit deny in %s", words[verdict->by].denial);
    return buf_printf(out, "because no %s allows the %s action", words[verdict->by].implicit,
                      action);
}

/* ---- keys ---- */

static void pattern_keys(const struct pattern *p, void (*visit)(void *, const char *), void *context)
{
    for (size_t i = 0; i < p->variable_count; i++)
        visit(context, (const char *)p->variables[i].key.data);
}

static void arn_keys(const struct arn_pattern *p, void (*visit)(void *, const char *), void *context)
{
    for (size_t i = 0; i < 6; i++)
        pattern_keys(&p->part[i], visit, context);
}

void policy_keys_visit(const struct policy *p, void (*visit)(void *context, const char *key),
                       void *context)
{
    for (size_t i = 0; i < p->statement_count; i++) {
        const struct statement *st = &p->statements[i];
        for (size_t k = 0; k < st->resource_count; k++)
            arn_keys(&st->resources[k], visit, context);
        for (size_t k = 0; k < st->clause_count; k++) {
            const struct clause *c = &st->clauses[k];
            visit(context, (const char *)c->key.data);
            for (size_t o = 0; o < c->operand_count; o++) {
                pattern_keys(&c->operands[o].pattern, visit, context);
                arn_keys(&c->operands[o].arn, visit, context);
            }
        }
    }
}
