/* Accounts, users, access keys, keys of the system, settings, tags. */
#include "tests/unit/test_store_kit.h"

static const struct account_row account = {
    .account = "111122223333", .name = "First", .created_at = 10};
static const struct user_row user = {.account = "111122223333",
                                     .name = "ada",
                                     .id = "AIDA1",
                                     .administrator = true,
                                     .created_at = 11};
static const struct access_key_row access_key = {.id = "AKIA1",
                                                 .account = "111122223333",
                                                 .user = "ada",
                                                 .sealed_secret = BYTES("sealed"),
                                                 .active = true,
                                                 .created_at = 12};

IN_WRITE(an_account_comes_back_as_it_was_put)
{
    struct account_row got = {0};
    EXPECT_OK(store_account_insert(tx, &account));
    EXPECT_OK(store_account_get(tx, "111122223333", &got));
    EXPECT(kit_text_is(got.account, "111122223333"));
    EXPECT(kit_text_is(got.name, "First"));
    EXPECT(got.created_at == 10);
    account_row_free(&got);
    EXPECT(got.name == NULL && got.account[0] == '\0');
    return 0;
}

IN_WRITE(an_account_without_a_name_has_none)
{
    struct account_row nameless = account;
    struct account_row got = {0};
    nameless.name = NULL;
    EXPECT_OK(store_account_insert(tx, &nameless));
    EXPECT_OK(store_account_get(tx, "111122223333", &got));
    EXPECT(got.name == NULL);
    account_row_free(&got);
    return 0;
}

IN_WRITE(an_account_number_is_given_once)
{
    EXPECT_OK(store_account_insert(tx, &account));
    EXPECT_CODE(store_account_insert(tx, &account), CH_EEXISTS);
    return 0;
}

IN_WRITE(an_unknown_account_is_not_found)
{
    struct account_row got = {0};
    EXPECT_CODE(store_account_get(tx, "999999999999", &got), CH_ENOTFOUND);
    EXPECT(got.account[0] == '\0' && got.name == NULL);
    return 0;
}

IN_WRITE(the_first_account_is_the_one_made_first)
{
    char first[ROW_ACCOUNT_SIZE];
    struct account_row later = {.account = "000000000001", .created_at = 1};
    EXPECT_CODE(store_account_first(tx, first), CH_ENOTFOUND);
    EXPECT_OK(store_account_insert(tx, &account));
    EXPECT_OK(store_account_insert(tx, &later));
    EXPECT_OK(store_account_first(tx, first));
    EXPECT(kit_text_is(first, "111122223333"));
    return 0;
}

IN_WRITE(a_user_comes_back_as_it_was_put)
{
    struct user_row got = {0};
    EXPECT_OK(store_account_insert(tx, &account));
    EXPECT_OK(store_user_insert(tx, &user));
    EXPECT_OK(store_user_get(tx, "111122223333", "ada", &got));
    EXPECT(kit_text_is(got.account, user.account) && kit_text_is(got.name, "ada"));
    EXPECT(kit_text_is(got.id, "AIDA1") && got.administrator && got.created_at == 11);
    user_row_free(&got);
    return 0;
}

IN_WRITE(a_user_name_is_unique_in_its_account_and_an_id_everywhere)
{
    struct account_row other = {.account = "444455556666"};
    struct user_row same_id = {.account = "444455556666", .name = "ada", .id = "AIDA1"};
    struct user_row same_name = {.account = "444455556666", .name = "ada", .id = "AIDA2"};
    EXPECT_OK(store_account_insert(tx, &account));
    EXPECT_OK(store_account_insert(tx, &other));
    EXPECT_OK(store_user_insert(tx, &user));
    EXPECT_CODE(store_user_insert(tx, &user), CH_EEXISTS);
    EXPECT_CODE(store_user_insert(tx, &same_id), CH_EEXISTS);
    EXPECT_OK(store_user_insert(tx, &same_name));
    return 0;
}

