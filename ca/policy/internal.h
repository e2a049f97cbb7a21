/*
 * internal.h - a policy as it is compiled; for the files of this folder alone.
 */
#ifndef CHANCERY_POLICY_INTERNAL_H
#define CHANCERY_POLICY_INTERNAL_H

#include "ca/policy/policy.h"

#include <stdatomic.h>

/* ---- memory: all of a policy is freed at once ---- */

struct arena_chunk;
struct arena {
    struct arena_chunk *first;
};

/* Zeroed memory, or NULL. */
void *arena_take(struct arena *a, size_t count, size_t size);
char *arena_copy(struct arena *a, struct slice text); /* with a NUL behind it */
void arena_free(struct arena *a);

/* ---- patterns (pattern.c) ---- */

/*
 * A text in which an octet below 5 is a code: any run, any one character, the next octet as it is, the variable
 * whose index is the next octet less one. Policies may not contain such octets.
 */
enum pattern_code { CODE_ANY = 1, CODE_ONE = 2, CODE_LITERAL = 3, CODE_VARIABLE = 4, CODE_END = 5 };

struct variable {
    struct slice key;
    struct slice fallback;
    bool has_fallback;
};

struct pattern {
    struct slice code;
    const struct variable *variables;
    size_t variable_count;
    bool anything; /* nothing but "*" */
};

enum pattern_flags {
    PATTERN_WILD = 1,      /* '*' and '?' are wildcards */
    PATTERN_VARIABLES = 2, /* ${...} stands for the value of a key */
    PATTERN_FOLD = 4,      /* compared without regard to case (ASCII) */
};

/* CH_EINVAL for a ${ that is not one, CH_ENOMEM. */
int pattern_compile(struct arena *a, struct slice text, unsigned flags, struct pattern *out);

/* Six patterns for the parts of an ARN between colons. */
struct arn_pattern {
    bool anything;
    struct pattern part[6];
};

/* Missing parts become "*". CH_EINVAL, CH_ENOMEM. */
int arn_pattern_compile(struct arena *a, struct slice text, unsigned flags,
                        struct arn_pattern *out);

/* What a question costs more than once: memory for the texts of patterns with variables. */
struct asking {
    const struct policy_question *q;
    struct buf scratch;
};

/* True, false in *out; a variable without a value matches nothing. CH_ENOMEM, or what find returned. */
int pattern_match(struct asking *a, const struct pattern *p, unsigned flags, struct slice text,
                  bool *out);
int arn_pattern_match(struct asking *a, const struct arn_pattern *p, struct slice text, bool *out);

/* ---- conditions (operator.c) ---- */

struct operand {
    struct pattern pattern; /* String* */
    struct arn_pattern arn; /* Arn* */
    double number;          /* Numeric*, and Date* in seconds */
    bool truth;             /* Bool, Null */
    struct slice octets;    /* Binary */
    uint8_t network[16];    /* IpAddress; IPv4 as ::ffff:a.b.c.d */
    unsigned prefix;
};

struct condition_operator;
enum qualifier { QUALIFIER_NONE, QUALIFIER_ANY, QUALIFIER_ALL };

struct clause {
    const struct condition_operator *operator;
    enum qualifier qualifier;
    bool if_exists;
    struct slice key;
    const struct operand *operands;
    size_t operand_count;
};

/* Reads "ForAnyValue:StringLikeIfExists". CH_EINVAL for what is no operator. */
int operator_parse(struct slice name, struct clause *out);

/* Reads a value for the operator. CH_EINVAL when it is none for it. */
int operand_parse(struct arena *a, const struct condition_operator *operator, struct slice text,
                  unsigned flags, struct operand *out);

int clause_holds(struct asking *a, const struct clause *c, bool *out);

/* ---- principals (who.c) ---- */

enum who_type { WHO_ANYBODY, WHO_ACCOUNT, WHO_ARN, WHO_ID, WHO_SERVICE, WHO_FEDERATED, WHO_NOBODY };

struct who {
    enum who_type type;
    struct slice text; /* account, ARN, id, service or provider */
};

/* How closely an element names the one who asks. */
enum who_grade { GRADE_NONE, GRADE_ACCOUNT, GRADE_ANYBODY, GRADE_ROLE, GRADE_EXACT };

/* kind: "AWS", "Service", "Federated", "CanonicalUser". CH_EINVAL for what names nobody. */
int who_parse(struct arena *a, const char *kind, struct slice text, struct who *out);
enum who_grade who_match(const struct who *list, size_t count, const struct policy_principal *p);

/* NotPrincipal of a denial: does it spare the one who asks, who must be named as all that he is? */
bool who_spares(const struct who *list, size_t count, const struct policy_principal *p);

/* ---- documents (parse.c) ---- */

struct action_pattern {
    bool anything;
    struct pattern service, name;
};

struct statement {
    const char *sid;
    bool denies;
    const struct who *who;
    size_t who_count;
    bool not_who;
    const struct action_pattern *actions;
    size_t action_count;
    bool not_actions;
    const struct arn_pattern *resources;
    size_t resource_count; /* 0: of a trust policy */
    bool not_resources;
    const struct clause *clauses;
    size_t clause_count;
    struct policy_position from, to;
};

/* ---- places (position.c) ---- */

/*
 * Tells the statements of a document that has been parsed where they stand in its text. Those of a document that
 * writes its key "Statement" with escapes stand nowhere.
 */
void statement_positions_find(struct slice text, struct statement *list, size_t count);

struct policy {
    _Atomic unsigned holds;
    struct arena arena;
    enum policy_form form;
    const char *name;
    const struct statement *statements;
    size_t statement_count;
};

struct policy_list {
    const struct policy **items;
    size_t count, room;
    bool limits;
};

struct policy_set {
    _Atomic unsigned holds;
    struct policy_list lists[POLICY_KINDS];
    bool blocked;
};

#endif
