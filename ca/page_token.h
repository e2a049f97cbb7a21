/*
 * page_token.h - NextToken: opaque to the client, bound to the question it continues.
 */
#ifndef CHANCERY_CA_PAGE_TOKEN_H
#define CHANCERY_CA_PAGE_TOKEN_H

#include "ca/request.h"

/*
 * Puts NextToken into r->out: base64 of a MAC and of the encrypted place (1 to 2048 octets) where the list
 * goes on. The MAC covers operation, account, region and all members of r->in but the token and the page
 * size, so a token serves only the list that gave it. CH_ENOMEM, CH_EHSM.
 */
int page_place_put(struct request *r, struct slice place);

/*
 * Appends the place in r->in's NextToken; nothing when there is none. CH_EINVAL when it was altered or
 * belongs to another question.
 */
int page_place_read(struct request *r, struct buf *place);

/* ---- for lists that go by creation and id ---- */

/* The key of the last row that was answered. */
struct page_key {
    int64_t created;
    char id[ROW_UUID_SIZE];
};

/* The same with such a key; without a token the key is {0, ""}. */
int page_token_put(struct request *r, const struct page_key *key);
int page_token_read(struct request *r, struct page_key *key);

/* A number as eight octets, for places. */
void page_number_put(uint64_t number, uint8_t out[8]);
uint64_t page_number_get(const uint8_t in[8]);

#endif
