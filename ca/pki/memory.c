#include "ca/pki/pki.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static void *memory_take(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(len);
}

static void memory_give(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    if (memory != NULL)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

/* realloc may move and leave the old octets behind: moved here instead. */
static void *memory_resize(void *memory, size_t len, const char *file, int line)
{
    size_t room = memory == NULL ? 0 : malloc_usable_size(memory);
    if (memory != NULL && len > 0 && len <= room)
        return memory;
    void *grown = len == 0 ? NULL : malloc(len);
    if (grown == NULL && len > 0)
        return NULL;
    if (grown != NULL && memory != NULL)
        memcpy(grown, memory, room);
    memory_give(memory, file, line);
    return grown;
}

int pki_memory_wipes(void)
{
    return CRYPTO_set_mem_functions(memory_take, memory_resize, memory_give) == 1 ? 0 : CH_ESTATE;
}
