/* Group commit and readers: what each thread is promised. */
#include "tests/unit/test_store_kit.h"

#include "ca/store/migrate.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS 8
#define UNITS 40

static int put_number(struct store_tx *tx, void *context)
{
    char name[24];
    snprintf(name, sizeof(name), "n%d", *(const int *)context);
    return store_setting_put(tx, name, "1");
}

static int get_number(struct store_tx *tx, void *context)
{
    char name[24];
    char *value = NULL;
    snprintf(name, sizeof(name), "n%d", *(const int *)context);
    int r = store_setting_get(tx, name, &value);
    free(value);
    return r;
}

static int put_number_and_record(struct store_tx *tx, void *context)
{
    int r = put_number(tx, context);
    return r == 0 ? store_audit_append(tx, 1, slice_of(context, sizeof(int))) : r;
}

static int put_and_fail(struct store_tx *tx, void *context)
{
    int r = put_number_and_record(tx, context);
    return r == 0 ? CH_EDENIED : r;
}

static int put_record(struct store_tx *tx, void *context)
{
    return store_audit_append(tx, 1, slice_of(context, sizeof(int)));
}

/* ---- one thread ---- */

static void a_unit_that_fails_leaves_nothing(void **state)
{
    struct kit *kit = *state;
    int one = 1;
    assert_int_equal(store_write(kit->store, put_and_fail, &one), CH_EDENIED);
    assert_int_equal(store_read(kit->store, get_number, &one), CH_ENOTFOUND);
}

static void the_version_tells_of_changes_but_not_of_records(void **state)
{
    struct kit *kit = *state;
    int one = 1;
    assert_int_equal(store_write(kit->store, put_record, &one), 0);
    uint64_t before = store_version(kit->store); /* counted the file as it was found, too */
    assert_int_equal(store_write(kit->store, put_record, &one), 0);
    assert_int_equal(store_version(kit->store), before);
    assert_int_equal(store_read(kit->store, get_number, &one), CH_ENOTFOUND);
    assert_int_equal(store_version(kit->store), before);
    assert_int_equal(store_write(kit->store, put_number, &one), 0);
    assert_int_not_equal(store_version(kit->store), before);
}

static void the_version_tells_of_another_process_with_the_next_unit(void **state)
{
    struct kit *kit = *state;
    struct store *other = NULL;
    int one = 1;
    assert_int_equal(store_write(kit->store, put_record, &one), 0);
    uint64_t before = store_version(kit->store);
    assert_int_equal(store_open(kit->path, false, &other), 0);
    assert_int_equal(store_write(other, put_number, &one), 0);
    assert_int_equal(store_write(kit->store, put_record, &one), 0);
    assert_int_not_equal(store_version(kit->store), before);
    store_close(other);
}

static void a_unit_that_was_answered_is_read_by_everyone(void **state)
{
    struct kit *kit = *state;
    int one = 1;
    assert_int_equal(store_write(kit->store, put_number, &one), 0);
    assert_int_equal(store_read(kit->store, get_number, &one), 0);
}

static void the_answer_of_a_unit_is_the_answer_of_the_call(void **state)
{
    struct kit *kit = *state;
    int one = 1;
    assert_int_equal(store_read(kit->store, get_number, &one), CH_ENOTFOUND);
    assert_int_equal(store_write(kit->store, get_number, &one), CH_ENOTFOUND);
}

IN_READ(a_reading_unit_that_writes_is_refused)
{
    struct authority_row authority = kit_authority(KIT_UUID_A);
    struct issued_row issued = kit_issued("00000000000000000000000000000001", 1);
    struct certificate_row certificate = kit_certificate(KIT_UUID_A);
    EXPECT_CODE(store_setting_put(tx, "a", "b"), CH_ESTATE);
    EXPECT_CODE(store_authority_insert(tx, &authority), CH_ESTATE);
    EXPECT_CODE(store_issued_insert(tx, &issued), CH_ESTATE);
    EXPECT_CODE(store_certificate_insert(tx, &certificate), CH_ESTATE);
    EXPECT_CODE(store_certificate_delete(tx, &kit_scope, KIT_UUID_A), CH_ESTATE);
    EXPECT_CODE(store_tag_put(tx, "a", "b", "c"), CH_ESTATE);
    return 0;
}

static void stats_count_commits_and_units(void **state)
{
    struct kit *kit = *state;
    struct store_stats stats;
    int number = 1;
    store_stats(kit->store, &stats);
    assert_int_equal(stats.commits, 0);
    size_t count = 0;
    const struct migration *all = migrations(&count);
    assert_int_equal(stats.schema, all[count - 1].number);
    assert_int_equal(store_write(kit->store, put_number, &number), 0);
    assert_int_equal(store_write(kit->store, put_and_fail, &number), CH_EDENIED);
    store_stats(kit->store, &stats);
    assert_int_equal(stats.commits, 1);
    assert_int_equal(stats.units, 1);
    assert_true(stats.size > 0);
}

