/* Authorities, permissions, and the certificates that authorities issue. */
#include "tests/unit/test_store_kit.h"

#define ID_1 "00000000000000000000000000000001"
#define ID_2 "00000000000000000000000000000002"

/* ---- authorities ---- */

static struct authority_row full_authority(void)
{
    struct authority_row row = kit_authority(KIT_UUID_A);
    row.usage_mode = "GENERAL_PURPOSE";
    row.key_storage = "FIPS_140_2_LEVEL_3_OR_HIGHER";
    row.revocation = "{}";
    row.idempotency_token = "token";
    row.request_hash = (struct buf)BYTES("hash");
    row.key_id[0] = 5;
    row.restorable_until = 77;
    return row;
}

IN_WRITE(an_authority_comes_back_as_it_was_put)
{
    struct authority_row row = full_authority();
    struct authority_row got = {0};
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_OK(store_authority_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.scope.account, "111122223333"));
    EXPECT(kit_text_is(got.scope.region, "eu-central-1") && kit_text_is(got.id, KIT_UUID_A));
    EXPECT(kit_text_is(got.type, "ROOT") && kit_text_is(got.status, "CREATING"));
    EXPECT(kit_text_is(got.configuration, row.configuration) && kit_text_is(got.revocation, "{}"));
    EXPECT(kit_text_is(got.usage_mode, row.usage_mode) &&
           kit_text_is(got.key_storage, row.key_storage));
    EXPECT(kit_text_is(got.idempotency_token, "token") && kit_bytes_are(&got.request_hash, "hash"));
    EXPECT(got.key_id[0] == 5 && got.spki.len == 0 && got.chain == NULL && got.serial == NULL);
    EXPECT(got.created_at == 1000 && got.restorable_until == 77 && got.failure_reason == NULL);
    authority_row_free(&got);
    return 0;
}

