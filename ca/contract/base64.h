/*
 * base64.h - base64 as the API takes it: the plain alphabet, padded, no line ends.
 */
#ifndef CHANCERY_CONTRACT_BASE64_H
#define CHANCERY_CONTRACT_BASE64_H

#include "firmware/base/buf.h"

enum base64_fault {
    BASE64_FINE,
    BASE64_LENGTH,    /* not a multiple of four */
    BASE64_CHARACTER, /* a foreign character, or padding before the end */
    BASE64_REMAINDER  /* bits of the last character that belong to no octet are set */
};

/* What is wrong with text; at receives the offset of a BASE64_CHARACTER, else 0. */
enum base64_fault base64_judge(struct slice text, size_t *at);

/* Octets that text (judged fine) stands for. */
size_t base64_size(struct slice text);

/*
 * Decodes text (judged fine) into out, which has room for 3 * text.len / 4 octets; the first
 * base64_size of them count.
 */
void base64_decode(struct slice text, uint8_t *out);

#endif
