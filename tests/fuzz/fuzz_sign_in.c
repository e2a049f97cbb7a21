/*
 * Target functions: sign_in_body_parse: the body of a sign-in, the only one that is parsed before anything is proved.
 */
#include "ca/iam/sign_in_body.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bounded(const char *text, bool required, size_t max)
{
    if ((required && text == NULL) || (text != NULL && (*text == '\0' || strlen(text) > max)))
        abort();
}

/* What was accepted has its members, within their bounds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sign_in_body body;
    static struct api_error error;
    memset(&error, 0, sizeof error);
    if (sign_in_body_parse(slice_of(data, size), &body, &error) == 0) {
        bounded(body.account, true, 63);
        bounded(body.user_name, true, 64);
        bounded(body.password, true, 256);
        bounded(body.code, false, 6);
        bounded(body.new_password, false, 256);
    } else if (error.type == NULL) {
        abort();
    }
    sign_in_body_free(&body);
    return 0;
}
