#include "api/front/sign_in.h"

#include "api/front/text.h"
#include "firmware/base/error.h"

#include <string.h>

#define JSON_TYPE "application/json"
#define USER_AGENT_MAX ((size_t)1024)

/* Without parameters such as charset. */
static bool is_json(struct slice type)
{
    const uint8_t *end = type.len == 0 ? NULL : memchr(type.data, ';', type.len);
    size_t len = end == NULL ? type.len : (size_t)(end - type.data);
    while (len > 0 && type.data[len - 1] == ' ')
        len--;
    return text_equal_nocase(slice_of(type.data, len), JSON_TYPE);
}

bool sign_in_relay(struct exchange *x)
{
    struct request *request = exchange_request(x);
    struct slice agent = request_get_header(request, "user-agent");
    if (!is_json(request_get_header(request, "content-type")))
        return exchange_refuse(x, REFUSAL_MEDIA_TYPE);
    agent.len = agent.len < USER_AGENT_MAX ? agent.len : USER_AGENT_MAX;
    exchange_question(x)->sign_in =
        (struct msg_sign_in){exchange_peer(x), agent, buf_slice(&request->body)};
    return exchange_ask(x, MSG_SIGN_IN);
}

int sign_in_reply(const struct request *request, struct frame *answer, struct reply *out)
{
    static const struct {
        const char *name, *value;
    } headers[] = {{"Content-Type", JSON_TYPE}, {"Cache-Control", "no-store"}};
    const struct msg_signed_in *said = &answer->message.signed_in;
    (void)request;
    *out = (struct reply){.status = said->status, .body = said->body, .file = -1};
    if (said->status < 200 || said->status > 599)
        return CH_EPROTO;
    int rc = reply_put_header(out, slice_text("x-amzn-RequestId"), said->id);
    for (size_t i = 0; rc == 0 && i < sizeof headers / sizeof headers[0]; i++)
        rc = reply_put_header(out, slice_text(headers[i].name), slice_text(headers[i].value));
    if (rc != 0)
        reply_free(out);
    return rc;
}
