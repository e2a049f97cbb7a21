/* How names are validated, mails that are due, configuration of accounts: the rows. */
#include "ca/store/validations.h"
#include "tests/unit/test_store_kit.h"

#define TIMED_OUT_AT 2000

static struct certificate_row public_certificate(const char *id)
{
    struct certificate_row row = kit_certificate(id);
    row.type = "AMAZON_ISSUED";
    row.authority_arn = NULL;
    return row;
}

static struct validation_row validation(const char *id, uint32_t position)
{
    struct validation_row row = {.scope = kit_scope,
                                 .position = position,
                                 .domain = position == 0 ? "a.example" : "b.example",
                                 .validation_domain = "example",
                                 .method = position == 0 ? "DNS" : "EMAIL",
                                 .status = "PENDING_VALIDATION",
                                 .next_try = position == 0 ? 1000 : 0};
    memcpy(row.certificate, id, sizeof(row.certificate));
    if (position == 0) {
        row.challenge_name = "_1.a.example.";
        row.challenge_value = "_2.aws.";
    } else {
        row.emails = "[\"admin@example\"]";
    }
    return row;
}

static int insert_two(struct store_tx *tx)
{
    struct certificate_row certificate = public_certificate(KIT_UUID_A);
    struct validation_row first = validation(KIT_UUID_A, 0);
    struct validation_row second = validation(KIT_UUID_A, 1);
    EXPECT_OK(store_certificate_insert(tx, &certificate));
    EXPECT_OK(store_validation_insert(tx, &second));
    EXPECT_OK(store_validation_insert(tx, &first));
    return 0;
}

IN_WRITE(validations_come_back_in_the_order_of_the_names)
{
    struct validation_row rows[3] = {0};
    size_t count = 0;
    EXPECT_OK(insert_two(tx));
    EXPECT_OK(store_validation_list(tx, &kit_scope, KIT_UUID_A, rows, 3, &count));
    EXPECT(count == 2 && rows[0].position == 0 && rows[1].position == 1);
    EXPECT(kit_text_is(rows[0].domain, "a.example") && kit_text_is(rows[0].method, "DNS"));
    EXPECT(kit_text_is(rows[0].challenge_name, "_1.a.example."));
    EXPECT(kit_text_is(rows[0].challenge_value, "_2.aws.") && rows[0].emails == NULL);
    EXPECT(kit_text_is(rows[0].status, "PENDING_VALIDATION") && rows[0].next_try == 1000);
    EXPECT(kit_text_is(rows[1].emails, "[\"admin@example\"]") && rows[1].challenge_name == NULL);
    EXPECT(kit_text_is(rows[1].validation_domain, "example") && rows[1].attempts == 0);
    validation_row_free(&rows[0]);
    validation_row_free(&rows[1]);
    return 0;
}

IN_WRITE(more_validations_than_there_is_room_for_are_told)
{
    struct validation_row rows[1] = {0};
    size_t count = 0;
    EXPECT_OK(insert_two(tx));
    EXPECT_CODE(store_validation_list(tx, &kit_scope, KIT_UUID_A, rows, 1, &count), CH_ELIMIT);
    EXPECT(count == 1);
    validation_row_free(&rows[0]);
    return 0;
}

IN_WRITE(a_validation_needs_its_certificate_and_known_words)
{
    struct validation_row row = validation(KIT_UUID_A, 0);
    size_t count = 9;
    struct validation_row none[1] = {0};
    EXPECT_CODE(store_validation_insert(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(insert_two(tx));
    EXPECT_CODE(store_validation_insert(tx, &row), CH_EEXISTS);
    row.position = 2;
    row.method = "CARRIER_PIGEON";
    EXPECT_CODE(store_validation_insert(tx, &row), CH_EINVAL);
    EXPECT_OK(store_validation_list(tx, &kit_other_region, KIT_UUID_A, none, 1, &count));
    EXPECT(count == 0);
    return 0;
}

static int mail_visit(void *context, uint32_t position, const char *mail_domain, int64_t due_at)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 200 - used, "%u:%s:%d ", position, mail_domain, (int)due_at);
    return 0;
}

IN_WRITE(a_mail_is_due_once_at_the_newest_time_and_not_done_when_asked_for_anew)
{
    char text[200] = "";
    EXPECT_CODE(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "b.example", 5),
                CH_ENOTFOUND);
    EXPECT_OK(insert_two(tx));
    EXPECT_OK(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "b.example", 7));
    EXPECT_OK(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "b.example", 5));
    EXPECT_OK(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "b.example", 9));
    EXPECT_OK(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "example", 9));
    EXPECT_OK(store_validation_mail_list(tx, &kit_scope, KIT_UUID_A, mail_visit, text));
    EXPECT(kit_text_is(text, "1:b.example:9 1:example:9 "));
    struct mail_row sent = {.scope = kit_scope, .certificate = KIT_UUID_A, .position = 1,
                            .mail_domain = (char[]){"b.example"}, .due_at = 9};
    EXPECT_OK(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "b.example", 12));
    EXPECT_OK(store_validation_mail_done(tx, &sent));
    EXPECT_OK(store_validation_mail_delay(tx, &sent, 99));
    text[0] = '\0';
    EXPECT_OK(store_validation_mail_list(tx, &kit_scope, KIT_UUID_A, mail_visit, text));
    EXPECT(kit_text_is(text, "1:b.example:12 1:example:9 "));
    return 0;
}

