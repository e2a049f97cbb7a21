/* ACM certificates, their keys, and the pages of the list. */
#include "ca/store/search.h"
#include "tests/unit/test_store_kit.h"

#define ISSUED_ID "00000000000000000000000000000001"
#define ARN_A "arn:aws:acm:eu-central-1:111122223333:certificate/" KIT_UUID_A

/* What issuance adds to kit_certificate. */
static struct certificate_row issued_certificate(const char *id)
{
    struct certificate_row row = kit_certificate(id);
    row.key_usages = "[\"DIGITAL_SIGNATURE\"]";
    row.extended_key_usages = "[{\"Name\":\"TLS_WEB_SERVER_AUTHENTICATION\"}]";
    row.issued_id = ISSUED_ID;
    row.certificate = (struct buf)BYTES("der");
    row.chain = "pem";
    row.serial = "00:0a:ff";
    row.subject = "CN=a.example";
    row.issuer = "CN=Root";
    row.signature_algorithm = "SHA256WITHECDSA";
    row.not_before = 1;
    row.not_after = 2;
    row.issued_at = 3;
    return row;
}

static bool same_issuance(const struct certificate_row *a, const struct certificate_row *b)
{
    return kit_text_is(a->key_usages, b->key_usages) &&
           kit_text_is(a->extended_key_usages, b->extended_key_usages) &&
           kit_text_is(a->issued_id, b->issued_id) && kit_text_is(a->serial, b->serial) &&
           kit_text_is(a->subject, b->subject) && kit_text_is(a->issuer, b->issuer) &&
           kit_text_is(a->signature_algorithm, b->signature_algorithm) &&
           a->not_before == b->not_before && a->not_after == b->not_after &&
           a->issued_at == b->issued_at;
}

IN_WRITE(a_certificate_comes_back_as_it_was_put)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    struct certificate_row got = {0};
    row.managed_by = "CLOUDFRONT";
    row.idempotency_token = "token";
    row.request_hash = (struct buf)BYTES("hash");
    row.imported_at = 7;
    row.exported_at = 8;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.scope.account, "111122223333") && kit_text_is(got.id, KIT_UUID_A));
    EXPECT(kit_text_is(got.type, "PRIVATE") && kit_text_is(got.status, "PENDING_VALIDATION"));
    EXPECT(kit_text_is(got.domain, "a.example") && kit_text_is(got.names, "[\"a.example\"]"));
    EXPECT(got.key_alg == KEY_ALG_P256 && kit_text_is(got.options, "{}"));
    EXPECT(kit_text_is(got.authority_arn, row.authority_arn));
    EXPECT(kit_text_is(got.managed_by, "CLOUDFRONT") &&
           kit_text_is(got.idempotency_token, "token"));
    EXPECT(kit_bytes_are(&got.request_hash, "hash") && got.created_at == 1000);
    EXPECT(got.imported_at == 7 && got.exported_at == 8 && got.issued_at == 0);
    EXPECT(got.certificate.len == 0 && got.chain == NULL && got.serial == NULL);
    EXPECT(got.issued_id == NULL && got.key_usages == NULL && got.failure_reason == NULL);
    certificate_row_free(&got);
    EXPECT(got.domain == NULL && got.certificate.data == NULL);
    return 0;
}

IN_WRITE(an_imported_certificate_comes_back_with_texts_of_its_own)
{
    struct certificate_row row = issued_certificate(KIT_UUID_A);
    struct certificate_row got = {0};
    row.type = "IMPORTED";
    row.status = "ISSUED";
    row.issued_id = NULL;
    row.authority_arn = NULL;
    row.options = "12"; /* a text that looks like the number of a shared one */
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(same_issuance(&got, &row) && kit_text_is(got.chain, "pem"));
    EXPECT(kit_bytes_are(&got.certificate, "der") && kit_text_is(got.options, "12"));
    certificate_row_free(&got);
    return 0;
}

