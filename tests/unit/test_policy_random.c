/*
 * The compiled policies against a second evaluator: a slow and direct transcription of the rules of the IAM user
 * guide ("Policy evaluation logic", "JSON policy elements") that reads the JSON anew each time and shares no
 * line with ca/policy. Beside it two properties: a further Deny never allows more, and the
 * order of statements never matters. The cases are random, but the same in each run.
 */
#include "ca/policy/policy.h"

#include <jansson.h>

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define ROUNDS 20000
#define OWN "111122223333"
#define OTHER "444455556666"
#define CA "arn:aws:acm-pca:us-east-1:" OWN ":certificate-authority/a1"

/* ---- chance ---- */

static uint64_t seed;

static unsigned any(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % below;
}

#define ONE_OF(list) (list)[any(sizeof(list) / sizeof((list)[0]))]

static const char *const asked_actions[] = {"acm:GetCertificate", "acm-pca:IssueCertificate", "acm-pca:GetCertificate", "acm:DeleteCertificate"};
static const char *const written_actions[] = {"*", "acm:*", "ACM:Get*", "acm-pca:*", "acm-pca:IssueCertificate", "acm:GetCertificat?", "acm*:x", "acm-pca:??tCertificate", "acm:*e*e*"};
static const char *const asked_resources[] = {CA, "arn:aws:acm:us-east-1:" OWN ":certificate/c1", "arn:aws:acm:eu-west-1:" OTHER ":certificate/bob", "arn:aws:acm:us-east-1:" OWN ":certificate/*"};
static const char *const written_resources[] = {"*", CA, "arn:aws:acm:*:*:*", "arn:aws:acm", "arn:*:acm*:*:" OWN ":cert*/?1", "arn:aws:acm:us-east-1:" OWN ":certificate/${aws:username}", "arn:aws:acm:*:*:certificate/${aws:username, 'c1'}", "arn:aws:acm:us-east-1:" OWN ":certificate/${*}", "arn:aws:acm:*:certificate/*"};
static const char *const keys[] = {"aws:username", "aws:Team", "aws:Count", "aws:SourceIp", "aws:Secure", "aws:Arn"};
static const char *const asked_values[][5] = {{"bob", "c1", "Bob", "*", "al"}, {"a", "ab", "A", "b*", ""}, {"1", "5", "-3", "2.5", "x"}, {"10.0.0.1", "10.1.0.1", "192.0.2.9", "10.0.0.200", "no"}, {"true", "false", "TRUE", "1", ""}, {"arn:aws:iam::1:role/x", "arn:aws:iam::1:user/x", "arn:aws:iam::1:role/y:z", "x", "arn:aws:iam::2:role/x"}};
static const char *const written_values[][5] = {{"bob", "b*", "${aws:username}", "c?", "${aws:Team, 'bob'}"}, {"a", "a*", "${aws:username}", "?", "${aws:Team}"}, {"1", "5", "0", "2.5", "-4"}, {"10.0.0.0/24", "10.0.0.0/8", "192.0.2.9", "0.0.0.0/0", "10.0.0.128/25"}, {"true", "false", "true", "false", "true"}, {"arn:aws:iam::*:role/x", "arn:aws:iam::1:*", "arn:aws:iam", "arn:aws:iam::?:user/*", "*"}};
static const char *const operators[6][8] = {
    {"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Null", "StringLike"},
    {"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringEquals", "Null", "StringNotLike"},
    {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "Null", "NumericLessThan"},
    {"IpAddress", "NotIpAddress", "IpAddress", "NotIpAddress", "IpAddress", "NotIpAddress", "Null", "IpAddress"},
    {"Bool", "Bool", "Bool", "Null", "Bool", "Bool", "Bool", "Bool"},
    {"ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "ArnLike", "ArnNotLike", "Null", "ArnLike"},
};
static const char *const people[] = {OWN, OTHER, "*", "arn:aws:iam::" OWN ":root", "arn:aws:iam::" OWN ":user/bob", "arn:aws:iam::" OWN ":user/al", "arn:aws:iam::" OWN ":role/r", "arn:aws:sts::" OWN ":assumed-role/r/s"};

static json_t *list_of(const char *const *from, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0, n = 1 + any(2); i < n; i++)
        json_array_append_new(list, json_string(from[any(count)]));
    return list;
}

