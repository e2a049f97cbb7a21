/* Quotas: what the store counts, and where the count is judged. */
#include "ca/quota.h"
#include "ca/core.h"
#include "tests/unit/test_store_kit.h"

#define DAY_US (INT64_C(86400) * 1000000)
#define NOW (INT64_C(20000) * DAY_US)

static struct certificate_row certificate(const char *id, const char *type, int64_t created)
{
    struct certificate_row row = kit_certificate(id);
    row.type = (char *)(uintptr_t)type;
    row.created_at = created;
    return row;
}

static uint64_t held(struct store_tx *tx, const struct scope *scope, enum usage what)
{
    uint64_t count = 99;
    return store_usage_held(tx, scope, what, &count) == 0 ? count : 98;
}

static uint64_t since(struct store_tx *tx, enum usage what, int64_t from)
{
    uint64_t count = 99;
    return store_usage_since(tx, &kit_scope, what, from, &count) == 0 ? count : 98;
}

/* ---- counting ---- */

IN_WRITE(nothing_is_used_of_an_unknown_scope)
{
    uint64_t count = 99;
    EXPECT(held(tx, &kit_scope, USAGE_PRIVATE) == 0);
    EXPECT(since(tx, USAGE_IMPORTED, 0) == 0);
    EXPECT_OK(store_usage_authorities(tx, &kit_scope, NOW, &count));
    EXPECT(count == 0);
    EXPECT_OK(store_usage_issued(tx, &kit_scope, KIT_UUID_A, &count));
    EXPECT(count == 0);
    return 0;
}

IN_WRITE(certificates_are_counted_by_scope_and_type)
{
    struct certificate_row imported = certificate(KIT_UUID_A, "IMPORTED", NOW);
    struct certificate_row public = certificate(KIT_UUID_B, "AMAZON_ISSUED", NOW);
    EXPECT_OK(store_certificate_insert(tx, &imported));
    EXPECT_OK(store_certificate_insert(tx, &public));
    memcpy(public.id, KIT_UUID_C, sizeof public.id);
    EXPECT_OK(store_certificate_insert(tx, &public));
    EXPECT(held(tx, &kit_scope, USAGE_IMPORTED) == 1);
    EXPECT(held(tx, &kit_scope, USAGE_AMAZON_ISSUED) == 2);
    EXPECT(held(tx, &kit_scope, USAGE_PRIVATE) == 0);
    EXPECT(held(tx, &kit_other_region, USAGE_IMPORTED) == 0);
    EXPECT(held(tx, &kit_other_account, USAGE_AMAZON_ISSUED) == 0);
    return 0;
}

IN_WRITE(a_deleted_certificate_is_held_no_more_but_counts_for_the_year)
{
    struct certificate_row row = certificate(KIT_UUID_A, "IMPORTED", NOW);
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_delete(tx, &kit_scope, KIT_UUID_A));
    EXPECT(held(tx, &kit_scope, USAGE_IMPORTED) == 0);
    EXPECT(since(tx, USAGE_IMPORTED, NOW - 365 * DAY_US) == 1);
    EXPECT(since(tx, USAGE_IMPORTED, NOW + DAY_US) == 0);
    return 0;
}

IN_WRITE(a_year_is_that_of_the_creation)
{
    struct certificate_row old = certificate(KIT_UUID_A, "AMAZON_ISSUED", NOW - 400 * DAY_US);
    struct certificate_row young = certificate(KIT_UUID_B, "AMAZON_ISSUED", NOW - 300 * DAY_US);
    EXPECT_OK(store_certificate_insert(tx, &old));
    EXPECT_OK(store_certificate_insert(tx, &young));
    EXPECT(since(tx, USAGE_AMAZON_ISSUED, NOW - 365 * DAY_US) == 1);
    EXPECT(since(tx, USAGE_AMAZON_ISSUED, NOW - 500 * DAY_US) == 2);
    return 0;
}