IN_WRITE(a_certificate_is_not_found_in_another_account_or_region)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    struct certificate_row got = {0};
    uint64_t count = 9;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_CODE(store_certificate_get(tx, &kit_other_account, KIT_UUID_A, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_get(tx, &kit_other_region, KIT_UUID_A, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_get(tx, &kit_scope, "not-a-uuid", &got), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_delete(tx, &kit_other_account, KIT_UUID_A), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_set_exported(tx, &kit_other_region, KIT_UUID_A, 1), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_set_failed(tx, &kit_other_region, KIT_UUID_A, "x"), CH_ENOTFOUND);
    EXPECT_OK(store_certificate_count(tx, &kit_other_account, &count));
    EXPECT(count == 0);
    row.scope = kit_other_account;
    row.domain = "b.example";
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_get(tx, &kit_other_account, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.domain, "b.example"));
    certificate_row_free(&got);
    return 0;
}

IN_WRITE(a_certificate_id_is_given_once_in_a_scope)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    uint64_t count = 0;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_CODE(store_certificate_insert(tx, &row), CH_EEXISTS);
    EXPECT_OK(store_certificate_count(tx, &kit_scope, &count));
    EXPECT(count == 1);
    return 0;
}

IN_WRITE(a_certificate_with_a_word_that_nobody_knows_is_refused)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    row.status = "LOST";
    EXPECT_CODE(store_certificate_insert(tx, &row), CH_EINVAL);
    row = kit_certificate(KIT_UUID_A);
    row.type = NULL;
    EXPECT_CODE(store_certificate_insert(tx, &row), CH_EINVAL);
    row = kit_certificate("");
    EXPECT_CODE(store_certificate_insert(tx, &row), CH_EINVAL);
    return 0;
}

IN_WRITE(a_serial_number_that_is_not_colon_hex_is_refused)
{
    static const char *const serials[] = {"", "0", "0a:", "0a0b", "0a-0b", "0a:0g", ":0a"};
    for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        struct certificate_row row = kit_certificate(KIT_UUID_A);
        row.serial = (char *)(uintptr_t)serials[i];
        EXPECT_CODE(store_certificate_insert(tx, &row), CH_EINVAL);
    }
    return 0;
}

IN_WRITE(a_certificate_is_found_by_token_while_young)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    struct certificate_row got = {0};
    row.idempotency_token = "token";
    EXPECT_OK(store_certificate_insert(tx, &row));
    snprintf(row.id, sizeof(row.id), "%s", KIT_UUID_B);
    row.created_at = 2000;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_by_token(tx, &kit_scope, "token", 1000, &got));
    EXPECT(kit_text_is(got.id, KIT_UUID_B));
    certificate_row_free(&got);
    EXPECT_CODE(store_certificate_by_token(tx, &kit_scope, "token", 2001, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_by_token(tx, &kit_scope, "tok", 0, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_certificate_by_token(tx, &kit_other_region, "token", 0, &got), CH_ENOTFOUND);
    return 0;
}

static int put_issued(struct store_tx *tx, const char *der)
{
    struct authority_row authority = kit_authority(KIT_UUID_A);
    struct issued_row issued = kit_issued(ISSUED_ID, 1);
    issued.state = "ISSUED";
    EXPECT_OK(buf_put_text(&issued.certificate, der));
    EXPECT_OK(store_authority_insert(tx, &authority));
    EXPECT_OK(store_issued_insert(tx, &issued));
    buf_free(&issued.certificate);
    return 0;
}

static int issue_and_compare(struct store_tx *tx)
{
    struct certificate_row pending = kit_certificate(KIT_UUID_A);
    struct certificate_row row = issued_certificate(KIT_UUID_A);
    struct certificate_row got = {0};
    EXPECT_OK(store_certificate_insert(tx, &pending));
    EXPECT_OK(store_certificate_set_issued(tx, &row));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.status, "ISSUED") && same_issuance(&got, &row));
    EXPECT(kit_bytes_are(&got.certificate, "der") && kit_text_is(got.chain, "pem"));
    EXPECT(kit_text_is(got.domain, "a.example") && got.created_at == 1000);
    certificate_row_free(&got);
    EXPECT_CODE(store_certificate_set_issued(tx, &row), CH_ESTATE);
    EXPECT_CODE(store_certificate_set_failed(tx, &kit_scope, KIT_UUID_A, "late"), CH_ESTATE);
    return 0;
}

