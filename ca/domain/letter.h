/*
 * letter.h - the mail that asks the owner of a domain for approval, in the form of the user guide of ACM ("Email
 * validation"), as a message of RFC 5322.
 */
#ifndef CHANCERY_DOMAIN_LETTER_H
#define CHANCERY_DOMAIN_LETTER_H

#include "firmware/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are borrowed. */
struct letter {
    const char *from;        /* an address */
    const char *domain;      /* the name that is to be proved */
    const char *account, *region, *certificate;
    const char *link;        /* to the page of approvals */
    uint32_t position;       /* of the name in the certificate */
    int64_t number;          /* tells this mail from others for the name */
    int64_t at;              /* seconds since 1970 */
    bool renewal;            /* the certificate is in use */
};

/*
 * Appends the message, lines ended by CR LF. CH_EINVAL: a text is empty or has anything but visible ASCII, which might begin a
 * header of its own, or the address is none. CH_ELIMIT: a line would be longer than RFC 5322 2.1.1 allows.
 */
int letter_make(const struct letter *l, struct buf *out);

#endif
