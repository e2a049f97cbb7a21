/*
 * Target functions: arn_parse, arn_authority_of_scope, validity_end, validity_begin and
 * pca_subject_build: what is read out of a request after the contract has accepted it.
 */
#include "ca/arn.h"
#include "ca/pca/subject.h"
#include "ca/pca/validity.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define NOW INT64_C(1800000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void arns(const uint8_t *data, size_t size)
{
    static const struct scope scope = {"123456789012", "us-east-1"};
    char id[ROW_UUID_SIZE];
    struct arn arn;
    char *text = slice_dup(slice_of(data, size));
    if (text != NULL && arn_parse(text, &arn) == 0)
        (void)arn_authority_of_scope(&scope, text, id);
    free(text);
}

static void members(const uint8_t *data, size_t size)
{
    struct api_error error = {0};
    struct buf der = {0};
    int64_t at = 0;
    json_t *json = json_loadb((const char *)data, size, 0, NULL);
    if (json_is_object(json)) {
        if (validity_end(json, NOW, &at) == 0 && at <= NOW)
            abort();
        (void)validity_begin(json, NOW, &at);
        (void)pca_subject_build(json, &der, &error);
    }
    buf_free(&der);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arns(data, size);
    members(data, size);
    return 0;
}
