/* What becomes of ACM certificates in the store: revocation, renewal, expiry, associations. */
#include "tests/unit/test_store_kit.h"

static struct certificate_row issued(const char *id, int64_t not_after)
{
    struct certificate_row row = kit_certificate(id);
    row.status = "ISSUED";
    row.certificate = (struct buf)BYTES("old");
    row.serial = "0a:0b";
    row.issued_at = 3;
    row.not_after = not_after;
    return row;
}

static int put(struct store_tx *tx, const char *id, int64_t not_after)
{
    struct certificate_row row = issued(id, not_after);
    return store_certificate_insert(tx, &row);
}

static bool status_is(struct store_tx *tx, const char *id, const char *status)
{
    struct certificate_row got = {0};
    bool is = store_certificate_get(tx, &kit_scope, id, &got) == 0 &&
              kit_text_is(got.status, status);
    certificate_row_free(&got);
    return is;
}

/* ---- revocation ---- */

IN_WRITE(only_an_issued_certificate_is_revoked_and_only_once)
{
    struct certificate_row pending = kit_certificate(KIT_UUID_A);
    EXPECT_OK(store_certificate_insert(tx, &pending));
    EXPECT_CODE(store_certificate_set_revoked(tx, &kit_scope, KIT_UUID_A, "SUPERCEDED", 9),
                CH_ESTATE);
    EXPECT_CODE(store_certificate_set_revoked(tx, &kit_scope, KIT_UUID_B, "SUPERCEDED", 9),
                CH_ESTATE);
    EXPECT_OK(put(tx, KIT_UUID_B, 100));
    EXPECT_CODE(store_certificate_set_revoked(tx, &kit_other_account, KIT_UUID_B, "SUPERCEDED", 9),
                CH_ESTATE);
    EXPECT_OK(store_certificate_set_revoked(tx, &kit_scope, KIT_UUID_B, "SUPERCEDED", 9));
    EXPECT_CODE(store_certificate_set_revoked(tx, &kit_scope, KIT_UUID_B, "UNSPECIFIED", 10),
                CH_ESTATE);
    struct certificate_row got = {0};
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_B, &got));
    EXPECT(kit_text_is(got.status, "REVOKED") && got.revoked_at == 9);
    EXPECT(kit_text_is(got.revocation_reason, "SUPERCEDED"));
    certificate_row_free(&got);
    return 0;
}

IN_WRITE(a_revoked_certificate_is_not_renewed_any_more)
{
    int64_t at = 0;
    EXPECT_OK(put(tx, KIT_UUID_A, 100));
    EXPECT_OK(store_certificate_set_renew_at(tx, &kit_scope, KIT_UUID_A, 50));
    EXPECT_OK(store_certificate_renewal_next(tx, &at));
    EXPECT(at == 50);
    EXPECT_OK(store_certificate_set_revoked(tx, &kit_scope, KIT_UUID_A, "KEY_COMPROMISE", 9));
    EXPECT_CODE(store_certificate_renewal_next(tx, &at), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_set_renew_at(tx, &kit_scope, KIT_UUID_A, 50), CH_ESTATE);
    return 0;
}

/* ---- renewal ---- */

static int join_digit(void *context, const struct scope *scope, const char *id)
{
    char *digits = context;
    digits[strlen(digits)] = id[1];
    return scope->account[0] == '1' ? 0 : CH_ELIMIT;
}

IN_WRITE(what_is_due_for_renewal_is_listed_in_the_order_of_its_time)
{
    char digits[8] = "";
    EXPECT_OK(put(tx, KIT_UUID_A, 100));
    EXPECT_OK(put(tx, KIT_UUID_B, 100));
    EXPECT_OK(put(tx, KIT_UUID_C, 100));
    EXPECT_OK(store_certificate_renewal_list(tx, 1000, 9, join_digit, digits));
    EXPECT(digits[0] == '\0');
    EXPECT_OK(store_certificate_set_renew_at(tx, &kit_scope, KIT_UUID_A, 70));
    EXPECT_OK(store_certificate_set_renew_at(tx, &kit_scope, KIT_UUID_B, 60));
    EXPECT_OK(store_certificate_set_renew_at(tx, &kit_scope, KIT_UUID_C, 50));
    EXPECT_OK(store_certificate_renewal_list(tx, 49, 9, join_digit, digits));
    EXPECT_OK(store_certificate_renewal_list(tx, 60, 9, join_digit, digits));
    EXPECT(kit_text_is(digits, "cb"));
    EXPECT_OK(store_certificate_renewal_list(tx, 99, 1, join_digit, digits));
    EXPECT(kit_text_is(digits, "cbc"));
    return 0;
}

