#include "ca/policy/internal.h"

#include <string.h>

#define VARIABLES_MAX ((size_t)200) /* of one pattern: its index is an octet */

/* ---- text -> code ---- */

struct compiling {
    struct arena *arena;
    unsigned flags;
    uint8_t *code;
    size_t len;
    struct variable *variables;
    size_t variable_count;
};

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static void emit(struct compiling *c, uint8_t octet)
{
    if (octet < CODE_END)
        c->code[c->len++] = CODE_LITERAL;
    c->code[c->len++] = octet;
}

/* The key as condition tables want it: lower case up to the first '/'. */
static int key_copy(struct arena *a, struct slice text, struct slice *out)
{
    char *copy = arena_copy(a, text);
    if (copy == NULL)
        return CH_ENOMEM;
    for (char *p = copy; *p != '\0' && *p != '/'; p++)
        *p = (char)fold((uint8_t)*p);
    *out = slice_of(copy, text.len);
    return 0;
}

/* The last blank before the end and the quotes around a default value are no part of it. */
static int fallback_read(struct slice text, struct variable *out)
{
    while (text.len > 0 && text.data[0] == ' ')
        text = slice_of(text.data + 1, text.len - 1);
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    if (text.len < 2 || text.data[0] != '\'' || text.data[text.len - 1] != '\'')
        return CH_EINVAL;
    out->fallback = slice_of(text.data + 1, text.len - 2);
    out->has_fallback = true;
    return 0;
}

/* What stands between ${ and }: one character that is itself, or a key with its default. */
static int variable_put(struct compiling *c, struct slice inside)
{
    if (inside.len == 1 && memchr("*?$", inside.data[0], 3) != NULL) {
        emit(c, inside.data[0]);
        return 0;
    }
    struct variable *v = &c->variables[c->variable_count];
    const uint8_t *comma = inside.len == 0 ? NULL : memchr(inside.data, ',', inside.len);
    struct slice key = comma == NULL ? inside : slice_of(inside.data, (size_t)(comma - inside.data));
    if (key.len == 0 || memchr(key.data, ':', key.len) == NULL || c->variable_count == VARIABLES_MAX)
        return CH_EINVAL;
    int r = key_copy(c->arena, key, &v->key);
    if (r == 0 && comma != NULL) {
        char *rest = arena_copy(c->arena, slice_of(comma + 1, inside.len - key.len - 1));
        r = rest == NULL ? CH_ENOMEM : fallback_read(slice_text(rest), v);
    }
    if (r != 0)
        return r;
    c->code[c->len++] = CODE_VARIABLE;
    c->code[c->len++] = (uint8_t)(++c->variable_count);
    return 0;
}

static int character_put(struct compiling *c, uint8_t octet)
{
    bool wild = (c->flags & PATTERN_WILD) != 0;
    if (wild && octet == '*') {
        if (c->len == 0 || c->code[c->len - 1] != CODE_ANY)
            c->code[c->len++] = CODE_ANY;
    } else if (wild && octet == '?') {
        c->code[c->len++] = CODE_ONE;
    } else {
        emit(c, (c->flags & PATTERN_FOLD) != 0 ? fold(octet) : octet);
    }
    return 0;
}

static size_t variables_count(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i + 1 < text.len; i++)
        count += text.data[i] == '$' && text.data[i + 1] == '{';
    return count;
}

int pattern_compile(struct arena *a, struct slice text, unsigned flags, struct pattern *out)
{
    bool variables = (flags & PATTERN_VARIABLES) != 0;
    struct compiling c = {.arena = a, .flags = flags};
    *out = (struct pattern){0};
    c.code = arena_take(a, 2 * text.len + 1, 1);
    c.variables = arena_take(a, variables ? variables_count(text) + 1 : 1, sizeof *c.variables);
    int r = c.code == NULL || c.variables == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; i < text.len && r == 0; i++) {
        if (!variables || text.data[i] != '$' || i + 1 == text.len || text.data[i + 1] != '{') {
            r = character_put(&c, text.data[i]);
            continue;
        }
        const uint8_t *from = text.data + i + 2;
        const uint8_t *end = memchr(from, '}', text.len - i - 2);
        r = end == NULL ? CH_EINVAL : variable_put(&c, slice_of(from, (size_t)(end - from)));
        i += end == NULL ? 0 : (size_t)(end - from) + 2;
    }
    out->code = slice_of(c.code, c.len);
    out->variables = c.variables;
    out->variable_count = c.variable_count;
    out->anything = c.len == 1 && c.code[0] == CODE_ANY;
    return r;
}

/* The octets before the next colon that is not within ${...}. */
static size_t part_length(struct slice text, bool variables)
{
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        if (variables && text.data[i] == '$' && i + 1 < text.len && text.data[i + 1] == '{')
            inside = true;
        else if (text.data[i] == '}')
            inside = false;
        else if (text.data[i] == ':' && !inside)
            return i;
    }
    return text.len;
}