IN_WRITE(a_pending_certificate_becomes_issued_once)
{
    struct certificate_row row = issued_certificate(KIT_UUID_A);
    EXPECT_CODE(store_certificate_set_issued(tx, &row), CH_ENOTFOUND);
    return issue_and_compare(tx);
}

IN_WRITE(a_certificate_that_the_authority_has_too_is_kept_once_and_comes_back_whole)
{
    EXPECT_OK(put_issued(tx, "der"));
    return issue_and_compare(tx);
}

IN_WRITE(a_certificate_other_than_the_authoritys_is_kept_apart)
{
    EXPECT_OK(put_issued(tx, "another"));
    return issue_and_compare(tx);
}

IN_WRITE(a_reference_that_is_not_an_id_is_refused)
{
    struct certificate_row pending = kit_certificate(KIT_UUID_A);
    struct certificate_row row = issued_certificate(KIT_UUID_A);
    EXPECT_OK(store_certificate_insert(tx, &pending));
    row.issued_id = "short";
    EXPECT_CODE(store_certificate_set_issued(tx, &row), CH_EINVAL);
    return 0;
}

IN_WRITE(a_pending_certificate_that_fails_says_why)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    struct certificate_row got = {0};
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_set_failed(tx, &kit_scope, KIT_UUID_A, "PCA_LIMIT_EXCEEDED"));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.status, "FAILED"));
    EXPECT(kit_text_is(got.failure_reason, "PCA_LIMIT_EXCEEDED"));
    certificate_row_free(&got);
    return 0;
}

IN_WRITE(an_export_leaves_its_time)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    struct certificate_row got = {0};
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_set_exported(tx, &kit_scope, KIT_UUID_A, 55));
    EXPECT_OK(store_certificate_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(got.exported_at == 55);
    certificate_row_free(&got);
    return 0;
}

/* ---- keys ---- */

static struct key_row key_of(const char *certificate)
{
    struct key_row row = {.scope = kit_scope,
                          .version = 1,
                          .format = "rfc5649",
                          .kek_id = {4},
                          .alg = KEY_ALG_P384,
                          .spki = BYTES("spki"),
                          .blob = BYTES("blob"),
                          .tag = {6}};
    snprintf(row.certificate, sizeof(row.certificate), "%s", certificate);
    return row;
}

IN_WRITE(a_key_comes_back_as_it_was_put)
{
    struct certificate_row certificate = kit_certificate(KIT_UUID_A);
    struct key_row row = key_of(KIT_UUID_A);
    struct key_row got = {0};
    EXPECT_OK(store_certificate_insert(tx, &certificate));
    EXPECT_OK(store_key_insert(tx, &row));
    EXPECT_CODE(store_key_insert(tx, &row), CH_EEXISTS);
    EXPECT_OK(store_key_get(tx, &kit_scope, KIT_UUID_A, &got));
    EXPECT(kit_text_is(got.certificate, KIT_UUID_A) && got.version == 1);
    EXPECT(kit_text_is(got.format, "rfc5649") && got.alg == KEY_ALG_P384);
    EXPECT(got.kek_id[0] == 4 && got.tag[0] == 6 && got.tag[31] == 0);
    EXPECT(kit_bytes_are(&got.spki, "spki") && kit_bytes_are(&got.blob, "blob"));
    EXPECT(kit_text_is(got.scope.account, "111122223333"));
    key_row_free(&got);
    EXPECT_CODE(store_key_get(tx, &kit_other_account, KIT_UUID_A, &got), CH_ENOTFOUND);
    EXPECT_CODE(store_key_get(tx, &kit_other_region, KIT_UUID_A, &got), CH_ENOTFOUND);
    return 0;
}