static json_t *random_condition(void)
{
    char name[80];
    unsigned key = any(6);
    const char *operator = operators[key][any(8)];
    bool null = strcmp(operator, "Null") == 0;
    static const char *const qualifiers[] = {"", "", "ForAnyValue:", "ForAllValues:"};
    snprintf(name, sizeof name, "%s%s%s", null ? "" : ONE_OF(qualifiers), operator, !null && any(4) == 0 ? "IfExists" : "");
    json_t *values = null ? json_string(any(2) ? "true" : "false") : list_of(written_values[key], 5);
    json_t *keyed = json_object(), *all = json_object();
    json_object_set_new(keyed, keys[key], values);
    json_object_set_new(all, name, keyed);
    return all;
}

static json_t *random_statement(bool of_resource, const char *effect)
{
    json_t *st = json_object();
    json_object_set_new(st, "Effect", json_string(effect));
    json_t *actions = json_array();
    for (unsigned i = 0, n = 1 + any(2); i < n; i++) {
        const char *action = ONE_OF(written_actions);
        json_array_append_new(actions, json_string(strcmp(action, "acm*:x") == 0 ? "acm-pca:Get*" : action));
    }
    json_object_set_new(st, any(6) == 0 ? "NotAction" : "Action", actions);
    json_object_set_new(st, any(6) == 0 ? "NotResource" : "Resource", list_of(written_resources, sizeof written_resources / sizeof written_resources[0]));
    for (unsigned n = any(3); n > 0; n--) {
        json_t *one = random_condition(), *all = json_object_get(st, "Condition");
        if (all == NULL)
            json_object_set(st, "Condition", one);
        else if (json_object_get(all, json_object_iter_key(json_object_iter(one))) == NULL)
            json_object_update(all, one);
        json_decref(one);
    }
    if (of_resource) {
        json_t *who = json_object();
        json_object_set_new(who, "AWS", list_of(people, sizeof people / sizeof people[0]));
        json_object_set_new(st, strcmp(effect, "Deny") == 0 && any(4) == 0 ? "NotPrincipal" : "Principal", who);
    }
    return st;
}

static json_t *random_policy(bool of_resource)
{
    json_t *statements = json_array(), *p = json_object();
    for (unsigned n = 1 + any(3); n > 0; n--)
        json_array_append_new(statements, random_statement(of_resource, any(4) == 0 ? "Deny" : "Allow"));
    json_object_set_new(p, "Version", json_string(any(8) == 0 ? "2008-10-17" : "2012-10-17"));
    json_object_set_new(p, "Statement", statements);
    return p;
}

/* { key: [values] }; the keys in lower case, as the product asks for them. */
static json_t *random_context(void)
{
    json_t *context = json_object();
    for (unsigned k = 0; k < 6; k++) {
        char name[32];
        unsigned count = any(5) == 0 ? 2 : any(4) != 0;
        json_t *values = json_array();
        for (size_t i = 0; i <= strlen(keys[k]); i++)
            name[i] = (char)tolower((unsigned char)keys[k][i]);
        for (unsigned i = 0; i < count; i++)
            json_array_append_new(values, json_string(asked_values[k][any(5)]));
        if (count > 0)
            json_object_set(context, name, values);
        json_decref(values);
    }
    return context;
}

/* ---- the slow evaluator ---- */

struct who {
    const char *account, *arn, *role;
};

struct slow {
    const char *action, *resource;
    struct who who;
    const json_t *context;
    bool variables;
};

static bool glob(const char *p, const char *s, bool wild)
{
    if (*p == '\0')
        return *s == '\0';
    if (*p == '\\') /* what a variable stood for */
        return p[1] == *s && *s != '\0' && glob(p + 2, s + 1, wild);
    if (wild && *p == '*')
        return glob(p + 1, s, wild) || (*s != '\0' && glob(p, s + 1, wild));
    return *s != '\0' && ((wild && *p == '?') || *p == *s) && glob(p + 1, s + 1, wild);
}