IN_WRITE(a_renewed_certificate_has_the_new_one_and_keeps_the_rest)
{
    struct certificate_row row = issued(KIT_UUID_A, 100);
    struct certificate_row got = {0};
    EXPECT_CODE(store_certificate_set_renewed(tx, &row), CH_ESTATE);
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_set_exported(tx, &kit_scope, KIT_UUID_A, 8));
    row.certificate = (struct buf)BYTES("new");
    row.serial = "0c:0d";
    row.not_after = 200;
    row.issued_at = 90;
    row.renewal_status = "SUCCESS";
    row.renewal_updated_at = 91;
    EXPECT_OK(store_certificate_set_renewed(tx, &row));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_bytes_are(&got.certificate, "new") && kit_text_is(got.serial, "0c:0d"));
    EXPECT(got.not_after == 200 && got.issued_at == 90 && got.exported_at == 8);
    EXPECT(kit_text_is(got.renewal_status, "SUCCESS") && got.renewal_updated_at == 91);
    EXPECT(got.renewal_reason == NULL && got.created_at == 1000);
    certificate_row_free(&got);
    return 0;
}

IN_WRITE(a_renewal_that_does_not_succeed_says_why)
{
    struct certificate_row row = issued(KIT_UUID_A, 100);
    struct certificate_row got = {0};
    row.renewal_status = "PENDING_AUTO_RENEWAL";
    row.renewal_reason = "PCA_ACCESS_DENIED";
    row.renewal_updated_at = 20;
    row.renewal_started_at = 10;
    row.renew_at = 30;
    EXPECT_CODE(store_certificate_set_renewal(tx, &row), CH_ESTATE);
    EXPECT_OK(put(tx, KIT_UUID_A, 100));
    EXPECT_OK(store_certificate_set_renewal(tx, &row));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.renewal_status, "PENDING_AUTO_RENEWAL"));
    EXPECT(kit_text_is(got.renewal_reason, "PCA_ACCESS_DENIED") && got.renewal_updated_at == 20);
    EXPECT(got.renewal_started_at == 10 && got.renew_at == 30);
    EXPECT(kit_bytes_are(&got.certificate, "old"));
    certificate_row_free(&got);
    row.renewal_status = "ABOUT_TO";
    EXPECT_CODE(store_certificate_set_renewal(tx, &row), CH_EINVAL);
    return 0;
}

static struct key_row key_of(const char *certificate, uint8_t tag)
{
    struct key_row row = {.scope = kit_scope,
                          .version = 1,
                          .format = "rfc5649",
                          .alg = KEY_ALG_P256,
                          .spki = BYTES("spki"),
                          .blob = BYTES("blob")};
    snprintf(row.certificate, sizeof(row.certificate), "%s", certificate);
    row.tag[0] = tag;
    return row;
}

