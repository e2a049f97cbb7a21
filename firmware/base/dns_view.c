#include "firmware/base/dns_view.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63
#define WIRE_MAX 255

/* ---- one view, out and in ---- */

static int number_put(struct buf *b, uint32_t value)
{
    uint8_t octets[4];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(value >> 8 * i);
    return buf_put(b, octets, sizeof octets);
}

static int bytes_put(struct buf *b, struct slice s)
{
    int r = number_put(b, (uint32_t)s.len);
    return r == 0 ? buf_put_slice(b, s) : r;
}

static bool is_sound(const struct dns_view *v)
{
    bool ok = v->resolver.len < DNS_NAME_SIZE && v->name.len < DNS_NAME_SIZE &&
              v->state < DNS_STATES && v->secure <= 1 && v->why.len <= DNS_RECORD_MAX &&
              v->count <= DNS_RECORDS_MAX;
    for (uint32_t i = 0; ok && i < v->count; i++)
        ok = v->records[i].len <= DNS_RECORD_MAX;
    return ok;
}

int dns_view_put(struct buf *b, const struct dns_view *v)
{
    size_t before = b->len;
    if (!is_sound(v))
        return CH_EINVAL;
    int r = bytes_put(b, v->resolver);
    if (r == 0)
        r = bytes_put(b, v->name);
    if (r == 0)
        r = number_put(b, v->type);
    if (r == 0)
        r = number_put(b, v->state);
    if (r == 0)
        r = number_put(b, v->secure);
    if (r == 0)
        r = bytes_put(b, v->why);
    if (r == 0)
        r = number_put(b, v->count);
    for (uint32_t i = 0; r == 0 && i < v->count; i++)
        r = bytes_put(b, v->records[i]);
    if (r != 0)
        b->len = before;
    return r;
}

static bool number_take(struct slice *rest, uint32_t *out)
{
    *out = 0;
    if (rest->len < 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        *out |= (uint32_t)rest->data[i] << 8 * i;
    *rest = slice_of(rest->data + 4, rest->len - 4);
    return true;
}

static bool bytes_take(struct slice *rest, size_t max, struct slice *out)
{
    uint32_t len = 0;
    if (!number_take(rest, &len) || len > max || len > rest->len)
        return false;
    *out = slice_of(rest->data, len);
    *rest = slice_of(rest->data + len, rest->len - len);
    return true;
}

int dns_view_take(struct slice *rest, struct dns_view *out)
{
    *out = (struct dns_view){0};
    if (rest->len == 0)
        return CH_ENOTFOUND;
    bool ok = bytes_take(rest, DNS_NAME_SIZE - 1, &out->resolver) &&
              bytes_take(rest, DNS_NAME_SIZE - 1, &out->name) && number_take(rest, &out->type) &&
              number_take(rest, &out->state) && number_take(rest, &out->secure) &&
              bytes_take(rest, DNS_RECORD_MAX, &out->why) && number_take(rest, &out->count) &&
              is_sound(out);
    for (uint32_t i = 0; ok && i < out->count; i++)
        ok = bytes_take(rest, DNS_RECORD_MAX, &out->records[i]);
    if (!ok)
        *out = (struct dns_view){0};
    return ok ? 0 : CH_EPROTO;
}

const char *dns_state_text(uint32_t state)
{
    static const char *const texts[DNS_STATES] = {
        [DNS_FOUND] = "found",     [DNS_NO_RECORD] = "no such record",
        [DNS_NXDOMAIN] = "NXDOMAIN", [DNS_BOGUS] = "DNSSEC failure",
        [DNS_FAILED] = "SERVFAIL", [DNS_TIMED_OUT] = "no answer in time",
    };
    return state < DNS_STATES ? texts[state] : "unknown";
}

/* ---- names ---- */

static struct slice without_dot(struct slice s)
{
    return s.len > 1 && s.data[s.len - 1] == '.' ? slice_of(s.data, s.len - 1) : s;
}

static struct slice without_underscore(struct slice s)
{
    return s.len > 1 && s.data[0] == '_' ? slice_of(s.data + 1, s.len - 1) : s;
}

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool dns_name_equal(struct slice a, struct slice b, bool loose)
{
    a = without_dot(a);
    b = without_dot(b);
    if (loose) {
        a = without_underscore(a);
        b = without_underscore(b);
    }
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (folded(a.data[i]) != folded(b.data[i]))
            return false;
    return true;
}

static size_t octet_write(uint8_t c, char *out)
{
    if (c == '.' || c == '\\') {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    if (c > ' ' && c < 0x7f) {
        out[0] = (char)c;
        return 1;
    }
    char text[8];
    snprintf(text, sizeof text, "\\%03u", c);
    memcpy(out, text, 4);
    return 4;
}

int dns_name_from_wire(struct slice wire, char out[DNS_NAME_SIZE])
{
    size_t at = 0, used = 0;
    memcpy(out, ".", 2);
    if (wire.len == 0 || wire.len > WIRE_MAX)
        return CH_EINVAL;
    while (at < wire.len && wire.data[at] != 0) {
        size_t len = wire.data[at++];
        if (len > LABEL_MAX || len >= wire.len - at)
            return CH_EINVAL;
        if (used > 0)
            out[used++] = '.';
        for (size_t i = 0; i < len; i++)
            used += octet_write(wire.data[at++], out + used);
    }
    if (used > 0)
        out[used] = '\0';
    return at == wire.len - 1 ? 0 : CH_EINVAL;
}
