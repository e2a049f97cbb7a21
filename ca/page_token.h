/*
 * page_token.h - NextToken: opaque to the client, bound to the question it continues.
 */
#ifndef CHANCERY_CA_PAGE_TOKEN_H
#define CHANCERY_CA_PAGE_TOKEN_H

#include "ca/request.h"

/* Where a list goes on: the key of the last row that was answered. */
struct page_key {
    int64_t created;
    char id[ROW_UUID_SIZE];
};

/*
 * Puts NextToken into r->out: base64 of key and MAC. The MAC covers operation, account, region and all
 * members of r->in but the token and the page size, so a token serves only the list that gave
 * it. CH_ENOMEM, CH_EHSM.
 */
int page_token_put(struct request *r, const struct page_key *key);

/* Reads r->in's NextToken; without one the key is {0, ""}. CH_EINVAL when it was altered or belongs
 * to another question. */
int page_token_read(struct request *r, struct page_key *key);

#endif
