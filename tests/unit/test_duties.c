/* Tests of ca/duties: which operations need approval, and that no member of a request can be altered. */
#include "tests/unit/core_kit.h"

#include "ca/contract/services.h"
#include "ca/duties/duties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static unsigned applying(const char *groups)
{
    static const char *const commands[] = {"key rotate", "trust make", "trust list",
                                           "trust roll-over intermediate", "trust roll-over root"};
    struct config c;
    unsigned count = 0;
    config_defaults(&c);
    snprintf(c.approval_operations, sizeof c.approval_operations, "%s", groups);
    for (size_t s = 0; s < SERVICE_COUNT; s++)
        for (size_t i = 0; i < contract_service_table[s].operation_count; i++)
            count += duties_apply(&c, contract_service_table[s].name,
                                  contract_service_table[s].operations[i].name);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        count += duties_apply(&c, DUTIES_OPERATOR, commands[i]);
    return count;
}

/* Every row of the table names an operation that there is: together they are as many as the rows. */
static void each_group_has_its_operations(void **state)
{
    static const struct {
        const char *group;
        unsigned count;
    } groups[] = {{"authorities", 3}, {"authority-certificates", 1}, {"policies", 29},
                  {"identities", 13}, {"export", 1}, {"hsm", 4}};
    char all[256] = "";
    unsigned sum = 0;
    (void)state;
    assert_int_equal(applying(""), 0);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (applying(groups[i].group) != groups[i].count)
            fail_msg("%s: %u", groups[i].group, applying(groups[i].group));
        sum += groups[i].count;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i == 0 ? "" : ",",
                 groups[i].group);
    }
    assert_int_equal(applying(all), sum);
    assert_int_equal(applying("exports,polici,authority"), 0);
}

static void the_default_is_off(void **state)
{
    struct config c;
    (void)state;
    config_defaults(&c);
    assert_string_equal(c.approval_operations, "");
    assert_int_equal(c.approval_expiry, 86400);
}

static int loads(const char *groups)
{
    char path[300];
    struct config c;
    snprintf(path, sizeof path, "%s/approval.conf", core_kit.state);
    FILE *f = fopen(path, "w"), *quiet = fopen("/dev/null", "w");
    assert_non_null(f);
    fprintf(f, "[approval]\noperations = %s\n", groups);
    fclose(f);
    int r = config_load(path, &c, quiet);
    fclose(quiet);
    return r;
}

static void only_groups_that_there_are_can_be_configured(void **state)
{
    (void)state;
    assert_int_equal(
        loads("authorities,authority-certificates,export,hsm,identities,policies"), 0);
    assert_int_equal(loads("hsm"), 0);
    assert_int_equal(loads(""), 0);
    assert_int_equal(loads("authority"), CH_EINVAL);
    assert_int_equal(loads("hsm,"), CH_EINVAL);
    assert_int_equal(loads("hsm,,export"), CH_EINVAL);
    assert_int_equal(loads("HSM"), CH_EINVAL);
}

/* ---- the tag ---- */

static struct approval_row row_make(void)
{
    static char requester[] = "arn:aws:iam::111122223333:user/a", id[] = "AIDA1", origin[] = "AIDA1",
                operation[] = "acm:ExportCertificate", parameters[] = "{}", status[] = "PENDING",
                by[] = "b", reason[] = "r", used[] = "u";
    struct approval_row row = {.id = "00000000-0000-4000-8000-000000000001",
                               .scope = {"111122223333", "us-east-1"},
                               .requester = requester, .requester_id = id, .origin = origin,
                               .operation = operation, .parameters = parameters, .digest = {1},
                               .status = status, .created_at = 1, .expires_at = 2, .decided_at = 3,
                               .decided_by = by, .reason = reason, .used_at = 4, .used_by = used};
    assert_int_equal(duties_tag(&core_kit.core, &row, row.tag), 0);
    return row;
}

static void a_row_that_was_altered_anywhere_counts_no_more(void **state)
{
    static const size_t texts[] = {
        offsetof(struct approval_row, requester), offsetof(struct approval_row, requester_id),
        offsetof(struct approval_row, origin),    offsetof(struct approval_row, operation),
        offsetof(struct approval_row, parameters), offsetof(struct approval_row, status),
        offsetof(struct approval_row, decided_by), offsetof(struct approval_row, reason),
        offsetof(struct approval_row, used_by)};
    static const size_t octets[] = {
        offsetof(struct approval_row, id),         offsetof(struct approval_row, scope.account),
        offsetof(struct approval_row, scope.region), offsetof(struct approval_row, digest),
        offsetof(struct approval_row, created_at), offsetof(struct approval_row, expires_at),
        offsetof(struct approval_row, decided_at), offsetof(struct approval_row, used_at),
        offsetof(struct approval_row, tag)};
    static char other[] = "APPROVED";
    (void)state;
    struct approval_row row = row_make();
    assert_int_equal(duties_verify(&core_kit.core, &row), 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        row = row_make();
        *(char **)((char *)&row + texts[i]) = other;
        assert_int_equal(duties_verify(&core_kit.core, &row), CH_EINTEGRITY);
    }
    for (size_t i = 0; i < sizeof octets / sizeof octets[0]; i++) {
        row = row_make();
        ((char *)&row)[octets[i]] ^= 1;
        assert_int_equal(duties_verify(&core_kit.core, &row), CH_EINTEGRITY);
    }
    row = row_make();
    row.reason = NULL; /* no text is not an empty text, nor the next one */
    assert_int_equal(duties_verify(&core_kit.core, &row), CH_EINTEGRITY);
}

