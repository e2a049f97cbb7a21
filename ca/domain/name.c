#include "ca/domain/name.h"

#include "firmware/base/error.h"

#include <ctype.h>
#include <idn2.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LABEL_MAX ((size_t)63)
#define LABEL_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

int domain_fold(const char *text, char out[DOMAIN_SIZE])
{
    size_t i = 0;
    for (; i < DOMAIN_SIZE - 1 && text[i] != '\0'; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    out[i] = '\0';
    return text[i] == '\0' ? 0 : CH_ELIMIT;
}

bool domain_is_wildcard(const char *name)
{
    return strncmp(name, "*.", 2) == 0;
}

const char *domain_base(const char *name)
{
    return domain_is_wildcard(name) ? name + 2 : name;
}

const char *domain_parent(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot == NULL ? NULL : dot + 1;
}

static bool ends_with_domain(const char *name, const char *ancestor, size_t len)
{
    size_t all = strlen(name);
    if (len == 0 || all < len || memcmp(name + all - len, ancestor, len) != 0)
        return false;
    return all == len || name[all - len - 1] == '.';
}

bool domain_is_within(const char *name, const char *ancestor)
{
    return ends_with_domain(name, ancestor, strlen(ancestor));
}

bool domain_list_covers(const char *list, const char *name)
{
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t len = strcspn(list, ", ");
        if (ends_with_domain(name, list, len))
            return true;
        list += len;
    }
    return false;
}

/* ---- what may be wrong with a label ---- */

static bool too_long(const char *label)
{
    return strlen(label) > LABEL_MAX;
}

static bool empty(const char *label)
{
    return label[0] == '\0';
}

static bool has_other_characters(const char *label)
{
    return strspn(label, LABEL_CHARACTERS) != strlen(label);
}

static bool has_hyphen_at_end(const char *label)
{
    return label[0] == '-' || label[strlen(label) - 1] == '-';
}

static bool is_reserved(const char *label)
{
    return strlen(label) >= 4 && strncmp(label + 2, "--", 2) == 0 && strncmp(label, "xn", 2) != 0;
}

/* libidn2 decodes the label and proves that encoding leads back to it. */
static bool is_false_a_label(const char *label)
{
    uint8_t *encoded = NULL;
    if (strncmp(label, "xn--", 4) != 0)
        return false;
    int rc = idn2_lookup_u8((const uint8_t *)label, &encoded,
                            IDN2_NONTRANSITIONAL | IDN2_USE_STD3_ASCII_RULES);
    bool same = rc == IDN2_OK && strcmp((const char *)encoded, label) == 0;
    idn2_free(encoded);
    return !same;
}

/* In this order: a later rule relies on the earlier ones. */
static const struct {
    bool (*broken_by)(const char *label);
    const char *fault;
} rules[] = {
    {empty, "it has an empty label"},
    {too_long, "a label has more than 63 octets"},
    {has_other_characters, "a label has characters other than letters, digits and hyphens"},
    {has_hyphen_at_end, "a label begins or ends with a hyphen"},
    {is_reserved, "a label has \"--\" in the third and fourth place and does not begin with xn--"},
    {is_false_a_label, "a label that begins with xn-- is not an internationalized name"},
};

static const char *label_fault(const char *start, size_t len)
{
    char label[LABEL_MAX + 2] = {0};
    memcpy(label, start, len < sizeof label ? len : sizeof label - 1);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].broken_by(label))
            return rules[i].fault;
    return NULL;
}

const char *domain_fault(const char *name)
{
    const char *label = domain_base(name);
    const char *fault = NULL;
    if (strlen(name) >= DOMAIN_SIZE)
        return "it has more than 253 octets";
    while (fault == NULL && label != NULL) {
        fault = label_fault(label, strcspn(label, "."));
        label = domain_parent(label);
    }
    return fault;
}
