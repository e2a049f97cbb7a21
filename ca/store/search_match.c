/* Is a condition true: of every row of a facet, of none, or only of some; and of one row. */
#include "ca/store/search_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void condition_clear(struct condition *c)
{
    for (size_t i = 0; i < c->count; i++)
        condition_clear(&c->parts[i]);
    free(c->parts);
    free(c->text);
    *c = (struct condition){0};
}

/* ---- of a facet ---- */

static bool is_set(enum facet_field field)
{
    return field == FACET_KEY_USAGES || field == FACET_EXTENDED_KEY_USAGES;
}

static bool facet_fits(const struct condition *c, int64_t facet)
{
    unsigned value = facet_get(facet, c->field);
    return is_set(c->field) ? (value & c->any) != 0 : (c->any >> value & 1) != 0;
}

static enum truth leaf_of_facet(const struct condition *c, const struct search_facet *facet)
{
    if (!facet_fits(c, facet->facet))
        return facet->stale && facet_fits(c, facet_run_out(facet->facet)) ? TRUTH_MAYBE : TRUTH_NO;
    return facet->stale && !facet_fits(c, facet_run_out(facet->facet)) ? TRUTH_MAYBE : TRUTH_YES;
}

static enum truth needs(const struct search_facet *facet, enum facet_field field)
{
    return facet_get(facet->facet, field) != 0 ? TRUTH_MAYBE : TRUTH_NO;
}

static enum truth parts_of_facet(const struct condition *c, const struct search_facet *facet)
{
    enum truth decides = c->kind == CONDITION_AND ? TRUTH_NO : TRUTH_YES;
    enum truth result = c->kind == CONDITION_AND ? TRUTH_YES : TRUTH_NO;
    for (size_t i = 0; i < c->count && result != decides; i++) {
        enum truth part = match_facet(&c->parts[i], facet);
        if (part == decides || part == TRUTH_MAYBE)
            result = part;
    }
    return result;
}

static enum truth not_of_facet(const struct condition *c, const struct search_facet *facet)
{
    enum truth part = match_facet(&c->parts[0], facet);
    if (part == TRUTH_MAYBE)
        return part;
    return part == TRUTH_YES ? TRUTH_NO : TRUTH_YES;
}

enum truth match_facet(const struct condition *c, const struct search_facet *facet)
{
    switch (c->kind) {
    case CONDITION_AND:
    case CONDITION_OR:
        return parts_of_facet(c, facet);
    case CONDITION_NOT:
        return not_of_facet(c, facet);
    case CONDITION_FACET:
        return leaf_of_facet(c, facet);
    case CONDITION_COMMON_NAME:
        return needs(facet, FACET_HAS_COMMON_NAME);
    case CONDITION_NOT_AFTER:
    case CONDITION_NOT_BEFORE:
        return needs(facet, FACET_HAS_VALIDITY);
    default:
        return TRUTH_MAYBE;
    }
}

/* ---- of a row ---- */

char match_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_text(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (match_lower(a[i]) != match_lower(b[i]))
            return false;
    return true;
}

static bool text_contains(struct slice text, struct slice part)
{
    const char *at = (const char *)text.data;
    if (part.len > text.len)
        return false;
    for (size_t i = 0; i <= text.len - part.len; i++)
        if (same_text(at + i, (const char *)part.data, part.len))
            return true;
    return false;
}

static bool text_fits(const struct condition *c, struct slice text)
{
    struct slice value = slice_text(c->text);
    if (c->contains)
        return text_contains(text, value);
    return text.len == value.len &&
           same_text((const char *)text.data, (const char *)value.data, value.len);
}

static int any_of_list(const struct condition *c, struct slice names, bool *yes)
{
    json_t *list = json_loadb((const char *)names.data, names.len, 0, NULL);
    if (list == NULL)
        return CH_EINTEGRITY;
    for (size_t i = 0; i < json_array_size(list) && !*yes; i++)
        *yes = text_fits(c, slice_text(json_string_value(json_array_get(list, i))));
    json_decref(list);
    return 0;
}

/*
 * The list is JSON, ["a","b"]; a name with a backslash in it would be escaped, then it is parsed.
 * Otherwise each name lies between quotes.
 */
static int names_fit(const struct condition *c, struct slice names, bool *yes)
{
    const char *at = (const char *)names.data;
    const char *end = at + names.len;
    if (names.len == 0)
        return 0;
    if (memchr(at, '\\', names.len) != NULL)
        return any_of_list(c, names, yes);
    while (!*yes && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (close == NULL)
            return CH_EINTEGRITY;
        *yes = text_fits(c, slice_of(at + 1, (size_t)(close - at - 1)));
        at = close + 1;
    }
    return 0;
}

static bool hex_fits(const char *text, struct slice octets)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (; *text != '\0'; text++) {
        if (*text == ':' || *text == '-')
            continue;
        if (at / 2 >= octets.len)
            return false;
        uint8_t octet = octets.data[at / 2];
        if (*text != digits[at % 2 == 0 ? octet >> 4 : octet & 0xf])
            return false;
        at++;
    }
    return at == 2 * octets.len;
}

static bool time_fits(const struct condition *c, struct search_row *row, enum search_column column)
{
    int64_t time = sqlite3_column_int64(row->q.st, (int)column);
    return facet_get(row->facet, FACET_HAS_VALIDITY) != 0 && time >= c->from && time <= c->to;
}

static int parts_of_row(const struct condition *c, struct search_row *row, bool *yes)
{
    bool decides = c->kind != CONDITION_AND;
    int rc = 0;
    *yes = !decides;
    for (size_t i = 0; rc == 0 && i < c->count && *yes != decides; i++)
        rc = match_row(&c->parts[i], row, yes);
    return rc;
}

int match_row(const struct condition *c, struct search_row *row, bool *yes)
{
    int rc = 0;
    *yes = false;
    switch (c->kind) {
    case CONDITION_AND:
    case CONDITION_OR:
        return parts_of_row(c, row, yes);
    case CONDITION_NOT:
        rc = match_row(&c->parts[0], row, yes);
        *yes = !*yes;
        break;
    case CONDITION_FACET:
        *yes = facet_fits(c, row->facet);
        break;
    case CONDITION_ID:
        *yes = hex_fits(c->text, query_get_bytes(&row->q, COLUMN_ID));
        break;
    case CONDITION_SERIAL:
        *yes = hex_fits(c->text, query_get_bytes(&row->q, COLUMN_SERIAL));
        break;
    case CONDITION_COMMON_NAME:
        *yes = facet_get(row->facet, FACET_HAS_COMMON_NAME) != 0 &&
               text_fits(c, query_get_bytes(&row->q, COLUMN_COMMON));
        break;
    case CONDITION_NAME:
        rc = names_fit(c, query_get_bytes(&row->q, COLUMN_NAMES), yes);
        break;
    case CONDITION_NOT_AFTER:
        *yes = time_fits(c, row, COLUMN_NOT_AFTER);
        break;
    case CONDITION_NOT_BEFORE:
        *yes = time_fits(c, row, COLUMN_NOT_BEFORE);
        break;
    }
    return rc;
}
