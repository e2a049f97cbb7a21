/*
 * Target functions: approval_parse: query of the link in a validation mail, and the form of its page.
 */
#include "ca/domain/approval.h"
#include "firmware/base/error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted has nothing in it that a page or a log would have to escape. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct approval a;
    if (approval_parse(slice_of(data, size), &a) != 0)
        return 0;
    const char *const texts[] = {a.code, a.account, a.region, a.certificate, a.decision};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strspn(texts[i], "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(texts[i]))
            abort();
    return 0;
}