static const json_t *values_of(const struct slow *q, const char *key)
{
    char name[64];
    for (size_t i = 0; i <= strlen(key); i++)
        name[i] = (char)tolower((unsigned char)key[i]);
    return json_object_get(q->context, name);
}

static void put_literal(char *out, const char *value)
{
    for (; *value != '\0'; value++) {
        char pair[3] = {'\\', *value, '\0'};
        strcat(out, pair);
    }
}

/* False when a variable has no value. */
static bool expand(const struct slow *q, const char *text, char *out)
{
    out[0] = '\0';
    while (*text != '\0') {
        const char *end = strchr(text, '}');
        if (!q->variables || strncmp(text, "${", 2) != 0 || end == NULL) {
            char one[2] = {*text++, '\0'};
            strcat(out, one);
            continue;
        }
        char inside[128] = "";
        memcpy(inside, text + 2, (size_t)(end - text - 2));
        text = end + 1;
        if (strlen(inside) == 1) {
            put_literal(out, inside);
            continue;
        }
        char *comma = strchr(inside, ',');
        if (comma != NULL)
            *comma = '\0';
        const json_t *values = values_of(q, inside);
        if (json_array_size(values) == 1) {
            put_literal(out, json_string_value(json_array_get(values, 0)));
        } else if (comma != NULL) {
            char *from = strchr(comma + 1, '\'') + 1;
            *strchr(from, '\'') = '\0';
            put_literal(out, from);
        } else {
            return false;
        }
    }
    return true;
}

static void lower(char *s)
{
    for (; *s != '\0'; s++)
        *s = (char)tolower((unsigned char)*s);
}

static bool action_is(const struct slow *q, const char *pattern)
{
    char p[128], a[128];
    snprintf(p, sizeof p, "%s", pattern);
    snprintf(a, sizeof a, "%s", q->action);
    lower(p);
    lower(a);
    return glob(p, a, true);
}

static int split(const char *text, char parts[6][256])
{
    int n = 0;
    size_t at = 0;
    bool inside = false;
    parts[0][0] = '\0';
    for (; *text != '\0'; text++) {
        if (text[0] == '$' && text[1] == '{')
            inside = true;
        if (*text == '}')
            inside = false;
        if (*text == ':' && n < 5 && !inside) {
            parts[++n][at = 0] = '\0';
            continue;
        }
        parts[n][at++] = *text;
        parts[n][at] = '\0';
    }
    return n + 1;
}

static bool arn_is(const struct slow *q, const char *pattern, const char *text)
{
    char p[6][256], t[6][256], whole[1024];
    if (strcmp(pattern, "*") == 0)
        return true;
    int count = split(pattern, p);
    if (split(text, t) != 6)
        return false;
    for (int i = 0; i < 6; i++)
        if (i < count && !(expand(q, p[i], whole) && glob(whole, t[i], true)))
            return false;
    return true;
}

static bool in_network(const char *address, const char *network)
{
    unsigned a[4], n[4], bits = 32;
    char rest[8];
    if (sscanf(address, "%u.%u.%u.%u%7s", &a[0], &a[1], &a[2], &a[3], rest) != 4)
        return false;
    sscanf(network, "%u.%u.%u.%u/%u", &n[0], &n[1], &n[2], &n[3], &bits);
    double size = 1, from = 0, at = 0;
    for (unsigned i = bits; i < 32; i++)
        size *= 2;
    for (int i = 0; i < 4; i++) {
        from = from * 256 + n[i];
        at = at * 256 + a[i];
    }
    return at >= from && at < from + size;
}

