/*
 * Target function: known_keys_read. What was read is then found, whatever its order was.
 */
#include "ca/pki/known_keys.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_all(struct known_keys *list)
{
    size_t count = list->count;
    uint8_t *copy = malloc(count * KNOWN_KEY_SIZE);
    PRECOND(copy != NULL);
    memcpy(copy, list->hashes, count * KNOWN_KEY_SIZE);
    known_keys_use(list);
    PRECOND(list->count == 0 && list->hashes == NULL);
    for (size_t i = 0; i < count; i++)
        PRECOND(known_keys_have(copy + i * KNOWN_KEY_SIZE));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct known_keys list = {0};
    size_t line = 0;
    FILE *file = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");
    if (file == NULL)
        return 0;
    int r = known_keys_read(&list, file, &line);
    fclose(file);
    PRECOND(list.count <= size / (2 * KNOWN_KEY_SIZE) && line <= size + 1 && (r == 0 || line > 0));
    if (list.count > 0)
        find_all(&list);
    known_keys_use(&list);
    known_keys_free(&list);
    return 0;
}
