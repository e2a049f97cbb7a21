#include "api/front/exchange.h"

#include "api/front/publication.h"
#include "api/front/routes.h"
#include "api/front/sign_in.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <stdlib.h>

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_ASKED, STAGE_REPLIED };

struct exchange {
    struct plane *plane;
    struct MHD_Connection *mhd;
    struct connection *connection;
    enum stage stage;
    enum refusal refused; /* found while reading the head */
    char allow[ROUTES_ALLOW_SIZE];
    const struct route *route;
    struct request request;
    union question question;
    struct ask ask;
    uint64_t moment; /* before core was asked; see ocsp_cache.h */
    int failure;
    struct frame *answer;
};

/* What the library keeps until the last byte of a reply is sent. */
struct delivery {
    struct reply reply;
    struct frame *answer;
    struct ocsp_kept *kept; /* or NULL; when there is one, the answer is its */
};

static enum refusal refusal_of(int failure)
{
    switch (failure) {
    case 0:
        return REFUSAL_NONE;
    case CH_EINVAL:
        return REFUSAL_MALFORMED;
    case CH_ELIMIT:
        return REFUSAL_HEAD_TOO_LARGE;
    default:
        return REFUSAL_UNAVAILABLE;
    }
}

static void delivery_free(void *context)
{
    struct delivery *d = context;
    if (d == NULL)
        return;
    reply_free(&d->reply);
    if (d->kept == NULL)
        relay_free_reply(d->answer);
    ocsp_kept_unref(d->kept);
    free(d);
}

static bool add_headers(struct MHD_Response *response, const struct reply *reply)
{
    const char *name = NULL;
    const char *value = NULL;
    size_t at = 0;
    bool added = true;
    while (added && reply_next_header(reply, &at, &name, &value))
        added = MHD_add_response_header(response, name, value) == MHD_YES;
    if (added && reply->close)
        added = MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    return added;
}

/* ---- core's answers as replies, a row a message ---- */

static int reply_to_call(const struct request *request, struct frame *answer, struct reply *out)
{
    (void)request;
    return reply_from_core(&answer->message.call_reply, out);
}

static const struct {
    enum message_type type;
    int (*convert)(const struct request *request, struct frame *answer, struct reply *out);
} answers[] = {
    {MSG_CALL_REPLY, reply_to_call},
    {MSG_SIGNED_IN, sign_in_reply},
    {MSG_FETCHED, publication_reply_fetched},
    {MSG_APPROVED, publication_reply_approved},
    {MSG_OCSP_ANSWER, publication_reply_ocsp},
};

static int answer_convert(const struct exchange *x, struct frame *answer, struct reply *out)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i].type == answer->header.type)
            return answers[i].convert(&x->request, answer, out);
    return CH_EPROTO;
}

/* The body once more, writable as the library's prototype wants it: both owners' bytes are. */
static uint8_t *body_bytes(struct delivery *d)
{
    if (d->reply.body.len == 0)
        return NULL;
    if (d->reply.text.len > 0)
        return d->reply.text.data;
    return d->answer->payload.data + (d->reply.body.data - d->answer->payload.data);
}

/* The library closes the file when it is sent. */
static struct MHD_Response *file_response(struct delivery *d)
{
    struct MHD_Response *response =
        MHD_create_response_from_fd64(d->reply.file_size, d->reply.file);
    if (response != NULL)
        d->reply.file = -1;
    return response;
}

static struct MHD_Response *memory_response(struct delivery *d)
{
    return MHD_create_response_from_buffer_with_free_callback_cls(
        d->reply.body.len, body_bytes(d), delivery_free, d);
}

/* Hands the reply to the library; takes the delivery over in any case. */
static enum MHD_Result send_delivery(struct exchange *x, struct delivery *d)
{
    bool file = d->reply.file >= 0;
    struct MHD_Response *response = file ? file_response(d) : memory_response(d);
    if (response == NULL) {
        delivery_free(d);
        return MHD_NO;
    }
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, &d->reply)) {
        connection_reply_begins(x->connection);
        result = MHD_queue_response(x->mhd, d->reply.status, response);
    }
    x->stage = STAGE_REPLIED;
    MHD_destroy_response(response);
    if (file)
        delivery_free(d);
    return result;
}

static enum MHD_Result send_refusal(struct exchange *x, enum refusal why)
{
    struct delivery *d = calloc(1, sizeof *d);
    if (d == NULL || reply_refuse(why, x->allow[0] == '\0' ? NULL : x->allow, &d->reply) != 0) {
        delivery_free(d);
        return MHD_NO;
    }
    return send_delivery(x, d);
}

/* Converts the answer that the delivery holds, and sends it; takes the delivery over. */
static enum MHD_Result convert_and_send(struct exchange *x, struct delivery *d)
{
    d->reply.file = -1;
    if (answer_convert(x, d->answer, &d->reply) != 0) {
        log_error("core's answer is no HTTP reply");
        delivery_free(d);
        return send_refusal(x, REFUSAL_INTERNAL);
    }
    return send_delivery(x, d);
}

static enum MHD_Result send_answer(struct exchange *x)
{
    if (x->failure != 0)
        return send_refusal(x, refusal_of(x->failure));
    struct delivery *d = calloc(1, sizeof *d);
    if (d == NULL)
        return send_refusal(x, REFUSAL_UNAVAILABLE);
    d->answer = x->answer;
    x->answer = NULL;
    if (d->answer->header.type == MSG_OCSP_ANSWER)
        d->kept = ocsp_cache_put(x->plane->ocsp_cache, x->question.ocsp.request, x->moment,
                                 d->answer);
    return convert_and_send(x, d);
}