IN_WRITE(a_deleted_authority_counts_until_it_cannot_be_restored)
{
    struct authority_row kept = kit_authority(KIT_UUID_A);
    struct authority_row gone = kit_authority(KIT_UUID_B);
    uint64_t count = 0;
    gone.status = "DELETED";
    gone.restorable_until = NOW;
    EXPECT_OK(store_authority_insert(tx, &kept));
    EXPECT_OK(store_authority_insert(tx, &gone));
    EXPECT_OK(store_usage_authorities(tx, &kit_scope, NOW - 1, &count));
    EXPECT(count == 2);
    EXPECT_OK(store_usage_authorities(tx, &kit_scope, NOW, &count));
    EXPECT(count == 1);
    return 0;
}

IN_WRITE(an_authority_remembers_how_much_it_was_asked_to_sign)
{
    struct authority_row authority = kit_authority(KIT_UUID_A);
    struct issued_row first = kit_issued("00000000000000000000000000000001", 1);
    struct issued_row second = kit_issued("00000000000000000000000000000002", 2);
    uint64_t count = 0;
    EXPECT_OK(store_authority_insert(tx, &authority));
    EXPECT_OK(store_issued_insert(tx, &first));
    EXPECT_OK(store_issued_insert(tx, &second));
    EXPECT_OK(store_issued_fail(tx, &kit_scope, KIT_UUID_A, second.id));
    EXPECT_OK(store_usage_issued(tx, &kit_scope, KIT_UUID_A, &count));
    EXPECT(count == 2);
    EXPECT_OK(store_usage_issued(tx, &kit_other_region, KIT_UUID_A, &count));
    EXPECT(count == 0);
    return 0;
}

/* ---- judging ---- */

struct judge {
    struct config config;
    struct core core;
    struct request r;
};

static void judge_open(struct judge *j)
{
    memset(j, 0, sizeof *j);
    config_defaults(&j->config);
    j->core.config = &j->config;
    j->r.core = &j->core;
    j->r.scope = kit_scope;
    j->r.now = NOW;
}

static bool said(struct judge *j, const char *text)
{
    bool same = j->r.error.type != NULL && strcmp(j->r.error.type, "LimitExceededException") == 0 &&
                strcmp(j->r.error.text, text) == 0;
    if (!same)
        print_error("%s: %s\n", j->r.error.type, j->r.error.text);
    memset(&j->r.error, 0, sizeof j->r.error);
    return same;
}

IN_WRITE(a_quota_is_full_when_one_more_would_be_too_many)
{
    struct certificate_row row = certificate(KIT_UUID_A, "AMAZON_ISSUED", NOW);
    struct judge j;
    judge_open(&j);
    j.config.quota_certificates = 2;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(quota_check(&j.r, tx, QUOTA_CERTIFICATES, 1));
    EXPECT_CODE(quota_check(&j.r, tx, QUOTA_CERTIFICATES, 2), CH_EAPI);
    EXPECT(said(&j, "Cannot request more certificates in this account. "
                    "Contact Customer Service for details."));
    j.config.quota_certificates = 1;
    EXPECT_CODE(quota_check(&j.r, tx, QUOTA_CERTIFICATES, 1), CH_EAPI);
    return 0;
}

IN_WRITE(the_year_of_a_quota_rolls_on)
{
    struct certificate_row row = certificate(KIT_UUID_A, "AMAZON_ISSUED", NOW);
    struct judge j;
    judge_open(&j);
    j.config.quota_certificates_per_year = 1;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_delete(tx, &kit_scope, KIT_UUID_A));
    EXPECT_CODE(quota_check(&j.r, tx, QUOTA_CERTIFICATES_PER_YEAR, 1), CH_EAPI);
    EXPECT(said(&j, "Error: you have reached your limit of 1 certificates in the last year."));
    j.r.now += 365 * DAY_US;
    EXPECT_CODE(quota_check(&j.r, tx, QUOTA_CERTIFICATES_PER_YEAR, 1), CH_EAPI);
    memset(&j.r.error, 0, sizeof j.r.error);
    j.r.now += DAY_US;
    EXPECT_OK(quota_check(&j.r, tx, QUOTA_CERTIFICATES_PER_YEAR, 1));
    return 0;
}

