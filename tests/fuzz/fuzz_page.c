/*
 * Target functions: proof_page_add and proof_pages_end, with what a web server of somebody else may have answered.
 *
 * Input: two octets of status, one that says whether the exchange failed, then location, address and why each ended by
 * a NUL, and the body. Good is a redirect to the very target or the very token, and what people read is printable.
 */
#include "ca/domain/proof.h"
#include "firmware/base/error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TARGET "http://p.example/t/1"
#define TOKEN "0123456789abcdef"

static struct config config;

static struct slice part_take(struct slice *rest)
{
    const uint8_t *nul = rest->len == 0 ? NULL : memchr(rest->data, 0, rest->len);
    size_t len = nul == NULL ? rest->len : (size_t)(nul - rest->data);
    struct slice part = slice_of(rest->data, len);
    size_t past = nul == NULL ? len : len + 1;
    *rest = slice_of(rest->data + past, rest->len - past);
    return part;
}

static void good_check(const struct msg_http_answer *a)
{
    bool redirect = a->status >= 300 && a->status < 400 && slice_is(a->location, TARGET);
    bool page = a->status == 200 && a->body.len >= strlen(TOKEN) &&
                memcmp(a->body.data, TOKEN, strlen(TOKEN)) == 0;
    for (size_t i = strlen(TOKEN); page && i < a->body.len; i++)
        page = strchr(" \t\r\n", a->body.data[i]) != NULL;
    if (a->failure != 0 || (!redirect && !page))
        abort();
}

static void answer_check(const struct msg_http_answer *a)
{
    struct proof p;
    struct proof_pages pages = {0};
    int r = proof_page_add(&pages, a, TARGET, TOKEN);
    if (r == 0)
        proof_pages_end(&config, &pages, &p);
    proof_pages_free(&pages);
    if (r != 0)
        return;
    if (p.verdict == PROOF_GOOD)
        good_check(a);
    for (const char *at = p.reason; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            abort();
    proof_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    struct slice rest = slice_of(data + 3, size - 3);
    struct msg_http_answer a = {.status = (uint32_t)(data[0] << 8 | data[1]), .failure = data[2] == '0' ? 0 : data[2]};
    a.location = part_take(&rest);
    a.address = part_take(&rest);
    a.why = part_take(&rest);
    a.body = rest;
    answer_check(&a);
    return 0;
}