static bool one_matches(const struct slow *q, const char *operator, const char *value, const char *written)
{
    char whole[1024];
    if (strstr(operator, "IpAddress") != NULL)
        return in_network(value, written);
    if (strncmp(operator, "Arn", 3) == 0)
        return arn_is(q, written, value);
    if (strcmp(operator, "Bool") == 0)
        return strcasecmp(value, written) == 0;
    if (strncmp(operator, "Numeric", 7) == 0) {
        char *end = NULL;
        double a = strtod(value, &end), b = strtod(written, NULL);
        const char *relation = operator + 7;
        if (*value == '\0' || *end != '\0')
            return false;
        return strcmp(relation, "LessThan") == 0             ? a < b
               : strcmp(relation, "LessThanEquals") == 0     ? a <= b
               : strcmp(relation, "GreaterThan") == 0        ? a > b
               : strcmp(relation, "GreaterThanEquals") == 0 ? a >= b
                                                             : !(a < b) && !(a > b);
    }
    if (!expand(q, written, whole))
        return false;
    if (strstr(operator, "IgnoreCase") != NULL) {
        char folded[256];
        snprintf(folded, sizeof folded, "%s", value);
        lower(folded);
        lower(whole);
        return glob(whole, folded, false);
    }
    return glob(whole, value, strstr(operator, "Like") != NULL);
}

static bool condition_holds(const struct slow *q, const char *name, const char *key, const json_t *written)
{
    char operator[64];
    bool any_of = strncmp(name, "ForAnyValue:", 12) == 0, all_of = strncmp(name, "ForAllValues:", 13) == 0;
    snprintf(operator, sizeof operator, "%s", name + (any_of ? 12 : all_of ? 13 : 0));
    char *exists = strstr(operator, "IfExists");
    const json_t *values = values_of(q, key);
    size_t count = json_array_size(values), fit = 0, matched = 0;
    if (exists != NULL)
        *exists = '\0';
    if (strcmp(operator, "Null") == 0)
        return (strcmp(json_string_value(written), "true") == 0) == (count == 0);
    bool not = strstr(operator, "Not") != NULL;
    if (count == 0)
        return all_of || exists != NULL || (not && !any_of);
    for (size_t i = 0; i < count; i++) {
        bool matches = false;
        for (size_t k = 0; k < json_array_size(written); k++)
            matches = matches || one_matches(q, operator, json_string_value(json_array_get(values, i)), json_string_value(json_array_get(written, k)));
        matched += matches;
        fit += matches != not;
    }
    return all_of ? fit == count : any_of ? fit > 0 : (matched > 0) != not;
}

static bool listed(const json_t *list, bool (*is)(const struct slow *, const char *), const struct slow *q)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (is(q, json_string_value(json_array_get(list, i))))
            return true;
    return false;
}

static bool resource_is(const struct slow *q, const char *pattern)
{
    return arn_is(q, pattern, q->resource);
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_account(const char *named, const char *account)
{
    char root[64];
    snprintf(root, sizeof root, "arn:aws:iam::%s:root", account);
    return same(named, account) || same(named, root);
}

/* 0 nobody, 1 account, 2 everybody, 3 role, 4 himself */
static int named(const json_t *statement, const struct who *w)
{
    const json_t *list = json_object_get(json_object_get(statement, "Principal"), "AWS");
    const json_t *others = json_object_get(json_object_get(statement, "NotPrincipal"), "AWS");
    int best = 0;
    bool account = false, himself = false, role = w->role == NULL;
    if (list == NULL && others == NULL)
        return 4;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *n = json_string_value(json_array_get(list, i));
        int grade = same(n, w->arn) ? 4 : same(n, w->role) ? 3 : same(n, "*") ? 2 : is_account(n, w->account) ? 1 : 0;
        best = grade > best ? grade : best;
    }
    if (others == NULL)
        return best;
    for (size_t i = 0; i < json_array_size(others); i++) {
        const char *n = json_string_value(json_array_get(others, i));
        bool star = same(n, "*");
        account = account || star || is_account(n, w->account);
        himself = himself || star || same(n, w->arn);
        role = role || star || same(n, w->role);
    }
    return account && himself && role ? 0 : 4;
}

static bool statement_is(const struct slow *q, const json_t *st)
{
    const char *name, *key;
    json_t *each, *written;
    if (json_object_get(st, "Action") != NULL ? !listed(json_object_get(st, "Action"), action_is, q) : listed(json_object_get(st, "NotAction"), action_is, q))
        return false;
    if (json_object_get(st, "Resource") != NULL ? !listed(json_object_get(st, "Resource"), resource_is, q) : listed(json_object_get(st, "NotResource"), resource_is, q))
        return false;
    json_object_foreach(json_object_get(st, "Condition"), name, each)
        json_object_foreach(each, key, written)
            if (!condition_holds(q, name, key, written))
                return false;
    return true;
}

