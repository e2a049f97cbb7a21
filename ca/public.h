/*
 * public.h - what core publishes through the public plane: certificates of authorities and
 * CRLs by path, answers to OCSP requests. Nobody is asked who he is, and nothing here changes
 * anything but caches.
 */
#ifndef CHANCERY_CA_PUBLIC_H
#define CHANCERY_CA_PUBLIC_H

#include "ca/core.h"

#define PUBLIC_ETAG_SIZE 41

/* Something published: its bytes, or an open file. */
struct publication {
    const char *content_type; /* static */
    uint32_t max_age;         /* seconds that caches may keep it */
    int64_t modified;         /* seconds since 1970; 0 = not told */
    char etag[PUBLIC_ETAG_SIZE];
    struct buf body;
    int file; /* -1, or a regular file opened for reading, which is the body */
};

/*
 * Finds what stands at the path of a request ("/ca/<uuid>.cer"). The caller frees with
 * publication_free. CH_ENOTFOUND; CH_EINVAL: its query is wrong; anything else: not now.
 */
int public_fetch(struct core *core, struct slice path, struct publication *out);
void publication_free(struct publication *p);

/* The entity tag of bytes: quoted hex of their digest (RFC 9110 8.8.3). CH_ENOMEM. */
int public_etag(struct slice bytes, char etag[PUBLIC_ETAG_SIZE]);

#endif
