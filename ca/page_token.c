#include "ca/page_token.h"

#include "ca/core.h"
#include "ca/members.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* The purposes keep these MACs apart from everything else that the seal key is used for. */
#define TAG_PURPOSE "chancery page token 2"
#define CIPHER_PURPOSE "chancery page token cipher 2"
#define PLACE_MAX ((size_t)2048) /* a place with a common name of the greatest length */
#define TOKEN_MAX (HSM_TAG_SIZE + PLACE_MAX)

/* The question without what changes from page to page. */
static char *question_dump(json_t *in)
{
    static const char *const changing[] = {"NextToken", "MaxItems", "MaxResults"};
    json_t *copy = json_copy(in);
    for (size_t i = 0; copy != NULL && i < sizeof changing / sizeof changing[0]; i++)
        json_object_del(copy, changing[i]);
    char *text = copy == NULL ? NULL : json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(copy);
    return text;
}

static int tag_make(struct request *r, struct slice place, uint8_t tag[HSM_TAG_SIZE])
{
    struct buf message = {0};
    char *question = question_dump(r->in);
    int rc = question == NULL ? CH_ENOMEM : 0;
    if (rc == 0)
        rc = buf_printf(&message, "%s\n%s\n%s\n%s\n%s\n", TAG_PURPOSE, r->operation->name,
                        r->scope.account, r->scope.region, question);
    if (rc == 0)
        rc = buf_put_slice(&message, place);
    if (rc == 0)
        rc = hsm_mac(r->core->hsm, r->core->seal, buf_slice(&message), tag);
    free(question);
    buf_free(&message);
    return rc;
}

/*
 * Encrypts or decrypts in place. The key comes from the tag, so that it serves one place only, as
 * in RFC 5297: a place tells how many certificates the appliance has, which is nobody's business.
 */
static int place_cipher(struct request *r, const uint8_t tag[HSM_TAG_SIZE], uint8_t *place,
                        size_t len)
{
    static const uint8_t zero[16];
    struct buf message = {0};
    uint8_t key[HSM_TAG_SIZE];
    int done = 0;
    int rc = buf_put_text(&message, CIPHER_PURPOSE "\n");
    if (rc == 0)
        rc = buf_put(&message, tag, HSM_TAG_SIZE);
    if (rc == 0)
        rc = hsm_mac(r->core->hsm, r->core->seal, buf_slice(&message), key);
    buf_free(&message);
    if (rc != 0)
        return rc;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    if (cipher == NULL || EVP_EncryptInit_ex2(cipher, EVP_aes_256_ctr(), key, zero, NULL) != 1 ||
        EVP_EncryptUpdate(cipher, place, &done, place, (int)len) != 1)
        rc = CH_ENOMEM;
    EVP_CIPHER_CTX_free(cipher);
    return rc;
}

static int token_make(struct request *r, struct slice place, char **token)
{
    uint8_t bytes[TOKEN_MAX];
    size_t len = HSM_TAG_SIZE + place.len;
    *token = NULL;
    if (place.len == 0 || place.len > PLACE_MAX)
        return CH_EINVAL;
    memcpy(bytes + HSM_TAG_SIZE, place.data, place.len);
    int rc = tag_make(r, place, bytes);
    if (rc == 0)
        rc = place_cipher(r, bytes, bytes + HSM_TAG_SIZE, place.len);
    if (rc != 0)
        return rc;
    *token = malloc(4 * ((len + 2) / 3) + 1);
    if (*token == NULL)
        return CH_ENOMEM;
    EVP_EncodeBlock((unsigned char *)*token, bytes, (int)len);
    return 0;
}

/* Only the one spelling that we write counts: base64 has others of the same bytes. */
static bool text_decode(const char *text, uint8_t bytes[TOKEN_MAX + 3], size_t *len)
{
    char again[4 * ((TOKEN_MAX + 2) / 3) + 1];
    size_t chars = strlen(text);
    if (chars == 0 || chars % 4 != 0 || chars >= sizeof again)
        return false;
    size_t padding = text[chars - 2] == '=' ? 2 : text[chars - 1] == '=' ? 1 : 0;
    int count = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)chars);
    if (count < 0 || (size_t)count <= HSM_TAG_SIZE + padding)
        return false;
    *len = (size_t)count - padding;
    EVP_EncodeBlock((unsigned char *)again, bytes, (int)*len);
    return *len <= TOKEN_MAX && strcmp(again, text) == 0;
}

int page_place_read(struct request *r, struct buf *place)
{
    /* EVP_DecodeBlock writes the padding, too. */
    uint8_t bytes[TOKEN_MAX + 3];
    uint8_t tag[HSM_TAG_SIZE];
    size_t len = 0;
    const char *text = json_string_value(json_object_get(r->in, "NextToken"));
    if (text == NULL)
        return 0;
    if (!text_decode(text, bytes, &len))
        return CH_EINVAL;
    struct slice inside = slice_of(bytes + HSM_TAG_SIZE, len - HSM_TAG_SIZE);
    int rc = place_cipher(r, bytes, bytes + HSM_TAG_SIZE, inside.len);
    if (rc == 0)
        rc = tag_make(r, inside, tag);
    if (rc != 0)
        return rc;
    if (!bytes_equal_ct(tag, bytes, HSM_TAG_SIZE))
        return CH_EINVAL;
    return buf_put_slice(place, inside);
}

int page_place_put(struct request *r, struct slice place)
{
    char *token = NULL;
    int rc = token_make(r, place, &token);
    if (rc == 0)
        rc = member_put_text(r->out, "NextToken", token);
    free(token);
    return rc;
}

/* ---- the place in a list that goes by creation and id ---- */

void page_number_put(uint64_t number, uint8_t out[8])
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(number >> (56 - 8 * i));
}

uint64_t page_number_get(const uint8_t in[8])
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | in[i];
    return number;
}

int page_token_put(struct request *r, const struct page_key *key)
{
    uint8_t place[8 + ROW_UUID_SIZE - 1];
    page_number_put((uint64_t)key->created, place);
    memcpy(place + 8, key->id, ROW_UUID_SIZE - 1);
    return page_place_put(r, slice_of(place, sizeof place));
}

int page_token_read(struct request *r, struct page_key *key)
{
    struct buf place = {0};
    memset(key, 0, sizeof *key);
    int rc = page_place_read(r, &place);
    if (rc == 0 && place.len == 8 + ROW_UUID_SIZE - 1) {
        key->created = (int64_t)page_number_get(place.data);
        memcpy(key->id, place.data + 8, ROW_UUID_SIZE - 1);
    }
    buf_free(&place);
    return rc;
}
