#include "ca/contract/base64.h"

#include "firmware/base/log.h"

#include <limits.h>
#include <openssl/evp.h>

/* The six bits of a character, or -1. */
static int sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t padding(struct slice text)
{
    size_t count = 0;
    while (count < 2 && count < text.len && text.data[text.len - 1 - count] == '=')
        count++;
    return count;
}

enum base64_fault base64_judge(struct slice text, size_t *at)
{
    *at = 0;
    if (text.len % 4 != 0)
        return BASE64_LENGTH;
    size_t pads = padding(text);
    for (size_t i = 0; i < text.len - pads; i++) {
        if (sextet(text.data[i]) < 0) {
            *at = i;
            return BASE64_CHARACTER;
        }
    }
    if (pads == 0)
        return BASE64_FINE;
    int unused = pads == 1 ? 0x03 : 0x0F;
    return (sextet(text.data[text.len - pads - 1]) & unused) != 0 ? BASE64_REMAINDER : BASE64_FINE;
}

size_t base64_size(struct slice text)
{
    return text.len / 4 * 3 - padding(text);
}

void base64_decode(struct slice text, uint8_t *out)
{
    PRECOND(text.len % 4 == 0 && text.len <= INT_MAX);
    if (text.len == 0)
        return;
    int size = EVP_DecodeBlock(out, text.data, (int)text.len);
    PRECOND(size == (int)(text.len / 4 * 3));
}
