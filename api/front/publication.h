/*
 * publication.h - the public plane: what relying parties fetch (certificates, CRLs) and
 * ask (OCSP). Everything here is public, and everything is core's word: the front knows
 * neither what a path means nor what an OCSP request says.
 */
#ifndef CHANCERY_FRONT_PUBLICATION_H
#define CHANCERY_FRONT_PUBLICATION_H

#include "api/front/exchange.h"

/* Route handlers; see routes.h. */
bool publication_fetch(struct exchange *x);
bool publication_fetch_query(struct exchange *x); /* of what has a query */
/* The page of approval by mail, and its form. */
bool publication_approval_get(struct exchange *x);
bool publication_approval_post(struct exchange *x);
bool publication_ocsp_post(struct exchange *x); /* RFC 6960 A.1 */
bool publication_ocsp_get(struct exchange *x);  /* the same, the request in the path as base64 */

/*
 * Core's answers as replies: with Cache-Control, ETag and Last-Modified, and 304 where the
 * condition of the request allows it (RFC 9110 13). A descriptor moves from the frame to the reply.
 * CH_EPROTO for an answer that is no reply, CH_ENOMEM.
 */
int publication_reply_approved(const struct request *request, struct frame *answer,
                               struct reply *out);
int publication_reply_fetched(const struct request *request, struct frame *answer,
                              struct reply *out);
int publication_reply_ocsp(const struct request *request, struct frame *answer, struct reply *out);

#endif