IN_WRITE(an_authority_is_not_found_in_another_account_or_region)
{
    struct authority_row row = kit_authority(KIT_UUID_A);
    struct authority_row got = {0};
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_CODE(store_authority_get(tx, &kit_other_account, KIT_UUID_A, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_authority_get(tx, &kit_other_region, KIT_UUID_A, &got), CH_ENOTFOUND);
    row.scope = kit_other_account;
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_OK(store_authority_get(tx, &kit_other_account, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.scope.account, "444455556666"));
    authority_row_free(&got);
    EXPECT_CODE(store_authority_get(tx, &kit_other_region, KIT_UUID_A, &got), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(an_authority_id_is_given_once_in_a_scope)
{
    struct authority_row row = kit_authority(KIT_UUID_A);
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_CODE(store_authority_insert(tx, &row), CH_EEXISTS);
    return 0;
}

IN_WRITE(what_is_not_a_uuid_is_never_found_and_never_put)
{
    static const char *const ids[] = {"", "x", "0A0A0A0A-0000-4000-8000-000000000001",
                                      "0a0a0a0a00000-4000-8000-0000-00000001",
                                      "0a0a0a0a-0000-4000-8000-00000000000g"};
    struct authority_row got = {0};
    struct authority_row row = kit_authority(KIT_UUID_A);
    EXPECT_OK(store_authority_insert(tx, &row));
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        EXPECT_CODE(store_authority_get(tx, &kit_scope, ids[i], &got), CH_ENOTFOUND);
        row = kit_authority(ids[i]);
        EXPECT_CODE(store_authority_insert(tx, &row), CH_EINVAL);
    }
    return 0;
}

IN_WRITE(an_authority_is_found_by_token_while_young_and_not_deleted)
{
    struct authority_row row = full_authority();
    struct authority_row got = {0};
    EXPECT_OK(store_authority_insert(tx, &row));
    snprintf(row.id, sizeof(row.id), "%s", KIT_UUID_B);
    row.created_at = 2000;
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_OK(store_authority_by_token(tx, &kit_scope, "token", 1000, &got));
    EXPECT(kit_text_is(got.id, KIT_UUID_B));
    authority_row_free(&got);
    EXPECT_CODE(store_authority_by_token(tx, &kit_scope, "token", 2001, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_authority_by_token(tx, &kit_scope, "other", 0, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_authority_by_token(tx, &kit_other_region, "token", 0, &got), CH_ENOTFOUND);
    EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_B, "DELETED", NULL, 3000));
    EXPECT_OK(store_authority_by_token(tx, &kit_scope, "token", 1000, &got));
    EXPECT(kit_text_is(got.id, KIT_UUID_A));
    authority_row_free(&got);
    return 0;
}

static struct authority_row keyed_authority(void)
{
    struct authority_row row = kit_authority(KIT_UUID_A);
    row.key_id[15] = 9;
    row.spki = (struct buf)BYTES("spki");
    row.csr = (struct buf)BYTES("csr");
    row.state_changed_at = 1500;
    return row;
}

static struct authority_row certified_authority(void)
{
    struct authority_row row = keyed_authority();
    row.certificate = (struct buf)BYTES("der");
    row.chain = "pem";
    row.serial = "0a:0b";
    row.not_before = 1;
    row.not_after = 2;
    row.state_changed_at = 1600;
    return row;
}

IN_WRITE(an_authority_gets_its_key_and_then_its_certificate)
{
    struct authority_row row = keyed_authority();
    struct authority_row got = {0};
    struct authority_row fresh = kit_authority(KIT_UUID_A);
    EXPECT_OK(store_authority_insert(tx, &fresh));
    EXPECT_OK(store_authority_set_key(tx, &row));
    EXPECT_OK(store_authority_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.status, "PENDING_CERTIFICATE") && got.state_changed_at == 1500);
    EXPECT(kit_bytes_are(&got.spki, "spki") && kit_bytes_are(&got.csr, "csr"));
    EXPECT(got.key_id[15] == 9);
    authority_row_free(&got);
    row = certified_authority();
    EXPECT_OK(store_authority_set_certificate(tx, &row));
    EXPECT_OK(store_authority_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.status, "ACTIVE") && kit_bytes_are(&got.certificate, "der"));
    EXPECT(kit_text_is(got.chain, "pem") && kit_text_is(got.serial, "0a:0b"));
    EXPECT(got.not_before == 1 && got.not_after == 2 && got.state_changed_at == 1600);
    authority_row_free(&got);
    EXPECT_OK(store_authority_set_certificate(tx, &row));
    return 0;
}

IN_WRITE(a_key_is_set_only_while_creating)
{
    struct authority_row row = keyed_authority();
    EXPECT_CODE(store_authority_set_key(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_OK(store_authority_set_key(tx, &row));
    EXPECT_CODE(store_authority_set_key(tx, &row), CH_ESTATE);
    row.scope = kit_other_account;
    EXPECT_CODE(store_authority_set_key(tx, &row), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(a_certificate_is_set_only_while_pending_or_active)
{
    static const char *const refused[] = {"CREATING", "DISABLED", "DELETED", "EXPIRED", "FAILED"};
    struct authority_row row = certified_authority();
    EXPECT_CODE(store_authority_set_certificate(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(store_authority_insert(tx, &row));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_A, refused[i], NULL, 1));
        row.state_changed_at = row.not_after;
        EXPECT_CODE(store_authority_set_certificate(tx, &row), CH_ESTATE);
    }
    return 0;
}

IN_WRITE(a_certificate_that_ran_out_is_replaced_also_while_disabled)
{
    struct authority_row row = certified_authority();
    struct authority_row got = {0};
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_OK(
        store_authority_set_status(tx, &kit_scope, KIT_UUID_A, "PENDING_CERTIFICATE", NULL, 1));
    EXPECT_OK(store_authority_set_certificate(tx, &row));
    EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_A, "DISABLED", NULL, 1));
    row.state_changed_at = row.not_after + 1;
    EXPECT_OK(store_authority_set_certificate(tx, &row));
    EXPECT_OK(store_authority_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.status, "DISABLED"));
    authority_row_free(&got);
    return 0;
}

