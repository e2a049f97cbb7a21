#include "ca/domain/caa.h"

#include "ca/domain/name.h"
#include "firmware/base/error.h"

#include <string.h>

#define CRITICAL 0x80
#define HEADER 2

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* RFC 8659 4.1: a tag of 1 octet at least, letters and digits. */
int caa_parse(struct slice rdata, struct caa_record *out)
{
    *out = (struct caa_record){0};
    if (rdata.len < HEADER || rdata.data[1] == 0 || rdata.data[1] > rdata.len - HEADER)
        return CH_EINVAL;
    size_t len = rdata.data[1];
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(rdata.data[HEADER + i]))
            return CH_EINVAL;
    out->critical = (rdata.data[0] & CRITICAL) != 0;
    out->tag = slice_of(rdata.data + HEADER, len);
    out->value = slice_of(rdata.data + HEADER + len, rdata.len - HEADER - len);
    return 0;
}

int caa_print(const struct caa_record *record, struct buf *out)
{
    int r = buf_printf(out, "%d %.*s \"", record->critical ? CRITICAL : 0, (int)record->tag.len,
                       (const char *)record->tag.data);
    for (size_t i = 0; r == 0 && i < record->value.len && i < CAA_VALUE_MAX; i++) {
        uint8_t c = record->value.data[i];
        if (c < ' ' || c > '~')
            r = buf_printf(out, "\\%03u", c);
        else
            r = buf_printf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    return r == 0 ? buf_put_text(out, "\"") : r;
}

static bool tag_is(const struct caa_record *record, const char *name)
{
    if (record->tag.len != strlen(name))
        return false;
    for (size_t i = 0; i < record->tag.len; i++)
        if (folded(record->tag.data[i]) != (uint8_t)name[i])
            return false;
    return true;
}

/* ---- the value of issue and issuewild: RFC 8659 4.2 ---- */

static void blanks_skip(struct slice *s)
{
    while (s->len > 0 && (s->data[0] == ' ' || s->data[0] == '\t'))
        *s = slice_of(s->data + 1, s->len - 1);
}

/* label = (ALPHA / DIGIT) *( *("-") (ALPHA / DIGIT)); both of issuer-domain-name and of parameter tags. */
static size_t label_len(struct slice s)
{
    size_t len = 0, end = 0;
    while (len < s.len && (is_alnum(s.data[len]) || (s.data[len] == '-' && len > 0))) {
        len++;
        if (s.data[len - 1] != '-')
            end = len;
    }
    return end;
}

static bool name_take(struct slice *s, char out[DOMAIN_SIZE])
{
    size_t used = 0;
    for (;;) {
        size_t len = label_len(*s);
        if (len == 0 || used + len + 1 >= DOMAIN_SIZE)
            return false;
        for (size_t i = 0; i < len; i++)
            out[used++] = (char)folded(s->data[i]);
        *s = slice_of(s->data + len, s->len - len);
        if (s->len == 0 || s->data[0] != '.')
            break;
        out[used++] = '.';
        *s = slice_of(s->data + 1, s->len - 1);
    }
    out[used] = '\0';
    return true;
}

/* parameter = tag *WSP "=" *WSP value; value = *(%x21-3A / %x3C-7E) */
static bool parameter_take(struct slice *s)
{
    size_t len = label_len(*s);
    if (len == 0)
        return false;
    *s = slice_of(s->data + len, s->len - len);
    blanks_skip(s);
    if (s->len == 0 || s->data[0] != '=')
        return false;
    *s = slice_of(s->data + 1, s->len - 1);
    blanks_skip(s);
    while (s->len > 0 && s->data[0] > ' ' && s->data[0] < 0x7f && s->data[0] != ';')
        *s = slice_of(s->data + 1, s->len - 1);
    blanks_skip(s);
    return true;
}

static bool parameters_take(struct slice *s)
{
    blanks_skip(s);
    while (s->len > 0) {
        if (!parameter_take(s))
            return false;
        if (s->len > 0 && s->data[0] != ';')
            return false;
        if (s->len > 0)
            *s = slice_of(s->data + 1, s->len - 1);
        blanks_skip(s);
    }
    return true;
}

static bool list_has(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        at += *at == ',' ? 1 : 0;
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

bool caa_value_names(struct slice value, const char *issuers)
{
    char name[DOMAIN_SIZE];
    blanks_skip(&value);
    if (value.len == 0 || value.data[0] == ';' || !name_take(&value, name))
        return false;
    blanks_skip(&value);
    if (value.len > 0) {
        if (value.data[0] != ';')
            return false;
        value = slice_of(value.data + 1, value.len - 1);
        if (!parameters_take(&value))
            return false;
    }
    return list_has(issuers, name);
}

/* ---- the record set ---- */

static bool is_known(const struct caa_record *record)
{
    return tag_is(record, "issue") || tag_is(record, "issuewild") || tag_is(record, "iodef");
}

/* A damaged record, or a critical one that we do not understand, forbids: RFC 8659 4.1. */
static bool forbids_at_once(struct slice rdata)
{
    struct caa_record record;
    return caa_parse(rdata, &record) != 0 || (record.critical && !is_known(&record));
}

static size_t count_of(const struct slice *rdata, size_t count, const char *tag)
{
    struct caa_record record;
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (caa_parse(rdata[i], &record) == 0 && tag_is(&record, tag))
            found++;
    return found;
}

enum caa_verdict caa_judge(const struct slice *rdata, size_t count, bool wildcard,
                           const char *issuers, size_t *which)
{
    struct caa_record record;
    *which = count;
    for (size_t i = 0; i < count; i++)
        if (forbids_at_once(rdata[i])) {
            *which = i;
            return CAA_FORBIDS;
        }
    bool wild = wildcard && count_of(rdata, count, "issuewild") > 0; /* RFC 8659 4.3 */
    const char *tag = wild ? "issuewild" : "issue";
    for (size_t i = 0; i < count; i++) {
        if (caa_parse(rdata[i], &record) != 0 || !tag_is(&record, tag))
            continue;
        if (caa_value_names(record.value, issuers))
            return CAA_ALLOWS;
        if (*which == count)
            *which = i;
    }
    return *which == count ? CAA_ALLOWS : CAA_FORBIDS;
}
