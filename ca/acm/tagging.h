/*
 * tagging.h - the tags of a certificate, for both families of operations: AddTagsToCertificate,
 * RemoveTagsFromCertificate and ListTagsForCertificate by CertificateArn, TagResource, UntagResource and
 * ListTagsForResource by ResourceArn. They differ in what they call a refusal.
 */
#ifndef CHANCERY_ACM_TAGGING_H
#define CHANCERY_ACM_TAGGING_H

#include "ca/request.h"

/*
 * The id in ResourceArn. CH_EAPI: ValidationException when it names no certificate (those
 * operations have no InvalidArnException), ResourceNotFoundException when it cannot be in r's scope.
 */
int tagging_resource(struct request *r, char id[ROW_UUID_SIZE]);

/*
 * Puts r->in's Tags, or takes them off, or takes the keys of TagKeys off, and commits. CH_ENOTFOUND
 * without the certificate; CH_ELIMIT when it would have too many.
 */
int tagging_put(struct request *r, const char *id);
int tagging_remove(struct request *r, const char *id);
int tagging_remove_keys(struct request *r, const char *id);

/* Answers Tags: all of them, at most 50, so there are no pages. CH_ENOTFOUND. */
int tagging_list(struct request *r, const char *id);

#endif
