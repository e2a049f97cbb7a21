/*
 * buf.h - bytes: borrowed (struct slice) and owned (struct buf).
 */
#ifndef CHANCERY_BASE_BUF_H
#define CHANCERY_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes; whoever made them keeps them alive. data may be NULL when len is 0. */
struct slice {
    const uint8_t *data;
    size_t len;
};

/* A slice over a C string, without its final NUL; NULL gives the empty slice. */
struct slice slice_text(const char *text);

/* A slice over len bytes at data. */
struct slice slice_of(const void *data, size_t len);

/* True when both hold the same bytes (not constant-time: never for secrets or tags). */
bool slice_equal(struct slice a, struct slice b);

/* True when the slice holds exactly the bytes of text. */
bool slice_is(struct slice s, const char *text);

/* A fresh NUL-terminated copy, or NULL when out of memory or the slice holds a NUL; the caller frees. */
char *slice_dup(struct slice s);

/* Compares len bytes in constant time; true when equal. For tags, MACs and tokens. */
bool bytes_equal_ct(const void *a, const void *b, size_t len);

/*
 * Owned, growing bytes. {0} is a valid empty buf. cap_max bounds the growth
 * (0 = BUF_MAX). buf_free wipes what it frees, so callers need not remember.
 */
struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t cap_max;
};

#define BUF_MAX ((size_t)64 * 1024 * 1024)

/* Appends; 0, CH_ELIMIT over the bound (buf unchanged) or CH_ENOMEM. */
int buf_put(struct buf *b, const void *data, size_t len);
int buf_put_slice(struct buf *b, struct slice s);
int buf_put_text(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends lower-case hex of len bytes. Errors as buf_put. */
int buf_put_hex(struct buf *b, const void *data, size_t len);

/* Makes room for len more bytes and returns where they go (buf->len is not moved); NULL on failure. */
uint8_t *buf_reserve(struct buf *b, size_t len);

/*
 * Puts a NUL behind the bytes (not counted in len) and returns them as text.
 * Borrowed from the buf; NULL when out of memory.
 */
const char *buf_text(struct buf *b);

/* Borrowed view of all bytes. */
struct slice buf_slice(const struct buf *b);

/* Empties without freeing; the old bytes are wiped. */
void buf_clear(struct buf *b);

/* Wipes, frees and resets to {0}; NULL and {0} are fine. */
void buf_free(struct buf *b);

/*
 * Decodes len hex digits (either case) into out, which has room for len / 2 bytes.
 * 0, or CH_EINVAL for an odd length or a foreign character.
 */
int hex_decode(const char *hex, size_t len, uint8_t *out);

/* Writes 2 * len lower-case digits and a NUL to out. */
void hex_encode(const void *data, size_t len, char *out);

#endif
