/* The self test remembered between starts: believed for the same token alone, and only after a short test. */
#include "hsm/internal.h"
#include "tests/unit/hsm_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct hsm_kit kit;

/* Notes in memory, and how often they were asked for and written. */
static struct {
    char text[400];
    int reads, writes;
} page;

static int page_read(void *context, struct buf *text)
{
    (void)context;
    page.reads++;
    return page.text[0] == '\0' ? CH_ENOTFOUND : buf_put_text(text, page.text);
}

static int page_write(void *context, const char *text)
{
    (void)context;
    page.writes++;
    snprintf(page.text, sizeof page.text, "%s", text);
    return 0;
}

static int group_setup(void **state)
{
    (void)state;
    log_open("test", LOG_LEVEL_ERROR);
    int r = hsm_kit_open(&kit, HSM_KIT_SOFTHSM);
    kit.config.notes = (struct hsm_notes){.read = page_read, .write = page_write};
    return r;
}

static int group_teardown(void **state)
{
    (void)state;
    hsm_kit_close(&kit);
    return 0;
}

/* Opens; the page is read once, and written only when it was tested at length. */
static struct hsm *opened(int writes)
{
    struct hsm *h = NULL;
    page.reads = page.writes = 0;
    assert_int_equal(hsm_open(&kit.config, &h), 0);
    assert_int_equal(page.reads, 1);
    assert_int_equal(page.writes, writes);
    return h;
}

static void same_findings(const struct hsm *a, const struct hsm *b)
{
    const struct hsm_capabilities *x = hsm_capabilities(a);
    const struct hsm_capabilities *y = hsm_capabilities(b);
    assert_true(x->rsa == y->rsa && x->ec == y->ec && x->p521 == y->p521 && x->pss == y->pss);
    assert_true(x->aes == y->aes && x->hmac == y->hmac && x->random == y->random);
    assert_true(x->wrap_private == y->wrap_private && x->export_key == y->export_key);
    assert_int_equal(x->key_algs, y->key_algs);
    assert_string_equal(x->wrap_format, y->wrap_format);
    assert_string_equal(x->custody, y->custody);
    assert_ptr_equal(a->wrap, b->wrap);
    assert_int_equal(a->oaep_hash, b->oaep_hash);
    assert_int_equal(a->unwrap_template, b->unwrap_template);
    assert_int_equal(a->rsa_decrypts, b->rsa_decrypts);
}

static void the_second_start_remembers_what_the_first_found(void **state)
{
    (void)state;
    page.text[0] = '\0';
    struct hsm *first = opened(1);
    struct hsm *second = opened(0);
    assert_true(hsm_capabilities(first)->rsa && hsm_capabilities(first)->export_key);
    same_findings(first, second);
    hsm_close(second);
    hsm_close(first);
}

/* The RSA key of the process is made behind the start; who needs it waits. */
static void a_remembered_token_takes_and_gives_keys(void **state)
{
    (void)state;
    struct hsm *h = opened(0);
    assert_non_null(transport_wait(h));
    assert_ptr_equal(transport_wait(h), h->transport_key);
    hsm_close(h);
    h = opened(0); /* closed while the key is being made */
    hsm_close(h);
}

static void findings_of_something_else_are_not_believed(void **state)
{
    (void)state;
    struct hsm *h = NULL;
    page.text[0] = page.text[0] == '0' ? '1' : '0';
    char foreign = page.text[0];
    h = opened(1);
    assert_int_not_equal(page.text[0], foreign);
    hsm_close(h);
}

static void damaged_findings_are_not_believed(void **state)
{
    (void)state;
    static const char *const damage[] = {"", " ", " ff", " ff ff 0 99", " ff ff 0 -2"};
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        page.text[64] = '\0';
        strcat(page.text, damage[i]);
        hsm_close(opened(1));
    }
}

/* The findings say that the token wraps in another way than it does. */
static void findings_that_a_short_test_contradicts_are_not_believed(void **state)
{
    (void)state;
    struct hsm *honest = opened(0);
    char right[sizeof page.text];
    memcpy(right, page.text, sizeof right);
    char *driver = strrchr(page.text, ' ');
    assert_string_not_equal(driver, " 0");
    memcpy(driver, " 0", 3);
    struct hsm *h = opened(1);
    assert_string_equal(page.text, right);
    same_findings(honest, h);
    hsm_close(h);
    hsm_close(honest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_start_remembers_what_the_first_found),
        cmocka_unit_test(a_remembered_token_takes_and_gives_keys),
        cmocka_unit_test(findings_of_something_else_are_not_believed),
        cmocka_unit_test(damaged_findings_are_not_believed),
        cmocka_unit_test(findings_that_a_short_test_contradicts_are_not_believed),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
