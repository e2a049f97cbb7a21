#include "ca/tags.h"

#include <string.h>
#include <strings.h>

static const char *tag_text(const json_t *tag, const char *member)
{
    const char *text = json_string_value(json_object_get(tag, member));
    return text == NULL ? "" : text;
}

static bool key_is_earlier(const json_t *tags, size_t end, const char *key)
{
    for (size_t i = 0; i < end; i++)
        if (strcmp(tag_text(json_array_get(tags, i), "Key"), key) == 0)
            return true;
    return false;
}

int tags_check_key(struct request *r, const char *key, const char *type)
{
    if (strncasecmp(key, "aws:", 4) != 0)
        return 0;
    return api_fail(&r->error, type,
                    "Invalid Tag Key: \"%s\". AWS internal tags cannot be changed with this API",
                    key);
}

int tags_check_as(struct request *r, const json_t *tags, const char *type)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(tags); i++) {
        const char *key = tag_text(json_array_get(tags, i), "Key");
        rc = tags_check_key(r, key, type);
        if (rc == 0 && key_is_earlier(tags, i, key))
            rc = api_fail(&r->error, type, "The tag key \"%s\" is given more than once.", key);
    }
    return rc;
}

int tags_check(struct request *r, const json_t *tags)
{
    return tags_check_as(r, tags, "InvalidTagException");
}

int tags_put(struct store_tx *tx, const char *resource, const json_t *tags)
{
    uint32_t count = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        rc = store_tag_put(tx, resource, tag_text(tag, "Key"), tag_text(tag, "Value"));
    }
    if (rc == 0 && json_array_size(tags) > 0)
        rc = store_tag_count(tx, resource, &count);
    return rc == 0 && count > TAGS_MAX ? CH_ELIMIT : rc;
}

int tags_too_many_as(struct request *r, const json_t *tags, const char *type)
{
    struct buf set = {.cap_max = API_ERROR_TEXT_MAX / 2};
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        if (buf_printf(&set, "%s%s=%s", i == 0 ? "" : ", ", tag_text(tag, "Key"),
                       tag_text(tag, "Value")) != 0)
            break;
    }
    const char *text = buf_text(&set);
    api_fail(&r->error, type, "the TagSet: '{%s}' contains too many Tags",
             text == NULL ? "" : text);
    buf_free(&set);
    return CH_EAPI;
}

int tags_too_many(struct request *r, const json_t *tags)
{
    return tags_too_many_as(r, tags, "TooManyTagsException");
}
