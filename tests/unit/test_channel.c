/* Tests of firmware/base/channel.c over a socketpair; the far end is often a bare descriptor. */
#include "firmware/base/channel.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_MS 200

struct ends {
    struct channel *core;  /* talks to a front */
    struct channel *front; /* NULL when the test drives raw itself */
    int raw;               /* the front's end as a bare descriptor, else -1 */
};

static uint8_t body[MESSAGE_BODY_MAX];

static bool ahead; /* core reads ahead: all must be as without */

static int read_ahead_on(void **state)
{
    (void)state;
    ahead = true;
    return 0;
}

static struct ends ends_open(bool raw)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    struct ends e = {.raw = raw ? fds[1] : -1};
    e.core = channel_new(fds[0], ROLE_CORE, ROLE_FRONT_MANAGE, TIMEOUT_MS);
    if (!raw)
        e.front = channel_new(fds[1], ROLE_FRONT_MANAGE, ROLE_CORE, TIMEOUT_MS);
    assert_non_null(e.core);
    if (ahead)
        assert_int_equal(channel_read_ahead(e.core), 0);
    return e;
}

static void ends_close(struct ends *e)
{
    channel_free(e->core);
    channel_free(e->front);
    if (e->raw >= 0)
        close(e->raw);
}

static struct msg_call call_of(size_t len)
{
    struct msg_call call = {.method = slice_text("POST"), .path = slice_text("/"),
                            .body = slice_of(body, len)};
    call.headers.count = 1;
    call.headers.pair[0].name = slice_text("host");
    call.headers.pair[0].value = slice_text("acm");
    return call;
}

static void raw_write(const struct ends *e, const void *bytes, size_t len)
{
    assert_int_equal(send(e->raw, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static struct buf encoded(enum message_type type, const void *message)
{
    struct buf b = {0};
    assert_int_equal(message_encode(type, 7, message, &b), 0);
    return b;
}

static void receive_must_fail(struct channel *c, int error)
{
    struct frame f;
    assert_int_equal(channel_receive(c, &f), error);
    assert_int_equal(f.fd, -1);
    assert_null(f.payload.data);
    assert_int_equal(f.header.type, 0);
}

static size_t descriptors_open(void)
{
    size_t open = 0;
    for (int fd = 0; fd < 256; fd++)
        open += fcntl(fd, F_GETFD) >= 0;
    return open;
}

/* ---- what arrives ---- */

static void a_request_and_its_reply_arrive(void **state)
{
    (void)state;
    struct ends e = ends_open(false);
    struct frame f;
    struct msg_call call = call_of(3);
    assert_int_equal(channel_send(e.front, MSG_CALL, 99, &call, -1), 0);
    assert_int_equal(channel_receive(e.core, &f), 0);
    assert_int_equal(f.header.id, 99);
    assert_int_equal(f.header.type, MSG_CALL);
    assert_true(slice_is(f.message.call.method, "POST"));
    assert_true(slice_is(f.message.call.headers.pair[0].value, "acm"));
    assert_int_equal(f.fd, -1);
    frame_free(&f);
    struct msg_call_reply reply = {.status = 200};
    assert_int_equal(channel_send(e.core, MSG_CALL_REPLY, 99, &reply, -1), 0);
    assert_int_equal(channel_receive(e.front, &f), 0);
    assert_int_equal(f.message.call_reply.status, 200);
    frame_free(&f);
    frame_free(NULL);
    ends_close(&e);
}

static void *send_largest(void *context)
{
    struct msg_call call = call_of(MESSAGE_BODY_MAX);
    int result = channel_send(context, MSG_CALL, 1, &call, -1);
    return (void *)(intptr_t)result;
}

static void the_largest_body_arrives_whole(void **state)
{
    (void)state;
    struct ends e = ends_open(false);
    pthread_t sender;
    struct frame f;
    void *result = NULL;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i % 251);
    assert_int_equal(pthread_create(&sender, NULL, send_largest, e.front), 0);
    assert_int_equal(channel_receive(e.core, &f), 0);
    pthread_join(sender, &result);
    assert_null(result);
    assert_true(slice_equal(f.message.call.body, slice_of(body, sizeof body)));
    frame_free(&f);
    ends_close(&e);
}

static void a_frame_that_comes_octet_by_octet_arrives(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct msg_call call = call_of(3);
    struct buf b = encoded(MSG_CALL, &call);
    struct frame f;
    for (size_t i = 0; i < b.len; i++)
        raw_write(&e, b.data + i, 1);
    assert_int_equal(channel_receive(e.core, &f), 0);
    assert_int_equal(f.message.call.body.len, 3);
    frame_free(&f);
    buf_free(&b);
    ends_close(&e);
}

static void frames_in_one_write_are_told_apart(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct msg_call call = call_of(3);
    struct buf b = encoded(MSG_CALL, &call);
    assert_int_equal(message_encode(MSG_CALL, 8, &call, &b), 0);
    raw_write(&e, b.data, b.len);
    for (uint64_t id = 7; id <= 8; id++) {
        struct frame f;
        assert_int_equal(channel_receive(e.core, &f), 0);
        assert_int_equal(f.header.id, id);
        frame_free(&f);
    }
    buf_free(&b);
    ends_close(&e);
}

#define SENDERS 4
#define EACH 200

static void *send_many(void *context)
{
    struct msg_call call = call_of(700);
    for (uint64_t i = 0; i < EACH; i++)
        if (channel_send(context, MSG_CALL, i, &call, -1) != 0)
            return context;
    return NULL;
}

static void many_threads_send_without_mixing_their_frames(void **state)
{
    (void)state;
    struct ends e = ends_open(false);
    pthread_t senders[SENDERS];
    for (size_t i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&senders[i], NULL, send_many, e.front), 0);
    for (size_t i = 0; i < (size_t)SENDERS * EACH; i++) {
        struct frame f;
        assert_int_equal(channel_receive(e.core, &f), 0);
        assert_int_equal(f.message.call.body.len, 700);
        frame_free(&f);
    }
    for (size_t i = 0; i < SENDERS; i++) {
        void *failed = NULL;
        pthread_join(senders[i], &failed);
        assert_null(failed);
    }
    ends_close(&e);
}

/* ---- descriptors ---- */

static struct ends wires_open(bool raw)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    struct ends e = {.raw = raw ? fds[1] : -1};
    e.core = channel_new(fds[0], ROLE_CORE, ROLE_CHANCERYD, TIMEOUT_MS);
    if (!raw)
        e.front = channel_new(fds[1], ROLE_CHANCERYD, ROLE_CORE, TIMEOUT_MS);
    return e;
}

