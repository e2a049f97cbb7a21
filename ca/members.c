#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

const char *member_text(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

const char *member_text_in(const json_t *object, const char *outer, const char *member)
{
    return member_text(json_object_get(object, outer), member);
}

bool member_list_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item != NULL && strcmp(item, text) == 0)
            return true;
    }
    return false;
}

int member_put_new(json_t *object, const char *member, json_t *value)
{
    return json_object_set_new(object, member, value) == 0 ? 0 : CH_ENOMEM;
}

int member_put_text(json_t *object, const char *member, const char *text)
{
    return text == NULL ? 0 : member_put_new(object, member, json_string(text));
}

int member_put_buf(json_t *object, const char *member, struct buf *text)
{
    const char *t = buf_text(text);
    return t == NULL ? CH_ENOMEM : member_put_text(object, member, t);
}

int member_put_time(json_t *object, const char *member, int64_t microseconds)
{
    return microseconds == 0 ? 0 : member_put_new(object, member, contract_timestamp(microseconds));
}

int member_put_bool(json_t *object, const char *member, bool value)
{
    return member_put_new(object, member, json_boolean(value));
}

int member_put_json(json_t *object, const char *member, const char *text)
{
    if (text == NULL)
        return 0;
    json_t *value = json_loads(text, 0, NULL);
    return value == NULL ? CH_EINTEGRITY : member_put_new(object, member, value);
}

int member_dump(const json_t *value, char **out)
{
    *out = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);
    return value != NULL && *out == NULL ? CH_ENOMEM : 0;
}

int member_copy(const char *text, char **out)
{
    *out = text == NULL ? NULL : strdup(text);
    return text != NULL && *out == NULL ? CH_ENOMEM : 0;
}
