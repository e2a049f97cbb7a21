/* A call from its bytes to its answer, with a real store, HSM and contract. */
#include "tests/unit/core_kit.h"

#include "ca/arn.h"
#include "ca/handlers.h"
#include "ca/serve.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void answer_is(const char *target, const char *body, uint32_t status, const char *expected)
{
    uint32_t got = 0;
    char *text = core_kit_ask(target, body, &got);
    assert_string_equal(text, expected);
    assert_int_equal(got, status);
    free(text);
}

/* A record's member as text. */
static void record_has(const char *member, const char *expected)
{
    json_t *record = core_kit_record_newest();
    const json_t *value = json_object_get(record, member);
    if (expected == NULL)
        assert_null(value);
    else
        assert_string_equal(json_string_value(value), expected);
    json_decref(record);
}

/* ---- answers ---- */

static void a_list_without_certificates_is_an_empty_list(void **state)
{
    (void)state;
    answer_is(CORE_KIT_ACM "ListCertificates", "{}", 200, "{\"CertificateSummaryList\":[]}");
}

static void a_reply_has_the_headers_of_the_protocol(void **state)
{
    (void)state;
    struct core_kit_call c;
    struct dispatch_reply reply;
    struct msg_call_reply message;
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign_admin(&c);
    dispatch_call(&core_kit.core, &c.call, &reply);
    dispatch_reply_message(&reply, &message);
    assert_int_equal(message.status, 200);
    assert_int_equal(message.headers.count, 2);
    assert_true(slice_is(message.headers.pair[0].name, "x-amzn-RequestId"));
    assert_int_equal(message.headers.pair[0].value.len, 36);
    assert_int_equal(message.headers.pair[0].value.data[14], '4');
    assert_true(slice_is(message.headers.pair[1].value, "application/x-amz-json-1.1"));
    dispatch_reply_free(&reply);
}

static void the_record_has_the_id_of_the_answer(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}", "x"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct core_kit_call c;
        struct dispatch_reply reply;
        core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", bodies[i]);
        core_kit_call_sign_admin(&c);
        dispatch_call(&core_kit.core, &c.call, &reply);
        record_has("requestID", reply.id);
        dispatch_reply_free(&reply);
    }
}

static void an_error_ends_the_connection(void **state)
{
    (void)state;
    struct core_kit_call c;
    struct dispatch_reply reply;
    struct msg_call_reply message;
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    dispatch_call(&core_kit.core, &c.call, &reply);
    dispatch_reply_message(&reply, &message);
    assert_int_equal(message.status, 400);
    assert_int_equal(message.headers.count, 3);
    assert_true(slice_is(message.headers.pair[2].name, "connection"));
    assert_true(slice_is(message.headers.pair[2].value, "close"));
    assert_string_equal(buf_text(&reply.body),
                        "{\"__type\":\"MissingAuthenticationTokenException\",\"message\":"
                        "\"Missing Authentication Token\"}");
    dispatch_reply_free(&reply);
}

static void an_answer_without_output_has_an_empty_body(void **state)
{
    (void)state;
    uint32_t status = 0;
    char body[512];
    char *made = core_kit_ask(
        CORE_KIT_PCA "CreateCertificateAuthority",
        "{\"CertificateAuthorityType\":\"ROOT\",\"CertificateAuthorityConfiguration\":{"
        "\"KeyAlgorithm\":\"EC_prime256v1\",\"SigningAlgorithm\":\"SHA256WITHECDSA\","
        "\"Subject\":{\"CommonName\":\"dispatch\"}}}",
        &status);
    assert_int_equal(status, 200);
    json_t *json = json_loads(made, 0, NULL);
    snprintf(body, sizeof body,
             "{\"CertificateAuthorityArn\":\"%s\",\"Principal\":\"acm.amazonaws.com\","
             "\"Actions\":[\"IssueCertificate\",\"GetCertificate\",\"ListPermissions\"]}",
             json_string_value(json_object_get(json, "CertificateAuthorityArn")));
    answer_is(CORE_KIT_PCA "CreatePermission", body, 200, "");
    json_decref(json);
    free(made);
}

/* ---- refusals, each in its place ---- */