/* Sends bytes with count copies of a descriptor attached, as no channel would. */
static void raw_write_with_fds(const struct ends *e, const struct buf *b, int fd, size_t count)
{
    union {
        char bytes[CMSG_SPACE(4 * sizeof(int))];
        struct cmsghdr align;
    } room;
    int fds[4] = {fd, fd, fd, fd};
    struct iovec io = {.iov_base = b->data, .iov_len = b->len};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = room.bytes,
                       .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    memset(&room, 0, sizeof room);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    assert_int_equal(sendmsg(e->raw, &m, MSG_NOSIGNAL), (ssize_t)b->len);
}

static void a_wire_brings_its_descriptor(void **state)
{
    (void)state;
    struct ends e = wires_open(false);
    struct msg_wire wire = {.peer = ROLE_FRONT_MANAGE};
    struct frame f;
    int pipes[2];
    char got = 0;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(channel_send(e.front, MSG_WIRE, 0, &wire, pipes[1]), 0);
    close(pipes[1]);
    assert_int_equal(channel_receive(e.core, &f), 0);
    assert_int_equal(f.message.wire.peer, ROLE_FRONT_MANAGE);
    assert_true(f.fd >= 0);
    assert_int_equal(fcntl(f.fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(f.fd, "x", 1), 1);
    assert_int_equal(read(pipes[0], &got, 1), 1);
    assert_int_equal(got, 'x');
    frame_free(&f);
    assert_int_equal(read(pipes[0], &got, 1), 0);
    close(pipes[0]);
    ends_close(&e);
}

static void a_taken_descriptor_outlives_its_frame(void **state)
{
    (void)state;
    struct ends e = wires_open(false);
    struct frame f;
    assert_int_equal(channel_send(e.front, MSG_WIRE, 0, &(struct msg_wire){0}, STDERR_FILENO), 0);
    assert_int_equal(channel_receive(e.core, &f), 0);
    int fd = f.fd;
    f.fd = -1;
    frame_free(&f);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    close(fd);
    ends_close(&e);
}

static void a_wire_without_a_descriptor_is_refused(void **state)
{
    (void)state;
    struct ends e = wires_open(true);
    struct buf b = encoded(MSG_WIRE, &(struct msg_wire){0});
    raw_write(&e, b.data, b.len);
    receive_must_fail(e.core, CH_EPROTO);
    buf_free(&b);
    ends_close(&e);
}

static void a_descriptor_where_none_belongs_is_closed_and_refused(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct msg_call call = call_of(3);
    struct buf b = encoded(MSG_CALL, &call);
    size_t before = descriptors_open();
    raw_write_with_fds(&e, &b, STDERR_FILENO, 1);
    receive_must_fail(e.core, CH_EPROTO);
    assert_int_equal(descriptors_open(), before);
    buf_free(&b);
    ends_close(&e);
}

static void two_or_more_descriptors_are_closed_and_refused(void **state)
{
    (void)state;
    for (size_t count = 2; count <= 4; count++) {
        struct ends e = wires_open(true);
        struct buf b = encoded(MSG_WIRE, &(struct msg_wire){0});
        size_t before = descriptors_open();
        raw_write_with_fds(&e, &b, STDERR_FILENO, count);
        receive_must_fail(e.core, CH_EPROTO);
        assert_int_equal(descriptors_open(), before);
        buf_free(&b);
        ends_close(&e);
    }
}

static void a_descriptor_hidden_in_the_payload_is_closed_and_refused(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct msg_call call = call_of(3);
    struct buf b = encoded(MSG_CALL, &call);
    struct buf rest = {0};
    assert_int_equal(buf_put(&rest, b.data + MESSAGE_HEADER_SIZE, b.len - MESSAGE_HEADER_SIZE), 0);
    size_t before = descriptors_open();
    raw_write(&e, b.data, MESSAGE_HEADER_SIZE);
    raw_write_with_fds(&e, &rest, STDERR_FILENO, 1);
    receive_must_fail(e.core, CH_EPROTO);
    assert_int_equal(descriptors_open(), before);
    buf_free(&b);
    buf_free(&rest);
    ends_close(&e);
}

/* ---- refusals of the receiver ---- */

static void a_message_against_its_direction_is_refused(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct buf b = encoded(MSG_CALL_REPLY, &(struct msg_call_reply){.status = 200});
    raw_write(&e, b.data, b.len);
    receive_must_fail(e.core, CH_EPROTO);
    buf_free(&b);
    ends_close(&e);
}

static void an_operators_message_from_a_front_is_refused(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct buf b = encoded(MSG_USER_ADD, &(struct msg_user_add){.name = slice_text("eve")});
    raw_write(&e, b.data, b.len);
    receive_must_fail(e.core, CH_EPROTO);
    buf_free(&b);
    ends_close(&e);
}

static void a_huge_length_is_refused_without_waiting_for_the_payload(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    uint8_t header[MESSAGE_HEADER_SIZE] = {0xff, 0xff, 0xff, 0xff, MSG_CALL};
    raw_write(&e, header, sizeof header);
    receive_must_fail(e.core, CH_EPROTO);
    ends_close(&e);
}

static void a_malformed_payload_is_refused(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    uint8_t frame[MESSAGE_HEADER_SIZE + 4] = {4, 0, 0, 0, MSG_CALL, 0};
    memset(frame + MESSAGE_HEADER_SIZE, 0xff, 4);
    raw_write(&e, frame, sizeof frame);
    receive_must_fail(e.core, CH_EPROTO);
    ends_close(&e);
}

static void an_end_between_frames_is_clean(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct msg_call call = call_of(3);
    struct buf b = encoded(MSG_CALL, &call);
    struct frame f;
    raw_write(&e, b.data, b.len);
    close(e.raw);
    e.raw = -1;
    assert_int_equal(channel_receive(e.core, &f), 0);
    frame_free(&f);
    receive_must_fail(e.core, CH_ECLOSED);
    buf_free(&b);
    ends_close(&e);
}

static void an_end_inside_a_frame_is_a_violation(void **state)
{
    static const size_t cuts[] = {1, MESSAGE_HEADER_SIZE - 1, MESSAGE_HEADER_SIZE,
                                  MESSAGE_HEADER_SIZE + 1};
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct ends e = ends_open(true);
        struct msg_call call = call_of(3);
        struct buf b = encoded(MSG_CALL, &call);
        raw_write(&e, b.data, cuts[i]);
        close(e.raw);
        e.raw = -1;
        receive_must_fail(e.core, CH_EPROTO);
        buf_free(&b);
        ends_close(&e);
    }
}