/* What a policy says: -1 denies, 0 nothing, else how closely it names whom it allows. */
static int slow_ask(struct slow q, const json_t *policy)
{
    int best = 0;
    const json_t *statements = json_object_get(policy, "Statement");
    q.variables = strcmp(json_string_value(json_object_get(policy, "Version")), "2012-10-17") == 0;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *st = json_array_get(statements, i);
        int grade = named(st, &q.who);
        if (grade == 0 || !statement_is(&q, st))
            continue;
        if (strcmp(json_string_value(json_object_get(st, "Effect")), "Deny") == 0)
            return -1;
        best = grade > best ? grade : best;
    }
    return best;
}

/* ---- a scene: up to two policies of each kind, and a resource's ---- */

struct scene {
    json_t *policies[POLICY_KINDS][2];
    const char *owner;
    struct slow q;
    json_t *context;
};

static bool slow_judge(const struct scene *s)
{
    int said[POLICY_KINDS] = {0};
    bool there[POLICY_KINDS] = {false};
    for (int kind = 0; kind < POLICY_KINDS; kind++)
        for (int i = 0; i < 2; i++) {
            if (s->policies[kind][i] == NULL)
                continue;
            int answer = slow_ask(s->q, s->policies[kind][i]);
            if (answer < 0)
                return false;
            there[kind] = true;
            said[kind] = answer > said[kind] ? answer : said[kind];
        }
    bool own = strcmp(s->owner, s->q.who.account) == 0;
    bool boundary = !there[POLICY_BOUNDARY] || said[POLICY_BOUNDARY] > 0;
    bool session = !there[POLICY_SESSION] || said[POLICY_SESSION] > 0;
    bool identity = boundary && session && said[POLICY_IDENTITY] > 0;
    if (there[POLICY_SCP] && said[POLICY_SCP] == 0)
        return false;
    if (!own)
        return said[POLICY_RESOURCE] > 0 && identity;
    if (said[POLICY_RESOURCE] == 4)
        return true;
    if (said[POLICY_RESOURCE] == 3 || said[POLICY_RESOURCE] == 2)
        return boundary && session;
    return identity;
}

static int find(void *context, struct slice key, struct policy_values *out)
{
    char name[64];
    const json_t *values;
    snprintf(name, sizeof name, "%.*s", (int)key.len, (const char *)key.data);
    values = json_object_get(context, name);
    for (size_t i = 0; i < json_array_size(values); i++)
        assert_int_equal(policy_values_put_text(out, json_string_value(json_array_get(values, i))), 0);
    return 0;
}

static struct policy *compiled(const json_t *policy, enum policy_form form)
{
    char why[POLICY_WHY_SIZE];
    struct policy *p = NULL;
    char *text = json_dumps(policy, 0);
    if (policy_parse(slice_text(text), form, &p, why) != 0)
        fail_msg("%s: %s", why, text);
    free(text);
    return p;
}

static bool fast_judge(const struct scene *s)
{
    struct policy_set *set = policy_set_new();
    struct policy *resource = NULL;
    struct policy_verdict v;
    for (enum policy_kind kind = 0; kind < POLICY_KINDS; kind++)
        for (int i = 0; i < 2; i++) {
            if (s->policies[kind][i] == NULL)
                continue;
            struct policy *p = compiled(s->policies[kind][i], kind == POLICY_RESOURCE ? POLICY_FORM_RESOURCE : POLICY_FORM_IDENTITY);
            if (kind == POLICY_RESOURCE)
                resource = p;
            else {
                assert_int_equal(policy_set_add(set, kind, p), 0);
                policy_release(p);
            }
        }
    struct policy_question q = {.action = s->q.action, .resource = s->q.resource, .principal = {.account = s->q.who.account, .arn = s->q.who.arn, .role_arn = s->q.who.role}, .owner = s->owner, .policies = set, .resource_policy = resource, .resource_kind = POLICY_RESOURCE, .find = find, .context = s->context};
    assert_int_equal(policy_judge(&q, &v), 0);
    policy_release(resource);
    policy_set_release(set);
    return v.allowed;
}

