/*
 * mail.h - hands a mail to the relay of the configuration, by libcurl.
 */
#ifndef CHANCERY_OUTBOUND_MAIL_H
#define CHANCERY_OUTBOUND_MAIL_H

#include "api/outbound/http.h"

struct mail_answer {
    struct msg_mail_answer message; /* borrows from the rest */
    char why[OUTBOUND_WHY_MAX];
};

/* TLS as [mail] starttls says; with user and password when there are any. out is always filled. */
void mail_send(const struct outbound *o, const struct msg_mail *asked, struct mail_answer *out);

#endif