IN_WRITE(a_status_is_set_with_its_reason_and_time)
{
    struct authority_row row = kit_authority(KIT_UUID_A);
    struct authority_row got = {0};
    EXPECT_CODE(store_authority_set_status(tx, &kit_scope, KIT_UUID_A, "FAILED", "why", 1),
                CH_ENOTFOUND);
    EXPECT_OK(store_authority_insert(tx, &row));
    EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_A, "FAILED", "why", 4000));
    EXPECT_OK(store_authority_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.status, "FAILED") && kit_text_is(got.failure_reason, "why"));
    EXPECT(got.state_changed_at == 4000);
    authority_row_free(&got);
    return 0;
}

struct seen {
    struct buf ids;
    int64_t last_created;
    char last_id[ROW_UUID_SIZE];
    int stop_after;
};

static int see_authority(void *context, const struct authority_row *row)
{
    struct seen *seen = context;
    seen->last_created = row->created_at;
    snprintf(seen->last_id, sizeof(seen->last_id), "%s", row->id);
    if (buf_printf(&seen->ids, "%c", row->id[1]) != 0)
        return CH_ENOMEM;
    return seen->stop_after != 0 && (int)seen->ids.len >= seen->stop_after ? 7 : 0;
}

static int put_authorities(struct store_tx *tx)
{
    static const struct {
        const char *id;
        int64_t created_at;
    } rows[] = {{KIT_UUID_C, 10}, {KIT_UUID_B, 20}, {KIT_UUID_A, 20}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct authority_row row = kit_authority(rows[i].id);
        row.created_at = rows[i].created_at;
        EXPECT_OK(store_authority_insert(tx, &row));
    }
    return 0;
}

IN_WRITE(authorities_are_listed_in_pages_by_creation_and_id)
{
    struct seen seen = {0};
    EXPECT_OK(put_authorities(tx));
    EXPECT_OK(store_authority_list(tx, &kit_scope, 1, 0, "", 2, see_authority, &seen));
    EXPECT(kit_bytes_are(&seen.ids, "ca"));
    EXPECT_OK(store_authority_list(tx, &kit_scope, 1, seen.last_created, seen.last_id, 2,
                                   see_authority, &seen));
    EXPECT(kit_bytes_are(&seen.ids, "cab"));
    EXPECT_OK(store_authority_list(tx, &kit_scope, 1, seen.last_created, seen.last_id, 2,
                                   see_authority, &seen));
    EXPECT_OK(store_authority_list(tx, &kit_other_region, 1, 0, "", 9, see_authority, &seen));
    EXPECT(kit_bytes_are(&seen.ids, "cab"));
    buf_free(&seen.ids);
    return 0;
}

IN_WRITE(a_list_of_authorities_ends_when_the_visitor_says_so)
{
    struct seen seen = {.stop_after = 2};
    EXPECT_OK(put_authorities(tx));
    EXPECT_CODE(store_authority_list(tx, &kit_scope, 1, 0, "", 9, see_authority, &seen), 7);
    EXPECT(kit_bytes_are(&seen.ids, "ca"));
    buf_free(&seen.ids);
    return 0;
}

IN_WRITE(authorities_that_wait_for_their_key_are_listed_from_every_scope)
{
    struct seen seen = {0};
    struct authority_row elsewhere = kit_authority("0e0e0e0e-0000-4000-8000-000000000001");
    elsewhere.scope = kit_other_account;
    EXPECT_OK(put_authorities(tx));
    EXPECT_OK(store_authority_insert(tx, &elsewhere));
    EXPECT_OK(store_authority_set_status(tx, &kit_scope, KIT_UUID_B, "ACTIVE", NULL, 1));
    EXPECT_OK(store_authority_list_creating(tx, see_authority, &seen));
    EXPECT(kit_bytes_are(&seen.ids, "cae"));
    buf_free(&seen.ids);
    return 0;
}