static void a_bounded_receive_does_not_wait_for_a_half_frame(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    uint8_t header[MESSAGE_HEADER_SIZE] = {200, 0, 0, 0, MSG_CALL};
    channel_set_receive_timeout(e.core, 50);
    int64_t start = clock_monotonic_ms();
    receive_must_fail(e.core, CH_ETIMEOUT);
    raw_write(&e, header, sizeof header);
    receive_must_fail(e.core, CH_ETIMEOUT);
    int64_t took = clock_monotonic_ms() - start;
    assert_true(took >= 100 && took < 5000);
    ends_close(&e);
}

/* ---- refusals of the sender ---- */

static void what_the_row_forbids_is_not_sent(void **state)
{
    (void)state;
    struct ends e = ends_open(false);
    struct msg_call call = call_of(3);
    assert_int_equal(channel_send(e.core, MSG_CALL, 1, &call, -1), CH_EINVAL);
    assert_int_equal(channel_send(e.front, MSG_READY, 1, &(struct msg_ready){0}, -1), CH_EINVAL);
    assert_int_equal(channel_send(e.front, (enum message_type)3, 1, &call, -1), CH_EINVAL);
    assert_int_equal(channel_send(e.front, MSG_CALL, 1, &call, STDERR_FILENO), CH_EINVAL);
    call.method = slice_of("a\0b", 3);
    assert_int_equal(channel_send(e.front, MSG_CALL, 1, &call, -1), CH_EINVAL);
    call.method = slice_of(body, 17);
    assert_int_equal(channel_send(e.front, MSG_CALL, 1, &call, -1), CH_ELIMIT);
    ends_close(&e);
}

