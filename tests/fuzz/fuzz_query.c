/*
 * Target functions: query_parse, query_operation, query_input, contract_check on its result,
 * xml_put_error. The input is a form; its service follows from the first octet.
 */
#include "ca/contract/query.h"
#include "ca/contract/services.h"
#include "ca/contract/xml.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is refused must be sayable in XML. */
static void say(const struct service *service, const struct api_error *error)
{
    struct buf out = {0};
    if (error->type == NULL || xml_put_error(&out, service, error, "id") != 0)
        abort();
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    static struct api_error error;
    const struct operation *operation = NULL;
    json_t *form = NULL, *in = NULL;
    if (!ready && contract_init() != 0)
        abort();
    ready = true;
    if (size == 0)
        return 0;
    const struct service *service =
        &contract_service_table[data[0] == 's' ? SERVICE_STS : SERVICE_IAM];
    error.type = NULL;
    int rc = query_parse(slice_of(data + 1, size - 1), &form, &error);
    if (rc == 0)
        rc = query_operation(service, form, &operation, &error);
    if (rc == 0)
        rc = query_input(operation, form, &in, &error);
    if (rc == 0 && !json_is_object(in))
        abort();
    if (rc == 0)
        rc = contract_check(operation, in, &error);
    if (rc != 0)
        say(service, &error);
    json_decref(form);
    json_decref(in);
    return 0;
}
