#include "ca/policy/internal.h"
#include "ca/policy/scalar.h"

#include <string.h>

enum family { STRING, NUMBER, DATE, TRUTH, BINARY, ADDRESS, ARN, PRESENCE };
enum relation { EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

struct condition_operator {
    const char *name;
    enum family family;
    bool negated;
    unsigned flags; /* of patterns */
    enum relation relation;
};

#define ROW(name, family, negated, flags) {name, family, negated, flags, EQUAL}
#define ORDER(name, family, relation) {name, family, false, 0, relation}
static const struct condition_operator operators[] = {
    ROW("StringEquals", STRING, false, 0),
    ROW("StringNotEquals", STRING, true, 0),
    ROW("StringEqualsIgnoreCase", STRING, false, PATTERN_FOLD),
    ROW("StringNotEqualsIgnoreCase", STRING, true, PATTERN_FOLD),
    ROW("StringLike", STRING, false, PATTERN_WILD),
    ROW("StringNotLike", STRING, true, PATTERN_WILD),
    ROW("NumericEquals", NUMBER, false, 0),
    ROW("NumericNotEquals", NUMBER, true, 0),
    ORDER("NumericLessThan", NUMBER, LESS),
    ORDER("NumericLessThanEquals", NUMBER, LESS_EQUAL),
    ORDER("NumericGreaterThan", NUMBER, GREATER),
    ORDER("NumericGreaterThanEquals", NUMBER, GREATER_EQUAL),
    ROW("DateEquals", DATE, false, 0),
    ROW("DateNotEquals", DATE, true, 0),
    ORDER("DateLessThan", DATE, LESS),
    ORDER("DateLessThanEquals", DATE, LESS_EQUAL),
    ORDER("DateGreaterThan", DATE, GREATER),
    ORDER("DateGreaterThanEquals", DATE, GREATER_EQUAL),
    ROW("Bool", TRUTH, false, 0),
    ROW("BinaryEquals", BINARY, false, 0),
    ROW("IpAddress", ADDRESS, false, 0),
    ROW("NotIpAddress", ADDRESS, true, 0),
    ROW("ArnEquals", ARN, false, PATTERN_WILD),
    ROW("ArnLike", ARN, false, PATTERN_WILD),
    ROW("ArnNotEquals", ARN, true, PATTERN_WILD),
    ROW("ArnNotLike", ARN, true, PATTERN_WILD),
    ROW("Null", PRESENCE, false, 0),
};

/* ---- names ---- */

static bool cut_prefix(struct slice *s, const char *prefix)
{
    size_t len = strlen(prefix);
    if (s->len < len || memcmp(s->data, prefix, len) != 0)
        return false;
    *s = slice_of(s->data + len, s->len - len);
    return true;
}

static bool cut_suffix(struct slice *s, const char *suffix)
{
    size_t len = strlen(suffix);
    if (s->len < len || memcmp(s->data + s->len - len, suffix, len) != 0)
        return false;
    s->len -= len;
    return true;
}

int operator_parse(struct slice name, struct clause *out)
{
    out->qualifier = cut_prefix(&name, "ForAnyValue:")    ? QUALIFIER_ANY
                     : cut_prefix(&name, "ForAllValues:") ? QUALIFIER_ALL
                                                          : QUALIFIER_NONE;
    out->if_exists = cut_suffix(&name, "IfExists");
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (slice_is(name, operators[i].name))
            out->operator= &operators[i];
    if (out->operator== NULL)
        return CH_EINVAL;
    bool alone = out->qualifier == QUALIFIER_NONE && !out->if_exists;
    return out->operator->family == PRESENCE && !alone ? CH_EINVAL : 0;
}

/* ---- operands ---- */

int operand_parse(struct arena *a, const struct condition_operator *operator, struct slice text,
                  unsigned flags, struct operand *out)
{
    flags |= operator->flags;
    switch (operator->family) {
    case STRING:
        return pattern_compile(a, text, flags, &out->pattern);
    case ARN:
        return arn_pattern_compile(a, text, flags, &out->arn);
    case NUMBER:
        return scalar_number(text, &out->number);
    case DATE:
        return scalar_date(text, &out->number);
    case TRUTH:
    case PRESENCE:
        return scalar_truth(text, &out->truth);
    case BINARY:
        return scalar_octets(a, text, &out->octets);
    case ADDRESS:
        return scalar_network(text, out->network, &out->prefix);
    }
    return CH_EINVAL;
}

/* ---- one value against one operand ---- */

static bool related(enum relation relation, double value, double than)
{
    switch (relation) {
    case EQUAL:
        return value <= than && value >= than;
    case LESS:
        return value < than;
    case LESS_EQUAL:
        return value <= than;
    case GREATER:
        return value > than;
    case GREATER_EQUAL:
        return value >= than;
    }
    return false;
}

static bool octets_match(struct slice value, struct slice octets)
{
    struct arena a = {0};
    struct slice have = {0};
    bool same = scalar_octets(&a, value, &have) == 0 && slice_equal(have, octets);
    arena_free(&a);
    return same;
}

static bool within(struct slice value, const struct operand *o)
{
    uint8_t address[16];
    unsigned prefix = 0;
    return scalar_network(value, address, &prefix) == 0 && prefix == 128 &&
           scalar_same_bits(address, o->network, o->prefix);
}

/* What is no number, date, … fits no operand. */
static int operand_match(struct asking *a, const struct condition_operator *operator,
                         const struct operand *o, struct slice value, bool *out)
{
    double number = 0;
    bool truth = false;
    *out = false;
    switch (operator->family) {
    case STRING:
        return pattern_match(a, &o->pattern, operator->flags, value, out);
    case ARN:
        return arn_pattern_match(a, &o->arn, value, out);
    case NUMBER:
        *out = scalar_number(value, &number) == 0 && related(operator->relation, number, o->number);
        return 0;
    case DATE:
        *out = scalar_date(value, &number) == 0 && related(operator->relation, number, o->number);
        return 0;
    case TRUTH:
        *out = scalar_truth(value, &truth) == 0 && truth == o->truth;
        return 0;
    case BINARY:
        *out = octets_match(value, o->octets);
        return 0;
    case ADDRESS:
        *out = within(value, o);
        return 0;
    case PRESENCE:
        return 0;
    }
    return 0;
}

/* ---- all values against all operands ---- */

static int value_matches(struct asking *a, const struct clause *c, struct slice value, bool *out)
{
    int r = 0;
    *out = false;
    for (size_t i = 0; i < c->operand_count && r == 0 && !*out; i++)
        r = operand_match(a, c->operator, &c->operands[i], value, out);
    return r;
}

/*
 * How many of the values fit: an operand, or no operand when the operator is negated and
 * the values are looked at one by one.
 */
static int count_fitting(struct asking *a, const struct clause *c,
                         const struct policy_values *values, bool negated, size_t *out)
{
    const char *value = (const char *)values->list.data;
    *out = 0;
    for (size_t i = 0; i < values->count; i++) {
        struct slice s = slice_text(value);
        bool matches = false;
        int r = value_matches(a, c, s, &matches);
        if (r != 0)
            return r;
        *out += matches != negated;
        value += s.len + 1;
    }
    return 0;
}

/* A key that is not there, or has no value. */
static bool absent_holds(const struct clause *c)
{
    if (c->qualifier == QUALIFIER_ALL)
        return true;
    if (c->if_exists)
        return true;
    return c->qualifier == QUALIFIER_NONE && c->operator->negated;
}

static int values_hold(struct asking *a, const struct clause *c,
                       const struct policy_values *values, bool *out)
{
    size_t fitting = 0;
    bool each = c->qualifier != QUALIFIER_NONE;
    int r = count_fitting(a, c, values, each && c->operator->negated, &fitting);
    if (c->qualifier == QUALIFIER_ALL)
        *out = fitting == values->count;
    else if (c->qualifier == QUALIFIER_ANY)
        *out = fitting > 0;
    else
        *out = (fitting > 0) != c->operator->negated;
    return r;
}

static bool presence_holds(const struct clause *c, const struct policy_values *values)
{
    bool absent = values->count == 0;
    for (size_t i = 0; i < c->operand_count; i++)
        if (c->operands[i].truth == absent)
            return true;
    return false;
}

int clause_holds(struct asking *a, const struct clause *c, bool *out)
{
    struct policy_values values = {0};
    *out = false;
    int r = a->q->find == NULL ? 0 : a->q->find(a->q->context, c->key, &values);
    if (r == 0 && c->operator->family == PRESENCE)
        *out = presence_holds(c, &values);
    else if (r == 0 && values.count == 0)
        *out = absent_holds(c);
    else if (r == 0)
        r = values_hold(a, c, &values, out);
    policy_values_free(&values);
    return r;
}
