/*
 * Target functions: contract_parse, contract_check, contract_blob, api_error_body, contract_find
 *
 * The first octet picks the operation, the rest is the body. What is accepted must be
 * accepted again, unchanged; what is refused must have a body that parses.
 */
#include "ca/contract/contract.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static const struct operation *operation_pick(uint8_t number)
{
    size_t count = 0;
    size_t at = number;
    const struct service *services = contract_services(&count);
    size_t all = services[0].operation_count + services[1].operation_count;
    at %= all;
    if (at < services[0].operation_count)
        return &services[0].operations[at];
    return &services[1].operations[at - services[0].operation_count];
}

static void refusal_is_sound(const struct api_error *error)
{
    struct buf body = {0};
    must(error->type != NULL && memchr(error->text, '\0', sizeof(error->text)) != NULL);
    must(api_error_status(error->type) == 400);
    must(api_error_body(error, &body) == 0);
    json_t *parsed = json_loadb((const char *)body.data, body.len, 0, NULL);
    must(json_is_object(parsed));
    json_decref(parsed);
    buf_free(&body);
}

static void blobs_decode(const struct operation *operation, const json_t *in)
{
    for (size_t i = 0; i < operation->input->member_count; i++) {
        const struct shape_member *member = &operation->input->members[i];
        struct buf octets = {0};
        struct secret *secret = NULL;
        if (member->shape->kind != SHAPE_BLOB || json_object_get(in, member->name) == NULL)
            continue;
        must(contract_blob(in, member->name, &octets) == 0);
        must((int64_t)octets.len <= member->shape->max);
        if (octets.len > 0 && octets.len < 4096) {
            must(contract_blob_secret(in, member->name, &secret) == 0);
            must(slice_equal(secret_slice(secret), buf_slice(&octets)));
        }
        secret_free(secret);
        buf_free(&octets);
    }
}

static void acceptance_is_stable(const struct operation *operation, json_t *in)
{
    struct api_error error = {0};
    json_t *again = json_deep_copy(in);
    must(contract_check(operation, again, &error) == 0 && error.type == NULL);
    must(json_equal(in, again));
    json_decref(again);
    blobs_decode(operation, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    const struct service *service = NULL;
    const struct operation *found = NULL;
    if (!ready) {
        contract_json_wipes();
        must(contract_init() == 0);
        ready = true;
    }
    if (size == 0)
        return 0;
    (void)contract_find(slice_of(data, size), &service, &found);
    const struct operation *operation = operation_pick(data[0]);
    struct api_error error = {0};
    json_t *in = NULL;
    int rc = contract_parse(slice_of(data + 1, size - 1), &in, &error);
    if (rc == 0)
        rc = contract_check(operation, in, &error);
    if (rc == 0)
        acceptance_is_stable(operation, in);
    else
        refusal_is_sound(&error);
    json_decref(in);
    return 0;
}