static void scene_make(struct scene *s)
{
    static const struct who who[] = {
        {OWN, "arn:aws:iam::" OWN ":user/bob", NULL},
        {OWN, "arn:aws:iam::" OWN ":user/al", NULL},
        {OWN, "arn:aws:sts::" OWN ":assumed-role/r/s", "arn:aws:iam::" OWN ":role/r"},
    };
    memset(s, 0, sizeof *s);
    s->context = random_context();
    s->q = (struct slow){.action = ONE_OF(asked_actions), .resource = ONE_OF(asked_resources), .who = ONE_OF(who), .context = s->context};
    s->owner = any(3) == 0 ? OTHER : OWN;
    for (int kind = 0; kind < POLICY_KINDS; kind++) {
        unsigned count = kind == POLICY_TRUST ? 0 : kind == POLICY_IDENTITY ? any(3) : kind == POLICY_RESOURCE ? any(2) : any(4) == 0;
        for (unsigned i = 0; i < count; i++)
            s->policies[kind][i] = random_policy(kind == POLICY_RESOURCE);
    }
}

static void scene_free(struct scene *s)
{
    for (int kind = 0; kind < POLICY_KINDS; kind++)
        for (int i = 0; i < 2; i++)
            json_decref(s->policies[kind][i]);
    json_decref(s->context);
}

static void scene_print(const struct scene *s)
{
    char *context = json_dumps(s->context, 0);
    print_error("%s on %s by %s, owner %s, %s\n", s->q.action, s->q.resource, s->q.who.arn, s->owner, context);
    free(context);
    for (int kind = 0; kind < POLICY_KINDS; kind++)
        for (int i = 0; i < 2; i++) {
            char *text = s->policies[kind][i] == NULL ? NULL : json_dumps(s->policies[kind][i], 0);
            if (text != NULL)
                print_error("  %d: %s\n", kind, text);
            free(text);
        }
}

static void both_evaluators_agree(void **state)
{
    unsigned allowed = 0;
    (void)state;
    seed = 88172645463325252u;
    for (int i = 0; i < ROUNDS; i++) {
        struct scene s;
        scene_make(&s);
        bool fast = fast_judge(&s), slow = slow_judge(&s);
        if (fast != slow) {
            scene_print(&s);
            fail_msg("round %d: compiled %d, by the rules %d", i, fast, slow);
        }
        allowed += fast;
        scene_free(&s);
    }
    /* The cases are worth something only when both answers are frequent. */
    assert_in_range(allowed, ROUNDS / 20, ROUNDS - ROUNDS / 20);
}

static void a_further_deny_never_allows_more(void **state)
{
    (void)state;
    seed = 1181783497276652981u;
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct scene s;
        scene_make(&s);
        bool before = fast_judge(&s);
        for (int kind = 0; kind < POLICY_KINDS; kind++)
            if (s.policies[kind][0] != NULL)
                json_array_append_new(json_object_get(s.policies[kind][0], "Statement"), random_statement(kind == POLICY_RESOURCE, "Deny"));
        if (!before && fast_judge(&s)) {
            scene_print(&s);
            fail_msg("round %d", i);
        }
        scene_free(&s);
    }
}

static void the_order_of_statements_never_matters(void **state)
{
    (void)state;
    seed = 2685821657736338717u;
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct scene s;
        scene_make(&s);
        bool before = fast_judge(&s);
        for (int kind = 0; kind < POLICY_KINDS; kind++)
            for (int k = 0; k < 2; k++) {
                json_t *list = json_object_get(s.policies[kind][k], "Statement");
                size_t count = json_array_size(list);
                for (size_t n = 0; n + 1 < count; n++) {
                    json_t *first = json_incref(json_array_get(list, 0));
                    json_array_remove(list, 0);
                    json_array_insert_new(list, any((unsigned)count), first);
                }
            }
        if (before != fast_judge(&s)) {
            scene_print(&s);
            fail_msg("round %d", i);
        }
        scene_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_evaluators_agree),
        cmocka_unit_test(a_further_deny_never_allows_more),
        cmocka_unit_test(the_order_of_statements_never_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