static void bodies_that_are_no_object_are_refused_after_the_signature(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "x", "true", "null", "\"\"", "[1]", "{"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        answer_is(CORE_KIT_ACM "ListCertificates", bodies[i], 400,
                  "{\"__type\":\"SerializationException\"}");
    record_has("errorCode", "SerializationException");
}

/* At a hundredth of the rate a token comes back after 12.5 s only: no machine is as slow as that. */
static void a_call_too_many_is_throttled_after_authorization_and_recorded(void **state)
{
    (void)state;
    core_kit.config.rate_percent = 1;
    core_kit_reopen();
    answer_is(CORE_KIT_ACM "ListCertificates", "{}", 200, "{\"CertificateSummaryList\":[]}");
    answer_is(CORE_KIT_ACM "ListCertificates", "{}", 400,
              "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\","
              "\"throttlingReasons\":[{\"reason\":\"RequestRateExceeded\","
              "\"resource\":\"acm:ListCertificates\"}]}");
    record_has("errorCode", "ThrottlingException");
    answer_is(CORE_KIT_ACM "ListCertificates", "x", 400,
              "{\"__type\":\"SerializationException\"}");
    core_kit.config.rate_percent = 0;
    core_kit_reopen();
}

static void the_signature_comes_before_the_body_is_parsed(void **state)
{
    (void)state;
    struct core_kit_call c;
    struct dispatch_reply reply;
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{ this is no JSON");
    core_kit_call_sign(&c, core_kit.appliance.access_key_id, slice_text("wrong"), clock_now(),
                       CORE_KIT_REGION, "acm");
    dispatch_call(&core_kit.core, &c.call, &reply);
    assert_non_null(strstr(buf_text(&reply.body), "InvalidSignatureException"));
    dispatch_reply_free(&reply);
}

static void operations_that_nobody_knows_are_unknown(void **state)
{
    (void)state;
    static const char *const targets[] = {CORE_KIT_ACM "Nothing", "Nothing.ListCertificates",
                                          "CertificateManager", ""};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        answer_is(targets[i], "{}", 400, "{\"__type\":\"UnknownOperationException\"}");
    record_has("errorCode", "UnknownOperationException");
}

static void operations_of_the_api_that_are_not_offered_say_so(void **state)
{
    (void)state;
    uint32_t status = 0;
    char *text = core_kit_ask(CORE_KIT_ACM "DescribeAcmeEndpoint", "{}", &status);
    assert_int_equal(status, 400);
    assert_non_null(strstr(text, "UnsupportedOperationException"));
    assert_non_null(strstr(text, "DescribeAcmeEndpoint"));
    free(text);
}

static void constraints_are_checked_before_rights(void **state)
{
    (void)state;
    uint32_t status = 0;
    char *text = core_kit_ask(CORE_KIT_ACM "DescribeCertificate", "{}", &status);
    assert_int_equal(status, 400);
    assert_string_equal(text,
                        "{\"__type\":\"ValidationException\",\"message\":\"1 validation error "
                        "detected: Value null at 'certificateArn' failed to satisfy constraint: "
                        "Member must not be null\"}");
    free(text);
}

static void a_user_without_rights_is_denied_and_recorded(void **state)
{
    (void)state;
    struct new_user user = {.account = core_kit.appliance.account, .name = "nobody"};
    struct core_kit_call c;
    struct dispatch_reply reply;
    assert_int_equal(credentials_user_add(&core_kit.core, &user), 0);
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign(&c, user.access_key_id, secret_slice(user.secret), clock_now(),
                       CORE_KIT_REGION, "acm");
    dispatch_call(&core_kit.core, &c.call, &reply);
    assert_int_equal(reply.status, 400);
    assert_non_null(strstr(buf_text(&reply.body),
                           "because no identity-based policy allows the acm:ListCertificates "
                           "action"));
    dispatch_reply_free(&reply);
    record_has("errorCode", "AccessDeniedException");
    secret_free(user.secret);
}

/* ---- what does not speak the protocol ---- */

static void foreign(const char *method, const char *type, const char *target, uint32_t status,
                    const char *body)
{
    struct core_kit_call c;
    struct dispatch_reply reply;
    core_kit_call_make(&c, target, "{}");
    c.call.method = slice_text(method);
    c.call.headers.pair[0].value = slice_text(type);
    dispatch_call(&core_kit.core, &c.call, &reply);
    assert_int_equal(reply.status, status);
    assert_string_equal(buf_text(&reply.body), body);
    assert_true(reply.close);
    dispatch_reply_free(&reply);
}

static void other_methods_and_content_types_get_what_aws_gives(void **state)
{
    (void)state;
    static const char denied[] = "<AccessDeniedException>\n  <Message>Unable to determine "
                                 "service/operation name to be authorized</Message>\n"
                                 "</AccessDeniedException>\n";
    static const char json[] = "{\"Output\":{\"__type\":\"com.amazon.coral.service#"
                               "UnknownOperationException\"},\"Version\":\"1.0\"}";
    static const char target[] = CORE_KIT_ACM "ListCertificates";
    foreign("GET", "", NULL, 403, denied);
    foreign("GET", "application/x-amz-json-1.1", target, 404, "<UnknownOperationException/>\n");
    foreign("POST", "text/plain", target, 404, "<UnknownOperationException/>\n");
    foreign("POST", "text/plain", "Nothing.AtAll", 403, denied);
    foreign("POST", "application/x-amz-json-1.11", NULL, 403, denied);
    foreign("POST", "application/json", target, 404, json);
    foreign("POST", "application/json; charset=utf-8", target, 404, json);
}

static void a_parameter_of_the_content_type_does_no_harm(void **state)
{
    (void)state;
    struct core_kit_call c;
    struct dispatch_reply reply;
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    c.call.headers.pair[0].value = slice_text("Application/X-Amz-Json-1.1; charset=UTF-8");
    core_kit_call_sign_admin(&c);
    dispatch_call(&core_kit.core, &c.call, &reply);
    assert_int_equal(reply.status, 200);
    dispatch_reply_free(&reply);
}

/* ---- records ---- */

static void each_signed_call_leaves_one_record(void **state)
{
    (void)state;
    uint64_t before = core_kit_record_count();
    free(core_kit_ask(CORE_KIT_ACM "ListCertificates", "{}", NULL));
    assert_int_equal(core_kit_record_count(), before + 1);
    record_has("eventName", "ListCertificates");
    record_has("errorCode", NULL);
    free(core_kit_ask(CORE_KIT_ACM "DescribeCertificate", "{}", NULL));
    assert_int_equal(core_kit_record_count(), before + 2);
    record_has("errorCode", "ValidationException");
    free(core_kit_ask(CORE_KIT_ACM "DescribeAcmeEndpoint", "{}", NULL));
    assert_int_equal(core_kit_record_count(), before + 3);
    record_has("errorCode", "UnsupportedOperationException");
    free(core_kit_ask("Nothing.AtAll", "{}", NULL));
    assert_int_equal(core_kit_record_count(), before + 4);
    record_has("eventName", "AtAll");
}

static void calls_that_nobody_signed_leave_no_record(void **state)
{
    (void)state;
    uint64_t before = core_kit_record_count();
    for (int i = 0; i < 5; i++) {
        struct core_kit_call c;
        struct dispatch_reply reply;
        core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
        if (i > 0)
            core_kit_call_sign(&c, i > 1 ? core_kit.appliance.access_key_id : "AKIANOBODY0000000000",
                               slice_text("wrong"), clock_now() - (i == 3 ? 1000 : 0),
                               i == 4 ? "us-west-2" : CORE_KIT_REGION, "acm");
        dispatch_call(&core_kit.core, &c.call, &reply);
        assert_int_equal(reply.status, 400);
        dispatch_reply_free(&reply);
    }
    assert_int_equal(core_kit_record_count(), before);
}

static int fail_unit(struct store_tx *tx, void *context)
{
    const char *name = context;
    int r = store_setting_put(tx, name, "kept");
    return r != 0 ? r : CH_ESTATE;
}

static int setting_read(struct store_tx *tx, void *context)
{
    char *value = NULL;
    int r = store_setting_get(tx, context, &value);
    free(value);
    return r;
}

static void a_unit_that_fails_leaves_neither_effect_nor_record(void **state)
{
    (void)state;
    struct core_kit_call c;
    struct request r = {.core = &core_kit.core, .call = &c.call};
    char name[] = "undone";
    uint64_t before = core_kit_record_count();
    core_kit_call_make(&c, NULL, "");
    assert_int_equal(request_commit(&r, fail_unit, name), CH_ESTATE);
    assert_false(r.recorded);
    assert_int_equal(core_kit_record_count(), before);
    assert_int_equal(store_read(core_kit.core.store, setting_read, name), CH_ENOTFOUND);
}

static void an_arn_of_the_request_has_its_region_and_account(void **state)
{
    (void)state;
    struct request r = {.scope = {"111122223333", "eu-west-1"}};
    char arn[64];
    request_arn(&r, "acm", "certificate/*", arn, sizeof arn);
    assert_string_equal(arn, "arn:aws:acm:eu-west-1:111122223333:certificate/*");
}

/* ---- over channels ---- */

static struct channel *wire_to_core(struct serve *serve, enum role peer)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct channel *mine = channel_new(ends[0], peer, ROLE_CORE, 5000);
    struct channel *theirs = channel_new(ends[1], ROLE_CORE, peer, 5000);
    assert_non_null(mine);
    assert_int_equal(serve_wire(serve, theirs), 0);
    channel_set_receive_timeout(mine, 20000);
    return mine;
}

