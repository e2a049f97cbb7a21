#include "ca/store/facets.h"

#include "ca/store/cells.h"
#include "firmware/base/algorithm.h"

#include <string.h>

#define WORDS_MAX 13
#define EXTENDED_FIRST 11 /* bit of the first extended usage in column usages */
#define KEY_USAGE_ANY 9
#define EXTENDED_NONE 10

static const struct field {
    unsigned first, bits; /* where it lies in the number */
    const char *words[WORDS_MAX]; /* by value or by bit, NULL = none; or one of the lists below */
    enum { OWN_WORDS, STORED_WORDS, KEY_ALGS } kind;
    enum word_list list; /* of STORED_WORDS */
} fields[FACET_FIELDS] = {
    [FACET_TYPE] = {0, 2, {0}, STORED_WORDS, WORDS_CERTIFICATE_TYPE},
    [FACET_STATUS] = {2, 3, {0}, STORED_WORDS, WORDS_CERTIFICATE_STATUS},
    [FACET_KEY_ALG] = {5, 4, {0}, KEY_ALGS, 0},
    [FACET_EXPORTED] = {9, 1, {0}, OWN_WORDS, 0},
    [FACET_EXPORTED_SINCE_ISSUE] = {10, 1, {0}, OWN_WORDS, 0},
    [FACET_IN_USE] = {11, 1, {0}, OWN_WORDS, 0},
    [FACET_RENEWAL_STATUS] = {12, 3, {0}, STORED_WORDS, WORDS_RENEWAL_STATUS},
    [FACET_MANAGED_BY] = {15, 1, {NULL, "CLOUDFRONT"}, OWN_WORDS, 0},
    [FACET_NAMELESS] = {16, 1, {0}, OWN_WORDS, 0},
    [FACET_HAS_VALIDITY] = {17, 1, {0}, OWN_WORDS, 0},
    [FACET_HAS_ISSUE] = {18, 1, {0}, OWN_WORDS, 0},
    [FACET_HAS_IMPORT] = {19, 1, {0}, OWN_WORDS, 0},
    [FACET_HAS_REVOCATION] = {20, 1, {0}, OWN_WORDS, 0},
    [FACET_HAS_COMMON_NAME] = {21, 1, {0}, OWN_WORDS, 0},
    [FACET_EXPORT_OPTION] = {22, 2, {NULL, "ENABLED", "DISABLED"}, OWN_WORDS, 0},
    [FACET_VALIDATION_METHOD] = {24, 2, {NULL, "EMAIL", "DNS", "HTTP"}, OWN_WORDS, 0},
    [FACET_KEY_USAGES] = {26, 11, {"DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT",
                                   "DATA_ENCIPHERMENT", "KEY_AGREEMENT", "CERTIFICATE_SIGNING",
                                   "CRL_SIGNING", "ENCIPHER_ONLY", "DECIPHER_ONLY", "ANY",
                                   "CUSTOM"}, OWN_WORDS, 0},
    [FACET_EXTENDED_KEY_USAGES] = {37, 12, {"TLS_WEB_SERVER_AUTHENTICATION",
                                            "TLS_WEB_CLIENT_AUTHENTICATION", "CODE_SIGNING",
                                            "EMAIL_PROTECTION", "TIME_STAMPING", "OCSP_SIGNING",
                                            "IPSEC_END_SYSTEM", "IPSEC_TUNNEL", "IPSEC_USER", "ANY",
                                            "NONE", "CUSTOM"}, OWN_WORDS, 0},
};

unsigned facet_get(int64_t facet, enum facet_field field)
{
    const struct field *f = &fields[field];
    return (unsigned)((uint64_t)facet >> f->first) & ((1u << f->bits) - 1);
}

int64_t facet_put(int64_t facet, enum facet_field field, unsigned value)
{
    const struct field *f = &fields[field];
    uint64_t mask = (((uint64_t)1 << f->bits) - 1) << f->first;
    return (int64_t)(((uint64_t)facet & ~mask) | ((uint64_t)value << f->first & mask));
}