static void close_without_a_store_is_fine(void **state)
{
    (void)state;
    store_close(NULL);
}

/* ---- a group that is known: the first unit waits until all others are queued ---- */

struct gate {
    struct kit *kit;
    sem_t entered, open;
};

static int hold_the_writer(struct store_tx *tx, void *context)
{
    (void)tx;
    struct gate *gate = context;
    sem_post(&gate->entered);
    sem_wait(&gate->open);
    return 0;
}

static void *gate_thread(void *context)
{
    struct gate *gate = context;
    int r = store_write(gate->kit->store, hold_the_writer, gate);
    return (void *)(intptr_t)r;
}

struct job {
    struct kit *kit;
    store_unit unit;
    int number;
    int result;
    pthread_t thread;
};

static void *job_thread(void *context)
{
    struct job *job = context;
    job->result = store_write(job->kit->store, job->unit, &job->number);
    return NULL;
}

/* Runs the jobs in one group (or two: the gate's and theirs) and waits for them. */
static void run_together(struct kit *kit, struct job *jobs, size_t count)
{
    struct gate gate = {.kit = kit};
    pthread_t holder;
    sem_init(&gate.entered, 0, 0);
    sem_init(&gate.open, 0, 0);
    assert_int_equal(pthread_create(&holder, NULL, gate_thread, &gate), 0);
    sem_wait(&gate.entered);
    for (size_t i = 0; i < count; i++) {
        jobs[i].kit = kit;
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, job_thread, &jobs[i]), 0);
    }
    usleep(50000);
    sem_post(&gate.open);
    for (size_t i = 0; i < count; i++)
        pthread_join(jobs[i].thread, NULL);
    pthread_join(holder, NULL);
    sem_destroy(&gate.entered);
    sem_destroy(&gate.open);
}

static int verify_trail(struct store_tx *tx, void *context)
{
    uint64_t bad = 0;
    return store_audit_verify(tx, context, &bad);
}

static void a_unit_that_fails_among_others_fails_alone(void **state)
{
    struct kit *kit = *state;
    struct job jobs[6];
    struct store_stats stats;
    uint64_t records = 0;
    for (int i = 0; i < 6; i++)
        jobs[i] =
            (struct job){.number = i, .unit = i % 2 == 0 ? put_number_and_record : put_and_fail};
    run_together(kit, jobs, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(jobs[i].result, i % 2 == 0 ? 0 : CH_EDENIED);
        assert_int_equal(store_read(kit->store, get_number, &i), i % 2 == 0 ? 0 : CH_ENOTFOUND);
    }
    assert_int_equal(store_read(kit->store, verify_trail, &records), 0);
    assert_int_equal(records, 3);
    store_stats(kit->store, &stats);
    assert_int_equal(stats.units, 4);
    assert_true(stats.commits <= 3);
}

static int insert_same_authority(struct store_tx *tx, void *context)
{
    (void)context;
    struct authority_row row = kit_authority(KIT_UUID_A);
    return store_authority_insert(tx, &row);
}

static void of_units_that_want_the_same_key_one_gets_it(void **state)
{
    struct kit *kit = *state;
    struct job jobs[5];
    int kept = 0;
    for (int i = 0; i < 5; i++)
        jobs[i] = (struct job){.unit = insert_same_authority};
    run_together(kit, jobs, 5);
    for (int i = 0; i < 5; i++) {
        kept += jobs[i].result == 0;
        assert_true(jobs[i].result == 0 || jobs[i].result == CH_EEXISTS);
    }
    assert_int_equal(kept, 1);
}

/* Shared texts get numbers; the number of one that was undone goes to another text. */
static int insert_with_options(struct store_tx *tx, void *context)
{
    const int *number = context;
    char id[ROW_UUID_SIZE];
    char options[32];
    struct certificate_row got = {0};
    snprintf(id, sizeof(id), "%08x-0000-4000-8000-000000000000", (unsigned)*number);
    snprintf(options, sizeof(options), "{\"number\":%d}", *number);
    struct certificate_row row = kit_certificate(id);
    row.options = options;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, id, &got));
    EXPECT(kit_text_is(got.options, options));
    certificate_row_free(&got);
    return *number % 2 == 0 ? 0 : CH_EDENIED;
}