/* ---- who may approve ---- */

static int insert_unit(struct store_tx *tx, void *context)
{
    return store_approval_insert(tx, context);
}

static enum duties_verdict verdict_of(const char *asks, const char *behind_asking,
                                      const char *decides, const char *behind_deciding, bool approve,
                                      const char *account)
{
    static unsigned number;
    char requester_id[16], origin[16];
    struct approval_row row = row_make();
    struct duties_use use = {0};
    enum duties_verdict verdict = DUTIES_LATE;
    snprintf(requester_id, sizeof requester_id, "%s", asks);
    snprintf(origin, sizeof origin, "%s", behind_asking);
    snprintf(row.id, sizeof row.id, "00000000-0000-4000-8000-0000000001%02u", number++);
    row.requester_id = requester_id;
    row.origin = origin;
    row.decided_by = row.reason = row.used_by = NULL;
    row.decided_at = row.used_at = 0;
    row.expires_at = 1000;
    assert_int_equal(duties_tag(&core_kit.core, &row, row.tag), 0);
    assert_int_equal(store_write(core_kit.core.store, insert_unit, &row), 0);
    struct duties_decision d = {.id = row.id, .account = account, .by = "somebody",
                                .by_id = decides, .by_origin = behind_deciding,
                                .approve = approve, .now = 999};
    assert_int_equal(duties_decide(&core_kit.core, &d, &use, &verdict), 0);
    if (verdict == DUTIES_DONE)
        assert_int_equal(duties_verify(&core_kit.core, &use.row), 0);
    approval_row_free(&use.row);
    return verdict;
}

static void nobody_approves_for_himself(void **state)
{
    static const struct {
        const char *asks, *behind_asking, *decides, *behind_deciding;
        bool may;
    } cases[] = {
        {"AIDA1", "AIDA1", "AIDA2", "AIDA2", true},
        {"AIDA1", "AIDA1", "AIDA1", "AIDA1", false},
        {"AIDA1", "AIDA1", "AROA1", "AIDA2", true},
        {"AIDA1", "AIDA1", "AROA1", "AIDA1", false}, /* in a role */
        {"AROA1", "AIDA1", "AIDA1", "AIDA1", false}, /* out of a role */
        {"AROA1", "AIDA1", "AROA2", "AIDA1", false}, /* from role to role */
        {"AROA1", "AIDA1", "AROA1", "AIDA2", false}, /* the same role, put on by two */
        {"AROA1", "AIDA1", "AROA2", "AIDA2", true},
        {"AROA1", "", "AIDA2", "AIDA2", false}, /* who stands behind is not known */
        {"AIDA1", "AIDA1", "AROA1", "", false},
        {"AROA1", "", "operator", "", true},
        {"operator", "", "AIDA1", "AIDA1", true},
        {"operator", "", "operator", "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum duties_verdict verdict =
            verdict_of(cases[i].asks, cases[i].behind_asking, cases[i].decides,
                       cases[i].behind_deciding, true, NULL);
        if (verdict != (cases[i].may ? DUTIES_DONE : DUTIES_SAME))
            fail_msg("case %zu: %d", i, (int)verdict);
    }
    assert_int_equal(verdict_of("AIDA1", "AIDA1", "AIDA1", "AIDA1", false, NULL), DUTIES_DONE);
    assert_int_equal(verdict_of("AIDA1", "AIDA1", "AIDA2", "AIDA2", true, "111122223333"),
                     DUTIES_DONE);
    assert_int_equal(verdict_of("AIDA1", "AIDA1", "AIDA2", "AIDA2", true, "444455556666"),
                     DUTIES_MISSING);
}

static void time_ends_what_is_open_and_nothing_else(void **state)
{
    static const struct {
        const char *is, *early, *late;
    } cases[] = {{"PENDING", "PENDING", "EXPIRED"}, {"APPROVED", "APPROVED", "EXPIRED"},
                 {"DENIED", "DENIED", "DENIED"}, {"USED", "USED", "USED"}};
    char status[16];
    struct approval_row row = {.status = status, .expires_at = 10};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(status, sizeof status, "%s", cases[i].is);
        assert_string_equal(duties_status(&row, 9), cases[i].early);
        assert_string_equal(duties_status(&row, 10), cases[i].late);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_has_its_operations),
        cmocka_unit_test(the_default_is_off),
        cmocka_unit_test(only_groups_that_there_are_can_be_configured),
        cmocka_unit_test(a_row_that_was_altered_anywhere_counts_no_more),
        cmocka_unit_test(nobody_approves_for_himself),
        cmocka_unit_test(time_ends_what_is_open_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, core_kit_setup, core_kit_teardown);
}
