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
    SHAPE_BLOB, SHAPE_INTEGER, SHAPE_LONG, SHAPE_BOOLEAN, SHAPE_TIMESTAMP
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
    const char *pattern;                /* NULL = none; PCRE2 syntax, the whole value must match */
    const char *const *values;          /* ENUM: NULL-terminated */
    const struct shape_member *members; /* STRUCTURE, UNION */
    size_t member_count;
    const struct shape *item;           /* LIST */
    bool sensitive;                     /* never logged, never repeated in an error */
};

struct operation {
    const char *name; /* "RequestCertificate" */
    const struct shape *input;
    const struct shape *output;      /* NULL: the answer has an empty body */
    const char *const *errors;       /* NULL-terminated type names */
};

struct service {
    const char *name;          /* IAM prefix and signing name: "acm", "acm-pca" */
    const char *target_prefix; /* "CertificateManager", "ACMPrivateCA" */
    const struct operation *operations;
    size_t operation_count;
};

/* Compiles the patterns; once, before threads. 0 or CH_ENOMEM. contract_exit frees them. */
int contract_init(void);
void contract_exit(void);

const struct service *contract_services(size_t *count);

/* Splits "CertificateManager.RequestCertificate"; CH_ENOTFOUND when either part is unknown. */
int contract_find(struct slice target, const struct service **service,
                  const struct operation **operation);

/*
 * Parses a request body: depth at most 32, no duplicate keys, must be an object (an
 * empty body counts as no JSON). CH_EAPI SerializationException otherwise. The caller owns *out.
 */
int contract_parse(struct slice body, json_t **out, struct api_error *error);

/*
 * Judges in by the operation's input shape: types first (SerializationException, AWS's
 * texts), then all constraints together (ValidationException "N validation
 * errors detected: ..."). Null and unknown members are removed from in, fractions of
 * integers cut off. 0 or CH_EAPI.
 */
int contract_check(const struct operation *operation, json_t *in, struct api_error *error);

/*
 * For tests and debug builds: does out keep to the output shape (no unknown member, right types,
 * enums)? 0, or CH_EINVAL with the reason in why.
 */
int contract_check_output(const struct operation *operation, const json_t *out, struct buf *why);

/* Decodes the base64 of a BLOB member that contract_check accepted. NULL text gives CH_ENOTFOUND. */
int contract_blob(const json_t *object, const char *member, struct buf *out);

/* Likewise into a secret, for sensitive blobs. */
int contract_blob_secret(const json_t *object, const char *member, struct secret **out);

/* Microseconds -> the JSON number that the API uses for timestamps (double, seconds). */
json_t *contract_timestamp(int64_t microseconds);

/* Makes jansson wipe all memory it frees: request bodies may hold passphrases. Before any JSON is made. */
void contract_json_wipes(void);

#endif
