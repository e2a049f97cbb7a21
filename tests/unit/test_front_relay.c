/* Questions to core: each is answered or failed exactly once, whatever core does. */
#include "api/front/relay.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define WAIT_MS 5000

/* A question with what became of it. */
struct question {
    struct ask ask;
    struct msg_call call;
    atomic_int done; /* how often it was called */
    atomic_int failure;
    uint32_t status;
};

static struct relay *relay;
static struct channel *core;

static void on_done(struct ask *ask, int failure, struct frame *reply)
{
    struct question *q = (struct question *)((char *)ask - offsetof(struct question, ask));
    q->status = reply == NULL ? 0 : reply->message.call_reply.status;
    relay_free_reply(reply);
    atomic_store(&q->failure, failure);
    atomic_fetch_add(&q->done, 1);
}

static void pause_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void ask(struct question *q)
{
    memset(q, 0, sizeof *q);
    q->call.method = slice_text("POST");
    q->call.path = slice_text("/");
    q->ask = (struct ask){.type = MSG_CALL, .message = &q->call, .done = on_done};
    relay_ask(relay, &q->ask);
}

/* Waits until it is over; the failure. */
static int outcome(struct question *q)
{
    int64_t limit = clock_monotonic_ms() + WAIT_MS;
    while (atomic_load(&q->done) == 0 && clock_monotonic_ms() < limit)
        pause_ms(1);
    assert_int_equal(atomic_load(&q->done), 1);
    return atomic_load(&q->failure);
}

static struct channel *attach(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct channel *front = channel_new(ends[0], ROLE_FRONT_MANAGE, ROLE_CORE, 200);
    struct channel *peer = channel_new(ends[1], ROLE_CORE, ROLE_FRONT_MANAGE, 1000);
    assert_non_null(front);
    assert_non_null(peer);
    relay_attach(relay, front);
    return peer;
}

/* As core: takes the next call and returns its id. */
static uint64_t take_call(void)
{
    struct frame f;
    assert_int_equal(channel_receive(core, &f), 0);
    assert_int_equal(f.header.type, MSG_CALL);
    uint64_t id = f.header.id;
    frame_free(&f);
    return id;
}

static void answer(uint64_t id, uint32_t status)
{
    static struct msg_call_reply reply;
    reply.status = status;
    assert_int_equal(channel_send(core, MSG_CALL_REPLY, id, &reply, -1), 0);
}

static int open_with_core(void **state)
{
    (void)state;
    relay = relay_open(60000);
    core = relay == NULL ? NULL : attach();
    return relay == NULL;
}

static int open_alone(void **state)
{
    (void)state;
    relay = relay_open(60000);
    core = NULL;
    return relay == NULL;
}

static int close_all(void **state)
{
    (void)state;
    relay_close(relay);
    relay_free(relay);
    channel_free(core);
    return 0;
}

static void test_an_answer_reaches_who_asked(void **state)
{
    (void)state;
    struct question q;
    ask(&q);
    answer(take_call(), 201);
    assert_int_equal(outcome(&q), 0);
    assert_int_equal(q.status, 201);
    assert_int_equal(relay_pending(relay), 0);
}

static void test_answers_may_come_in_any_order(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    static struct question q[COUNT];
    uint64_t id[COUNT];
    for (int i = 0; i < COUNT; i++)
        ask(&q[i]);
    for (int i = 0; i < COUNT; i++)
        id[i] = take_call();
    assert_int_equal(relay_pending(relay), COUNT);
    for (int i = COUNT - 1; i >= 0; i--)
        answer(id[i], (uint32_t)(200 + i));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(outcome(&q[i]), 0);
        assert_int_equal(q[i].status, 200 + i);
    }
}

static void test_no_id_is_used_twice(void **state)
{
    (void)state;
    struct question a;
    struct question b;
    ask(&a);
    ask(&b);
    uint64_t first = take_call();
    uint64_t second = take_call();
    assert_true(first != second);
    answer(first, 200);
    answer(second, 200);
    assert_int_equal(outcome(&a) | outcome(&b), 0);
}

static void test_without_core_a_question_fails_at_once(void **state)
{
    (void)state;
    struct question q;
    ask(&q);
    assert_int_equal(atomic_load(&q.done), 1);
    assert_int_equal(outcome(&q), CH_ECLOSED);
}