IN_WRITE(a_key_needs_its_certificate)
{
    struct certificate_row certificate = kit_certificate(KIT_UUID_A);
    struct key_row row = key_of(KIT_UUID_A);
    EXPECT_CODE(store_key_insert(tx, &row), CH_ENOTFOUND);
    EXPECT_OK(store_certificate_insert(tx, &certificate));
    row.scope = kit_other_account;
    EXPECT_CODE(store_key_insert(tx, &row), CH_ENOTFOUND);
    row = key_of(KIT_UUID_A);
    row.blob = (struct buf){0};
    EXPECT_CODE(store_key_insert(tx, &row), CH_EINVAL);
    return 0;
}

IN_WRITE(a_deleted_certificate_takes_key_and_tags_with_it)
{
    struct certificate_row certificate = kit_certificate(KIT_UUID_A);
    struct key_row row = key_of(KIT_UUID_A);
    struct key_row got = {0};
    uint32_t tags = 9;
    uint64_t count = 9;
    EXPECT_OK(store_certificate_insert(tx, &certificate));
    EXPECT_OK(store_key_insert(tx, &row));
    EXPECT_OK(store_tag_put(tx, ARN_A, "owner", "ada"));
    EXPECT_OK(store_tag_put(tx, "arn:other", "owner", "bob"));
    EXPECT_OK(store_certificate_delete(tx, &kit_scope, KIT_UUID_A));
    EXPECT_CODE(store_certificate_delete(tx, &kit_scope, KIT_UUID_A), CH_ENOTFOUND);
    EXPECT_CODE(store_key_get(tx, &kit_scope, KIT_UUID_A, &got), CH_ENOTFOUND);
    EXPECT_OK(store_tag_count(tx, ARN_A, &tags));
    EXPECT(tags == 0);
    EXPECT_OK(store_tag_count(tx, "arn:other", &tags));
    EXPECT(tags == 1);
    EXPECT_OK(store_certificate_count(tx, &kit_scope, &count));
    EXPECT(count == 0);
    EXPECT_OK(store_certificate_insert(tx, &certificate));
    EXPECT_CODE(store_key_get(tx, &kit_scope, KIT_UUID_A, &got), CH_ENOTFOUND);
    return 0;
}

/* ---- lists ---- */

static int join_first_digit(void *context, const struct certificate_row *row)
{
    return buf_printf(context, "%c", row->id[1]);
}

IN_WRITE(private_certificates_that_wait_are_listed_from_every_scope)
{
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    struct buf seen = {0};
    EXPECT_OK(store_certificate_insert(tx, &row));
    row = kit_certificate(KIT_UUID_B);
    row.type = "AMAZON_ISSUED";
    EXPECT_OK(store_certificate_insert(tx, &row));
    row = kit_certificate(KIT_UUID_C);
    row.scope = kit_other_account;
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(store_certificate_list_pending(tx, join_first_digit, &seen));
    EXPECT(kit_bytes_are(&seen, "ac"));
    EXPECT_OK(store_certificate_set_failed(tx, &kit_scope, KIT_UUID_A, "x"));
    EXPECT_OK(store_certificate_list_pending(tx, join_first_digit, &seen));
    EXPECT(kit_bytes_are(&seen, "acc"));
    buf_free(&seen);
    return 0;
}

static int expect_summary(void *context, const struct certificate_row *row)
{
    const struct certificate_row *expected = context;
    EXPECT(same_issuance(row, expected) && kit_text_is(row->domain, expected->domain));
    EXPECT(kit_text_is(row->options, expected->options) && row->key_alg == expected->key_alg);
    EXPECT(row->certificate.len == 0 && row->chain == NULL);
    return 0;
}

static int search(struct store_tx *tx, const struct scope *scope,
                  int (*visit)(void *context, const struct certificate_row *row), void *context)
{
    struct certificate_page page;
    struct certificate_query query = {.limit = 10};
    return store_certificate_search(tx, scope, &query, visit, context, &page);
}

IN_WRITE(a_page_has_everything_but_the_certificate_and_its_chain)
{
    struct certificate_row pending = kit_certificate(KIT_UUID_A);
    struct certificate_row row = issued_certificate(KIT_UUID_A);
    EXPECT_OK(store_certificate_insert(tx, &pending));
    EXPECT_OK(store_certificate_set_issued(tx, &row));
    return search(tx, &kit_scope, expect_summary, &row);
}