static void a_wire_is_not_sent_without_its_descriptor(void **state)
{
    (void)state;
    struct ends e = wires_open(false);
    assert_int_equal(channel_send(e.front, MSG_WIRE, 0, &(struct msg_wire){0}, -1), CH_EINVAL);
    ends_close(&e);
}

static void sending_to_a_closed_peer_says_so(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    close(e.raw);
    e.raw = -1;
    assert_int_equal(channel_send(e.core, MSG_CALL_REPLY, 1, &(struct msg_call_reply){0}, -1),
                     CH_ECLOSED);
    ends_close(&e);
}

static void a_peer_that_does_not_drain_times_out_and_the_channel_ends(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    struct msg_call_reply reply = {.body = slice_of(body, MESSAGE_BODY_MAX)};
    int64_t start = clock_monotonic_ms();
    assert_int_equal(channel_send(e.core, MSG_CALL_REPLY, 1, &reply, -1), CH_ETIMEOUT);
    int64_t took = clock_monotonic_ms() - start;
    assert_true(took >= TIMEOUT_MS - 5 && took < 20 * TIMEOUT_MS);
    reply.body = slice_of(body, 1);
    assert_int_equal(channel_send(e.core, MSG_CALL_REPLY, 2, &reply, -1), CH_ECLOSED);
    receive_must_fail(e.core, CH_ECLOSED);
    ends_close(&e);
}