IN_WRITE(imports_have_quotas_of_their_own)
{
    struct certificate_row row = certificate(KIT_UUID_A, "IMPORTED", NOW);
    struct judge j;
    judge_open(&j);
    j.config.quota_certificates = j.config.quota_certificates_per_year = 1;
    j.config.quota_imports = j.config.quota_imports_per_year = 1;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(quota_check(&j.r, tx, QUOTA_CERTIFICATES, 1));
    EXPECT_OK(quota_check(&j.r, tx, QUOTA_CERTIFICATES_PER_YEAR, 1));
    EXPECT_CODE(quota_check(&j.r, tx, QUOTA_IMPORTS, 1), CH_EAPI);
    EXPECT(said(&j, "You have reached the maximum number of certificates. Delete certificates that "
                    "are not in use, or contact AWS Support to request an increase."));
    EXPECT_CODE(quota_check(&j.r, tx, QUOTA_IMPORTS_PER_YEAR, 1), CH_EAPI);
    EXPECT(said(&j, "You have imported the maximum number of 1 certificates in the last year."));
    return 0;
}

IN_WRITE(authorities_and_what_they_sign_have_quotas)
{
    struct authority_row authority = kit_authority(KIT_UUID_A);
    struct issued_row issued = kit_issued("00000000000000000000000000000001", 1);
    struct judge j;
    judge_open(&j);
    j.config.quota_authorities = 1;
    j.config.quota_issued = 1;
    EXPECT_OK(quota_check(&j.r, tx, QUOTA_AUTHORITIES, 1));
    EXPECT_OK(store_authority_insert(tx, &authority));
    EXPECT_CODE(quota_check(&j.r, tx, QUOTA_AUTHORITIES, 1), CH_EAPI);
    EXPECT(said(&j, "You have reached your limit of 1 certificate authorities."));
    EXPECT_OK(quota_issued(&j.core, tx, &kit_scope, KIT_UUID_A));
    EXPECT_OK(store_issued_insert(tx, &issued));
    EXPECT_CODE(quota_issued(&j.core, tx, &kit_scope, KIT_UUID_A), CH_ELIMIT);
    EXPECT_CODE(quota_fail_issued(&j.r), CH_EAPI);
    EXPECT(said(&j, "The certificate authority has reached its limit of 1 certificates."));
    return 0;
}

IN_WRITE(no_limit_is_no_limit)
{
    struct certificate_row row = certificate(KIT_UUID_A, "IMPORTED", NOW);
    struct judge j;
    judge_open(&j);
    j.config.quota_imports = j.config.quota_imports_per_year = 0;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(quota_check(&j.r, tx, QUOTA_IMPORTS, 1));
    EXPECT_OK(quota_check(&j.r, tx, QUOTA_IMPORTS_PER_YEAR, UINT64_MAX / 2));
    return 0;
}

static void names_are_judged_without_the_store(void **state)
{
    struct judge j;
    (void)state;
    judge_open(&j);
    j.config.quota_names = 10;
    assert_int_equal(quota_check(&j.r, NULL, QUOTA_NAMES, 10), 0);
    assert_int_equal(quota_check(&j.r, NULL, QUOTA_NAMES, 11), CH_EAPI);
    assert_true(said(&j, "Certificate has too many domains."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(nothing_is_used_of_an_unknown_scope),
        KIT_TEST(certificates_are_counted_by_scope_and_type),
        KIT_TEST(a_deleted_certificate_is_held_no_more_but_counts_for_the_year),
        KIT_TEST(a_year_is_that_of_the_creation),
        KIT_TEST(a_deleted_authority_counts_until_it_cannot_be_restored),
        KIT_TEST(an_authority_remembers_how_much_it_was_asked_to_sign),
        KIT_TEST(a_quota_is_full_when_one_more_would_be_too_many),
        KIT_TEST(the_year_of_a_quota_rolls_on),
        KIT_TEST(imports_have_quotas_of_their_own),
        KIT_TEST(authorities_and_what_they_sign_have_quotas),
        KIT_TEST(no_limit_is_no_limit),
        cmocka_unit_test(names_are_judged_without_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