/* A model of the list: rows spread by a fixed rule over status, algorithm and time. */
#define MODEL_ROWS 200

static const char *const model_statuses[] = {"PENDING_VALIDATION", "ISSUED", "EXPIRED", "FAILED"};

static void model_row(unsigned i, struct certificate_row *row)
{
    *row = kit_certificate(KIT_UUID_A);
    snprintf(row->id, sizeof(row->id), "%08x-0000-4000-8000-000000000000", i * 2654435761u);
    row->status = (char *)(uintptr_t)model_statuses[i * 7 % 4];
    row->key_alg = i * 5 % 3 == 0 ? KEY_ALG_RSA_2048 : i % 2 == 0 ? KEY_ALG_P256 : KEY_ALG_NONE;
    row->created_at = 1000 + i / 5; /* five rows a moment: who came first */
}

struct walk {
    const struct certificate_row *expected; /* in order of the walk */
    size_t count, at;
    size_t page;
};

static int walk_row(void *context, const struct certificate_row *row)
{
    struct walk *walk = context;
    EXPECT(walk->at < walk->count);
    EXPECT(kit_text_is(row->id, walk->expected[walk->at].id));
    walk->at++;
    walk->page++;
    return 0;
}

static int walk_pages(struct store_tx *tx, struct certificate_query query, struct walk *walk)
{
    struct certificate_place after = {0};
    struct certificate_page page = {.more = true};
    while (page.more) {
        walk->page = 0;
        EXPECT_OK(store_certificate_search(tx, &kit_scope, &query, walk_row, walk, &page));
        EXPECT(walk->page <= query.limit && (walk->page == query.limit || !page.more));
        after = page.last;
        query.after = &after;
    }
    EXPECT(walk->at == walk->count);
    return 0;
}

struct model_filter {
    unsigned statuses, key_algs; /* as condition.any; 0 = all */
};

static bool model_fits(const struct certificate_row *row, const struct model_filter *filter)
{
    unsigned status = 1u << facet_value(FACET_STATUS, row->status);
    return (filter->statuses == 0 || (filter->statuses & status) != 0) &&
           (filter->key_algs == 0 || (filter->key_algs & 1u << row->key_alg) != 0);
}

static int compare_with_model(struct store_tx *tx, const struct model_filter *filter,
                              bool descending)
{
    static const uint32_t limits[] = {1, 7, 50, 1000};
    struct certificate_row rows[MODEL_ROWS];
    struct condition parts[] = {
        {.kind = CONDITION_FACET, .field = FACET_STATUS, .any = filter->statuses},
        {.kind = CONDITION_FACET, .field = FACET_KEY_ALG, .any = filter->key_algs},
    };
    size_t first = filter->statuses == 0 ? 1 : 0;
    struct condition where = {.kind = CONDITION_AND,
                              .parts = parts + first,
                              .count = (filter->key_algs == 0 ? 1 : 2) - first};
    struct walk walk = {.expected = rows};
    for (unsigned i = 0; i < MODEL_ROWS; i++) {
        model_row(descending ? MODEL_ROWS - 1 - i : i, &rows[walk.count]);
        if (model_fits(&rows[walk.count], filter))
            walk.count++;
    }
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct walk fresh = {.expected = rows, .count = walk.count};
        struct certificate_query query = {
            .where = &where, .descending = descending, .limit = limits[i]};
        EXPECT_OK(walk_pages(tx, query, &fresh));
    }
    return 0;
}

