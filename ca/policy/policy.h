/*
 * policy.h - the policy language of AWS: documents are parsed and compiled once, judged often.
 * Knows no accounts, no store and no request: what a policy wants to know of a call (the values of
 * condition keys) it asks of whoever put the question.
 *
 * A compiled policy and a set of them never change, and any number of threads may use them at once; who
 * keeps one holds it, and the last release frees it.
 */
#ifndef CHANCERY_POLICY_POLICY_H
#define CHANCERY_POLICY_POLICY_H

#include "firmware/base/buf.h"
#include "firmware/base/error.h"

/* ---- documents ---- */

/* What a document may contain depends on where it is attached. */
enum policy_form {
    POLICY_FORM_IDENTITY, /* managed and inline policies, boundaries, sessions, service control policies: no Principal */
    POLICY_FORM_RESOURCE, /* of an authority: Principal and Resource */
    POLICY_FORM_TRUST,    /* of a role: Principal, no Resource */
};

#define POLICY_SIZE_MAX ((size_t)160 * 1024) /* octets of any document; callers have smaller limits of their own */
#define POLICY_WHY_SIZE 512

struct policy;

/*
 * Parses and compiles a document. CH_EINVAL for one that is not valid, with the reason in AWS's words
 * ("Syntax errors in policy.") in why; CH_ELIMIT beyond POLICY_SIZE_MAX (why is set, too), CH_ENOMEM.
 * *out is held once.
 */
int policy_parse(struct slice text, enum policy_form form, struct policy **out,
                 char why[POLICY_WHY_SIZE]);

struct policy *policy_hold(const struct policy *p);
void policy_release(const struct policy *p);

/* The characters of a document that count against IAM's limits: all but white space. */
size_t policy_counted_size(struct slice text);

/* The ARN or name under which a policy is shown to people; it may be called once, before others see p. CH_ENOMEM. */
int policy_name_set(struct policy *p, const char *name);
const char *policy_name(const struct policy *p); /* "" when it has none */

/* ---- what limits and grants: the policies of a principal ---- */

/* In the order in which they are judged. */
enum policy_kind {
    POLICY_SCP,      /* of the account */
    POLICY_RESOURCE, /* of what is acted on: never in a set, but in the question */
    POLICY_TRUST,    /* likewise, of a role */
    POLICY_BOUNDARY,
    POLICY_SESSION,
    POLICY_IDENTITY,
    POLICY_KINDS
};

/*
 * The policies that go with one principal. A kind that was never added to a set does not limit
 * (SCP, BOUNDARY, SESSION) or does not grant (IDENTITY).
 */
struct policy_set;

struct policy_set *policy_set_new(void); /* NULL when out of memory; held once */

/* Adds a policy, which the set holds from then on (the caller keeps his own hold). Only before others see the set. CH_ENOMEM. */
int policy_set_add(struct policy_set *set, enum policy_kind kind, const struct policy *p);

/* Parses text as a POLICY_FORM_IDENTITY and adds it; name may be NULL. The errors of policy_parse, CH_ENOMEM. */
int policy_set_add_text(struct policy_set *set, enum policy_kind kind, struct slice text,
                        const char *name);

/* The kind limits although it may have no policy: such as a boundary whose policy is gone. Then nothing is allowed. */
void policy_set_limit(struct policy_set *set, enum policy_kind kind);

/* Nothing is allowed any more: for a stored document that cannot be read, as it might have denied. */
void policy_set_block(struct policy_set *set);

struct policy_set *policy_set_hold(const struct policy_set *set);
void policy_set_release(const struct policy_set *set); /* NULL is fine */

/* ---- values of condition keys ---- */

/* What a key has in a call; {0} is absent. */
struct policy_values {
    bool present;    /* the key is in the context, perhaps without a value */
    size_t count;
    struct buf list; /* the values, a NUL behind each */
};