int arn_pattern_compile(struct arena *a, struct slice text, unsigned flags,
                        struct arn_pattern *out)
{
    int r = 0;
    bool ended = false;
    *out = (struct arn_pattern){.anything = slice_is(text, "*")};
    for (size_t i = 0; i < 6 && r == 0 && !out->anything; i++) {
        size_t len = i == 5 ? text.len : part_length(text, (flags & PATTERN_VARIABLES) != 0);
        r = pattern_compile(a, ended ? slice_text("*") : slice_of(text.data, len),
                            flags | PATTERN_WILD, &out->part[i]);
        ended = ended || len == text.len;
        text = ended ? slice_of(NULL, 0) : slice_of(text.data + len + 1, text.len - len - 1);
    }
    return r;
}

/* ---- code against text ---- */

/* The octets of the code unit at c, its meaning in *kind. */
static size_t unit_at(struct slice code, size_t at, uint8_t *kind, uint8_t *octet)
{
    uint8_t first = code.data[at];
    *kind = first < CODE_END ? first : CODE_LITERAL;
    *octet = first;
    if (first != CODE_LITERAL)
        return 1;
    *octet = code.data[at + 1];
    return 2;
}

/* The octets of the character at text: a '?' stands for a character of UTF-8. */
static size_t character_length(struct slice text, size_t at)
{
    size_t len = 1;
    while (at + len < text.len && (text.data[at] & 0xc0) == 0xc0 &&
           (text.data[at + len] & 0xc0) == 0x80)
        len++;
    return len;
}

/* Whoever fails goes back to the last '*' and lets it take one more. */
static bool code_match(struct slice code, struct slice text, bool folded)
{
    size_t c = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text.len || c < code.len) {
        uint8_t kind = 0, octet = 0;
        size_t len = c < code.len ? unit_at(code, c, &kind, &octet) : 0;
        uint8_t have = t < text.len ? text.data[t] : 0;
        if (kind == CODE_ANY) {
            star = c += len;
            star_text = t;
        } else if (t < text.len && kind == CODE_ONE) {
            c += len;
            t += character_length(text, t);
        } else if (t < text.len && kind == CODE_LITERAL && octet == (folded ? fold(have) : have)) {
            c += len;
            t++;
        } else if (star != SIZE_MAX && star_text < text.len) {
            c = star;
            t = ++star_text;
        } else {
            return false;
        }
        if (star == code.len)
            return true; /* nothing but the rest of the text is left for it */
    }
    return true;
}

static int value_put(struct buf *out, struct slice value, bool folded)
{
    int r = 0;
    for (size_t i = 0; i < value.len && r == 0; i++) {
        uint8_t octets[2] = {CODE_LITERAL, folded ? fold(value.data[i]) : value.data[i]};
        bool escape = octets[1] < CODE_END;
        r = buf_put(out, escape ? octets : octets + 1, escape ? 2 : 1);
    }
    return r;
}

/* *known is false for a key that has not exactly one value, and no default. */
static int variable_expand(struct asking *a, const struct variable *v, bool folded, bool *known)
{
    struct policy_values values = {0};
    int r = a->q->find == NULL ? 0 : a->q->find(a->q->context, v->key, &values);
    *known = values.count == 1 || v->has_fallback;
    if (r == 0 && *known)
        r = value_put(&a->scratch,
                      values.count == 1 ? slice_text((const char *)values.list.data) : v->fallback,
                      folded);
    policy_values_free(&values);
    return r;
}

static int expand(struct asking *a, const struct pattern *p, bool folded, bool *known)
{
    int r = 0;
    *known = true;
    buf_clear(&a->scratch);
    for (size_t i = 0; i < p->code.len && r == 0 && *known;) {
        size_t len = p->code.data[i] == CODE_LITERAL || p->code.data[i] == CODE_VARIABLE ? 2 : 1;
        if (p->code.data[i] == CODE_VARIABLE)
            r = variable_expand(a, &p->variables[p->code.data[i + 1] - 1], folded, known);
        else
            r = buf_put(&a->scratch, p->code.data + i, len);
        i += len;
    }
    return r;
}

int pattern_match(struct asking *a, const struct pattern *p, unsigned flags, struct slice text,
                  bool *out)
{
    bool folded = (flags & PATTERN_FOLD) != 0, known = true;
    *out = p->anything;
    if (p->anything)
        return 0;
    int r = p->variable_count == 0 ? 0 : expand(a, p, folded, &known);
    *out = r == 0 && known &&
           code_match(p->variable_count == 0 ? p->code : buf_slice(&a->scratch), text, folded);
    return r;
}

int arn_pattern_match(struct asking *a, const struct arn_pattern *p, struct slice text, bool *out)
{
    int r = 0;
    *out = true;
    for (size_t i = 0; i < 6 && r == 0 && *out && !p->anything; i++) {
        size_t len = i == 5 ? text.len : part_length(text, false);
        if (i < 5 && len == text.len) {
            *out = false; /* what has fewer parts is no ARN */
            break;
        }
        r = pattern_match(a, &p->part[i], 0, slice_of(text.data, len), out);
        if (i < 5)
            text = slice_of(text.data + len + 1, text.len - len - 1);
    }
    return r;
}