static int see_and_set_key(void *context, const struct authority_row *row)
{
    struct store_tx *tx = context;
    struct authority_row keyed = keyed_authority();
    snprintf(keyed.id, sizeof(keyed.id), "%s", row->id);
    return store_authority_set_key(tx, &keyed);
}

IN_WRITE(a_visitor_may_change_the_row_that_it_sees)
{
    struct seen seen = {0};
    EXPECT_OK(put_authorities(tx));
    EXPECT_OK(store_authority_list_creating(tx, see_and_set_key, tx));
    EXPECT_OK(store_authority_list_creating(tx, see_authority, &seen));
    EXPECT(seen.ids.len == 0);
    return 0;
}

static int list_again(void *context, const struct authority_row *row)
{
    (void)row;
    struct seen seen = {0};
    return store_authority_list_creating(context, see_authority, &seen);
}

IN_WRITE(a_visitor_cannot_start_the_list_that_it_is_in)
{
    EXPECT_OK(put_authorities(tx));
    EXPECT_CODE(store_authority_list_creating(tx, list_again, tx), CH_ESTATE);
    return 0;
}

/* ---- permissions ---- */

static struct permission_row permission(void)
{
    return (struct permission_row){.scope = kit_scope,
                                   .authority = KIT_UUID_A,
                                   .principal = "acm.amazonaws.com",
                                   .actions = "[\"Issue\"]",
                                   .created_at = 3};
}