/* Copies a value in, and makes the key present. A value with a NUL in it is CH_EINVAL. CH_ENOMEM. */
int policy_values_put(struct policy_values *v, struct slice value);
int policy_values_put_text(struct policy_values *v, const char *text); /* NULL: nothing, stays absent */
int policy_values_put_bool(struct policy_values *v, bool value);       /* "true", "false" */
int policy_values_put_time(struct policy_values *v, int64_t seconds);  /* 2026-11-23T13:17:00Z */
int policy_values_put_number(struct policy_values *v, int64_t number);
void policy_values_free(struct policy_values *v);

/*
 * Tells the values of a key. The key comes as a policy wrote it, but in lower case except for what
 * follows a '/' ("aws:requesttag/CostCenter"). An unknown key stays absent: 0. Another result than
 * 0 ends the judgement.
 */
typedef int (*policy_find)(void *context, struct slice key, struct policy_values *out);

/* ---- the question ---- */

/* Who asks, as the Principal element of a resource policy names it; NULL for what there is not. */
struct policy_principal {
    const char *account;    /* 12 digits; NULL for a service */
    const char *arn;        /* of the user, or of the session: arn:aws:sts::1:assumed-role/r/s */
    const char *role_arn;   /* of a session: the role it is of */
    const char *id;         /* of the user, or of a session's role: AIDA..., AROA... */
    const char *service;    /* such as acm.amazonaws.com: the call is a service's */
    const char *federated;  /* the identity provider, when assuming a role with its token */
    bool root;              /* the account's root principal: its own account's identity policies do not limit it */
};

struct policy_question {
    const char *action;                  /* "acm:RequestCertificate" */
    const char *resource;                /* ARN; NULL = the operation has none, "*" alone covers it */
    struct policy_principal principal;
    const char *owner;                   /* account of the resource; NULL = the principal's own */
    const struct policy_set *policies;   /* of the principal; NULL = none */
    const struct policy *resource_policy; /* of the resource, or NULL */
    enum policy_kind resource_kind;      /* POLICY_RESOURCE or POLICY_TRUST: how refusals name it */
    bool resource_must_allow;            /* also within the account, as a role's trust policy must */
    policy_find find;                    /* NULL = no key has a value */
    void *context;                       /* of find */
};

/* A place in the text of a document: lines and characters count from 1; line 0 is none. */
struct policy_position {
    unsigned line, column;
};

struct policy_verdict {
    bool allowed;
    bool explicit_deny;        /* not allowed, and a statement says so */
    enum policy_kind by;       /* who granted, or who refused (the first in the order of kinds) */
    const struct policy *policy; /* whose statement granted or denied; borrowed, NULL for an implicit denial */
    const char *sid;           /* of that statement; "" when it has none, NULL for an implicit denial; borrowed */
    struct policy_position from, to; /* just behind that statement's first brace and its last */
};

/*
 * Judges: an explicit denial in any policy, service control policies, the resource's policy,
 * boundary, session policy, identity policies. For a resource of another account both that
 * account's resource policy and the caller's own policies must allow.
 * 0 with the verdict; CH_ENOMEM or what find returned: then nobody may act.
 */
int policy_judge(const struct policy_question *question, struct policy_verdict *out);

/*
 * Appends the end of AWS's refusals: "because no identity-based policy allows the acm:X action" or
 * "with an explicit deny in a permissions boundary". CH_ENOMEM.
 */
int policy_refusal_put(const struct policy_verdict *verdict, const char *action, struct buf *out);

/* Does the document itself, without regard to anybody's other policies, allow or deny? For simulations and tests. */
enum policy_answer { POLICY_SILENT, POLICY_ALLOWS, POLICY_DENIES };
int policy_ask(const struct policy *p, const struct policy_question *question,
               enum policy_answer *out);

/*
 * The same for all policies of that kind in a set together, for simulations: a kind that limits and has no policy
 * is silent. False in *limits when the set has no such kind; *out is then POLICY_SILENT.
 */
int policy_set_ask(const struct policy_set *set, enum policy_kind kind,
                   const struct policy_question *question, bool *limits, enum policy_answer *out);

/* Visits every condition key that the policy asks for ("aws:sourceip"), variables included; for GetContextKeysFor…Policy. */
void policy_keys_visit(const struct policy *p, void (*visit)(void *context, const char *key),
                       void *context);

#endif