IN_WRITE(a_user_of_another_account_is_not_found)
{
    struct user_row got = {0};
    EXPECT_OK(store_account_insert(tx, &account));
    EXPECT_OK(store_user_insert(tx, &user));
    EXPECT_CODE(store_user_get(tx, "444455556666", "ada", &got), CH_ENOTFOUND);
    EXPECT_CODE(store_user_get(tx, "111122223333", "bob", &got), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(a_user_needs_its_account)
{
    EXPECT_CODE(store_user_insert(tx, &user), CH_ENOTFOUND);
    return 0;
}

static int put_user(struct store_tx *tx)
{
    int r = store_account_insert(tx, &account);
    return r == 0 ? store_user_insert(tx, &user) : r;
}

IN_WRITE(an_access_key_comes_back_as_it_was_put)
{
    struct access_key_row got = {0};
    EXPECT_OK(put_user(tx));
    EXPECT_OK(store_access_key_insert(tx, &access_key));
    EXPECT_OK(store_access_key_get(tx, "AKIA1", &got));
    EXPECT(kit_text_is(got.id, "AKIA1") && kit_text_is(got.account, "111122223333"));
    EXPECT(kit_text_is(got.user, "ada") && kit_bytes_are(&got.sealed_secret, "sealed"));
    EXPECT(got.active && got.created_at == 12);
    access_key_row_free(&got);
    EXPECT(got.sealed_secret.data == NULL);
    return 0;
}

IN_WRITE(an_access_key_id_is_given_once)
{
    EXPECT_OK(put_user(tx));
    EXPECT_OK(store_access_key_insert(tx, &access_key));
    EXPECT_CODE(store_access_key_insert(tx, &access_key), CH_EEXISTS);
    return 0;
}

IN_WRITE(an_access_key_needs_its_user_and_a_secret)
{
    struct access_key_row without_secret = access_key;
    EXPECT_OK(store_account_insert(tx, &account));
    EXPECT_CODE(store_access_key_insert(tx, &access_key), CH_ENOTFOUND);
    EXPECT_OK(store_user_insert(tx, &user));
    without_secret.sealed_secret = (struct buf){0};
    EXPECT_CODE(store_access_key_insert(tx, &without_secret), CH_EINVAL);
    return 0;
}

IN_WRITE(access_keys_are_counted_for_their_user_only)
{
    struct access_key_row second = access_key;
    uint32_t count = 9;
    EXPECT_OK(put_user(tx));
    EXPECT_OK(store_access_key_count(tx, "111122223333", "ada", &count));
    EXPECT(count == 0);
    second.id = "AKIA2";
    EXPECT_OK(store_access_key_insert(tx, &access_key));
    EXPECT_OK(store_access_key_insert(tx, &second));
    EXPECT_OK(store_access_key_count(tx, "111122223333", "ada", &count));
    EXPECT(count == 2);
    EXPECT_OK(store_access_key_count(tx, "444455556666", "ada", &count));
    EXPECT(count == 0);
    return 0;
}

IN_WRITE(an_access_key_can_be_switched_off_and_on)
{
    struct access_key_row got = {0};
    EXPECT_OK(put_user(tx));
    EXPECT_OK(store_access_key_insert(tx, &access_key));
    EXPECT_OK(store_access_key_set_active(tx, "AKIA1", false));
    EXPECT_OK(store_access_key_get(tx, "AKIA1", &got));
    EXPECT(!got.active);
    access_key_row_free(&got);
    EXPECT_OK(store_access_key_set_active(tx, "AKIA1", true));
    EXPECT_OK(store_access_key_get(tx, "AKIA1", &got));
    EXPECT(got.active);
    access_key_row_free(&got);
    EXPECT_CODE(store_access_key_set_active(tx, "AKIA9", true), CH_ENOTFOUND);
    return 0;
}

/* ---- keys of the system ---- */

static const struct system_key_row pair = {.name = "management-ca",
                                           .hsm_id = {1, 2, 3},
                                           .kind = "EC",
                                           .spki = BYTES("spki"),
                                           .created_at = 5};

IN_WRITE(a_system_key_is_found_by_name_and_by_id)
{
    static const uint8_t no_such[16] = {9};
    struct system_key_row got = {0};
    EXPECT_OK(store_system_key_insert(tx, &pair));
    EXPECT_OK(store_system_key_get(tx, "management-ca", &got));
    EXPECT(memcmp(got.hsm_id, pair.hsm_id, 16) == 0 && kit_text_is(got.kind, "EC"));
    EXPECT(kit_bytes_are(&got.spki, "spki") && got.certificate.len == 0 && got.created_at == 5);
    system_key_row_free(&got);
    EXPECT_OK(store_system_key_get_by_id(tx, pair.hsm_id, &got));
    EXPECT(kit_text_is(got.name, "management-ca"));
    system_key_row_free(&got);
    EXPECT_CODE(store_system_key_get(tx, "binding", &got), CH_ENOTFOUND);
    EXPECT_CODE(store_system_key_get_by_id(tx, no_such, &got), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(a_system_key_has_a_name_and_an_id_of_its_own)
{
    struct system_key_row same_name = pair;
    struct system_key_row same_id = pair;
    same_name.hsm_id[0] = 7;
    same_id.name = "seal";
    EXPECT_OK(store_system_key_insert(tx, &pair));
    EXPECT_CODE(store_system_key_insert(tx, &same_name), CH_EEXISTS);
    EXPECT_CODE(store_system_key_insert(tx, &same_id), CH_EEXISTS);
    return 0;
}

IN_WRITE(a_system_key_gets_its_certificate_later)
{
    struct system_key_row got = {0};
    EXPECT_CODE(store_system_key_set_certificate(tx, "management-ca", slice_text("der")),
                CH_ENOTFOUND);
    EXPECT_OK(store_system_key_insert(tx, &pair));
    EXPECT_OK(store_system_key_set_certificate(tx, "management-ca", slice_text("der")));
    EXPECT_OK(store_system_key_get(tx, "management-ca", &got));
    EXPECT(kit_bytes_are(&got.certificate, "der"));
    system_key_row_free(&got);
    return 0;
}

/* ---- settings ---- */

IN_WRITE(a_setting_is_put_and_replaced)
{
    char *value = NULL;
    EXPECT_CODE(store_setting_get(tx, "node", &value), CH_ENOTFOUND);
    EXPECT(value == NULL);
    EXPECT_OK(store_setting_put(tx, "node", "1"));
    EXPECT_OK(store_setting_put(tx, "node", "2"));
    EXPECT_OK(store_setting_get(tx, "node", &value));
    EXPECT(kit_text_is(value, "2"));
    free(value);
    return 0;
}

IN_WRITE(a_setting_without_a_value_is_refused)
{
    EXPECT_CODE(store_setting_put(tx, "node", NULL), CH_EINVAL);
    return 0;
}

/* ---- tags ---- */

#define ARN "arn:aws:acm:eu-central-1:111122223333:certificate/" KIT_UUID_A

static int join_tag(void *context, const char *key, const char *value)
{
    return buf_printf(context, "%s=%s;", key, value == NULL ? "-" : value);
}

static bool tags_are(struct store_tx *tx, const char *resource, const char *expected)
{
    struct buf joined = {0};
    bool same =
        store_tag_list(tx, resource, join_tag, &joined) == 0 && kit_bytes_are(&joined, expected);
    buf_free(&joined);
    return same;
}

IN_WRITE(tags_are_listed_by_key_for_their_resource_only)
{
    uint32_t count = 0;
    EXPECT_OK(store_tag_put(tx, ARN, "stage", "test"));
    EXPECT_OK(store_tag_put(tx, ARN, "owner", "ada"));
    EXPECT_OK(store_tag_put(tx, ARN, "bare", NULL));
    EXPECT_OK(store_tag_put(tx, ARN "x", "owner", "bob"));
    EXPECT(tags_are(tx, ARN, "bare=-;owner=ada;stage=test;"));
    EXPECT_OK(store_tag_count(tx, ARN, &count));
    EXPECT(count == 3);
    EXPECT(tags_are(tx, "arn:none", ""));
    return 0;
}

IN_WRITE(a_tag_put_again_has_the_new_value)
{
    EXPECT_OK(store_tag_put(tx, ARN, "owner", "ada"));
    EXPECT_OK(store_tag_put(tx, ARN, "owner", "bob"));
    EXPECT(tags_are(tx, ARN, "owner=bob;"));
    return 0;
}

IN_WRITE(a_tag_is_removed_when_its_value_is_the_one_given_or_none_is)
{
    EXPECT_OK(store_tag_put(tx, ARN, "owner", "ada"));
    EXPECT_OK(store_tag_put(tx, ARN, "stage", "test"));
    EXPECT_OK(store_tag_remove(tx, ARN, "owner", "bob"));
    EXPECT(tags_are(tx, ARN, "owner=ada;stage=test;"));
    EXPECT_OK(store_tag_remove(tx, ARN, "owner", "ada"));
    EXPECT_OK(store_tag_remove(tx, ARN, "stage", NULL));
    EXPECT(tags_are(tx, ARN, ""));
    EXPECT_OK(store_tag_remove(tx, ARN, "stage", NULL));
    return 0;
}

static int stop_at_once(void *context, const char *key, const char *value)
{
    (void)key;
    (void)value;
    ++*(int *)context;
    return 42;
}

IN_WRITE(a_visitor_stops_a_list_and_its_answer_is_the_lists)
{
    int seen = 0;
    EXPECT_OK(store_tag_put(tx, ARN, "a", "1"));
    EXPECT_OK(store_tag_put(tx, ARN, "b", "2"));
    EXPECT(store_tag_list(tx, ARN, stop_at_once, &seen) == 42);
    EXPECT(seen == 1);
    EXPECT(tags_are(tx, ARN, "a=1;b=2;"));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(an_account_comes_back_as_it_was_put),
        KIT_TEST(an_account_without_a_name_has_none),
        KIT_TEST(an_account_number_is_given_once),
        KIT_TEST(an_unknown_account_is_not_found),
        KIT_TEST(the_first_account_is_the_one_made_first),
        KIT_TEST(a_user_comes_back_as_it_was_put),
        KIT_TEST(a_user_name_is_unique_in_its_account_and_an_id_everywhere),
        KIT_TEST(a_user_of_another_account_is_not_found),
        KIT_TEST(a_user_needs_its_account),
        KIT_TEST(an_access_key_comes_back_as_it_was_put),
        KIT_TEST(an_access_key_id_is_given_once),
        KIT_TEST(an_access_key_needs_its_user_and_a_secret),
        KIT_TEST(access_keys_are_counted_for_their_user_only),
        KIT_TEST(an_access_key_can_be_switched_off_and_on),
        KIT_TEST(a_system_key_is_found_by_name_and_by_id),
        KIT_TEST(a_system_key_has_a_name_and_an_id_of_its_own),
        KIT_TEST(a_system_key_gets_its_certificate_later),
        KIT_TEST(a_setting_is_put_and_replaced),
        KIT_TEST(a_setting_without_a_value_is_refused),
        KIT_TEST(tags_are_listed_by_key_for_their_resource_only),
        KIT_TEST(a_tag_put_again_has_the_new_value),
        KIT_TEST(a_tag_is_removed_when_its_value_is_the_one_given_or_none_is),
        KIT_TEST(a_visitor_stops_a_list_and_its_answer_is_the_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
