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

static bool text_is(struct slice s, const char *folded_text)
{
    if (s.len != strlen(folded_text))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (folded(s.data[i]) != (uint8_t)folded_text[i])
            return false;
    return true;
}

static bool tag_is(const struct caa_record *record, const char *name)
{
    return text_is(record->tag, name);
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

/* What is done with a parameter of a property; false: it keeps us out. */
struct parameters {
    const struct caa_asker *asker;
    unsigned accounts, methods; /* how many of each were met */
};

static bool list_has(const char *list, struct slice name)
{
    for (const char *at = list; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        at += *at == ',' ? 1 : 0;
        if (strncmp(at, (const char *)name.data, name.len) == 0 &&
            (at[name.len] == ',' || at[name.len] == '\0'))
            return true;
    }
    return false;
}

/* RFC 8657 3; the form of URI is ours to say: RFC 7565, as Baseline Requirements 4.2.2.1.2 would have it. */
static bool account_allows(struct parameters *p, struct slice uri)
{
    static const char scheme[] = "acct:";
    size_t account = strlen(p->asker->account);
    size_t head = sizeof scheme - 1 + account + 1;
    if (++p->accounts > 1 || uri.len <= head || memcmp(uri.data, scheme, sizeof scheme - 1) != 0)
        return false;
    return memcmp(uri.data + sizeof scheme - 1, p->asker->account, account) == 0 &&
           uri.data[head - 1] == '@' &&
           list_has(p->asker->issuers, slice_of(uri.data + head, uri.len - head));
}

/* RFC 8657 4: value = [*(label ",") label]; label = 1*(ALPHA / DIGIT / "-"). */
static bool methods_allow(struct parameters *p, struct slice list)
{
    bool found = false;
    if (++p->methods > 1)
        return false;
    for (size_t begin = 0; begin <= list.len;) {
        size_t end = begin;
        while (end < list.len && (is_alnum(list.data[end]) || list.data[end] == '-'))
            end++;
        if (end == begin || (end < list.len && list.data[end] != ','))
            return false;
        found = found || text_is(slice_of(list.data + begin, end - begin), p->asker->method);
        begin = end + 1;
    }
    return found;
}

static const struct {
    const char *tag;
    bool (*allows)(struct parameters *p, struct slice value);
} parameters_known[] = {
    {"accounturi", account_allows},
    {"validationmethods", methods_allow},
};

static bool parameter_allows(struct parameters *p, struct slice tag, struct slice value)
{
    for (size_t i = 0; i < sizeof parameters_known / sizeof parameters_known[0]; i++)
        if (text_is(tag, parameters_known[i].tag))
            return parameters_known[i].allows(p, value);
    return true;
}

/* parameter = tag *WSP "=" *WSP value; value = *(%x21-3A / %x3C-7E) */
static bool parameter_take(struct slice *s, struct parameters *p)
{
    struct slice tag = slice_of(s->data, label_len(*s));
    if (tag.len == 0)
        return false;
    *s = slice_of(s->data + tag.len, s->len - tag.len);
    blanks_skip(s);
    if (s->len == 0 || s->data[0] != '=')
        return false;
    *s = slice_of(s->data + 1, s->len - 1);
    blanks_skip(s);
    struct slice value = slice_of(s->data, 0);
    while (s->len > 0 && s->data[0] > ' ' && s->data[0] < 0x7f && s->data[0] != ';') {
        value.len++;
        *s = slice_of(s->data + 1, s->len - 1);
    }
    blanks_skip(s);
    return parameter_allows(p, tag, value);
}

static bool parameters_allow(struct slice *s, const struct caa_asker *asker)
{
    struct parameters p = {.asker = asker};
    blanks_skip(s);
    while (s->len > 0) {
        if (!parameter_take(s, &p))
            return false;
        if (s->len > 0 && s->data[0] != ';')
            return false;
        if (s->len > 0)
            *s = slice_of(s->data + 1, s->len - 1);
        blanks_skip(s);
    }
    return true;
}

bool caa_value_allows(struct slice value, const struct caa_asker *asker)
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
        if (!parameters_allow(&value, asker))
            return false;
    }
    return list_has(asker->issuers, slice_text(name));
}

const char *caa_method_label(const char *method)
{
    static const char *const labels[][2] = {
        {"EMAIL", "ca-tbr-4"}, {"DNS", "ca-tbr-7"}, {"HTTP", "ca-tbr-18"}};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (strcmp(labels[i][0], method) == 0)
            return labels[i][1];
    return "";
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
                           const struct caa_asker *asker, size_t *which)
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
        if (caa_value_allows(record.value, asker))
            return CAA_ALLOWS;
        if (*which == count)
            *which = i;
    }
    return *which == count ? CAA_ALLOWS : CAA_FORBIDS;
}