static void test_when_core_goes_every_question_fails(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    static struct question q[COUNT];
    for (int i = 0; i < COUNT; i++)
        ask(&q[i]);
    take_call();
    channel_shutdown(core);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(outcome(&q[i]), CH_ECLOSED);
    assert_int_equal(relay_pending(relay), 0);
}

static void test_a_new_channel_replaces_the_former(void **state)
{
    (void)state;
    struct question before;
    struct question after;
    struct channel *former = core;
    ask(&before);
    take_call();
    core = attach();
    assert_int_equal(outcome(&before), CH_ECLOSED);
    struct frame f;
    assert_int_equal(channel_receive(former, &f), CH_ECLOSED);
    channel_free(former);
    ask(&after);
    answer(take_call(), 200);
    assert_int_equal(outcome(&after), 0);
}

static void test_channels_that_are_replaced_before_use_are_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        channel_free(core);
        core = attach();
    }
    pause_ms(20);
    struct question q;
    ask(&q);
    answer(take_call(), 200);
    assert_int_equal(outcome(&q), 0);
}

static void test_answers_nobody_waits_for_are_dropped(void **state)
{
    (void)state;
    struct question q;
    answer(12345, 200);
    ask(&q);
    uint64_t id = take_call();
    answer(id, 200);
    answer(id, 500);
    assert_int_equal(outcome(&q), 0);
    ask(&q);
    answer(take_call(), 200);
    assert_int_equal(outcome(&q), 0);
}

static void test_an_answer_of_another_kind_ends_the_channel(void **state)
{
    (void)state;
    struct question q;
    const struct msg_tls_certified other = {.result = 1};
    struct frame f;
    ask(&q);
    uint64_t id = take_call();
    assert_int_equal(channel_send(core, MSG_TLS_CERTIFIED, id, &other, -1), 0);
    assert_int_equal(outcome(&q), CH_ECLOSED);
    assert_int_equal(channel_receive(core, &f), CH_ECLOSED);
}

static void test_a_message_that_cannot_be_encoded_fails_alone(void **state)
{
    (void)state;
    struct question bad;
    struct question good;
    memset(&bad, 0, sizeof bad);
    bad.call.method = slice_text("AMETHODTHATISLONGERTHANTHEROWALLOWS");
    bad.ask = (struct ask){.type = MSG_CALL, .message = &bad.call, .done = on_done};
    relay_ask(relay, &bad.ask);
    assert_int_equal(outcome(&bad), CH_ELIMIT);
    ask(&good);
    answer(take_call(), 200);
    assert_int_equal(outcome(&good), 0);
}

static void test_a_question_that_waits_too_long_fails_and_its_answer_is_dropped(void **state)
{
    (void)state;
    struct question q;
    relay_close(relay);
    relay_free(relay);
    channel_free(core);
    relay = relay_open(50);
    core = attach();
    ask(&q);
    uint64_t id = take_call();
    relay_expire(relay);
    assert_int_equal(atomic_load(&q.done), 0);
    pause_ms(80);
    relay_expire(relay);
    assert_int_equal(outcome(&q), CH_ETIMEOUT);
    answer(id, 200);
    ask(&q);
    answer(take_call(), 200);
    assert_int_equal(outcome(&q), 0);
}

struct heard {
    atomic_int told, ended;
    _Atomic uint64_t tag;
};

static void on_told(void *context, const struct frame *frame)
{
    struct heard *h = context;
    atomic_store(&h->tag, frame->message.forget.tag);
    atomic_fetch_add(&h->told, 1);
}

static void on_ended(void *context)
{
    struct heard *h = context;
    atomic_fetch_add(&h->ended, 1);
}

static void wait_for(atomic_int *count, int wanted)
{
    int64_t limit = clock_monotonic_ms() + WAIT_MS;
    while (atomic_load(count) != wanted && clock_monotonic_ms() < limit)
        pause_ms(1);
    assert_int_equal(atomic_load(count), wanted);
}

/* The word to forget, which answers nothing, and the end of the channel. */
static void test_a_listener_hears_what_core_says_unasked(void **state)
{
    (void)state;
    int ends[2];
    static struct heard heard;
    const struct msg_forget forget = {.tag = 99};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    relay_listen(relay, &(struct relay_listener){on_told, on_ended, &heard});
    relay_attach(relay, channel_new(ends[0], ROLE_FRONT_PUBLIC, ROLE_CORE, 200));
    struct channel *peer = channel_new(ends[1], ROLE_CORE, ROLE_FRONT_PUBLIC, 1000);
    assert_int_equal(channel_send(peer, MSG_FORGET, 0, &forget, -1), 0);
    wait_for(&heard.told, 1);
    assert_int_equal(heard.tag, 99);
    int ended = atomic_load(&heard.ended); /* of the channel that was replaced */
    channel_free(peer);
    wait_for(&heard.ended, ended + 1);
    assert_int_equal(atomic_load(&heard.told), 1);
}

