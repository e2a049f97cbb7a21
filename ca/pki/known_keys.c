#include "ca/pki/known_keys.h"

#include "firmware/base/error.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define LINE_OCTETS 1024 /* with its end; comments may be long */
#define SHA1_SIZE 20

static struct known_keys in_use; /* written at the start alone */

/* ---- reading ---- */

static int room_make(struct known_keys *list)
{
    if (list->count == KNOWN_KEYS_MAX)
        return CH_ELIMIT;
    if (list->count < list->room)
        return 0;
    size_t room = list->room == 0 ? 1024 : 2 * list->room;
    if (room > KNOWN_KEYS_MAX)
        room = KNOWN_KEYS_MAX;
    uint8_t(*hashes)[KNOWN_KEY_SIZE] = reallocarray(list->hashes, room, sizeof *hashes);
    if (hashes == NULL)
        return CH_ENOMEM;
    list->hashes = hashes;
    list->room = room;
    return 0;
}

static int hash_read(const char *text, uint8_t out[KNOWN_KEY_SIZE])
{
    for (size_t i = 0; i < KNOWN_KEY_SIZE; i++) {
        int high = OPENSSL_hexchar2int((unsigned char)text[2 * i]);
        int low = high < 0 ? -1 : OPENSSL_hexchar2int((unsigned char)text[2 * i + 1]);
        if (low < 0)
            return CH_EINVAL;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * KNOWN_KEY_SIZE] == '\0' ? 0 : CH_EINVAL;
}

static int line_take(struct known_keys *list, char *text)
{
    uint8_t hash[KNOWN_KEY_SIZE];
    text[strcspn(text, "\r\n")] = '\0';
    if (text[0] == '\0' || text[0] == '#')
        return 0;
    int r = hash_read(text, hash);
    if (r == 0)
        r = room_make(list);
    if (r == 0)
        memcpy(list->hashes[list->count++], hash, sizeof hash);
    return r;
}

int known_keys_read(struct known_keys *list, FILE *file, size_t *line)
{
    char text[LINE_OCTETS];
    int r = 0;
    for (*line = 1; r == 0 && fgets(text, sizeof text, file) != NULL; *line += r == 0)
        r = strchr(text, '\n') == NULL && !feof(file) ? CH_EINVAL : line_take(list, text);
    return r == 0 && ferror(file) ? CH_EIO : r;
}

void known_keys_free(struct known_keys *list)
{
    free(list->hashes);
    *list = (struct known_keys){0};
}

/* ---- looking up ---- */

static int hash_order(const void *a, const void *b)
{
    return memcmp(a, b, KNOWN_KEY_SIZE);
}

/* The room that was left over goes back; a list that is in order, as a single file is, needs no sorting. */
static void list_settle(struct known_keys *list)
{
    size_t i = 1;
    while (i < list->count && hash_order(list->hashes[i - 1], list->hashes[i]) <= 0)
        i++;
    if (i < list->count)
        qsort(list->hashes, list->count, KNOWN_KEY_SIZE, hash_order);
    uint8_t(*less)[KNOWN_KEY_SIZE] =
        list->count == 0 ? NULL : reallocarray(list->hashes, list->count, sizeof *less);
    if (less != NULL) {
        list->hashes = less;
        list->room = list->count;
    }
}

void known_keys_use(struct known_keys *list)
{
    list_settle(list);
    known_keys_free(&in_use);
    in_use = *list;
    *list = (struct known_keys){0};
}

bool known_keys_have(const uint8_t hash[KNOWN_KEY_SIZE])
{
    return in_use.count > 0 &&
           bsearch(hash, in_use.hashes, in_use.count, KNOWN_KEY_SIZE, hash_order) != NULL;
}

/* OpenSSL's command prints the number without leading zeros, BN_bn2hex with an even number of digits. */
int known_keys_hash(const BIGNUM *modulus, uint8_t out[KNOWN_KEY_SIZE])
{
    static const char name[] = "Modulus=";
    uint8_t digest[EVP_MAX_MD_SIZE];
    char *hex = BN_bn2hex(modulus);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = hex != NULL && ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, name, sizeof name - 1) == 1;
    if (good) {
        const char *digits = hex + (hex[0] == '0' && hex[1] != '\0');
        good = EVP_DigestUpdate(ctx, digits, strlen(digits)) == 1 &&
               EVP_DigestUpdate(ctx, "\n", 1) == 1 && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    }
    if (good)
        memcpy(out, digest + SHA1_SIZE - KNOWN_KEY_SIZE, KNOWN_KEY_SIZE);
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(hex);
    return good ? 0 : CH_ENOMEM;
}
