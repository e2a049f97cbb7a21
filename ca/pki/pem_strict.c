#include "ca/pki/pem_strict.h"

#include <openssl/evp.h>
#include <string.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define LABEL_MAX 64

static bool starts_with(struct slice text, const char *start)
{
    size_t n = strlen(start);
    return text.len >= n && memcmp(text.data, start, n) == 0;
}

static struct slice skip(struct slice text, size_t n)
{
    return slice_of(text.data + n, text.len - n);
}

/* The next line without its end, LF or CRLF; false when the last line has no end and need_end is
 * set. */
static bool line_take(struct slice *rest, bool need_end, struct slice *line)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    if (end == NULL && need_end)
        return false;
    size_t n = end == NULL ? rest->len : (size_t)(end - rest->data);
    *line = slice_of(rest->data, n);
    *rest = skip(*rest, end == NULL ? n : n + 1);
    if (end != NULL && n > 0 && line->data[n - 1] == '\r')
        line->len--;
    return true;
}

/* "-----BEGIN label-----" or its END: the label. */
static bool label_take(struct slice line, const char *start, struct slice *label)
{
    size_t n = strlen(start);
    size_t tail = strlen(DASHES);
    if (!starts_with(line, start) || line.len <= n + tail || line.len > n + LABEL_MAX + tail ||
        memcmp(line.data + line.len - tail, DASHES, tail) != 0)
        return false;
    *label = slice_of(line.data + n, line.len - n - tail);
    return memchr(label->data, '-', label->len) == NULL;
}

int pki_pem_next(struct slice *rest, struct pki_pem_block *block)
{
    struct slice line, label;
    while (rest->len > 0 && (rest->data[0] == '\n' || rest->data[0] == '\r'))
        *rest = skip(*rest, 1);
    if (rest->len == 0)
        return CH_ENOTFOUND;
    if (!line_take(rest, true, &line) || !label_take(line, BEGIN, &block->label))
        return CH_EINVAL;
    const uint8_t *start = rest->data;
    do {
        block->body = slice_of(start, (size_t)(rest->data - start));
        if (rest->len == 0 || !line_take(rest, !starts_with(*rest, END), &line))
            return CH_EINVAL;
    } while (!starts_with(line, DASHES));
    return label_take(line, END, &label) && slice_equal(label, block->label) ? 0 : CH_EINVAL;
}

size_t pki_pem_size(const struct pki_pem_block *block)
{
    return block->body.len / 4 * 3 + 3;
}

static bool is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* Lines of base64, none empty; '=' at the very end only; whole groups of four. */
static bool body_is_good(struct slice body)
{
    size_t count = 0;
    size_t padding = 0;
    struct slice line;
    while (body.len > 0) {
        if (!line_take(&body, true, &line) || line.len == 0)
            return false;
        for (size_t i = 0; i < line.len; i++) {
            bool pad = line.data[i] == '=';
            if (!pad && (!is_base64(line.data[i]) || padding > 0))
                return false;
            padding += pad;
            count++;
        }
    }
    return count > 0 && count % 4 == 0 && padding <= 2;
}

int pki_pem_decode(const struct pki_pem_block *block, uint8_t *out, size_t *len)
{
    int some = 0;
    int rest = 0;
    *len = 0;
    if (!body_is_good(block->body) || block->body.len > INT32_MAX)
        return CH_EINVAL;
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    if (ctx == NULL)
        return CH_ENOMEM;
    EVP_DecodeInit(ctx);
    bool good = EVP_DecodeUpdate(ctx, out, &some, block->body.data, (int)block->body.len) >= 0 &&
                EVP_DecodeFinal(ctx, out + some, &rest) == 1;
    EVP_ENCODE_CTX_free(ctx);
    *len = good ? (size_t)some + (size_t)rest : 0;
    return good && *len > 0 ? 0 : CH_EINVAL;
}
