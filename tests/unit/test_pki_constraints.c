/* What the certificates above an authority allow: path lengths and names. */
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME_CONSTRAINTS_OID "2.5.29.30"

/* A hierarchy: [0] the root, each below it issued by the one before. */
#define DEPTH 4
static struct kit_cert cas[DEPTH];
static struct buf chain; /* PEM of those above the last one */

/* permitted: DNS example.com only */
static const uint8_t one[] = {0x30, 0x11, 0xa0, 0x0f, 0x30, 0x0d, 0x82, 0x0b, 'e', 'x',
                              'a',  'm',  'p',  'l',  'e',  '.',  'c',  'o',  'm'};
/* excluded: IP 10/8 */
static const uint8_t no_ten[] = {0x30, 0x0e, 0xa1, 0x0c, 0x30, 0x0a, 0x87, 0x08,
                                 10,   0,    0,    0,    0xff, 0,    0,    0};

static void hierarchy_free(void)
{
    for (size_t i = 0; i < DEPTH; i++)
        if (cas[i].parsed != NULL)
            kit_cert_free(&cas[i]);
    buf_free(&chain);
    chain = (struct buf){0};
}

static struct pki_extras *extras_of(struct slice names)
{
    struct pki_extras *extras = pki_extras_new();
    assert_non_null(extras);
    if (names.len > 0)
        assert_int_equal(pki_extras_add(extras, NAME_CONSTRAINTS_OID, true, names), 0);
    return extras;
}

/* Templates from the root downwards, NULL-terminated; constraints of the one at index `at`. */
static const struct kit_cert *hierarchy(const char *const *templates, size_t at, struct slice names)
{
    size_t n = 0;
    hierarchy_free();
    for (; templates[n] != NULL; n++) {
        char name[32];
        struct pki_extras *extras = extras_of(n == at ? names : slice_of(NULL, 0));
        snprintf(name, sizeof name, "CA %zu", n);
        struct kit_order order = {.profile = templates[n],
                                  .name = name,
                                  .key = kit_key(KEY_ALG_P256, (unsigned)n),
                                  .issuer = n == 0 ? NULL : &cas[n - 1],
                                  .extras = extras};
        kit_issue(&order, &cas[n]);
        pki_extras_free(extras);
    }
    for (size_t i = n - 1; i-- > 0;)
        assert_int_equal(pki_pem_put("CERTIFICATE", buf_slice(&cas[i].der), true, &chain), 0);
    return &cas[n - 1];
}

static struct pki_constraints *constraints_of(const struct kit_cert *issuer)
{
    struct pki_constraints *constraints = NULL;
    const char *text = chain.len == 0 ? NULL : buf_text(&chain);
    assert_int_equal(pki_constraints_new(issuer->parsed, text, &constraints), 0);
    return constraints;
}

/* ---- refusals ---- */

static void a_chain_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    static const char *const templates[] = {"RootCACertificate/V1", NULL};
    struct pki_constraints *constraints = NULL;
    const struct kit_cert *root = hierarchy(templates, 9, slice_of(NULL, 0));
    assert_int_equal(pki_constraints_new(root->parsed, "no PEM", &constraints), CH_EINVAL);
    assert_null(constraints);
    pki_constraints_free(NULL);
}

/* ---- path lengths ---- */

#define SUB(n) "SubordinateCACertificate_PathLen" #n "/V1"

