/*
 * arn.h - the names of resources: taken apart, judged, and made.
 *
 * What a caller names must be in his own account and in the region of his signature;
 * everything else is answered like a name that does not exist.
 */
#ifndef CHANCERY_CA_ARN_H
#define CHANCERY_CA_ARN_H

#include "ca/request.h"

#define ARN_SIZE 256 /* room for every ARN that Chancery makes, with NUL */
#define ARN_ISSUED_ID_SIZE 33

/* arn:<partition>:<service>:<region>:<account>:<resource>; slices borrow from the text. */
struct arn {
    struct slice partition, service, region, account, resource;
};

/* Takes text apart; region and account may be empty, the rest not. CH_EINVAL. */
int arn_parse(const char *text, struct arn *out);

/*
 * The id in the ARN of an ACM certificate. CH_EAPI: InvalidArnException when text names
 * something else, ResourceNotFoundException when it cannot be in r's scope.
 */
int arn_certificate_id(struct request *r, const char *text, char id[ROW_UUID_SIZE]);

/* Likewise of an authority. */
int arn_authority_id(struct request *r, const char *text, char id[ROW_UUID_SIZE]);

/* The id of a certificate issued by that authority: "<authority>/certificate/<32 hex>". */
int arn_issued_id(struct request *r, const char *authority, const char *text,
                  char id[ARN_ISSUED_ID_SIZE]);

/* The id of an authority of that scope, without a request. CH_EINVAL, or CH_ENOTFOUND when it is of
 * another scope. */
int arn_authority_of_scope(const struct scope *scope, const char *text, char id[ROW_UUID_SIZE]);

/*
 * The id and the scope of an authority of whatever account, in the region of `scope`. Its owner
 * has to allow it: authorize() comes before. CH_EINVAL, or CH_ENOTFOUND for what is no authority's id.
 */
int arn_authority_of_any(const struct scope *scope, const char *text, struct scope *owner,
                         char id[ROW_UUID_SIZE]);

/* Likewise of an ACM certificate, of that scope. */
int arn_certificate_of_scope(const struct scope *scope, const char *text, char id[ROW_UUID_SIZE]);

/* Set ResourceNotFoundException in AWS's words and return CH_EAPI. */
int arn_certificate_missing(struct request *r, const char *text);
int arn_authority_missing(struct request *r, const char *text);

/* The ARNs of what Chancery keeps. */
void arn_certificate(const struct scope *scope, const char *id, char out[ARN_SIZE]);
void arn_authority(const struct scope *scope, const char *id, char out[ARN_SIZE]);
void arn_issued(const struct scope *scope, const char *authority, const char *id,
                char out[ARN_SIZE]);

/* A fresh random UUID (version 4), lower case. CH_ESYS when the system has no randomness. */
int arn_uuid_new(char out[ROW_UUID_SIZE]);

#endif