static void a_time_out_before_the_first_octet_leaves_the_channel_whole(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    static uint8_t sink[65536];
    struct msg_call_reply reply = {.status = 200};
    struct buf whole = encoded(MSG_CALL_REPLY, &reply);
    size_t sent = 0;
    int result = 0;
    /* Frames of this size go into the socket whole or not at all. */
    while ((result = channel_send(e.core, MSG_CALL_REPLY, 7, &reply, -1)) == 0)
        sent++;
    assert_int_equal(result, CH_ETIMEOUT);
    size_t got = 0;
    while (got < sent * whole.len) {
        ssize_t n = recv(e.raw, sink, sizeof sink, MSG_DONTWAIT);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_int_equal(got, sent * whole.len);
    assert_int_equal(channel_send(e.core, MSG_CALL_REPLY, 7, &reply, -1), 0);
    assert_int_equal(recv(e.raw, sink, sizeof sink, 0), (ssize_t)whole.len);
    assert_memory_equal(sink, whole.data, whole.len);
    buf_free(&whole);
    ends_close(&e);
}

/* ---- the end ---- */

static void *receive_once(void *context)
{
    struct frame f;
    return (void *)(intptr_t)channel_receive(context, &f);
}

static void a_shutdown_wakes_both_receivers(void **state)
{
    (void)state;
    struct ends e = ends_open(false);
    pthread_t core, front;
    void *core_result = NULL, *front_result = NULL;
    assert_int_equal(pthread_create(&core, NULL, receive_once, e.core), 0);
    assert_int_equal(pthread_create(&front, NULL, receive_once, e.front), 0);
    usleep(20000);
    channel_shutdown(e.core);
    pthread_join(core, &core_result);
    pthread_join(front, &front_result);
    assert_int_equal((intptr_t)core_result, CH_ECLOSED);
    assert_int_equal((intptr_t)front_result, CH_ECLOSED);
    channel_shutdown(NULL);
    ends_close(&e);
}

static void a_channel_owns_its_descriptor_and_knows_its_peer(void **state)
{
    (void)state;
    struct ends e = ends_open(true);
    int fd = channel_fd(e.core);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    assert_int_equal(channel_peer(e.core), ROLE_FRONT_MANAGE);
    channel_free(e.core);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    e.core = NULL;
    ends_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_reply_arrive),
        cmocka_unit_test(the_largest_body_arrives_whole),
        cmocka_unit_test(a_frame_that_comes_octet_by_octet_arrives),
        cmocka_unit_test(frames_in_one_write_are_told_apart),
        cmocka_unit_test(many_threads_send_without_mixing_their_frames),
        cmocka_unit_test(a_wire_brings_its_descriptor),
        cmocka_unit_test(a_taken_descriptor_outlives_its_frame),
        cmocka_unit_test(a_wire_without_a_descriptor_is_refused),
        cmocka_unit_test(a_descriptor_where_none_belongs_is_closed_and_refused),
        cmocka_unit_test(two_or_more_descriptors_are_closed_and_refused),
        cmocka_unit_test(a_descriptor_hidden_in_the_payload_is_closed_and_refused),
        cmocka_unit_test(a_message_against_its_direction_is_refused),
        cmocka_unit_test(an_operators_message_from_a_front_is_refused),
        cmocka_unit_test(a_huge_length_is_refused_without_waiting_for_the_payload),
        cmocka_unit_test(a_malformed_payload_is_refused),
        cmocka_unit_test(an_end_between_frames_is_clean),
        cmocka_unit_test(an_end_inside_a_frame_is_a_violation),
        cmocka_unit_test(a_bounded_receive_does_not_wait_for_a_half_frame),
        cmocka_unit_test(what_the_row_forbids_is_not_sent),
        cmocka_unit_test(a_wire_is_not_sent_without_its_descriptor),
        cmocka_unit_test(sending_to_a_closed_peer_says_so),
        cmocka_unit_test(a_peer_that_does_not_drain_times_out_and_the_channel_ends),
        cmocka_unit_test(a_time_out_before_the_first_octet_leaves_the_channel_whole),
        cmocka_unit_test(a_shutdown_wakes_both_receivers),
        cmocka_unit_test(a_channel_owns_its_descriptor_and_knows_its_peer),
    };
    int failed = cmocka_run_group_tests_name("channel", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("channel, reading ahead", tests, read_ahead_on, NULL);
}
