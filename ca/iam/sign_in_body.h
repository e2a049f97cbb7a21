/*
 * sign_in_body.h - what somebody sends who signs in: the one body that is parsed before anything is proved.
 */
#ifndef CHANCERY_IAM_SIGN_IN_BODY_H
#define CHANCERY_IAM_SIGN_IN_BODY_H

#include "ca/contract/contract.h"

/* A row a member of the JSON object; all are strings. */
struct sign_in_member {
    const char *name;
    bool required;
    size_t min, max;       /* octets */
    const char *allowed;   /* characters; NULL: those that a password may have */
    size_t offset;         /* of the text in struct sign_in_body */
};

extern const struct sign_in_member sign_in_members[];
extern const size_t sign_in_member_count;

/* NULL for what is absent; all borrow from json. */
struct sign_in_body {
    const char *account; /* 12 digits, or an alias */
    const char *user_name;
    const char *password;
    const char *code;    /* of an MFA device */
    const char *new_password;
    json_t *json;
};

/*
 * CH_EAPI: SerializationException for what is no JSON object, ValidationException for another member than those of
 * the table, or one that is not as there. Free with sign_in_body_free in any case.
 */
int sign_in_body_parse(struct slice body, struct sign_in_body *out, struct api_error *error);
void sign_in_body_free(struct sign_in_body *body);

#endif
