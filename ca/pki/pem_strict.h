/*
 * pem_strict.h - PEM as RFC 7468 wants it written, for what is imported: nothing but blocks and line
 * ends between them, no blank at the end of a line, no other characters than base64 in a block. The
 * user guide of ACM promises that a file edited otherwise is refused.
 */
#ifndef CHANCERY_PKI_PEM_STRICT_H
#define CHANCERY_PKI_PEM_STRICT_H

#include "ca/pki/pki.h"

/* One block; borrows from the text. */
struct pki_pem_block {
    struct slice label; /* "CERTIFICATE" */
    struct slice body;  /* the lines between, with their ends; not judged yet */
};

/*
 * Takes the next block off *rest. 0; CH_ENOTFOUND: nothing but line ends is left; CH_EINVAL: something
 * else is.
 */
int pki_pem_next(struct slice *rest, struct pki_pem_block *block);

/* Octets that a body of that length can stand for at most. */
size_t pki_pem_size(const struct pki_pem_block *block);

/*
 * Decodes a body into out, which has room for pki_pem_size; *len receives the octets. CH_EINVAL when
 * it is not base64 in lines, or empty; CH_ENOMEM.
 */
int pki_pem_decode(const struct pki_pem_block *block, uint8_t *out, size_t *len);

#endif
