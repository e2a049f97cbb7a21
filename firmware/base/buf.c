#include "firmware/base/buf.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slice slice_text(const char *text)
{
    return slice_of(text, text == NULL ? 0 : strlen(text));
}

struct slice slice_of(const void *data, size_t len)
{
    return (struct slice){.data = data, .len = len};
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool slice_is(struct slice s, const char *text)
{
    return slice_equal(s, slice_text(text));
}

char *slice_dup(struct slice s)
{
    if (s.len > 0 && memchr(s.data, 0, s.len) != NULL)
        return NULL;
    char *text = malloc(s.len + 1);
    if (text == NULL)
        return NULL;
    if (s.len > 0)
        memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    return text;
}

bool bytes_equal_ct(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < len; i++)
        difference = (uint8_t)(difference | (x[i] ^ y[i]));
    return difference == 0;
}

/* Grows by a fresh block, so that the old bytes can be wiped: realloc would leave them behind. */
static int buf_grow(struct buf *b, size_t need)
{
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap *= 2;
    uint8_t *data = malloc(cap);
    if (data == NULL)
        return CH_ENOMEM;
    if (b->len > 0)
        memcpy(data, b->data, b->len);
    if (b->data != NULL)
        explicit_bzero(b->data, b->cap);
    free(b->data);
    b->data = data;
    b->cap = cap;
    return 0;
}

static size_t buf_bound(const struct buf *b)
{
    return b->cap_max == 0 ? BUF_MAX : b->cap_max;
}

/*
 * Makes room for len more bytes within the bound, and for a NUL behind them, which
 * the bound does not count. CH_ELIMIT, CH_ENOMEM.
 */
static int buf_room(struct buf *b, size_t len)
{
    PRECOND(b != NULL);
    size_t max = buf_bound(b);
    if (len > max || b->len > max - len)
        return CH_ELIMIT;
    return b->len + len + 1 > b->cap ? buf_grow(b, b->len + len + 1) : 0;
}

uint8_t *buf_reserve(struct buf *b, size_t len)
{
    return buf_room(b, len) == 0 ? b->data + b->len : NULL;
}

int buf_put(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return 0;
    int e = buf_room(b, len);
    if (e != 0)
        return e;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return 0;
}

int buf_put_slice(struct buf *b, struct slice s)
{
    return buf_put(b, s.data, s.len);
}

int buf_put_text(struct buf *b, const char *text)
{
    return buf_put_slice(b, slice_text(text));
}

/* Into the room that is there; when that is too small, once more into enough of it. */
int buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    size_t room = b->cap - b->len;
    va_start(args, format);
    int len = vsnprintf(room == 0 ? NULL : (char *)b->data + b->len, room, format, args);
    va_end(args);
    if (len < 0)
        return CH_EINVAL;
    int e = buf_room(b, (size_t)len);
    if (e != 0)
        return e;
    if ((size_t)len >= room) {
        va_start(args, format);
        vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
        va_end(args);
    }
    b->len += (size_t)len;
    return 0;
}

int buf_put_hex(struct buf *b, const void *data, size_t len)
{
    if (len > buf_bound(b) / 2)
        return CH_ELIMIT;
    int e = buf_room(b, 2 * len);
    if (e != 0)
        return e;
    hex_encode(data, len, (char *)b->data + b->len);
    b->len += 2 * len;
    return 0;
}

const char *buf_text(struct buf *b)
{
    if (buf_room(b, 0) != 0)
        return NULL;
    b->data[b->len] = '\0';
    return (const char *)b->data;
}

struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->data, b->len);
}

void buf_clear(struct buf *b)
{
    if (b->data != NULL)
        explicit_bzero(b->data, b->cap);
    b->len = 0;
}

void buf_free(struct buf *b)
{
    if (b == NULL)
        return;
    buf_clear(b);
    free(b->data);
    *b = (struct buf){0};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int hex_decode(const char *hex, size_t len, uint8_t *out)
{
    if (len % 2 != 0)
        return CH_EINVAL;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(hex[i]);
        int low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0)
            return CH_EINVAL;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

void hex_encode(const void *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}