static void the_shortest_path_of_all_counts(void **state)
{
    (void)state;
    static const struct {
        const char *templates[DEPTH + 1];
        int wanted;
    } rows[] = {
        {{"RootCACertificate/V1", NULL}, -1},
        {{"BlankRootCACertificate_PathLen2_APIPassthrough/V1", NULL}, 2},
        {{"RootCACertificate/V1", SUB(3), NULL}, 3},
        {{"RootCACertificate/V1", SUB(3), SUB(2), NULL}, 2},
        {{"BlankRootCACertificate_PathLen1_APIPassthrough/V1", SUB(3), NULL}, 0},
        {{"RootCACertificate/V1", SUB(2), SUB(3), SUB(3), NULL}, 0},
        {{"BlankRootCACertificate_PathLen0_APIPassthrough/V1", SUB(3), NULL}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pki_constraints *constraints =
            constraints_of(hierarchy(rows[i].templates, 9, slice_of(NULL, 0)));
        assert_int_equal(pki_constraints_path_length(constraints), rows[i].wanted);
        assert_false(pki_constraints_on_names(constraints));
        pki_constraints_free(constraints);
    }
}

/* ---- names ---- */

static int check(const struct pki_constraints *constraints, const struct kit_cert *issuer,
                 const char *common_name, const struct pki_general_name *name)
{
    struct buf names = {0};
    struct buf tbs = {0};
    struct pki_reason why = {{0}};
    size_t bad;
    struct pki_extras *extras = pki_extras_new();
    if (name != NULL) {
        assert_int_equal(pki_general_names_build(name, 1, &names, &bad), 0);
        assert_int_equal(pki_extras_add(extras, "2.5.29.17", false, buf_slice(&names)), 0);
    }
    struct kit_order order = {.profile = "BlankEndEntityCertificate_APIPassthrough/V1",
                              .name = common_name,
                              .issuer = issuer,
                              .extras = extras};
    kit_tbs(&order, &tbs);
    int rc =
        pki_constraints_check_names(constraints, buf_slice(&tbs), SIG_ALG_SHA256WITHECDSA, &why);
    if (rc != 0)
        assert_non_null(strstr(why.text, "4.2.1.10"));
    pki_extras_free(extras);
    buf_free(&names);
    buf_free(&tbs);
    return rc;
}

static void names_outside_and_excluded_are_refused_wherever_the_constraint_is(void **state)
{
    (void)state;
    static const char *const templates[] = {"RootCACertificate_APIPassthrough/V1",
                                            "SubordinateCACertificate_PathLen2_APIPassthrough/V1",
                                            "SubordinateCACertificate_PathLen1_APIPassthrough/V1",
                                            NULL};
    static const struct {
        const char *common_name;
        struct pki_general_name name;
        int wanted;
    } rows[] = {
        {"Someone", {.kind = PKI_NAME_DNS, .text = "example.org"}, CH_EDENIED},
        {"Someone", {.kind = PKI_NAME_DNS, .text = "badexample.com"}, CH_EDENIED},
        {"www.example.org", {.kind = PKI_NAME_MAIL, .text = "a@example.com"}, CH_EDENIED},
        {"Someone", {.kind = PKI_NAME_DNS, .text = "example.com"}, 0},
        {"Someone", {.kind = PKI_NAME_DNS, .text = "www.EXAMPLE.com"}, 0},
        {"Someone", {.kind = PKI_NAME_IP, .text = "10.0.0.1"}, 0},
        {"www.example.com", {.kind = PKI_NAME_MAIL, .text = "a@example.org"}, 0},
    };
    for (size_t at = 0; at < 3; at++) {
        const struct kit_cert *issuer = hierarchy(templates, at, slice_of(one, sizeof one));
        struct pki_constraints *constraints = constraints_of(issuer);
        assert_true(pki_constraints_on_names(constraints));
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (check(constraints, issuer, rows[i].common_name, &rows[i].name) != rows[i].wanted)
                fail_msg("row %zu with the constraint at %zu", i, at);
        assert_int_equal(check(constraints, issuer, "www.example.org", NULL), CH_EDENIED);
        assert_int_equal(check(constraints, issuer, "www.example.com", NULL), 0);
        pki_constraints_free(constraints);
    }
}

static void an_excluded_range_of_addresses_is_refused(void **state)
{
    (void)state;
    static const char *const templates[] = {"RootCACertificate_APIPassthrough/V1", NULL};
    const struct kit_cert *root = hierarchy(templates, 0, slice_of(no_ten, sizeof no_ten));
    struct pki_constraints *constraints = constraints_of(root);
    struct pki_general_name inside = {.kind = PKI_NAME_IP, .text = "10.255.0.1"};
    struct pki_general_name outside = {.kind = PKI_NAME_IP, .text = "11.0.0.1"};
    struct pki_general_name longer = {.kind = PKI_NAME_IP, .text = "2001:db8::10"};
    assert_int_equal(check(constraints, root, "x", &inside), CH_EDENIED);
    assert_int_equal(check(constraints, root, "x", &outside), 0);
    assert_int_equal(check(constraints, root, "x", &longer), 0);
    pki_constraints_free(constraints);
}

static int teardown(void **state)
{
    hierarchy_free();
    return kit_folder_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_that_cannot_be_read_is_refused),
        cmocka_unit_test(the_shortest_path_of_all_counts),
        cmocka_unit_test(names_outside_and_excluded_are_refused_wherever_the_constraint_is),
        cmocka_unit_test(an_excluded_range_of_addresses_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