static void a_text_of_an_undone_unit_is_not_mistaken_for_the_next(void **state)
{
    struct kit *kit = *state;
    struct job jobs[6];
    for (int i = 0; i < 6; i++)
        jobs[i] = (struct job){.number = i, .unit = insert_with_options};
    run_together(kit, jobs, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(jobs[i].result, i % 2 == 0 ? 0 : CH_EDENIED);
}

/* ---- many threads ---- */

struct load {
    struct kit *kit;
    int first;
    int failures;
    pthread_t thread;
};

/* Writes, and reads at once what was answered; every fourth unit fails. */
static void *load_thread(void *context)
{
    struct load *load = context;
    for (int i = 0; i < UNITS; i++) {
        int number = load->first + i;
        bool fails = number % 4 == 3;
        int r =
            store_write(load->kit->store, fails ? put_and_fail : put_number_and_record, &number);
        load->failures += r != (fails ? CH_EDENIED : 0);
        r = store_read(load->kit->store, get_number, &number);
        load->failures += r != (fails ? CH_ENOTFOUND : 0);
    }
    return NULL;
}

static void every_thread_reads_its_own_writes_under_load(void **state)
{
    struct kit *kit = *state;
    struct load loads[THREADS];
    uint64_t records = 0;
    for (int i = 0; i < THREADS; i++) {
        loads[i] = (struct load){.kit = kit, .first = i * UNITS};
        assert_int_equal(pthread_create(&loads[i].thread, NULL, load_thread, &loads[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(loads[i].thread, NULL);
        assert_int_equal(loads[i].failures, 0);
    }
    assert_int_equal(store_read(kit->store, verify_trail, &records), 0);
    assert_int_equal(records, THREADS * UNITS * 3 / 4);
    assert_int_equal(store_check(kit->store), 0);
}

/* ---- snapshots ---- */

struct snapshot {
    struct kit *kit;
    sem_t looked, written;
};

static int look_twice(struct store_tx *tx, void *context)
{
    struct snapshot *s = context;
    int one = 1;
    EXPECT_CODE(get_number(tx, &one), CH_ENOTFOUND);
    sem_post(&s->looked);
    sem_wait(&s->written);
    EXPECT_CODE(get_number(tx, &one), CH_ENOTFOUND);
    return 0;
}

static void *look_thread(void *context)
{
    struct snapshot *s = context;
    return (void *)(intptr_t)store_read(s->kit->store, look_twice, s);
}

static void a_reading_unit_sees_one_state_from_beginning_to_end(void **state)
{
    struct snapshot s = {.kit = *state};
    pthread_t thread;
    void *result = NULL;
    int one = 1;
    sem_init(&s.looked, 0, 0);
    sem_init(&s.written, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, look_thread, &s), 0);
    sem_wait(&s.looked);
    assert_int_equal(store_write(s.kit->store, put_number, &one), 0);
    sem_post(&s.written);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 0);
    sem_destroy(&s.looked);
    sem_destroy(&s.written);
}

#define MANY_READERS 70 /* more than there are connections */

struct crowd {
    struct kit *kit;
    _Atomic int inside, most, failed;
};

static int stay_a_while(struct store_tx *tx, void *context)
{
    struct crowd *crowd = context;
    uint64_t count = 0;
    int inside = atomic_fetch_add(&crowd->inside, 1) + 1;
    int most = atomic_load(&crowd->most);
    while (inside > most && !atomic_compare_exchange_weak(&crowd->most, &most, inside))
        continue;
    int r = store_audit_count(tx, &count);
    usleep(20000);
    atomic_fetch_sub(&crowd->inside, 1);
    return r;
}

static void *crowd_thread(void *context)
{
    struct crowd *crowd = context;
    if (store_read(crowd->kit->store, stay_a_while, crowd) != 0)
        atomic_fetch_add(&crowd->failed, 1);
    return NULL;
}

static void more_readers_than_connections_wait_for_each_other(void **state)
{
    struct crowd crowd = {.kit = *state};
    pthread_t threads[MANY_READERS];
    for (int i = 0; i < MANY_READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_thread, &crowd), 0);
    for (int i = 0; i < MANY_READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.failed), 0);
    assert_true(atomic_load(&crowd.most) > 1);
    assert_true(atomic_load(&crowd.most) <= 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_unit_that_fails_leaves_nothing),
        KIT_TEST(the_version_tells_of_changes_but_not_of_records),
        KIT_TEST(the_version_tells_of_another_process_with_the_next_unit),
        KIT_TEST(a_unit_that_was_answered_is_read_by_everyone),
        KIT_TEST(the_answer_of_a_unit_is_the_answer_of_the_call),
        KIT_TEST(a_reading_unit_that_writes_is_refused),
        KIT_TEST(stats_count_commits_and_units),
        cmocka_unit_test(close_without_a_store_is_fine),
        KIT_TEST(a_unit_that_fails_among_others_fails_alone),
        KIT_TEST(of_units_that_want_the_same_key_one_gets_it),
        KIT_TEST(a_text_of_an_undone_unit_is_not_mistaken_for_the_next),
        KIT_TEST(every_thread_reads_its_own_writes_under_load),
        KIT_TEST(a_reading_unit_sees_one_state_from_beginning_to_end),
        KIT_TEST(more_readers_than_connections_wait_for_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