IN_WRITE(a_permission_is_found_by_principal_and_source_account)
{
    struct authority_row authority = kit_authority(KIT_UUID_A);
    struct permission_row row = permission();
    struct permission_row got = {0};
    const char *principal = "acm.amazonaws.com";
    EXPECT_CODE(store_permission_insert(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(store_authority_insert(tx, &authority));
    EXPECT_OK(store_permission_insert(tx, &row));
    EXPECT_CODE(store_permission_insert(tx, &row), CH_EEXISTS);
    EXPECT_OK(store_permission_get(tx, &kit_scope, KIT_UUID_A, principal, NULL, &got));
    EXPECT(kit_text_is(got.authority, KIT_UUID_A) && kit_text_is(got.principal, principal));
    EXPECT(got.source_account == NULL && kit_text_is(got.actions, "[\"Issue\"]"));
    EXPECT(got.created_at == 3 && kit_text_is(got.scope.region, "eu-central-1"));
    permission_row_free(&got);
    EXPECT_CODE(store_permission_get(tx, &kit_scope, KIT_UUID_A, principal, "9", &got),
                CH_ENOTFOUND);
    EXPECT_CODE(store_permission_get(tx, &kit_other_account, KIT_UUID_A, principal, NULL, &got),
                CH_ENOTFOUND);
    row.source_account = "9";
    EXPECT_OK(store_permission_insert(tx, &row));
    EXPECT_OK(store_permission_get(tx, &kit_scope, KIT_UUID_A, principal, "9", &got));
    EXPECT(kit_text_is(got.source_account, "9"));
    permission_row_free(&got);
    return 0;
}

/* ---- issued certificates ---- */

static int put_authority(struct store_tx *tx)
{
    struct authority_row row = kit_authority(KIT_UUID_A);
    return store_authority_insert(tx, &row);
}

IN_WRITE(an_intent_comes_back_as_it_was_put)
{
    struct issued_row row = kit_issued(ID_1, 1);
    struct issued_row got = {0};
    row.idempotency_token = "token";
    row.request_hash = (struct buf)BYTES("hash");
    row.not_before = 5;
    row.not_after = 6;
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(store_issued_insert(tx, &row));
    EXPECT_OK(store_issued_get(tx, &kit_scope, KIT_UUID_A, ID_1, &got));
    EXPECT(kit_text_is(got.scope.account, "111122223333") && kit_text_is(got.id, ID_1));
    EXPECT(kit_text_is(got.authority, KIT_UUID_A) && kit_text_is(got.state, "INTENT"));
    EXPECT(memcmp(got.serial, row.serial, sizeof(got.serial)) == 0);
    EXPECT(kit_text_is(got.template_name, row.template_name));
    EXPECT(kit_text_is(got.idempotency_token, "token") && kit_bytes_are(&got.request_hash, "hash"));
    EXPECT(got.certificate.len == 0 && got.not_before == 5 && got.not_after == 6);
    EXPECT(got.created_at == 1000 && got.issued_at == 0);
    issued_row_free(&got);
    return 0;
}

IN_WRITE(an_intent_needs_its_authority_and_a_known_state)
{
    struct issued_row row = kit_issued(ID_1, 1);
    EXPECT_CODE(store_issued_insert(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(put_authority(tx));
    row.scope = kit_other_region;
    EXPECT_CODE(store_issued_insert(tx, &row), CH_ENOTFOUND);
    row.scope = kit_scope;
    row.state = "PERHAPS";
    EXPECT_CODE(store_issued_insert(tx, &row), CH_EINVAL);
    row.state = NULL;
    EXPECT_CODE(store_issued_insert(tx, &row), CH_EINVAL);
    row.state = "INTENT";
    row.id[0] = 'x';
    EXPECT_CODE(store_issued_insert(tx, &row), CH_EINVAL);
    return 0;
}

IN_WRITE(a_serial_number_is_taken_once_for_each_authority)
{
    struct authority_row second = kit_authority(KIT_UUID_B);
    struct issued_row row = kit_issued(ID_1, 1);
    struct issued_row same_serial = kit_issued(ID_2, 1);
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(store_authority_insert(tx, &second));
    EXPECT_OK(store_issued_insert(tx, &row));
    EXPECT_CODE(store_issued_insert(tx, &same_serial), CH_EEXISTS);
    EXPECT_CODE(store_issued_insert(tx, &row), CH_EEXISTS);
    snprintf(same_serial.authority, sizeof(same_serial.authority), "%s", KIT_UUID_B);
    EXPECT_OK(store_issued_insert(tx, &same_serial));
    return 0;
}

IN_WRITE(an_intent_becomes_issued_once)
{
    struct issued_row row = kit_issued(ID_1, 1);
    struct issued_row got = {0};
    uint64_t count = 9;
    EXPECT_OK(put_authority(tx));
    EXPECT_CODE(store_issued_complete(tx, &row), CH_EINVAL);
    row.certificate = (struct buf)BYTES("der");
    EXPECT_CODE(store_issued_complete(tx, &row), CH_ENOTFOUND);
    struct issued_row intent = kit_issued(ID_1, 1);
    EXPECT_OK(store_issued_insert(tx, &intent));
    EXPECT_OK(store_issued_count(tx, &count));
    EXPECT(count == 0);
    row.not_before = 1;
    row.not_after = 2;
    row.issued_at = 3;
    EXPECT_OK(store_issued_complete(tx, &row));
    EXPECT_CODE(store_issued_complete(tx, &row), CH_ESTATE);
    EXPECT_OK(store_issued_get(tx, &kit_scope, KIT_UUID_A, ID_1, &got));
    EXPECT(kit_text_is(got.state, "ISSUED") && kit_bytes_are(&got.certificate, "der"));
    EXPECT(got.not_before == 1 && got.not_after == 2 && got.issued_at == 3);
    issued_row_free(&got);
    EXPECT_OK(store_issued_count(tx, &count));
    EXPECT(count == 1);
    return 0;
}

IN_WRITE(an_intent_that_failed_stays_failed)
{
    struct issued_row row = kit_issued(ID_1, 1);
    struct issued_row got = {0};
    EXPECT_OK(put_authority(tx));
    EXPECT_CODE(store_issued_fail(tx, &kit_scope, KIT_UUID_A, ID_1), CH_ENOTFOUND);
    EXPECT_OK(store_issued_insert(tx, &row));
    EXPECT_CODE(store_issued_fail(tx, &kit_other_account, KIT_UUID_A, ID_1), CH_ENOTFOUND);
    EXPECT_OK(store_issued_fail(tx, &kit_scope, KIT_UUID_A, ID_1));
    EXPECT_CODE(store_issued_fail(tx, &kit_scope, KIT_UUID_A, ID_1), CH_ESTATE);
    row.certificate = (struct buf)BYTES("der");
    EXPECT_CODE(store_issued_complete(tx, &row), CH_ESTATE);
    EXPECT_OK(store_issued_get(tx, &kit_scope, KIT_UUID_A, ID_1, &got));
    EXPECT(kit_text_is(got.state, "FAILED"));
    issued_row_free(&got);
    return 0;
}

IN_WRITE(an_issued_certificate_is_found_in_its_scope_and_authority_only)
{
    struct authority_row second = kit_authority(KIT_UUID_B);
    struct issued_row row = kit_issued(ID_1, 1);
    struct issued_row got = {0};
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(store_authority_insert(tx, &second));
    EXPECT_OK(store_issued_insert(tx, &row));
    EXPECT_CODE(store_issued_get(tx, &kit_other_account, KIT_UUID_A, ID_1, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_issued_get(tx, &kit_other_region, KIT_UUID_A, ID_1, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_issued_get(tx, &kit_scope, KIT_UUID_B, ID_1, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_issued_get(tx, &kit_scope, KIT_UUID_A, ID_2, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_issued_by_serial(tx, &kit_other_account, KIT_UUID_A, row.serial, &got),
                CH_ENOTFOUND);
    EXPECT_CODE(store_issued_by_serial(tx, &kit_scope, KIT_UUID_B, row.serial, &got), CH_ENOTFOUND);
    EXPECT_OK(store_issued_by_serial(tx, &kit_scope, KIT_UUID_A, row.serial, &got));
    EXPECT(kit_text_is(got.id, ID_1));
    issued_row_free(&got);
    return 0;
}

IN_WRITE(an_issued_certificate_is_found_by_token_while_young_and_not_failed)
{
    struct issued_row row = kit_issued(ID_1, 1);
    struct issued_row got = {0};
    row.idempotency_token = "token";
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(store_issued_insert(tx, &row));
    EXPECT_OK(store_issued_by_token(tx, &kit_scope, KIT_UUID_A, "token", 1000, &got));
    EXPECT(kit_text_is(got.id, ID_1));
    issued_row_free(&got);
    EXPECT_CODE(store_issued_by_token(tx, &kit_scope, KIT_UUID_A, "token", 1001, &got),
                CH_ENOTFOUND);
    EXPECT_CODE(store_issued_by_token(tx, &kit_other_account, KIT_UUID_A, "token", 0, &got),
                CH_ENOTFOUND);
    EXPECT_OK(store_issued_fail(tx, &kit_scope, KIT_UUID_A, ID_1));
    EXPECT_CODE(store_issued_by_token(tx, &kit_scope, KIT_UUID_A, "token", 0, &got), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(a_certificate_may_be_put_as_issued_at_once)
{
    struct issued_row row = kit_issued(ID_1, 1);
    struct issued_row got = {0};
    row.state = "ISSUED";
    row.certificate = (struct buf)BYTES("first");
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(store_issued_insert(tx, &row));
    row = kit_issued(ID_2, 2);
    row.state = "ISSUED";
    row.certificate = (struct buf)BYTES("second");
    EXPECT_OK(store_issued_insert(tx, &row));
    EXPECT_OK(store_issued_get(tx, &kit_scope, KIT_UUID_A, ID_1, &got));
    EXPECT(kit_bytes_are(&got.certificate, "first"));
    issued_row_free(&got);
    EXPECT_OK(store_issued_get(tx, &kit_scope, KIT_UUID_A, ID_2, &got));
    EXPECT(kit_bytes_are(&got.certificate, "second"));
    issued_row_free(&got);
    return 0;
}

static int count_issued(void *context, const struct issued_row *row)
{
    (void)row;
    return ++*(int *)context < 3 ? 0 : CH_ELIMIT;
}

IN_WRITE(intents_are_listed_from_every_scope_until_they_are_settled)
{
    struct authority_row elsewhere = kit_authority(KIT_UUID_A);
    struct issued_row row = kit_issued(ID_1, 1);
    int seen = 0;
    elsewhere.scope = kit_other_account;
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(store_authority_insert(tx, &elsewhere));
    EXPECT_OK(store_issued_insert(tx, &row));
    row.scope = kit_other_account;
    EXPECT_OK(store_issued_insert(tx, &row));
    EXPECT_OK(store_issued_list_intents(tx, count_issued, &seen));
    EXPECT(seen == 2);
    EXPECT_OK(store_issued_fail(tx, &kit_other_account, KIT_UUID_A, ID_1));
    EXPECT_CODE(store_issued_list_intents(tx, count_issued, &seen), CH_ELIMIT);
    row.scope = kit_scope;
    row.certificate = (struct buf)BYTES("der");
    EXPECT_OK(store_issued_complete(tx, &row));
    seen = 0;
    EXPECT_OK(store_issued_list_intents(tx, count_issued, &seen));
    EXPECT(seen == 0);
    return 0;
}

/* ---- revocations ---- */

static int put_issued(struct store_tx *tx, const char *id, uint8_t serial)
{
    struct issued_row row = kit_issued(id, serial);
    row.state = "ISSUED";
    row.not_after = 5000;
    row.certificate = (struct buf)BYTES("der");
    return store_issued_insert(tx, &row);
}

static struct revocation_row kit_revocation(uint8_t serial)
{
    struct revocation_row row = {
        .scope = kit_scope, .authority = KIT_UUID_A, .reason = 4, .revoked_at = 2000};
    row.serial[19] = serial;
    return row;
}

IN_WRITE(only_what_the_authority_has_issued_can_be_revoked)
{
    struct authority_row second = kit_authority(KIT_UUID_B);
    struct revocation_row row = kit_revocation(1);
    struct issued_row intent = kit_issued(ID_2, 2);
    struct revocation_row got = {0};
    EXPECT_CODE(store_revocation_insert(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(store_authority_insert(tx, &second));
    EXPECT_CODE(store_revocation_insert(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(put_issued(tx, ID_1, 1));
    EXPECT_OK(store_issued_insert(tx, &intent));
    row = kit_revocation(2);
    EXPECT_CODE(store_revocation_insert(tx, &row), CH_ENOTFOUND);
    row = kit_revocation(1);
    snprintf(row.authority, sizeof(row.authority), "%s", KIT_UUID_B);
    EXPECT_CODE(store_revocation_insert(tx, &row), CH_ENOTFOUND);
    row = kit_revocation(1);
    row.scope = kit_other_account;
    EXPECT_CODE(store_revocation_insert(tx, &row), CH_ENOTFOUND);
    EXPECT_CODE(store_revocation_get(tx, &kit_scope, KIT_UUID_A, row.serial, &got), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(a_certificate_is_revoked_once_and_the_row_stays_as_it_was)
{
    struct revocation_row row = kit_revocation(1);
    struct revocation_row got = {0};
    EXPECT_OK(put_authority(tx));
    EXPECT_OK(put_issued(tx, ID_1, 1));
    EXPECT_OK(store_revocation_insert(tx, &row));
    row.reason = 1;
    EXPECT_CODE(store_revocation_insert(tx, &row), CH_EEXISTS);
    EXPECT_CODE(store_revocation_get(tx, &kit_other_region, KIT_UUID_A, row.serial, &got),
                CH_ENOTFOUND);
    EXPECT_OK(store_revocation_get(tx, &kit_scope, KIT_UUID_A, row.serial, &got));
    EXPECT(got.reason == 4 && got.revoked_at == 2000 && got.not_after == 5000);
    EXPECT(kit_text_is(got.issued_id, ID_1) && got.serial[19] == 1 && got.number == 1);
    EXPECT(kit_text_is(got.scope.account, "111122223333") &&
           kit_text_is(got.authority, KIT_UUID_A));
    return 0;
}

struct revoked {
    uint8_t serials[8];
    size_t count;
    int64_t last;
};

static int revoked_visit(void *context, const struct revocation_row *row)
{
    struct revoked *seen = context;
    seen->serials[seen->count++] = row->serial[19];
    seen->last = row->number;
    return seen->count < 8 ? 0 : CH_ELIMIT;
}

IN_WRITE(revocations_are_listed_in_their_order_and_from_the_last_one_seen)
{
    static const uint8_t order[] = {3, 1, 2};
    char id[33];
    struct revoked seen = {0};
    EXPECT_OK(put_authority(tx));
    for (uint8_t i = 1; i <= 3; i++) {
        snprintf(id, sizeof(id), "%032x", i);
        EXPECT_OK(put_issued(tx, id, i));
    }
    for (size_t i = 0; i < 3; i++) {
        struct revocation_row row = kit_revocation(order[i]);
        EXPECT_OK(store_revocation_insert(tx, &row));
    }
    EXPECT_OK(store_revocation_list(tx, &kit_scope, KIT_UUID_A, 0, 2, revoked_visit, &seen));
    EXPECT(seen.count == 2 && memcmp(seen.serials, order, 2) == 0);
    EXPECT_OK(
        store_revocation_list(tx, &kit_scope, KIT_UUID_A, seen.last, 9, revoked_visit, &seen));
    EXPECT(seen.count == 3 && seen.serials[2] == 2);
    EXPECT_OK(
        store_revocation_list(tx, &kit_scope, KIT_UUID_A, seen.last, 9, revoked_visit, &seen));
    EXPECT_OK(
        store_revocation_list(tx, &kit_other_account, KIT_UUID_A, 0, 9, revoked_visit, &seen));
    EXPECT_OK(store_revocation_list(tx, &kit_scope, KIT_UUID_B, 0, 9, revoked_visit, &seen));
    EXPECT(seen.count == 3);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(an_authority_comes_back_as_it_was_put),
        KIT_TEST(an_authority_is_not_found_in_another_account_or_region),
        KIT_TEST(an_authority_id_is_given_once_in_a_scope),
        KIT_TEST(what_is_not_a_uuid_is_never_found_and_never_put),
        KIT_TEST(an_authority_is_found_by_token_while_young_and_not_deleted),
        KIT_TEST(an_authority_gets_its_key_and_then_its_certificate),
        KIT_TEST(a_key_is_set_only_while_creating),
        KIT_TEST(a_certificate_is_set_only_while_pending_or_active),
        KIT_TEST(a_certificate_that_ran_out_is_replaced_also_while_disabled),
        KIT_TEST(a_status_is_set_with_its_reason_and_time),
        KIT_TEST(authorities_are_listed_in_pages_by_creation_and_id),
        KIT_TEST(a_list_of_authorities_ends_when_the_visitor_says_so),
        KIT_TEST(authorities_that_wait_for_their_key_are_listed_from_every_scope),
        KIT_TEST(a_visitor_may_change_the_row_that_it_sees),
        KIT_TEST(a_visitor_cannot_start_the_list_that_it_is_in),
        KIT_TEST(a_permission_is_found_by_principal_and_source_account),
        KIT_TEST(an_intent_comes_back_as_it_was_put),
        KIT_TEST(an_intent_needs_its_authority_and_a_known_state),
        KIT_TEST(a_serial_number_is_taken_once_for_each_authority),
        KIT_TEST(an_intent_becomes_issued_once),
        KIT_TEST(an_intent_that_failed_stays_failed),
        KIT_TEST(an_issued_certificate_is_found_in_its_scope_and_authority_only),
        KIT_TEST(an_issued_certificate_is_found_by_token_while_young_and_not_failed),
        KIT_TEST(a_certificate_may_be_put_as_issued_at_once),
        KIT_TEST(intents_are_listed_from_every_scope_until_they_are_settled),
        KIT_TEST(only_what_the_authority_has_issued_can_be_revoked),
        KIT_TEST(a_certificate_is_revoked_once_and_the_row_stays_as_it_was),
        KIT_TEST(revocations_are_listed_in_their_order_and_from_the_last_one_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