int facet_value(enum facet_field field, const char *word)
{
    const struct field *f = &fields[field];
    int number = 0;
    if (word == NULL)
        return -1;
    if (f->kind == STORED_WORDS)
        number = word_number(f->list, word);
    else if (f->kind == KEY_ALGS)
        number = (int)key_alg_from_name(word);
    if (f->kind != OWN_WORDS)
        return number == 0 ? -1 : number;
    for (int i = 0; i < WORDS_MAX; i++)
        if (f->words[i] != NULL && strcmp(f->words[i], word) == 0)
            return i;
    return -1;
}

const char *facet_word(enum facet_field field, unsigned value)
{
    const struct field *f = &fields[field];
    const struct key_alg_info *info;
    switch (f->kind) {
    case STORED_WORDS:
        return word_text(f->list, (int)value);
    case KEY_ALGS:
        info = key_alg_info((enum key_alg)value);
        return info == NULL ? NULL : info->name;
    default:
        return value < WORDS_MAX ? f->words[value] : NULL;
    }
}

#define STATUS_ISSUED 2 /* as in migration 0001 */
#define STATUS_EXPIRED 4

bool facet_is_issued(int64_t facet)
{
    return facet_get(facet, FACET_STATUS) == STATUS_ISSUED;
}

int64_t facet_run_out(int64_t facet)
{
    return facet_put(facet, FACET_STATUS, STATUS_EXPIRED);
}

/* ---- derived columns ---- */

/* Is "word" in the text with its quotes? */
static bool has_word(const char *json, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = json; (at = strstr(at, word)) != NULL; at += len)
        if (at > json && at[-1] == '"' && at[len] == '"')
            return true;
    return false;
}

static unsigned words_bits(enum facet_field field, const char *json, unsigned when_empty)
{
    unsigned bits = 0;
    if (json == NULL)
        return 0;
    for (unsigned i = 0; i < WORDS_MAX && fields[field].words[i] != NULL; i++)
        if (has_word(json, fields[field].words[i]))
            bits |= 1u << i;
    return strcmp(json, "[]") == 0 ? 1u << when_empty : bits;
}

int64_t facet_usages(const char *key_usages, const char *extended_key_usages)
{
    unsigned usages = words_bits(FACET_KEY_USAGES, key_usages, KEY_USAGE_ANY);
    unsigned extended = words_bits(FACET_EXTENDED_KEY_USAGES, extended_key_usages, EXTENDED_NONE);
    return (int64_t)(usages | extended << EXTENDED_FIRST);
}

int64_t facet_export_option(const char *options)
{
    return options != NULL && strstr(options, "\"Export\":\"DISABLED\"") != NULL ? 2 : 1;
}

/* One octet of an escaped value; how many characters it takes. */
static size_t octet_read(const char *at, char *out)
{
    uint8_t octet = 0;
    *out = at[0];
    if (at[0] != '\\' || at[1] == '\0')
        return 1;
    if (hex_decode(at + 1, at[2] == '\0' ? 1 : 2, &octet) == 0) {
        *out = (char)octet;
        return 3;
    }
    *out = at[1];
    return 2;
}

/* The end of an attribute: the next comma or plus that no backslash is before. */
static const char *attribute_end(const char *at)
{
    while (*at != '\0' && *at != ',' && *at != '+')
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    return at;
}

int facet_common_name(const char *subject, struct buf *out)
{
    const char *at = subject == NULL ? "" : subject;
    while (*at != '\0' && strncmp(at, "CN=", 3) != 0) {
        at = attribute_end(at);
        at += *at == '\0' ? 0 : 1;
    }
    int rc = 0;
    if (*at == '\0')
        return 0;
    const char *end = attribute_end(at);
    for (at += 3; rc == 0 && at < end;) {
        char octet;
        at += octet_read(at, &octet);
        rc = buf_put(out, &octet, 1);
    }
    return rc;
}
