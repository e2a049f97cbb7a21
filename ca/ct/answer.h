/*
 * answer.h - what a log answers to add-pre-chain (RFC 6962 4.1), read and judged.
 */
#ifndef CHANCERY_CT_ANSWER_H
#define CHANCERY_CT_ANSWER_H

#include "ca/pki/ct.h"

/* The slices of a timestamp borrow from here. */
struct ct_answer {
    struct pki_timestamp timestamp;
    struct buf extensions, signature;
};

/* Reads the JSON of an answer; whether it holds is pki_timestamp_check's to say. CH_EINVAL, CH_ENOMEM. */
int ct_answer_read(struct slice json, struct ct_answer *out);
void ct_answer_free(struct ct_answer *answer);

#endif
