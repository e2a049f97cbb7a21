/* What is kept of OCSP answers, how long, and what a word of core drops. */
#include "api/front/ocsp_cache.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BEGIN INT64_C(1800000000)

static struct ocsp_cache *cache;
static int64_t now_s;

static int64_t now_us(void)
{
    return now_s * 1000000;
}

static int open_cache(void **state)
{
    (void)state;
    now_s = BEGIN;
    clock_replace(now_us);
    cache = ocsp_cache_new(&(struct ocsp_cache_limits){8, 65536});
    return cache == NULL;
}

static int close_cache(void **state)
{
    (void)state;
    ocsp_cache_free(cache);
    clock_replace(NULL);
    return 0;
}

/* An answer of an hour, made now. */
static struct frame *answer_new(uint64_t tag, size_t len)
{
    struct frame *f = calloc(1, sizeof *f);
    assert_non_null(f);
    uint8_t *bytes = buf_reserve(&f->payload, len);
    assert_non_null(bytes);
    memset(bytes, 'x', len);
    f->payload.len = len;
    f->fd = -1;
    f->header.type = MSG_OCSP_ANSWER;
    f->message.ocsp_answer = (struct msg_ocsp_answer){
        .status = 200,
        .cacheable = 1,
        .this_update = (uint64_t)now_s,
        .next_update = (uint64_t)now_s + 3600,
        .tag = tag,
        .body = buf_slice(&f->payload),
    };
    return f;
}

/* True when it was kept; else the answer is freed here, as its owner would. */
static bool put_frame(const char *request, uint64_t moment, struct frame *answer)
{
    struct ocsp_kept *kept = ocsp_cache_put(cache, slice_text(request), moment, answer);
    if (kept == NULL) {
        frame_free(answer);
        free(answer);
        return false;
    }
    assert_ptr_equal(ocsp_kept_answer(kept), answer);
    ocsp_kept_unref(kept);
    return true;
}

static bool put(const char *request, uint64_t tag)
{
    return put_frame(request, ocsp_cache_moment(cache), answer_new(tag, 900));
}

static bool has(const char *request)
{
    bool refresh = false;
    struct ocsp_kept *kept = ocsp_cache_find(cache, slice_text(request), &refresh);
    if (kept != NULL)
        assert_true(slice_equal(ocsp_kept_request(kept), slice_text(request)));
    ocsp_kept_unref(kept);
    return kept != NULL;
}

static void test_what_core_does_not_call_cacheable_is_not_kept(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint32_t status, cacheable;
        int64_t from, to;
        enum message_type type;
    } rows[] = {
        {"not cacheable", 200, 0, 0, 3600, MSG_OCSP_ANSWER},
        {"cacheable in another sense", 200, 2, 0, 3600, MSG_OCSP_ANSWER},
        {"an error", 503, 1, 0, 3600, MSG_OCSP_ANSWER},
        {"ended", 200, 1, -3600, 0, MSG_OCSP_ANSWER},
        {"not begun", 200, 1, 10, 3600, MSG_OCSP_ANSWER},
        {"another message", 200, 1, 0, 3600, MSG_FETCHED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame *f = answer_new(1, 100);
        f->header.type = rows[i].type;
        f->message.ocsp_answer.status = rows[i].status;
        f->message.ocsp_answer.cacheable = rows[i].cacheable;
        f->message.ocsp_answer.this_update = (uint64_t)(now_s + rows[i].from);
        f->message.ocsp_answer.next_update = (uint64_t)(now_s + rows[i].to);
        if (put_frame("q", ocsp_cache_moment(cache), f))
            fail_msg("kept: %s", rows[i].what);
    }
    assert_false(put("", 1));
    assert_false(has("q"));
}

static void test_the_same_octets_alone_find_it(void **state)
{
    (void)state;
    assert_true(put("question", 1));
    assert_true(has("question"));
    assert_false(has("question "));
    assert_false(has("questioN"));
    assert_false(has(""));
}

static void test_it_ends_with_next_update(void **state)
{
    (void)state;
    size_t entries = 0, octets = 0;
    assert_true(put("q", 1));
    now_s = BEGIN + 3599;
    assert_true(has("q"));
    now_s = BEGIN + 3600;
    assert_false(has("q"));
    ocsp_cache_count(cache, &entries, &octets);
    assert_int_equal(entries, 0);
    assert_int_equal(octets, 0);
}

static void test_one_asker_is_told_to_refresh_before_it_ends(void **state)
{
    (void)state;
    bool refresh = true;
    assert_true(put("q", 1));
    ocsp_kept_unref(ocsp_cache_find(cache, slice_text("q"), &refresh));
    assert_false(refresh);
    now_s = BEGIN + 2700;
    ocsp_kept_unref(ocsp_cache_find(cache, slice_text("q"), &refresh));
    assert_true(refresh);
    ocsp_kept_unref(ocsp_cache_find(cache, slice_text("q"), &refresh));
    assert_false(refresh);
    now_s += 30; /* the first one failed, it seems */
    ocsp_kept_unref(ocsp_cache_find(cache, slice_text("q"), &refresh));
    assert_true(refresh);
    assert_true(put("q", 1));
    now_s += 30;
    ocsp_kept_unref(ocsp_cache_find(cache, slice_text("q"), &refresh));
    assert_false(refresh);
}