IN_WRITE(a_key_is_replaced_and_there_is_only_one)
{
    struct key_row key = key_of(KIT_UUID_A, 1);
    struct key_row got = {0};
    EXPECT_CODE(store_key_replace(tx, &key), CH_ENOTFOUND);
    EXPECT_OK(put(tx, KIT_UUID_A, 100));
    EXPECT_OK(store_key_replace(tx, &key));
    key = key_of(KIT_UUID_A, 2);
    key.blob = (struct buf)BYTES("another");
    EXPECT_CODE(store_key_insert(tx, &key), CH_EEXISTS);
    EXPECT_OK(store_key_replace(tx, &key));
    EXPECT_OK(store_key_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(got.tag[0] == 2 && kit_bytes_are(&got.blob, "another"));
    key_row_free(&got);
    return 0;
}

/* ---- time ---- */

IN_WRITE(certificates_expire_after_their_last_moment_a_few_at_a_time)
{
    uint32_t count = 9;
    int64_t at = 0;
    EXPECT_CODE(store_certificate_expiry_next(tx, &at), CH_ENOTFOUND);
    EXPECT_OK(put(tx, KIT_UUID_A, 100));
    EXPECT_OK(put(tx, KIT_UUID_B, 90));
    EXPECT_OK(put(tx, KIT_UUID_C, 200));
    EXPECT_OK(store_certificate_expiry_next(tx, &at));
    EXPECT(at == 90);
    EXPECT_OK(store_certificate_expire(tx, 90, 9, &count));
    EXPECT(count == 0);
    EXPECT_OK(store_certificate_expire(tx, 150, 1, &count));
    EXPECT(count == 1 && status_is(tx, KIT_UUID_B, "EXPIRED"));
    EXPECT_OK(store_certificate_expire(tx, 150, 9, &count));
    EXPECT(count == 1 && status_is(tx, KIT_UUID_A, "EXPIRED"));
    EXPECT(status_is(tx, KIT_UUID_C, "ISSUED"));
    EXPECT_OK(store_certificate_expiry_next(tx, &at));
    EXPECT(at == 200);
    return 0;
}

IN_WRITE(a_renewal_under_way_fails_when_the_certificate_expires)
{
    struct certificate_row row = issued(KIT_UUID_A, 100);
    struct certificate_row got = {0};
    uint32_t count = 0;
    int64_t at = 0;
    row.renewal_status = "PENDING_AUTO_RENEWAL";
    row.renewal_reason = "PCA_INVALID_STATE";
    row.renew_at = 150;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_expire(tx, 101, 9, &count));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.renewal_status, "FAILED") && got.renewal_updated_at == 101);
    EXPECT(kit_text_is(got.renewal_reason, "PCA_INVALID_STATE"));
    certificate_row_free(&got);
    EXPECT_CODE(store_certificate_renewal_next(tx, &at), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(only_public_certificates_time_out_while_they_wait)
{
    struct certificate_row private = kit_certificate(KIT_UUID_A);
    struct certificate_row public = kit_certificate(KIT_UUID_B);
    uint32_t count = 9;
    int64_t at = 0;
    EXPECT_OK(store_certificate_insert(tx, &private));
    EXPECT_CODE(store_certificate_timeout_next(tx, &at), CH_ENOTFOUND);
    public.type = "AMAZON_ISSUED";
    EXPECT_OK(store_certificate_insert(tx, &public));
    EXPECT_OK(store_certificate_timeout_next(tx, &at));
    EXPECT(at == 1000);
    EXPECT_OK(store_certificate_time_out(tx, 999, 9, &count));
    EXPECT(count == 0);
    EXPECT_OK(store_certificate_time_out(tx, 1000, 9, &count));
    EXPECT(count == 1 && status_is(tx, KIT_UUID_B, "VALIDATION_TIMED_OUT"));
    EXPECT(status_is(tx, KIT_UUID_A, "PENDING_VALIDATION"));
    EXPECT_CODE(store_certificate_timeout_next(tx, &at), CH_ENOTFOUND);
    return 0;
}

/* ---- associations ---- */

static bool in_use_is(struct store_tx *tx, const char *id, uint32_t count)
{
    struct certificate_row got = {0};
    bool is = store_certificate_get(tx, &kit_scope, id, &got) == 0 && got.in_use == count;
    certificate_row_free(&got);
    return is;
}

IN_WRITE(a_resource_uses_a_certificate_once)
{
    EXPECT_CODE(store_association_put(tx, &kit_scope, KIT_UUID_A, "r", 5), CH_ENOTFOUND);
    EXPECT_OK(put(tx, KIT_UUID_A, 100));
    EXPECT_CODE(store_association_put(tx, &kit_other_region, KIT_UUID_A, "r", 5), CH_ENOTFOUND);
    EXPECT_OK(store_association_put(tx, &kit_scope, KIT_UUID_A, "r", 5));
    EXPECT_CODE(store_association_put(tx, &kit_scope, KIT_UUID_A, "r", 6), CH_EEXISTS);
    EXPECT(in_use_is(tx, KIT_UUID_A, 1));
    EXPECT_OK(store_association_put(tx, &kit_scope, KIT_UUID_A, "s", 6));
    EXPECT(in_use_is(tx, KIT_UUID_A, 2));
    EXPECT_CODE(store_association_remove(tx, &kit_scope, KIT_UUID_A, "t"), CH_ENOTFOUND);
    EXPECT_CODE(store_association_remove(tx, &kit_other_account, KIT_UUID_A, "r"), CH_ENOTFOUND);
    EXPECT_OK(store_association_remove(tx, &kit_scope, KIT_UUID_A, "r"));
    EXPECT_CODE(store_association_remove(tx, &kit_scope, KIT_UUID_A, "r"), CH_ENOTFOUND);
    EXPECT(in_use_is(tx, KIT_UUID_A, 1));
    return 0;
}

static int join_resource(void *context, const char *resource, int64_t created_at)
{
    char *seen = context;
    seen[strlen(seen)] = resource[0];
    return created_at == 5 ? 0 : CH_ELIMIT;
}

IN_WRITE(associations_are_listed_in_pages_by_resource)
{
    char seen[8] = "";
    EXPECT_OK(put(tx, KIT_UUID_A, 100));
    EXPECT_OK(put(tx, KIT_UUID_B, 100));
    EXPECT_OK(store_association_put(tx, &kit_scope, KIT_UUID_A, "c", 5));
    EXPECT_OK(store_association_put(tx, &kit_scope, KIT_UUID_A, "a", 5));
    EXPECT_OK(store_association_put(tx, &kit_scope, KIT_UUID_B, "x", 5));
    EXPECT_OK(store_association_put(tx, &kit_scope, KIT_UUID_A, "b", 5));
    EXPECT_OK(store_association_list(tx, &kit_scope, KIT_UUID_A, "", 2, join_resource, seen));
    EXPECT(kit_text_is(seen, "ab"));
    EXPECT_OK(store_association_list(tx, &kit_scope, KIT_UUID_A, "b", 2, join_resource, seen));
    EXPECT(kit_text_is(seen, "abc"));
    EXPECT_OK(
        store_association_list(tx, &kit_other_account, KIT_UUID_A, "", 9, join_resource, seen));
    EXPECT(kit_text_is(seen, "abc"));
    return 0;
}

/* ---- who gets an OCSP responder before anybody asks ---- */

#define OCSP(enabled) "\"OcspConfiguration\":{\"Enabled\":" enabled "}"
#define CRL "\"CrlConfiguration\":{\"Enabled\":true,\"ExpirationInDays\":7}"

/* An authority of that status and revocation configuration; whether its responder is due at once. */
static int due(struct store_tx *tx, const char *status, const char *revocation, bool *is_due)
{
    char id[ROW_UUID_SIZE];
    static unsigned count;
    int64_t at = -1;
    snprintf(id, sizeof id, "00000000-0000-4000-8000-%012x", ++count);
    struct authority_row row = kit_authority(id);
    int rc = store_authority_insert(tx, &row);
    rc = rc != 0 ? rc : store_authority_update(tx, &row, status, revocation, 2);
    if (rc != 0)
        return rc;
    *is_due = store_ocsp_renewal_next(tx, &at) == 0 && at == 0;
    return store_ocsp_renewal_set(tx, &kit_scope, id, STORE_OCSP_NEVER);
}

IN_WRITE(an_active_authority_with_ocsp_is_due_for_a_responder_at_once)
{
    static const struct {
        const char *status, *revocation;
        bool due;
    } rows[] = {
        {"ACTIVE", "{" OCSP("true") "}", true},
        {"ACTIVE", "{" CRL "," OCSP("true") "}", true},
        {"ACTIVE", "{" CRL "," OCSP("false") "}", false},
        {"ACTIVE", "{" OCSP("false") "}", false},
        {"ACTIVE", "{" CRL "}", false},
        {"ACTIVE", NULL, false},
        {"PENDING_CERTIFICATE", "{" OCSP("true") "}", false},
        {"DISABLED", "{" OCSP("true") "}", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_due = !rows[i].due;
        EXPECT_OK(due(tx, rows[i].status, rows[i].revocation, &is_due));
        EXPECT(is_due == rows[i].due);
    }
    return 0;
}

IN_WRITE(a_responder_is_due_when_its_authority_becomes_active_and_keeps_its_time)
{
    int64_t at = -1;
    struct authority_row row = kit_authority(KIT_UUID_A);
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_OK(store_authority_update(tx, &row, "PENDING_CERTIFICATE", "{" OCSP("true") "}", 2));
    EXPECT_CODE(store_ocsp_renewal_next(tx, &at), CH_ENOTFOUND);
    EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_A, "ACTIVE", NULL, 3));
    EXPECT_OK(store_ocsp_renewal_next(tx, &at));
    EXPECT(at == 0);
    EXPECT_OK(store_ocsp_renewal_set(tx, &kit_scope, KIT_UUID_A, 700));
    EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_A, "DISABLED", NULL, 4));
    EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_A, "ACTIVE", NULL, 5));
    EXPECT_OK(store_ocsp_renewal_next(tx, &at));
    EXPECT(at == 700);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(only_an_issued_certificate_is_revoked_and_only_once),
        KIT_TEST(a_revoked_certificate_is_not_renewed_any_more),
        KIT_TEST(what_is_due_for_renewal_is_listed_in_the_order_of_its_time),
        KIT_TEST(a_renewed_certificate_has_the_new_one_and_keeps_the_rest),
        KIT_TEST(a_renewal_that_does_not_succeed_says_why),
        KIT_TEST(a_key_is_replaced_and_there_is_only_one),
        KIT_TEST(certificates_expire_after_their_last_moment_a_few_at_a_time),
        KIT_TEST(a_renewal_under_way_fails_when_the_certificate_expires),
        KIT_TEST(only_public_certificates_time_out_while_they_wait),
        KIT_TEST(a_resource_uses_a_certificate_once),
        KIT_TEST(associations_are_listed_in_pages_by_resource),
        KIT_TEST(an_active_authority_with_ocsp_is_due_for_a_responder_at_once),
        KIT_TEST(a_responder_is_due_when_its_authority_becomes_active_and_keeps_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
