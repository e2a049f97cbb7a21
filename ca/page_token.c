#include "ca/page_token.h"

#include "ca/core.h"
#include "ca/members.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* The purpose keeps these MACs apart from everything else that the seal key is used for. */
#define PAGE_TOKEN_PURPOSE "chancery page token 1"
#define PAGE_TOKEN_BYTES (8 + ROW_UUID_SIZE - 1 + HSM_TAG_SIZE)
#define PAGE_TOKEN_TEXT (4 * ((PAGE_TOKEN_BYTES + 2) / 3))

static void key_pack(const struct page_key *key, uint8_t out[8 + ROW_UUID_SIZE - 1])
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)key->created >> (56 - 8 * i));
    memcpy(out + 8, key->id, ROW_UUID_SIZE - 1);
}

static void key_unpack(const uint8_t in[8 + ROW_UUID_SIZE - 1], struct page_key *key)
{
    uint64_t created = 0;
    for (unsigned i = 0; i < 8; i++)
        created = created << 8 | in[i];
    key->created = (int64_t)created;
    memcpy(key->id, in + 8, ROW_UUID_SIZE - 1);
    key->id[ROW_UUID_SIZE - 1] = '\0';
}

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

static int tag_make(struct request *r, const uint8_t packed[8 + ROW_UUID_SIZE - 1],
                    uint8_t tag[HSM_TAG_SIZE])
{
    struct buf message = {0};
    char *question = question_dump(r->in);
    int rc = question == NULL ? CH_ENOMEM : 0;
    if (rc == 0)
        rc = buf_printf(&message, "%s\n%s\n%s\n%s\n%s\n", PAGE_TOKEN_PURPOSE, r->operation->name,
                        r->scope.account, r->scope.region, question);
    if (rc == 0)
        rc = buf_put(&message, packed, 8 + ROW_UUID_SIZE - 1);
    if (rc == 0)
        rc = hsm_mac(r->core->hsm, r->core->seal, buf_slice(&message), tag);
    free(question);
    buf_free(&message);
    return rc;
}

static int token_make(struct request *r, const struct page_key *key, char **token)
{
    uint8_t bytes[PAGE_TOKEN_BYTES];
    *token = NULL;
    key_pack(key, bytes);
    int rc = tag_make(r, bytes, bytes + PAGE_TOKEN_BYTES - HSM_TAG_SIZE);
    if (rc != 0)
        return rc;
    *token = malloc(PAGE_TOKEN_TEXT + 1);
    if (*token == NULL)
        return CH_ENOMEM;
    EVP_EncodeBlock((unsigned char *)*token, bytes, PAGE_TOKEN_BYTES);
    return 0;
}

/* Only the one spelling that we write counts: base64 has others of the same bytes. */
static bool text_decode(const char *text, uint8_t bytes[PAGE_TOKEN_BYTES + 3])
{
    char again[PAGE_TOKEN_TEXT + 1];
    if (strlen(text) != (size_t)(PAGE_TOKEN_TEXT) ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text, PAGE_TOKEN_TEXT) < PAGE_TOKEN_BYTES)
        return false;
    EVP_EncodeBlock((unsigned char *)again, bytes, PAGE_TOKEN_BYTES);
    return strcmp(again, text) == 0;
}

int page_token_read(struct request *r, struct page_key *key)
{
    /* EVP_DecodeBlock writes the padding, too. */
    uint8_t bytes[PAGE_TOKEN_BYTES + 3];
    uint8_t tag[HSM_TAG_SIZE];
    const char *text = json_string_value(json_object_get(r->in, "NextToken"));
    memset(key, 0, sizeof *key);
    if (text == NULL)
        return 0;
    if (!text_decode(text, bytes))
        return CH_EINVAL;
    int rc = tag_make(r, bytes, tag);
    if (rc != 0)
        return rc;
    if (!bytes_equal_ct(tag, bytes + PAGE_TOKEN_BYTES - HSM_TAG_SIZE, HSM_TAG_SIZE))
        return CH_EINVAL;
    key_unpack(bytes, key);
    return 0;
}

int page_token_put(struct request *r, const struct page_key *key)
{
    char *token = NULL;
    int rc = token_make(r, key, &token);
    if (rc == 0)
        rc = member_put_text(r->out, "NextToken", token);
    free(token);
    return rc;
}
