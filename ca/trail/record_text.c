#include "ca/trail/record_text.h"

#include "firmware/base/error.h"

#include <string.h>

#define NUMBER_MAX 64 /* a number as jansson writes it is shorter */

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

static int put_object(json_t *object, struct buf *out)
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
            rc = record_text(member, out);
    }
    return rc == 0 ? buf_put(out, "}", 1) : rc;
}

static int put_array(const json_t *value, struct buf *out)
{
    int rc = buf_put(out, "[", 1);
    for (size_t i = 0; rc == 0 && i < json_array_size(value); i++) {
        if (i > 0)
            rc = buf_put(out, ",", 1);
        if (rc == 0)
            rc = record_text(json_array_get(value, i), out);
    }
    return rc == 0 ? buf_put(out, "]", 1) : rc;
}

static int put_number(const json_t *value, struct buf *out)
{
    char text[NUMBER_MAX];
    size_t len = json_dumpb(value, text, sizeof text, JSON_COMPACT | JSON_ENCODE_ANY);
    return len == 0 || len > sizeof text ? CH_EINVAL : buf_put(out, text, len);
}

int record_text(json_t *value, struct buf *out)
{
    if (value == NULL)
        return CH_ENOMEM;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return put_object(value, out);
    case JSON_ARRAY:
        return put_array(value, out);
    case JSON_STRING:
        return put_string(json_string_value(value), json_string_length(value), out);
    case JSON_TRUE:
        return buf_put(out, "true", 4);
    case JSON_FALSE:
        return buf_put(out, "false", 5);
    case JSON_NULL:
        return buf_put(out, "null", 4);
    default:
        return put_number(value, out);
    }
}
