#include "ca/pca/revocation.h"

#include "ca/pca/crl.h"
#include "ca/pki/pki.h"

#include <ctype.h>
#include <string.h>

static const struct reason_row {
    const char *name;
    uint32_t reason;
} reason_rows[] = {
    {"UNSPECIFIED", 0},
    {"KEY_COMPROMISE", 1},
    {"CA_COMPROMISE", 2},                    /* ACM */
    {"CERTIFICATE_AUTHORITY_COMPROMISE", 2}, /* AWS Private CA */
    {"AFFILIATION_CHANGED", 3},
    {"SUPERCEDED", 4}, /* ACM has both spellings */
    {"SUPERSEDED", 4},
    {"CESSATION_OF_OPERATION", 5},
    {"CERTIFICATE_HOLD", 6},
    {"PRIVILEGE_WITHDRAWN", 9},
    {"A_A_COMPROMISE", 10},
};

int revocation_reason(const char *name, uint32_t *out)
{
    for (size_t i = 0; name != NULL && i < sizeof reason_rows / sizeof reason_rows[0]; i++)
        if (strcmp(reason_rows[i].name, name) == 0) {
            *out = reason_rows[i].reason;
            return 0;
        }
    return CH_EINVAL;
}

const char *revocation_reason_name(uint32_t reason)
{
    const char *name = reason_rows[0].name;
    for (size_t i = 0; i < sizeof reason_rows / sizeof reason_rows[0]; i++)
        if (reason_rows[i].reason == reason)
            name = reason_rows[i].name; /* the last one of a number is Private CA's */
    return name;
}

/* ---- serial numbers ---- */

#define SERIAL_DIGITS ((size_t)2 * PKI_SERIAL_SIZE)

/* The digits alone; colons stand after each second one or nowhere. CH_EINVAL. */
static int digits_read(const char *text, char digits[SERIAL_DIGITS + 1], size_t *count)
{
    bool colons = strchr(text, ':') != NULL;
    size_t n = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (colons && i % 3 == 2) {
            if (text[i] != ':' || text[i + 1] == '\0')
                return CH_EINVAL;
            continue;
        }
        if (!isxdigit((unsigned char)text[i]) || n == SERIAL_DIGITS)
            return CH_EINVAL;
        digits[n++] = text[i];
    }
    *count = n;
    return n == 0 || (colons && n % 2 != 0) ? CH_EINVAL : 0;
}

static uint8_t digit_value(char digit)
{
    return (uint8_t)(isdigit((unsigned char)digit) ? digit - '0'
                                                   : tolower((unsigned char)digit) - 'a' + 10);
}

int revocation_serial(const char *text, uint8_t serial[20])
{
    char digits[SERIAL_DIGITS + 1];
    size_t count = 0;
    memset(serial, 0, PKI_SERIAL_SIZE);
    if (digits_read(text, digits, &count) != 0)
        return CH_EINVAL;
    for (size_t i = 0; i < count; i++) {
        size_t place = SERIAL_DIGITS - count + i;
        uint8_t value = digit_value(digits[i]);
        serial[place / 2] |= (uint8_t)(place % 2 == 0 ? value << 4 : value);
    }
    return 0;
}

/* ---- the record ---- */

int revocation_record(struct store_tx *tx, const struct issued_row *issued, uint32_t reason,
                      int64_t now)
{
    struct revocation_row row = {.scope = issued->scope, .reason = reason, .revoked_at = now};
    memcpy(row.authority, issued->authority, sizeof row.authority);
    memcpy(row.serial, issued->serial, sizeof row.serial);
    int rc = store_revocation_insert(tx, &row);
    return rc == 0 ? crl_revoked(tx, issued, now) : rc;
}
