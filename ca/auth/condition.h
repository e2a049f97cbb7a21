/*
 * condition.h - what the condition keys of policies say about a call: tables, a row a key, each
 * service its own. They are filled from what will be done, not only from what was written: defaults
 * are there, and names as the certificate will have them.
 */
#ifndef CHANCERY_AUTH_CONDITION_H
#define CHANCERY_AUTH_CONDITION_H

#include "ca/policy/policy.h"
#include "ca/request.h"

/* The call and the question that is asked about it. */
struct condition {
    struct request *r;
    const char *action;   /* as given to authorize */
    const char *resource; /* likewise; may be NULL */
};

/* A key in lower case; one that ends with '/' is a family, and rest is what follows. */
struct condition_key {
    const char *name;
    int (*find)(const struct condition *c, struct slice rest, struct policy_values *out);
};

struct condition_table {
    const char *prefix; /* "acm:"; each key of the rows begins with it */
    const struct condition_key *rows;
    size_t count;
};

/* Those of the services; the list of tables is in condition.c. */
extern const struct condition_table acm_condition_keys;
extern const struct condition_table pca_condition_keys;
extern const struct condition_table iam_condition_keys;
extern const struct condition_table sts_condition_keys;

/* A policy_find over all tables; context is a struct condition. */
int condition_find(void *context, struct slice key, struct policy_values *out);

#endif
