/*
 * Target functions: rest_find and rest_input: path, query and body of a call that comes by method and
 * path; revocation_serial. The input is "METHOD PATH?QUERY", a line feed, the body.
 */
#include "ca/pca/revocation.h"
#include "ca/rest.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice cut(struct slice *rest, int end)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->data, end, rest->len);
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->data);
    size_t past = at == NULL ? len : len + 1;
    struct slice part = slice_of(rest->data, len);
    *rest = slice_of(rest->data + past, rest->len - past);
    return part;
}

static void serial(struct slice text)
{
    uint8_t octets[20];
    char *copy = slice_dup(text);
    if (copy != NULL)
        (void)revocation_serial(copy, octets);
    free(copy);
}

/* What was accepted must be an object that the contract can judge. */
static void input(const struct msg_call *call)
{
    struct request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return;
    r->call = call;
    r->route = rest_find(call);
    memcpy(r->scope.account, "123456789012", 13);
    memcpy(r->scope.region, "us-east-1", 10);
    if (r->route != NULL) {
        (void)rest_operation(r);
        memset(&r->error, 0, sizeof r->error);
        if (rest_operation(r) != 0)
            abort();
        if (rest_input(r) == 0 && (!json_is_object(r->in) || r->error.type != NULL))
            abort();
        if (r->in != NULL && r->error.type == NULL)
            (void)contract_check(r->operation, r->in, &r->error);
    }
    json_decref(r->in);
    free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    static struct msg_call call;
    struct slice rest = slice_of(data, size);
    if (!ready && contract_init() != 0)
        abort();
    ready = true;
    memset(&call, 0, sizeof call);
    struct slice head = cut(&rest, '\n');
    call.method = cut(&head, ' ');
    call.path = cut(&head, '?');
    call.query = head;
    call.body = rest;
    serial(call.method);
    input(&call);
    return 0;
}
