/*
 * reply.h - what is sent back: core's answer, checked, or the front's own refusal.
 * Knows no HTTP library.
 */
#ifndef CHANCERY_FRONT_REPLY_H
#define CHANCERY_FRONT_REPLY_H

#include "firmware/base/message.h"

/* What the front says without asking core. One row each in reply.c. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_MALFORMED,
    REFUSAL_TOO_MANY_HEADERS,
    REFUSAL_NOT_FOUND,
    REFUSAL_METHOD,
    REFUSAL_TIMEOUT,
    REFUSAL_TOO_LARGE,
    REFUSAL_TARGET_TOO_LONG,
    REFUSAL_HEAD_TOO_LARGE,
    REFUSAL_MEDIA_TYPE,
    REFUSAL_INTERNAL,
    REFUSAL_UNAVAILABLE,
    REFUSAL_COUNT
};

struct reply {
    unsigned status;
    bool close;         /* the connection ends after this reply */
    struct buf headers; /* name NUL value NUL, ... in order */
    struct buf text;    /* the body of a refusal; empty for core's answers */
    struct slice body;  /* into text, or into core's frame */
    int file;           /* -1, or the body: a regular file, owned by the reply until taken (set to -1) */
    uint64_t file_size;
};

#define REPLY_ID_SIZE 37
/* A fresh request id, a version 4 UUID as text, to out[REPLY_ID_SIZE]. */
void reply_new_id(char *out);

/*
 * Turns core's answer into a reply; the body borrows from the answer. Headers that the
 * server sets itself are left out; `connection: close` becomes a flag. CH_EPROTO
 * for a status outside 200..599 or a header that cannot be sent, CH_ENOMEM.
 */
int reply_from_core(const struct msg_call_reply *answer, struct reply *out);

/* Appends a header. CH_EPROTO for one that cannot be sent, CH_ENOMEM. */
int reply_put_header(struct reply *r, struct slice name, struct slice value);

/* A refusal with JSON body and fresh id; allow (may be NULL) is the Allow header. CH_ENOMEM. */
int reply_refuse(enum refusal why, const char *allow, struct reply *out);

/*
 * Appends a refusal as a whole HTTP/1.1 message that ends the connection, for where
 * the server cannot queue one. CH_ENOMEM.
 */
int reply_refuse_raw(enum refusal why, struct buf *out);

/* The next header of a reply: *at starts at 0. False at the end. Texts borrow from the reply. */
bool reply_next_header(const struct reply *r, size_t *at, const char **name, const char **value);

/* Wipes and frees what the reply owns. A zeroed one owns no file: it counts as -1. */
void reply_free(struct reply *r);

#endif