static void many_calls_over_one_channel_are_all_answered(void **state)
{
    (void)state;
    struct serve *serve = NULL;
    bool seen[400] = {false};
    assert_int_equal(serve_new(&core_kit.core, 4, &serve), 0);
    struct channel *front = wire_to_core(serve, ROLE_FRONT_MANAGE);
    struct core_kit_call c;
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign_admin(&c);
    for (uint64_t sent = 0; sent < 400;) {
        for (int burst = 0; burst < 100; burst++)
            assert_int_equal(channel_send(front, MSG_CALL, sent++, &c.call, -1), 0);
        for (int burst = 0; burst < 100; burst++) {
            struct frame frame;
            assert_int_equal(channel_receive(front, &frame), 0);
            assert_int_equal(frame.header.type, MSG_CALL_REPLY);
            assert_int_equal(frame.message.call_reply.status, 200);
            assert_false(seen[frame.header.id]);
            seen[frame.header.id] = true;
            frame_free(&frame);
        }
    }
    assert_int_equal(core_kit.core.connected, 1u << ROLE_FRONT_MANAGE);
    channel_free(front);
    serve_free(serve);
    assert_int_equal(core_kit.core.connected, 0);
}

static void a_channel_that_ends_with_calls_under_way_does_no_harm(void **state)
{
    (void)state;
    struct serve *serve = NULL;
    assert_int_equal(serve_new(&core_kit.core, 2, &serve), 0);
    for (int round = 0; round < 5; round++) {
        struct channel *front = wire_to_core(serve, ROLE_FRONT_MANAGE);
        struct core_kit_call c;
        core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
        core_kit_call_sign_admin(&c);
        for (uint64_t id = 0; id < 50; id++)
            assert_int_equal(channel_send(front, MSG_CALL, id, &c.call, -1), 0);
        channel_free(front);
    }
    serve_free(serve);
}