/* ---- reading ---- */

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    struct exchange *x = context;
    int result = request_add_header(&x->request, slice_of(name, name_len),
                                    slice_of(value, value == NULL ? 0 : value_len));
    x->refused = result == CH_ELIMIT && x->request.header_count == MESSAGE_PAIRS_MAX
                     ? REFUSAL_TOO_MANY_HEADERS
                     : refusal_of(result);
    return result == 0 ? MHD_YES : MHD_NO;
}

static enum MHD_Result read_head(struct exchange *x, const char *method)
{
    if (x->refused == REFUSAL_NONE)
        x->refused = refusal_of(request_set_method(&x->request, slice_text(method)));
    if (x->refused == REFUSAL_NONE)
        MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, take_header, x);
    if (x->refused == REFUSAL_NONE)
        x->refused = routes_find(x->plane->role, &x->request, &x->route, x->allow);
    if (x->refused == REFUSAL_NONE && x->route->body_max > 0)
        x->request.body.cap_max = x->route->body_max;
    if (x->refused == REFUSAL_NONE)
        x->refused = request_check_head(&x->request);
    if (x->refused != REFUSAL_NONE)
        return send_refusal(x, x->refused);
    x->stage = STAGE_BODY;
    return MHD_YES;
}

/* The library takes no reply in mid-body. */
static enum MHD_Result refuse_body(struct exchange *x, enum refusal why)
{
    connection_refuse(x->connection, why);
    return MHD_NO;
}

static enum MHD_Result read_body(struct exchange *x, struct slice part)
{
    int64_t len = (int64_t)part.len;
    if (atomic_fetch_add(&x->plane->bodies, len) + len > PLANE_BODIES_MAX) {
        atomic_fetch_sub(&x->plane->bodies, len);
        return refuse_body(x, REFUSAL_UNAVAILABLE);
    }
    int result = request_add_body(&x->request, part);
    if (result != 0)
        atomic_fetch_sub(&x->plane->bodies, len);
    if (result == CH_ELIMIT)
        return refuse_body(x, REFUSAL_TOO_LARGE);
    return result == 0 ? MHD_YES : refuse_body(x, REFUSAL_UNAVAILABLE);
}

static void on_answer(struct ask *ask, int failure, struct frame *reply)
{
    struct exchange *x = (struct exchange *)((char *)ask - offsetof(struct exchange, ask));
    x->failure = failure;
    x->answer = reply;
    MHD_resume_connection(x->mhd); /* x may be gone after this */
}

struct request *exchange_request(struct exchange *x)
{
    return &x->request;
}

union question *exchange_question(struct exchange *x)
{
    return &x->question;
}

struct plane *exchange_plane(struct exchange *x)
{
    return x->plane;
}

/* Suspends first: the answer may come before relay_ask returns. */
bool exchange_ask(struct exchange *x, enum message_type type)
{
    x->ask = (struct ask){.type = type, .message = &x->question, .done = on_answer};
    x->stage = STAGE_ASKED;
    if (type == MSG_OCSP)
        x->moment = ocsp_cache_moment(x->plane->ocsp_cache);
    MHD_suspend_connection(x->mhd);
    relay_ask(x->plane->relay, &x->ask);
    return true;
}

bool exchange_refuse(struct exchange *x, enum refusal why)
{
    return send_refusal(x, why) == MHD_YES;
}

bool exchange_reply_kept(struct exchange *x, struct ocsp_kept *kept)
{
    struct delivery *d = calloc(1, sizeof *d);
    if (d == NULL) {
        ocsp_kept_unref(kept);
        return exchange_refuse(x, REFUSAL_UNAVAILABLE);
    }
    d->kept = kept;
    d->answer = ocsp_kept_answer(kept);
    return convert_and_send(x, d) == MHD_YES;
}

struct slice exchange_peer(const struct exchange *x)
{
    return connection_peer(x->connection);
}

bool exchange_relay_call(struct exchange *x)
{
    request_to_call(&x->request, connection_peer(x->connection), &x->question.call);
    return exchange_ask(x, MSG_CALL);
}

enum MHD_Result exchange_step(struct exchange *x, const char *method, struct slice part)
{
    PRECOND(x != NULL);
    switch (x->stage) {
    case STAGE_HEAD:
        return read_head(x, method);
    case STAGE_BODY:
        if (part.len > 0)
            return read_body(x, part);
        connection_request_complete(x->connection);
        return x->route->handle(x) ? MHD_YES : MHD_NO;
    case STAGE_ASKED:
        return send_answer(x);
    case STAGE_REPLIED:
        return MHD_YES;
    }
    return MHD_NO;
}

struct exchange *exchange_new(struct plane *plane, struct MHD_Connection *mhd,
                              struct connection *connection, const char *target)
{
    PRECOND(plane != NULL && mhd != NULL && connection != NULL);
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->plane = plane;
    x->mhd = mhd;
    x->connection = connection;
    request_init(&x->request, plane->body_max);
    int result = request_set_target(&x->request, slice_text(target));
    x->refused = result == CH_ELIMIT ? REFUSAL_TARGET_TOO_LONG : refusal_of(result);
    connection_request_begins(connection);
    return x;
}

void exchange_free(struct exchange *x)
{
    if (x == NULL)
        return;
    atomic_fetch_sub(&x->plane->bodies, (int64_t)x->request.body.len);
    relay_free_reply(x->answer);
    request_free(&x->request);
    free(x);
}
