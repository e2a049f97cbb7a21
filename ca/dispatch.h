/*
 * dispatch.h - one API call from its bytes to its answer:
 * authenticate -> find -> parse -> check -> authorize -> act -> record -> reply.
 */
#ifndef CHANCERY_CA_DISPATCH_H
#define CHANCERY_CA_DISPATCH_H

#include "ca/request.h"

struct dispatch_reply {
    uint32_t status;          /* HTTP */
    char id[ROW_UUID_SIZE];   /* x-amzn-RequestId */
    const char *content_type; /* static storage */
    bool close;               /* an error: the connection ends with it */
    struct buf body;
};

/* Acts on the call. Always gives a reply, which the caller frees; refusals and failures are replies too. */
void dispatch_call(struct core *core, const struct msg_call *call, struct dispatch_reply *out);

/* The reply as a message; it borrows from reply. */
void dispatch_reply_message(const struct dispatch_reply *reply, struct msg_call_reply *out);

/* Wipes and frees. */
void dispatch_reply_free(struct dispatch_reply *reply);

#endif
