#include "ca/json_text.h"

#include "firmware/base/error.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 64 /* a number as jansson writes it is shorter */
#define TIME_MIN 1e9  /* seconds: of 2001 */
#define TIME_MAX 4e9  /* of 2096 */

/* RFC 8259 7: the letters behind a backslash; others below a space become \u00XX. */
static char short_escape(char c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *at = memchr(from, c, sizeof from - 1);
    return at == NULL ? '\0' : to[at - from];
}

static int put_escape(char c, struct buf *out)
{
    char letter = short_escape(c);
    return letter != '\0' ? buf_put(out, (char[]){'\\', letter}, 2)
                          : buf_printf(out, "\\u%04X", (unsigned)(unsigned char)c);
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Runs of plain characters go in one piece. */
static int put_string(const char *text, size_t len, struct buf *out)
{
    int rc = buf_put(out, "\"", 1);
    size_t start = 0;
    for (size_t i = 0; rc == 0 && i <= len; i++) {
        if (i < len && is_plain(text[i]))
            continue;
        rc = buf_put(out, text + start, i - start);
        if (rc == 0 && i < len)
            rc = put_escape(text[i], out);
        start = i + 1;
    }
    return rc == 0 ? buf_put(out, "\"", 1) : rc;
}

static int put_object(json_t *object, unsigned digits, struct buf *out)
{
    const char *name = NULL;
    json_t *member = NULL;
    bool first = true;
    int rc = buf_put(out, "{", 1);
    json_object_foreach(object, name, member) {
        if (rc == 0 && !first)
            rc = buf_put(out, ",", 1);
        first = false;
        if (rc == 0)
            rc = put_string(name, strlen(name), out);
        if (rc == 0)
            rc = buf_put(out, ":", 1);
        if (rc == 0)
            rc = json_text(member, digits, out);
    }
    return rc == 0 ? buf_put(out, "}", 1) : rc;
}

static int put_array(const json_t *value, unsigned digits, struct buf *out)
{
    int rc = buf_put(out, "[", 1);
    for (size_t i = 0; rc == 0 && i < json_array_size(value); i++) {
        if (i > 0)
            rc = buf_put(out, ",", 1);
        if (rc == 0)
            rc = json_text(json_array_get(value, i), digits, out);
    }
    return rc == 0 ? buf_put(out, "]", 1) : rc;
}

/*
 * A time in seconds with at most three decimals, as nearly all reals here are. Between these bounds 16 digits
 * show six decimals, and what a double is beside such a number is less than half of the last of them.
 */
static bool put_time(double value, struct buf *out, int *rc)
{
    const int64_t milliseconds = value >= TIME_MIN && value < TIME_MAX ? (int64_t)(value * 1000 + 0.5) : 0;
    if (milliseconds == 0 || (double)milliseconds / 1000 != value)
        return false;
    char text[NUMBER_MAX];
    int len = snprintf(text, sizeof text, "%lld.%03d", (long long)(milliseconds / 1000),
                       (int)(milliseconds % 1000));
    while (text[len - 1] == '0' && text[len - 2] != '.')
        len--;
    *rc = buf_put(out, text, (size_t)len);
    return true;
}

static int put_number(const json_t *value, unsigned digits, struct buf *out)
{
    char text[NUMBER_MAX];
    int rc = 0;
    if (digits == 16 && json_is_real(value) && put_time(json_real_value(value), out, &rc))
        return rc;
    size_t len = json_dumpb(value, text, sizeof text,
                            JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
    return len == 0 || len > sizeof text ? CH_EINVAL : buf_put(out, text, len);
}

int json_text(json_t *value, unsigned digits, struct buf *out)
{
    if (value == NULL)
        return CH_ENOMEM;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return put_object(value, digits, out);
    case JSON_ARRAY:
        return put_array(value, digits, out);
    case JSON_STRING:
        return put_string(json_string_value(value), json_string_length(value), out);
    case JSON_TRUE:
        return buf_put(out, "true", 4);
    case JSON_FALSE:
        return buf_put(out, "false", 5);
    case JSON_NULL:
        return buf_put(out, "null", 4);
    default:
        return put_number(value, digits, out);
    }
}