static void test_core_that_does_not_read_is_given_up(void **state)
{
    (void)state;
    enum { COUNT = 20 };
    static struct question q[COUNT];
    size_t len = 1024 * 1024;
    char *body = calloc(1, len);
    assert_non_null(body);
    int64_t began = clock_monotonic_ms();
    for (int i = 0; i < COUNT; i++) {
        memset(&q[i], 0, sizeof q[i]);
        q[i].call.method = slice_text("POST");
        q[i].call.body = slice_of(body, len);
        q[i].ask = (struct ask){.type = MSG_CALL, .message = &q[i].call, .done = on_done};
        relay_ask(relay, &q[i].ask);
    }
    /* Nobody who asks waits for core: each would, for 200 ms. */
    assert_true(clock_monotonic_ms() - began < COUNT * 200 / 2);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(outcome(&q[i]), CH_ECLOSED);
    free(body);
}

static void test_closing_fails_what_is_open_and_what_comes_later(void **state)
{
    (void)state;
    static struct question q[3];
    ask(&q[0]);
    ask(&q[1]);
    relay_close(relay);
    assert_int_equal(outcome(&q[0]), CH_ECLOSED);
    assert_int_equal(outcome(&q[1]), CH_ECLOSED);
    ask(&q[2]);
    assert_int_equal(outcome(&q[2]), CH_ECLOSED);
    channel_free(core);
    core = attach(); /* refused, and freed */
    struct frame f;
    assert_int_equal(channel_receive(core, &f), CH_ECLOSED);
    relay_free(relay);
    relay = relay_open(1000);
}

static void *echo_main(void *context)
{
    struct channel *peer = context;
    struct frame f;
    while (channel_receive(peer, &f) == 0) {
        static struct msg_call_reply reply = {.status = 200};
        channel_send(peer, MSG_CALL_REPLY, f.header.id, &reply, -1);
        frame_free(&f);
    }
    return NULL;
}

static void *asker_main(void *context)
{
    struct question *q = context;
    for (int i = 0; i < 300; i++) {
        ask(q);
        int failure = outcome(q);
        assert_true(failure == 0 || failure == CH_ECLOSED);
    }
    return NULL;
}

static void test_many_askers_and_a_core_that_comes_and_goes(void **state)
{
    (void)state;
    enum { ASKERS = 4, TIMES = 10 };
    static struct question q[ASKERS];
    pthread_t asker[ASKERS];
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&asker[i], NULL, asker_main, &q[i]), 0);
    for (int i = 0; i < TIMES; i++) {
        pthread_t echo;
        assert_int_equal(pthread_create(&echo, NULL, echo_main, core), 0);
        pause_ms(10);
        channel_shutdown(core);
        pthread_join(echo, NULL);
        channel_free(core);
        core = attach();
    }
    channel_shutdown(core);
    for (int i = 0; i < ASKERS; i++)
        pthread_join(asker[i], NULL);
    assert_int_equal(relay_pending(relay), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_with_core, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_an_answer_reaches_who_asked),
        CASE(test_answers_may_come_in_any_order),
        CASE(test_no_id_is_used_twice),
        cmocka_unit_test_setup_teardown(test_without_core_a_question_fails_at_once, open_alone,
                                        close_all),
        CASE(test_when_core_goes_every_question_fails),
        CASE(test_a_new_channel_replaces_the_former),
        CASE(test_channels_that_are_replaced_before_use_are_freed),
        CASE(test_answers_nobody_waits_for_are_dropped),
        CASE(test_an_answer_of_another_kind_ends_the_channel),
        CASE(test_a_message_that_cannot_be_encoded_fails_alone),
        CASE(test_a_question_that_waits_too_long_fails_and_its_answer_is_dropped),
        CASE(test_a_listener_hears_what_core_says_unasked),
        CASE(test_core_that_does_not_read_is_given_up),
        CASE(test_closing_fails_what_is_open_and_what_comes_later),
        CASE(test_many_askers_and_a_core_that_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
