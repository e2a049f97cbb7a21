#include "ca/iam/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdio.h>
#include <string.h>

#define SHA1_SIZE 20

int totp_code(struct slice seed, int64_t step, char code[TOTP_CODE_SIZE])
{
    uint8_t counter[8], mac[SHA1_SIZE];
    unsigned len = 0;
    for (unsigned i = 0; i < sizeof counter; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    if (HMAC(EVP_sha1(), seed.data, (int)seed.len, counter, sizeof counter, mac, &len) == NULL)
        return CH_ENOMEM;
    unsigned at = mac[SHA1_SIZE - 1] & 15;
    uint32_t number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
                      (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    snprintf(code, TOTP_CODE_SIZE, "%06u", number % 1000000);
    return 0;
}

int totp_check(struct slice seed, const char *code, int64_t now, int64_t after, int64_t *step)
{
    char right[TOTP_CODE_SIZE];
    int found = CH_EDENIED;
    bool whole = strlen(code) == TOTP_DIGITS;
    for (int64_t s = now / TOTP_STEP - 1; whole && s <= now / TOTP_STEP + 1; s++) {
        int rc = totp_code(seed, s, right);
        if (rc != 0)
            return rc;
        if (bytes_equal_ct(right, code, TOTP_DIGITS) && s > after && found != 0) {
            *step = s;
            found = 0;
        }
    }
    return found;
}