IN_WRITE(pages_of_every_filter_order_and_size_are_those_of_a_plain_sort)
{
    const struct model_filter filters[] = {
        {0, 0},
        {1u << 2 | 1u << 7, 0},
        {1u << 2, 1u << KEY_ALG_P256},
        {0, 1u << KEY_ALG_RSA_2048 | 1u << KEY_ALG_NONE},
        {0, 1u << KEY_ALG_P521},
        {1u << 0, 0},
    };
    for (unsigned i = 0; i < MODEL_ROWS; i++) {
        struct certificate_row row;
        model_row(i, &row);
        EXPECT_OK(store_certificate_insert(tx, &row));
        row.scope = kit_other_account;
        EXPECT_OK(store_certificate_insert(tx, &row));
    }
    for (size_t i = 0; i < 2 * sizeof(filters) / sizeof(filters[0]); i++)
        EXPECT_OK(compare_with_model(tx, &filters[i / 2], i % 2 == 1));
    return 0;
}

IN_WRITE(a_list_of_an_unknown_scope_is_empty)
{
    struct buf seen = {0};
    EXPECT_OK(search(tx, &kit_other_region, join_first_digit, &seen));
    EXPECT(seen.len == 0);
    return 0;
}

static int refuse_row(void *context, const struct certificate_row *row)
{
    (void)row;
    ++*(int *)context;
    return CH_ELIMIT;
}

IN_WRITE(a_list_of_certificates_ends_when_the_visitor_says_so)
{
    int seen = 0;
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    EXPECT_OK(store_certificate_insert(tx, &row));
    snprintf(row.id, sizeof(row.id), "%s", KIT_UUID_B);
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_CODE(search(tx, &kit_scope, refuse_row, &seen), CH_ELIMIT);
    EXPECT(seen == 1);
    return 0;
}

struct deleting {
    struct store_tx *tx;
    int seen;
};

static int delete_both(void *context, const struct certificate_row *row)
{
    (void)row;
    struct deleting *d = context;
    d->seen++;
    EXPECT_OK(store_certificate_delete(d->tx, &kit_scope, KIT_UUID_A));
    EXPECT_OK(store_certificate_delete(d->tx, &kit_scope, KIT_UUID_B));
    return 0;
}

IN_WRITE(a_row_that_the_visitor_deleted_is_passed_over)
{
    struct deleting d = {.tx = tx};
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    EXPECT_OK(store_certificate_insert(tx, &row));
    snprintf(row.id, sizeof(row.id), "%s", KIT_UUID_B);
    EXPECT_OK(store_certificate_insert(tx, &row));
    EXPECT_OK(search(tx, &kit_scope, delete_both, &d));
    EXPECT(d.seen == 1);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_certificate_comes_back_as_it_was_put),
        KIT_TEST(an_imported_certificate_comes_back_with_texts_of_its_own),
        KIT_TEST(a_certificate_is_not_found_in_another_account_or_region),
        KIT_TEST(a_certificate_id_is_given_once_in_a_scope),
        KIT_TEST(a_certificate_with_a_word_that_nobody_knows_is_refused),
        KIT_TEST(a_serial_number_that_is_not_colon_hex_is_refused),
        KIT_TEST(a_certificate_is_found_by_token_while_young),
        KIT_TEST(a_pending_certificate_becomes_issued_once),
        KIT_TEST(a_certificate_that_the_authority_has_too_is_kept_once_and_comes_back_whole),
        KIT_TEST(a_certificate_other_than_the_authoritys_is_kept_apart),
        KIT_TEST(a_reference_that_is_not_an_id_is_refused),
        KIT_TEST(a_pending_certificate_that_fails_says_why),
        KIT_TEST(an_export_leaves_its_time),
        KIT_TEST(a_key_comes_back_as_it_was_put),
        KIT_TEST(a_key_needs_its_certificate),
        KIT_TEST(a_deleted_certificate_takes_key_and_tags_with_it),
        KIT_TEST(private_certificates_that_wait_are_listed_from_every_scope),
        KIT_TEST(a_page_has_everything_but_the_certificate_and_its_chain),
        KIT_TEST(pages_of_every_filter_order_and_size_are_those_of_a_plain_sort),
        KIT_TEST(a_list_of_an_unknown_scope_is_empty),
        KIT_TEST(a_list_of_certificates_ends_when_the_visitor_says_so),
        KIT_TEST(a_row_that_the_visitor_deleted_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