IN_WRITE(what_waits_ends_with_the_wait_of_the_certificate)
{
    struct validation_row rows[2] = {0};
    size_t count = 0;
    uint32_t changed = 0;
    char text[200] = "";
    EXPECT_OK(insert_two(tx));
    EXPECT_OK(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "b.example", 7));
    EXPECT_OK(store_certificate_time_out(tx, TIMED_OUT_AT, 10, &changed));
    EXPECT(changed == 1);
    EXPECT_OK(store_validation_list(tx, &kit_scope, KIT_UUID_A, rows, 2, &count));
    EXPECT(kit_text_is(rows[0].status, "FAILED") && rows[0].next_try == 0);
    EXPECT(kit_text_is(rows[1].status, "FAILED"));
    EXPECT_OK(store_validation_mail_list(tx, &kit_scope, KIT_UUID_A, mail_visit, text));
    EXPECT(kit_text_is(text, ""));
    validation_row_free(&rows[0]);
    validation_row_free(&rows[1]);
    return 0;
}

IN_WRITE(a_failed_certificate_keeps_what_is_known_of_its_names)
{
    struct validation_row rows[2] = {0};
    size_t count = 0;
    EXPECT_OK(insert_two(tx));
    EXPECT_OK(store_certificate_set_failed(tx, &kit_scope, KIT_UUID_A, "CAA_ERROR"));
    EXPECT_OK(store_validation_list(tx, &kit_scope, KIT_UUID_A, rows, 2, &count));
    EXPECT(kit_text_is(rows[0].status, "PENDING_VALIDATION") && rows[0].next_try == 0);
    validation_row_free(&rows[0]);
    validation_row_free(&rows[1]);
    return 0;
}

IN_WRITE(a_deleted_certificate_takes_its_validations_along)
{
    struct validation_row rows[2] = {0};
    struct certificate_row again = public_certificate(KIT_UUID_A);
    size_t count = 9;
    char text[200] = "";
    EXPECT_OK(insert_two(tx));
    EXPECT_OK(store_validation_mail_put(tx, &kit_scope, KIT_UUID_A, 1, "b.example", 7));
    EXPECT_OK(store_certificate_delete(tx, &kit_scope, KIT_UUID_A));
    EXPECT_OK(store_certificate_insert(tx, &again));
    EXPECT_OK(store_validation_list(tx, &kit_scope, KIT_UUID_A, rows, 2, &count));
    EXPECT_OK(store_validation_mail_list(tx, &kit_scope, KIT_UUID_A, mail_visit, text));
    EXPECT(count == 0 && kit_text_is(text, ""));
    return 0;
}

IN_WRITE(options_are_replaced)
{
    struct certificate_row got = {0};
    EXPECT_CODE(store_certificate_set_options(tx, &kit_scope, KIT_UUID_A, "{}"), CH_ENOTFOUND);
    EXPECT_OK(insert_two(tx));
    EXPECT_OK(store_certificate_set_options(tx, &kit_scope, KIT_UUID_A, "{\"a\":1}"));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.options, "{\"a\":1}"));
    certificate_row_free(&got);
    return 0;
}

IN_WRITE(a_configuration_is_kept_for_its_scope)
{
    int64_t days = 0;
    EXPECT_CODE(store_configuration_get(tx, &kit_scope, &days), CH_ENOTFOUND);
    EXPECT_OK(store_configuration_put(tx, &kit_scope, 30));
    EXPECT_OK(store_configuration_put(tx, &kit_scope, 20));
    EXPECT_OK(store_configuration_get(tx, &kit_scope, &days));
    EXPECT(days == 20);
    EXPECT_CODE(store_configuration_get(tx, &kit_other_account, &days), CH_ENOTFOUND);
    EXPECT_CODE(store_configuration_get(tx, &kit_other_region, &days), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(tokens_are_forgotten_when_they_are_old)
{
    struct buf hash = {0};
    EXPECT_OK(store_configuration_token_put(tx, &kit_scope, "old", slice_text("1"), 100, 0));
    EXPECT_OK(store_configuration_token_get(tx, &kit_scope, "old", 100, &hash));
    EXPECT(kit_bytes_are(&hash, "1"));
    buf_clear(&hash);
    EXPECT_CODE(store_configuration_token_get(tx, &kit_scope, "old", 101, &hash), CH_ENOTFOUND);
    EXPECT_OK(store_configuration_token_put(tx, &kit_scope, "new", slice_text("2"), 200, 101));
    EXPECT_CODE(store_configuration_token_get(tx, &kit_scope, "old", 0, &hash), CH_ENOTFOUND);
    EXPECT_OK(store_configuration_token_get(tx, &kit_scope, "new", 0, &hash));
    buf_free(&hash);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(validations_come_back_in_the_order_of_the_names),
        KIT_TEST(more_validations_than_there_is_room_for_are_told),
        KIT_TEST(a_validation_needs_its_certificate_and_known_words),
        KIT_TEST(a_mail_is_due_once_at_the_newest_time_and_not_done_when_asked_for_anew),
        KIT_TEST(what_waits_ends_with_the_wait_of_the_certificate),
        KIT_TEST(a_failed_certificate_keeps_what_is_known_of_its_names),
        KIT_TEST(a_deleted_certificate_takes_its_validations_along),
        KIT_TEST(options_are_replaced),
        KIT_TEST(a_configuration_is_kept_for_its_scope),
        KIT_TEST(tokens_are_forgotten_when_they_are_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
