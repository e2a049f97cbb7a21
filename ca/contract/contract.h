/*
 * contract.h - the API as tables: service, operation, structure, member, constraint, error;
 * and the one validator that reads them.
 */
#ifndef CHANCERY_CONTRACT_CONTRACT_H
#define CHANCERY_CONTRACT_CONTRACT_H

#include "ca/contract/api_error.h"
#include "firmware/base/secret.h"

#include <jansson.h>

enum shape_kind {
    SHAPE_STRUCTURE, SHAPE_UNION, SHAPE_LIST, SHAPE_STRING, SHAPE_ENUM,
    SHAPE_BLOB, SHAPE_INTEGER, SHAPE_LONG, SHAPE_BOOLEAN, SHAPE_TIMESTAMP,
    SHAPE_MAP /* of answers only: texts to values */
};

struct shape_member {
    const char *name; /* as on the wire */
    const struct shape *shape;
    bool required;
};

#define SHAPE_NO_BOUND INT64_MIN

struct shape {
    const char *name; /* as in the model */
    enum shape_kind kind;
    int64_t min, max;                   /* length, count or value; SHAPE_NO_BOUND = none */
    const char *pattern;                /* NULL = none; as the service prints it */
    unsigned pattern_id;                /* the same, compiled: enum pattern_id of patterns.h */
    const char *const *values;          /* ENUM: NULL-terminated */
    const struct shape_member *members; /* STRUCTURE, UNION */
    size_t member_count;
    const struct shape *item;           /* LIST, MAP */
    bool sensitive;                     /* never logged, never repeated in an error */
};

struct operation {
    const char *name; /* "RequestCertificate" */
    const struct shape *input;       /* a structure, never NULL */
    const struct shape *output;      /* NULL: the answer has an empty body */
    const char *const *errors;       /* NULL-terminated type names */
    const struct service *service;   /* whose operation it is */
};

struct service {
    const char *name;          /* IAM prefix and signing name: "acm", "acm-pca", "chancery" */
    const char *target_prefix; /* "CertificateManager", "ACMPrivateCA", "Chancery"; "" for the query protocol */
    const struct operation *operations;
    size_t operation_count;
    bool shows_values; /* errors repeat the value that was refused (never a sensitive one) */
    const char *version;   /* of the query protocol, "2010-05-08"; NULL: a service of JSON */
    const char *namespace; /* of its XML; NULL likewise */
};

/*
 * Compiles the patterns and seeds the hash of JSON objects; once, before threads. Where the
 * process may not map executable pages, patterns are interpreted: slower, but the same.
 * 0 or CH_ENOMEM. contract_exit frees.
 */
int contract_init(void);
void contract_exit(void);

const struct service *contract_services(size_t *count);

/* Splits "CertificateManager.RequestCertificate"; CH_ENOTFOUND when either part is unknown. */
int contract_find(struct slice target, const struct service **service,
                  const struct operation **operation);

/* The operation of that name of a service; NULL when it has none. */
const struct operation *contract_operation(const struct service *service, struct slice name);

/*
 * Parses a request body: depth at most 32, at most 65536 values, UTF-8 without NULs, no duplicate
 * keys, must be an object (an empty body counts as no JSON). CH_EAPI SerializationException
 * otherwise. The caller owns *out.
 */
int contract_parse(struct slice body, json_t **out, struct api_error *error);

/*
 * Judges in by the operation's input shape: types first (SerializationException, AWS's
 * texts), then all constraints together (ValidationException "N validation
 * errors detected: ..."; at most ten are listed, and N counts those). Lengths of text are
 * counted in Unicode code points. Null and unknown members are removed from in, fractions of
 * integers cut off, numbers beyond the integer's width clamped. 0 or CH_EAPI.
 */
int contract_check(const struct operation *operation, json_t *in, struct api_error *error);

/*
 * For tests and debug builds: does out keep to the output shape (no unknown member, right types,
 * enums)? 0, or CH_EINVAL with the reason in why.
 */
int contract_check_output(const struct operation *operation, const json_t *out, struct buf *why);

/*
 * Appends what the base64 of a BLOB member stands for to out. An absent member gives CH_ENOTFOUND,
 * one that is no base64 CH_EINVAL (never after contract_check), no room CH_ENOMEM.
 */
int contract_blob(const json_t *object, const char *member, struct buf *out);

/* Likewise into a secret that the caller frees, for sensitive blobs; no octets are CH_EINVAL. */
int contract_blob_secret(const json_t *object, const char *member, struct secret **out);

/* The JSON number that the API uses for timestamps: a double, seconds with milliseconds. */
json_t *contract_timestamp(int64_t microseconds);

/*
 * Makes jansson wipe all memory that it frees: request bodies may hold passphrases. Before
 * any JSON is made.
 */
void contract_json_wipes(void);

#endif
