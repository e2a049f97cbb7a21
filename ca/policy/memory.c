#include "ca/policy/internal.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)4000)

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(16) uint8_t octets[];
};

static struct arena_chunk *chunk_new(struct arena *a, size_t least)
{
    size_t size = least > CHUNK_SIZE ? least : CHUNK_SIZE;
    struct arena_chunk *c = calloc(1, sizeof *c + size);
    if (c == NULL)
        return NULL;
    c->size = size;
    c->next = a->first;
    a->first = c;
    return c;
}

void *arena_take(struct arena *a, size_t count, size_t size)
{
    size_t all = 0;
    if (__builtin_mul_overflow(count, size, &all) || all > SIZE_MAX / 2)
        return NULL;
    all = all == 0 ? 16 : (all + 15) & ~(size_t)15;
    struct arena_chunk *c = a->first;
    if (c == NULL || c->size - c->used < all)
        c = chunk_new(a, all);
    if (c == NULL)
        return NULL;
    c->used += all;
    return c->octets + c->used - all;
}

char *arena_copy(struct arena *a, struct slice text)
{
    char *copy = arena_take(a, text.len + 1, 1);
    if (copy != NULL && text.len > 0)
        memcpy(copy, text.data, text.len);
    return copy;
}

void arena_free(struct arena *a)
{
    while (a->first != NULL) {
        struct arena_chunk *c = a->first;
        a->first = c->next;
        free(c);
    }
}
