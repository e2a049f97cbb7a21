#include "ca/ct/answer.h"

#include "ca/ct/base64_text.h"

#include <string.h>

#define ANSWER_MAX ((size_t)16 * 1024)

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

/* digitally-signed: two octets of algorithm, two of length. */
static int signature_take(struct ct_answer *a)
{
    struct slice all = buf_slice(&a->signature);
    if (all.len < 4 || (size_t)(all.data[2] << 8 | all.data[3]) != all.len - 4)
        return CH_EINVAL;
    a->timestamp.hash = all.data[0];
    a->timestamp.signature_alg = all.data[1];
    a->timestamp.signature = slice_of(all.data + 4, all.len - 4);
    return 0;
}

static int members_take(const json_t *json, struct ct_answer *a)
{
    struct buf id = {0};
    const json_t *version = json_object_get(json, "sct_version");
    const json_t *at = json_object_get(json, "timestamp");
    const char *extensions = text_of(json, "extensions");
    if (!json_is_integer(version) || json_integer_value(version) != 0 || !json_is_integer(at) ||
        json_integer_value(at) < 0)
        return CH_EINVAL;
    a->timestamp.at = (uint64_t)json_integer_value(at);
    int rc = ct_base64_take(text_of(json, "id"), PKI_CT_HASH, &id);
    if (rc == 0 && id.len != PKI_CT_HASH)
        rc = CH_EINVAL;
    if (rc == 0)
        memcpy(a->timestamp.log_id, id.data, id.len);
    if (rc == 0 && extensions != NULL && extensions[0] != '\0')
        rc = ct_base64_take(extensions, PKI_CT_EXTENSIONS_MAX, &a->extensions);
    if (rc == 0)
        rc = ct_base64_take(text_of(json, "signature"), PKI_CT_SIGNATURE_MAX, &a->signature);
    a->timestamp.extensions = buf_slice(&a->extensions);
    buf_free(&id);
    return rc == 0 ? signature_take(a) : rc;
}

int ct_answer_read(struct slice text, struct ct_answer *out)
{
    *out = (struct ct_answer){0};
    if (text.len > ANSWER_MAX)
        return CH_EINVAL;
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    int rc = json_is_object(json) ? members_take(json, out) : CH_EINVAL;
    json_decref(json);
    if (rc != 0)
        ct_answer_free(out);
    return rc;
}

void ct_answer_free(struct ct_answer *answer)
{
    buf_free(&answer->extensions);
    buf_free(&answer->signature);
    *answer = (struct ct_answer){0};
}
