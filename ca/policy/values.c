#include "firmware/base/clock.h"

#include "ca/policy/policy.h"

#include <stdio.h>
#include <string.h>

int policy_values_put(struct policy_values *v, struct slice value)
{
    if (value.len > 0 && memchr(value.data, 0, value.len) != NULL)
        return CH_EINVAL;
    uint8_t *room = buf_reserve(&v->list, value.len + 1);
    if (room == NULL)
        return CH_ENOMEM;
    if (value.len > 0)
        memcpy(room, value.data, value.len);
    room[value.len] = '\0';
    v->list.len += value.len + 1;
    v->count++;
    v->present = true;
    return 0;
}

int policy_values_put_text(struct policy_values *v, const char *text)
{
    return text == NULL ? 0 : policy_values_put(v, slice_text(text));
}

int policy_values_put_bool(struct policy_values *v, bool value)
{
    return policy_values_put_text(v, value ? "true" : "false");
}

int policy_values_put_time(struct policy_values *v, int64_t seconds)
{
    char iso[CLOCK_ISO_SIZE];
    clock_format_iso(seconds, iso);
    return policy_values_put_text(v, iso);
}

int policy_values_put_number(struct policy_values *v, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return policy_values_put_text(v, text);
}

void policy_values_free(struct policy_values *v)
{
    buf_free(&v->list);
    *v = (struct policy_values){0};
}