static void test_a_tag_is_forgotten_and_no_other(void **state)
{
    (void)state;
    assert_true(put("a", 1));
    assert_true(put("a by the other hash", 1));
    assert_true(put("b", 2));
    assert_true(put("c", 1 + 4096)); /* shares a slot with 1 */
    ocsp_cache_forget(cache, 1);
    assert_false(has("a"));
    assert_false(has("a by the other hash"));
    assert_true(has("b"));
    assert_true(has("c"));
    ocsp_cache_forget_all(cache);
    assert_false(has("b"));
    assert_false(has("c"));
}

static void test_an_answer_asked_for_before_the_word_is_not_kept_after_it(void **state)
{
    (void)state;
    uint64_t before = ocsp_cache_moment(cache);
    ocsp_cache_forget(cache, 1);
    assert_false(put_frame("a", before, answer_new(1, 100)));
    assert_true(put_frame("b", before, answer_new(2, 100)));
    assert_true(put_frame("a", ocsp_cache_moment(cache), answer_new(1, 100)));
    before = ocsp_cache_moment(cache);
    ocsp_cache_forget_all(cache);
    assert_false(put_frame("b", before, answer_new(2, 100)));
}

static void test_what_was_not_asked_for_longest_goes_first(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "q%d", i);
        assert_true(put(name, (uint64_t)i));
    }
    assert_true(has("q0"));
    assert_true(put("q8", 8));
    assert_true(has("q0"));
    assert_false(has("q1"));
    assert_true(has("q2"));
}

static void test_octets_are_bounded_too(void **state)
{
    (void)state;
    size_t entries = 0, octets = 0;
    assert_false(put_frame("big", ocsp_cache_moment(cache), answer_new(1, 65536)));
    for (int i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "q%d", i);
        assert_true(put_frame(name, ocsp_cache_moment(cache), answer_new(1, 20000)));
        ocsp_cache_count(cache, &entries, &octets);
        assert_true(octets <= 65536);
        assert_true(entries <= 3);
    }
    assert_true(has("q7"));
}

static void test_what_is_held_lives_on_when_it_is_dropped(void **state)
{
    (void)state;
    bool refresh = false;
    assert_true(put("q", 7));
    struct ocsp_kept *held = ocsp_cache_find(cache, slice_text("q"), &refresh);
    ocsp_cache_forget_all(cache);
    assert_false(has("q"));
    assert_int_equal(ocsp_kept_answer(held)->message.ocsp_answer.tag, 7);
    assert_int_equal(ocsp_kept_answer(held)->payload.data[899], 'x');
    ocsp_kept_unref(held);
}

/* Each thread puts, finds and forgets; under the sanitizers nothing is used after it was freed. */
static void *user_main(void *context)
{
    uint64_t seed = (uint64_t)(uintptr_t)context;
    for (int i = 0; i < 3000; i++) {
        char name[16];
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        unsigned which = (unsigned)(seed >> 60);
        snprintf(name, sizeof name, "q%u", which);
        if (i % 5 == 0)
            ocsp_cache_forget(cache, which);
        else if (i % 3 == 0)
            put(name, which);
        else
            has(name);
    }
    return NULL;
}

static void test_many_use_it_at_once(void **state)
{
    (void)state;
    enum { USERS = 4 };
    pthread_t user[USERS];
    for (uintptr_t i = 0; i < USERS; i++)
        assert_int_equal(pthread_create(&user[i], NULL, user_main, (void *)(i + 1)), 0);
    for (int i = 0; i < USERS; i++)
        pthread_join(user[i], NULL);
    ocsp_cache_forget_all(cache);
    size_t entries = 1, octets = 1;
    ocsp_cache_count(cache, &entries, &octets);
    assert_int_equal(entries, 0);
    assert_int_equal(octets, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_cache, close_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_what_core_does_not_call_cacheable_is_not_kept),
        CASE(test_the_same_octets_alone_find_it),
        CASE(test_it_ends_with_next_update),
        CASE(test_one_asker_is_told_to_refresh_before_it_ends),
        CASE(test_a_tag_is_forgotten_and_no_other),
        CASE(test_an_answer_asked_for_before_the_word_is_not_kept_after_it),
        CASE(test_what_was_not_asked_for_longest_goes_first),
        CASE(test_octets_are_bounded_too),
        CASE(test_what_is_held_lives_on_when_it_is_dropped),
        CASE(test_many_use_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
