/* Tags of whatever has an ARN. */
#include "ca/store/query.h"

#include <stdlib.h>

int store_tag_put(struct store_tx *tx, const char *resource, const char *key, const char *value)
{
    struct query q;
    query_open(&q, tx, ST_TAG_PUT);
    query_put_text(&q, resource);
    query_put_text(&q, key);
    query_put_text(&q, value);
    return query_run(&q);
}

int store_tag_remove(struct store_tx *tx, const char *resource, const char *key, const char *value)
{
    struct query q;
    query_open(&q, tx, value == NULL ? ST_TAG_REMOVE : ST_TAG_REMOVE_VALUE);
    query_put_text(&q, resource);
    query_put_text(&q, key);
    if (value != NULL)
        query_put_text(&q, value);
    return query_run(&q);
}

int store_tag_remove_all(struct store_tx *tx, const char *resource)
{
    struct query q;
    query_open(&q, tx, ST_TAG_REMOVE_ALL);
    query_put_text(&q, resource);
    return query_run(&q);
}

int store_tag_count(struct store_tx *tx, const char *resource, uint32_t *out)
{
    int64_t count = 0;
    struct query q;
    query_open(&q, tx, ST_TAG_COUNT);
    query_put_text(&q, resource);
    int r = query_number(&q, &count);
    *out = (uint32_t)count;
    return r;
}

int store_tag_list(struct store_tx *tx, const char *resource,
                   int (*visit)(void *context, const char *key, const char *value), void *context)
{
    struct query q;
    query_open(&q, tx, ST_TAG_LIST);
    query_put_text(&q, resource);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        char *key = NULL;
        char *value = NULL;
        r = query_get_text(&q, 0, &key);
        if (r == 0)
            r = query_get_text(&q, 1, &value);
        if (r == 0)
            r = visit(context, key, value);
        free(key);
        free(value);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}
