/*
 * approval.h - approval by mail: the link in the mail, the page that it leads to, and what pressing
 * one of its buttons means. Looking at the page decides nothing, as scanners of mail follow links.
 *
 * The context names the row and the end of the link's life in clear; the code is a MAC of the HSM over it. A
 * name that is decided takes no link any more.
 */
#ifndef CHANCERY_DOMAIN_APPROVAL_H
#define CHANCERY_DOMAIN_APPROVAL_H

#include "ca/core.h"
#include "ca/store/validations.h"

#define APPROVAL_CODE_SIZE 65
#define APPROVAL_LIFE_US (INT64_C(72) * 3600 * 1000000)

/* What a query or a form says. */
struct approval {
    char code[APPROVAL_CODE_SIZE]; /* 64 hex digits */
    char account[ROW_ACCOUNT_SIZE], region[ROW_REGION_SIZE], certificate[ROW_UUID_SIZE];
    uint32_t position;
    int64_t expires;   /* seconds since 1970 */
    char decision[16]; /* "approve", "deny", or empty */
};

/* code=...&context=...[&decision=...], nothing escaped as nothing needs it. CH_EINVAL for anything else. */
int approval_parse(struct slice form, struct approval *out);

/* Appends the URL for the row, good until now + 72 hours. The errors of the HSM, CH_ENOMEM. */
int approval_link(struct core *core, const struct validation_row *row, int64_t now,
                  struct buf *out);

/* The page for the query of the link, as HTML: always one, if it only says that the link is of no use. */
int approval_page(struct core *core, struct slice query, struct buf *html);

/* Does what the form of that page says, and answers with another page. */
int approval_decide(struct core *core, struct slice form, struct buf *html);

#endif