static void what_core_tells_reaches_all_of_the_role_and_no_other(void **state)
{
    (void)state;
    struct serve *serve = NULL;
    struct frame f;
    const struct msg_forget forget = {.tag = 5};
    serve_tell(NULL, ROLE_FRONT_PUBLIC, MSG_FORGET, &forget);
    assert_int_equal(serve_new(&core_kit.core, 1, &serve), 0);
    assert_ptr_equal(core_kit.core.serve, serve);
    struct channel *manage = wire_to_core(serve, ROLE_FRONT_MANAGE);
    struct channel *public[] = {wire_to_core(serve, ROLE_FRONT_PUBLIC),
                                wire_to_core(serve, ROLE_FRONT_PUBLIC)};
    serve_tell(serve, ROLE_FRONT_PUBLIC, MSG_FORGET, &forget);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(channel_receive(public[i], &f), 0);
        assert_int_equal(f.header.type, MSG_FORGET);
        assert_int_equal(f.message.forget.tag, 5);
        frame_free(&f);
    }
    serve_free(serve);
    assert_null(core_kit.core.serve);
    assert_int_equal(channel_receive(manage, &f), CH_ECLOSED);
    channel_free(manage);
    channel_free(public[0]);
    channel_free(public[1]);
}

/* It might go on giving what is true no longer. */
static void a_front_that_does_not_take_what_it_is_told_loses_its_channel(void **state)
{
    (void)state;
    struct serve *serve = NULL;
    struct frame f;
    int ends[2];
    int r = 0;
    const struct msg_forget forget = {.tag = 5};
    assert_int_equal(serve_new(&core_kit.core, 1, &serve), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(serve_wire(serve, channel_new(ends[1], ROLE_CORE, ROLE_FRONT_PUBLIC, 20)), 0);
    struct channel *deaf = channel_new(ends[0], ROLE_FRONT_PUBLIC, ROLE_CORE, 20);
    for (int i = 0; i < 20000 && (core_kit.core.connected & 1u << ROLE_FRONT_PUBLIC) != 0; i++)
        serve_tell(serve, ROLE_FRONT_PUBLIC, MSG_FORGET, &forget);
    assert_int_equal(core_kit.core.connected & 1u << ROLE_FRONT_PUBLIC, 0);
    while ((r = channel_receive(deaf, &f)) == 0)
        frame_free(&f);
    assert_true(r == CH_ECLOSED || r == CH_EPROTO);
    channel_free(deaf);
    serve_free(serve);
}

/* Sends the message as that role over a channel that core knows as another's; whether core ended it. */
static bool channel_ends(struct serve *serve, enum role owner, enum role claimed,
                         enum message_type type, const void *message)
{
    int ends[2];
    struct frame reply;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(serve_wire(serve, channel_new(ends[1], ROLE_CORE, owner, 5000)), 0);
    struct channel *liar = channel_new(ends[0], claimed, ROLE_CORE, 5000);
    channel_set_receive_timeout(liar, 20000);
    assert_int_equal(channel_send(liar, type, 1, message, -1), 0);
    int r = channel_receive(liar, &reply);
    if (r == 0)
        frame_free(&reply);
    channel_free(liar);
    return r == CH_ECLOSED;
}

/* Whoever breaks into the public front has its few messages, and with any other loses the channel. */
static void what_a_front_may_not_send_ends_its_channel(void **state)
{
    (void)state;
    struct serve *serve = NULL;
    struct core_kit_call c;
    const struct msg_status status = {0};
    const struct msg_fetch fetch = {.path = slice_text("/ca/x.cer")};
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign_admin(&c);
    assert_int_equal(serve_new(&core_kit.core, 1, &serve), 0);
    assert_true(channel_ends(serve, ROLE_FRONT_PUBLIC, ROLE_FRONT_MANAGE, MSG_CALL, &c.call));
    assert_true(channel_ends(serve, ROLE_FRONT_PUBLIC, ROLE_OPERATOR, MSG_STATUS, &status));
    assert_true(channel_ends(serve, ROLE_FRONT_MANAGE, ROLE_FRONT_PUBLIC, MSG_FETCH, &fetch));
    assert_true(channel_ends(serve, ROLE_FRONT_MANAGE, ROLE_OPERATOR, MSG_STATUS, &status));
    assert_false(channel_ends(serve, ROLE_FRONT_MANAGE, ROLE_FRONT_MANAGE, MSG_CALL, &c.call));
    serve_free(serve);
}

static void stopping_with_a_full_queue_ends(void **state)
{
    (void)state;
    struct serve *serve = NULL;
    assert_int_equal(serve_new(&core_kit.core, 1, &serve), 0);
    struct channel *front = wire_to_core(serve, ROLE_FRONT_MANAGE);
    struct core_kit_call c;
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign_admin(&c);
    for (uint64_t id = 0; id < 200; id++)
        assert_int_equal(channel_send(front, MSG_CALL, id, &c.call, -1), 0);
    serve_free(serve);
    channel_free(front);
}

/* Six hundred calls of one key are under way when another key asks once. */
static void one_who_asks_for_much_does_not_keep_another_waiting(void **state)
{
    (void)state;
    enum { FLOOD = 600, LATE = 9999 };
    struct serve *serve = NULL;
    assert_int_equal(serve_new(&core_kit.core, 1, &serve), 0);
    struct channel *front = wire_to_core(serve, ROLE_FRONT_MANAGE);
    struct core_kit_call flood, late;
    core_kit_call_make(&flood, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign_admin(&flood);
    core_kit_call_make(&late, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign(&late, "AKIAOTHEROTHEROTHER2", slice_text("wrong"), clock_now(),
                       CORE_KIT_REGION, "acm");
    for (uint64_t id = 0; id < FLOOD; id++)
        assert_int_equal(channel_send(front, MSG_CALL, id, &flood.call, -1), 0);
    assert_int_equal(channel_send(front, MSG_CALL, LATE, &late.call, -1), 0);
    unsigned before = 0;
    for (bool come = false; !come; before++) {
        struct frame reply;
        assert_int_equal(channel_receive(front, &reply), 0);
        come = reply.header.id == LATE;
        frame_free(&reply);
    }
    print_message("the late call was number %u of %d\n", before, FLOOD + 1);
    assert_true(before < FLOOD / 2);
    serve_free(serve);
    channel_free(front);
}

static void a_message_that_the_front_may_not_send_ends_its_channel(void **state)
{
    (void)state;
    struct serve *serve = NULL;
    struct buf bytes = {0};
    int ends[2];
    uint8_t room[16];
    struct msg_status status = {0};
    assert_int_equal(serve_new(&core_kit.core, 1, &serve), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(serve_wire(serve, channel_new(ends[1], ROLE_CORE, ROLE_FRONT_MANAGE, 5000)),
                     0);
    assert_int_equal(message_encode(MSG_STATUS, 1, &status, &bytes), 0);
    assert_int_equal(send(ends[0], bytes.data, bytes.len, 0), bytes.len);
    assert_true(recv(ends[0], room, sizeof room, 0) <= 0); /* its end, or a reset */
    buf_free(&bytes);
    assert_int_equal(close(ends[0]), 0);
    serve_free(serve);
}

static void ask_operator(enum message_type type, const void *message, struct frame *reply)
{
    int ends[2];
    struct frame question;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct channel *mine = channel_new(ends[0], ROLE_OPERATOR, ROLE_CORE, 5000);
    struct channel *theirs = channel_new(ends[1], ROLE_CORE, ROLE_OPERATOR, 5000);
    assert_int_equal(channel_send(mine, type, 7, message, -1), 0);
    assert_int_equal(channel_receive(theirs, &question), 0);
    assert_int_equal(handlers_act(&core_kit.core, theirs, &question), 0);
    assert_int_equal(channel_receive(mine, reply), 0);
    assert_int_equal(reply->header.id, 7);
    frame_free(&question);
    channel_free(mine);
    channel_free(theirs);
}

static const char *fact_of(const struct msg_status_reply *status, const char *name, char room[256])
{
    for (uint32_t i = 0; i < status->facts.count; i++) {
        if (!slice_is(status->facts.pair[i].name, name))
            continue;
        snprintf(room, 256, "%.*s", (int)status->facts.pair[i].value.len,
                 (const char *)status->facts.pair[i].value.data);
        return room;
    }
    return NULL;
}

static void status_tells_token_store_and_audit_chain(void **state)
{
    (void)state;
    struct frame reply;
    struct msg_status question = {.detail = 1};
    char room[256];
    ask_operator(MSG_STATUS, &question, &reply);
    const struct msg_status_reply *status = &reply.message.status_reply;
    assert_string_equal(fact_of(status, "token state", room), "ready");
    assert_non_null(strstr(fact_of(status, "token", room), "core-kit"));
    assert_string_equal(fact_of(status, "custody", room), "hsm");
    assert_string_equal(fact_of(status, "account", room), core_kit.appliance.account);
    assert_string_equal(fact_of(status, "audit chain", room), "intact");
    assert_string_equal(fact_of(status, "processes", room), "core");
    frame_free(&reply);
}

static void the_operator_can_add_a_user_that_signs_and_has_no_rights(void **state)
{
    (void)state;
    struct frame reply;
    struct msg_user_add question = {.name = slice_text("operated")};
    struct core_kit_call c;
    struct dispatch_reply answer;
    ask_operator(MSG_USER_ADD, &question, &reply);
    const struct msg_user_added *added = &reply.message.user_added;
    assert_int_equal(added->result, 0);
    assert_true(slice_is(added->account, core_kit.appliance.account));
    char *id = slice_dup(added->access_key_id);
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign(&c, id, added->secret_access_key, clock_now(), CORE_KIT_REGION, "acm");
    dispatch_call(&core_kit.core, &c.call, &answer);
    assert_int_equal(answer.status, 400);
    assert_non_null(strstr(buf_text(&answer.body), "AccessDeniedException"));
    dispatch_reply_free(&answer);
    frame_free(&reply);
    free(id);
    ask_operator(MSG_USER_ADD, &question, &reply);
    assert_int_equal(reply.message.user_added.result, -CH_EEXISTS);
    assert_true(slice_is(reply.message.user_added.text, "a user of that name exists already"));
    assert_int_equal(reply.message.user_added.secret_access_key.len, 0);
    frame_free(&reply);
}

static void secrets_of_calls_do_not_outlive_them(void **state)
{
    (void)state;
    free(core_kit_ask(CORE_KIT_ACM "ListCertificates", "{}", NULL));
    size_t before = secret_count();
    for (int i = 0; i < 10; i++)
        free(core_kit_ask(CORE_KIT_ACM "ListCertificates", "{}", NULL));
    assert_int_equal(secret_count(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_without_certificates_is_an_empty_list),
        cmocka_unit_test(a_reply_has_the_headers_of_the_protocol),
        cmocka_unit_test(the_record_has_the_id_of_the_answer),
        cmocka_unit_test(an_error_ends_the_connection),
        cmocka_unit_test(an_answer_without_output_has_an_empty_body),
        cmocka_unit_test(bodies_that_are_no_object_are_refused_after_the_signature),
        cmocka_unit_test(a_call_too_many_is_throttled_after_authorization_and_recorded),
        cmocka_unit_test(the_signature_comes_before_the_body_is_parsed),
        cmocka_unit_test(operations_that_nobody_knows_are_unknown),
        cmocka_unit_test(operations_of_the_api_that_are_not_offered_say_so),
        cmocka_unit_test(constraints_are_checked_before_rights),
        cmocka_unit_test(a_user_without_rights_is_denied_and_recorded),
        cmocka_unit_test(other_methods_and_content_types_get_what_aws_gives),
        cmocka_unit_test(a_parameter_of_the_content_type_does_no_harm),
        cmocka_unit_test(each_signed_call_leaves_one_record),
        cmocka_unit_test(calls_that_nobody_signed_leave_no_record),
        cmocka_unit_test(a_unit_that_fails_leaves_neither_effect_nor_record),
        cmocka_unit_test(an_arn_of_the_request_has_its_region_and_account),
        cmocka_unit_test(many_calls_over_one_channel_are_all_answered),
        cmocka_unit_test(a_channel_that_ends_with_calls_under_way_does_no_harm),
        cmocka_unit_test(what_core_tells_reaches_all_of_the_role_and_no_other),
        cmocka_unit_test(a_front_that_does_not_take_what_it_is_told_loses_its_channel),
        cmocka_unit_test(what_a_front_may_not_send_ends_its_channel),
        cmocka_unit_test(stopping_with_a_full_queue_ends),
        cmocka_unit_test(one_who_asks_for_much_does_not_keep_another_waiting),
        cmocka_unit_test(a_message_that_the_front_may_not_send_ends_its_channel),
        cmocka_unit_test(status_tells_token_store_and_audit_chain),
        cmocka_unit_test(the_operator_can_add_a_user_that_signs_and_has_no_rights),
        cmocka_unit_test(secrets_of_calls_do_not_outlive_them),
    };
    return cmocka_run_group_tests(tests, core_kit_setup, core_kit_teardown);
}
