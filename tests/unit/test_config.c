/* Tests of firmware/base/config.c. */
#include "firmware/base/config.h"

#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char file[96];
static char *reasons; /* what the last load complained about */

static int folder_make(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/config-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/chancery.conf", folder);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    free(reasons);
    (void)unlink(file);
    return rmdir(folder);
}

static int load(const char *text, struct config *out)
{
    size_t size = 0;
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    free(reasons);
    reasons = NULL;
    FILE *errors = open_memstream(&reasons, &size);
    int e = config_load(file, out, errors);
    fclose(errors);
    return e;
}

/* The text is refused, and the reason holds what is given. */
static void must_be_refused(const char *text, const char *reason)
{
    struct config c;
    assert_int_equal(load(text, &c), CH_EINVAL);
    if (strstr(reasons, reason) == NULL)
        fail_msg("'%s' gave '%s', not '%s'", text, reasons, reason);
}

/* ---- reading ---- */

static void the_defaults_are_those_of_the_header(void **state)
{
    (void)state;
    struct config c;
    config_defaults(&c);
    assert_string_equal(c.manage_address, "0.0.0.0");
    assert_int_equal(c.manage_port, 8443);
    assert_string_equal(c.manage_names, "localhost,127.0.0.1,::1");
    assert_int_equal(c.manage_certificate_lifetime, 90 * 86400);
    assert_int_equal(c.manage_connections, 12000);
    assert_int_equal(c.manage_connections_per_address, 0);
    assert_int_equal(c.manage_idle_timeout, 300);
    assert_int_equal(c.manage_request_timeout, 30);
    assert_int_equal(c.public_port, 8080);
    assert_int_equal(c.core_workers, 32);
    assert_string_equal(c.core_regions, "us-east-1");
    assert_int_equal(c.core_clock_skew, 300);
    assert_false(c.hsm_network);
    assert_int_equal(c.hsm_sessions, 32);
    assert_int_equal(c.hsm_unwrapped_keys, 1000);
    assert_int_equal(c.hsm_pool_rsa_2048, 16);
    assert_int_equal(c.hsm_pool_rsa_3072, 4);
    assert_int_equal(c.hsm_pool_rsa_4096, 2);
    assert_string_equal(c.hsm_init_args, "");
    assert_string_equal(c.store_path, "store/chancery.db");
    assert_string_equal(c.user_core, "_chancery-core");
    assert_string_equal(c.log_level, "info");
}

static void an_empty_file_means_the_defaults(void **state)
{
    (void)state;
    struct config c, defaults;
    config_defaults(&defaults);
    assert_int_equal(load("", &c), 0);
    assert_memory_equal(&c, &defaults, sizeof c);
    assert_int_equal(load("# nothing\n\n; nothing\n[manage]\n", &c), 0);
    assert_memory_equal(&c, &defaults, sizeof c);
}

static void values_of_every_kind_are_read(void **state)
{
    (void)state;
    struct config c;
    assert_int_equal(load("[manage]\nport = 9443\nnames=a.example, b.example\n"
                          "certificate_lifetime = 12h\n"
                          "[hsm]\nnetwork = yes\nenvironment = SOFTHSM2_CONF=/a=b/c.conf\n"
                          "init_args = configdir='sql:/x' certPrefix='' ; flags=\n",
                          &c),
                     0);
    assert_int_equal(c.manage_port, 9443);
    assert_string_equal(c.manage_names, "a.example, b.example");
    assert_int_equal(c.manage_certificate_lifetime, 12 * 3600);
    assert_true(c.hsm_network);
    assert_string_equal(c.hsm_environment, "SOFTHSM2_CONF=/a=b/c.conf");
    assert_string_equal(c.hsm_init_args, "configdir='sql:/x' certPrefix='' ; flags=");
}

static void durations_have_units(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {{"90d", 7776000}, {"12h", 43200}, {"61m", 3660}, {"3600s", 3600}, {"7200", 7200}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[96];
        struct config c;
        snprintf(text, sizeof text, "[manage]\ncertificate_lifetime = %s\n", rows[i].text);
        assert_int_equal(load(text, &c), 0);
        assert_int_equal(c.manage_certificate_lifetime, rows[i].seconds);
    }
}

static void switches_have_several_spellings(void **state)
{
    static const struct {
        const char *text;
        bool value;
    } rows[] = {{"yes", true}, {"true", true}, {"on", true}, {"1", true},
                {"no", false}, {"false", false}, {"off", false}, {"0", false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[96];
        struct config c;
        snprintf(text, sizeof text, "[hsm]\nnetwork = %s\n", rows[i].text);
        assert_int_equal(load(text, &c), 0);
        assert_int_equal(c.hsm_network, rows[i].value);
    }
}

static void a_text_of_the_longest_length_is_read_whole(void **state)
{
    (void)state;
    char text[400] = "[hsm]\ntoken_label = ";
    struct config c;
    size_t start = strlen(text);
    memset(text + start, 'x', CONFIG_TEXT_MAX - 1);
    assert_int_equal(load(text, &c), 0);
    assert_int_equal(strlen(c.hsm_token_label), CONFIG_TEXT_MAX - 1);
    text[start + CONFIG_TEXT_MAX - 1] = 'x';
    must_be_refused(text, "too long");
}

static void the_public_plane_can_be_switched_off_the_management_plane_cannot(void **state)
{
    (void)state;
    struct config c;
    assert_int_equal(load("[public]\nport = 0\n", &c), 0);
    assert_int_equal(c.public_port, 0);
    must_be_refused("[manage]\nport = 0\n", "outside 1 .. 65535");
}

/* ---- refusals ---- */

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    must_be_refused("[manage]\nprot = 1\n", "chancery.conf:2: [manage] prot: no such key");
    must_be_refused("[mangle]\nport = 1\n", "chancery.conf:2: [mangle] port: no such section");
    must_be_refused("port = 1\n", "no such section");
    must_be_refused("[manage]\nPORT = 1\n", "no such key");
    must_be_refused("[hsm]\nport = 1\n", "no such key");
}

static void wrong_numbers_are_refused(void **state)
{
    static const char *const wrong[] = {"",     "x",    "-1",  "65536",  "+1",  "8443x",
                                        "0x10", "1e3",  "1.5", "8 443",  "''",  "99999999999999999999",
                                        "1s",   "8443;"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[96];
        snprintf(text, sizeof text, "[manage]\nport = %s\n", wrong[i]);
        must_be_refused(text, "chancery.conf:2: [manage] port: ");
    }
}

static void wrong_durations_are_refused(void **state)
{
    static const char *const wrong[] = {"",    "d",     "1w",       "1dd", "1d12h", "-1d",
                                        "1 d", "59m",   "826d",     "0",   "1D",
                                        "9223372036854775807d", "106751991167301d"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[96];
        snprintf(text, sizeof text, "[manage]\ncertificate_lifetime = %s\n", wrong[i]);
        must_be_refused(text, "chancery.conf:2: [manage] certificate_lifetime: ");
    }
}

static void bounds_are_named_in_the_units_of_the_value(void **state)
{
    (void)state;
    must_be_refused("[manage]\ncertificate_lifetime = 1s\n", "outside 1h .. 825d");
}

static void wrong_texts_are_refused(void **state)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"[manage]\naddress = localhost\n", "not an IPv4 or IPv6 address"},
        {"[manage]\naddress = 1.2.3\n", "not an IPv4 or IPv6 address"},
        {"[manage]\naddress =\n", "must not be empty"},
        {"[manage]\nnames =\n", "must not be empty"},
        {"[hsm]\nmodule = libsofthsm2.so\n", "not an absolute path"},
        {"[hsm]\nenvironment = SOFTHSM2_CONF\n", "not of the form NAME=value"},
        {"[hsm]\nenvironment = =x\n", "not of the form NAME=value"},
        {"[hsm]\nnetwork = maybe\n", "neither yes nor no"},
        {"[hsm]\nnetwork = YES\n", "neither yes nor no"},
        {"[hsm]\ntoken_label = a\tb\n", "control character"},
        {"[core]\nregions = us-east-1,,eu-west-1\n", "not a comma-separated list"},
        {"[core]\nregions = us east\n", "not a comma-separated list"},
        {"[core]\nregions = ,us-east-1\n", "not a comma-separated list"},
        {"[core]\nregions = us-east-1,\n", "not a comma-separated list"},
        {"[log]\nlevel = verbose\n", "not one of error, warn, info, debug"},
        {"[user]\ncore =\n", "must not be empty"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        must_be_refused(rows[i].text, rows[i].reason);
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    must_be_refused("[manage]\nport = 1\n[hsm]\n[manage]\nport = 2\n",
                    "chancery.conf:5: [manage] port: given twice");
}

static void every_mistake_is_told_with_its_line(void **state)
{
    (void)state;
    must_be_refused("[manage]\nport = x\naddress = y\n\n[log]\nlevel = z\nfoo = 1\n", "");
    assert_non_null(strstr(reasons, ":2: [manage] port"));
    assert_non_null(strstr(reasons, ":3: [manage] address"));
    assert_non_null(strstr(reasons, ":6: [log] level"));
    assert_non_null(strstr(reasons, ":7: [log] foo"));
}

static void a_line_that_is_nothing_is_refused(void **state)
{
    (void)state;
    must_be_refused("[manage]\nport\n", "chancery.conf:2: neither [section] nor key = value");
    must_be_refused("[manage\nport = 1\n", "chancery.conf:1: neither [section] nor key = value");
}

static void a_line_over_the_limit_is_refused_and_does_not_leak_into_the_next(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof text);
    memcpy(text, "[manage]\nnames = ", 17);
    memcpy(text + sizeof text - 14, "\n[log]\nfoo=1\n", 14);
    must_be_refused(text, "chancery.conf:2: [] line: too long");
    assert_non_null(strstr(reasons, ":4: [log] foo: no such key"));
}

static void a_missing_file_and_a_folder_are_told_apart(void **state)
{
    (void)state;
    struct config c;
    (void)unlink(file);
    assert_int_equal(config_load(file, &c, stderr), CH_ENOTFOUND);
    assert_int_equal(config_load(folder, &c, stderr), CH_EIO);
}

/* ---- writing ---- */

static void what_was_saved_is_read_back(void **state)
{
    (void)state;
    struct config c, back;
    config_defaults(&c);
    c.manage_port = 1;
    c.manage_idle_timeout = 90;
    c.manage_certificate_lifetime = 7 * 86400;
    c.hsm_network = true;
    strcpy(c.hsm_init_args, "configdir='sql:/x y' flags=; #");
    strcpy(c.hsm_environment, "A=b=c");
    memset(c.hsm_token_serial, 'f', CONFIG_TEXT_MAX - 1);
    assert_int_equal(config_save(file, &c), 0);
    assert_int_equal(config_load(file, &back, stderr), 0);
    assert_memory_equal(&c, &back, sizeof c);
}

static void the_file_is_for_owner_and_group_only_and_replaces_the_old_one(void **state)
{
    (void)state;
    struct config c;
    struct stat st;
    char fresh[128];
    config_defaults(&c);
    assert_int_equal(load("[manage]\nport = 7\n", &c), 0);
    assert_int_equal(config_save(file, &c), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    snprintf(fresh, sizeof fresh, "%s.new", file);
    assert_int_equal(access(fresh, F_OK), -1);
    assert_int_equal(config_load(file, &c, stderr), 0);
    assert_int_equal(c.manage_port, 7);
}

static void every_key_is_explained_in_the_file(void **state)
{
    (void)state;
    struct config c;
    char line[512], previous[512] = "";
    size_t keys = 0;
    config_defaults(&c);
    assert_int_equal(config_save(file, &c), 0);
    FILE *f = fopen(file, "r");
    while (fgets(line, sizeof line, f) != NULL) {
        if (line[0] != '#' && strstr(line, " =") != NULL) {
            assert_int_equal(previous[0], '#');
            assert_non_null(strstr(previous, "Default: "));
            keys++;
        }
        memcpy(previous, line, sizeof line);
    }
    fclose(f);
    assert_true(keys > 30);
}

static void what_could_not_be_read_back_is_not_written(void **state)
{
    (void)state;
    struct config c;
    config_defaults(&c);
    (void)unlink(file);
    strcpy(c.hsm_token_label, "a\n[log]\nlevel = debug");
    assert_int_equal(config_save(file, &c), CH_EINVAL);
    config_defaults(&c);
    strcpy(c.hsm_token_label, " blank");
    assert_int_equal(config_save(file, &c), CH_EINVAL);
    config_defaults(&c);
    c.manage_port = 65536;
    assert_int_equal(config_save(file, &c), CH_EINVAL);
    assert_int_equal(access(file, F_OK), -1);
}

static void a_folder_that_is_not_there_cannot_be_written_to(void **state)
{
    (void)state;
    struct config c;
    config_defaults(&c);
    assert_int_equal(config_save("/nonexistent/chancery.conf", &c), CH_EIO);
}

static void a_link_planted_under_the_new_name_is_not_followed(void **state)
{
    (void)state;
    struct config c;
    char fresh[128], target[128];
    config_defaults(&c);
    snprintf(fresh, sizeof fresh, "%s.new", file);
    snprintf(target, sizeof target, "%s/target", folder);
    assert_int_equal(symlink(target, fresh), 0);
    assert_int_equal(config_save(file, &c), 0);
    assert_int_equal(access(target, F_OK), -1);
}

static void the_description_names_every_key_of_the_file(void **state)
{
    (void)state;
    struct config c;
    char line[512], *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    config_describe(out);
    fclose(out);
    config_defaults(&c);
    assert_int_equal(config_save(file, &c), 0);
    FILE *f = fopen(file, "r");
    while (fgets(line, sizeof line, f) != NULL) {
        char key[64] = "  ";
        if (line[0] == '#' || sscanf(line, "%60[a-z0-9_] =", key + 2) != 1)
            continue;
        strcat(key, " ");
        if (strstr(text, key) == NULL)
            fail_msg("'%s' is not described", key);
    }
    fclose(f);
    free(text);
}

/* config_describe has a line "[section] ..." and a line "  key ..." for each; the page has .Ss and .It Ic. */
static void the_manual_page_has_every_section_and_key(void **state)
{
    (void)state;
    char *text = NULL;
    char *page = NULL;
    size_t len = 0;
    size_t page_len = 0;
    FILE *out = open_memstream(&text, &len);
    FILE *manual = fopen("docs/man/chancery.conf.5", "r");
    assert_non_null(manual);
    assert_true(getdelim(&page, &page_len, '\0', manual) > 0);
    fclose(manual);
    config_describe(out);
    fclose(out);
    const char *section = page;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char wanted[80];
        if (line[0] == '\0')
            continue;
        char *end = line[0] == '[' ? strchr(line, ']') + 1 : line + 2 + strcspn(line + 2, " ");
        snprintf(wanted, sizeof wanted, "%s%.*s", line[0] == '[' ? ".Ss " : ".It Ic ",
                 (int)(end - line) - (line[0] == '[' ? 0 : 2), line + (line[0] == '[' ? 0 : 2));
        const char *found = strstr(line[0] == '[' ? page : section, wanted);
        if (found == NULL)
            fail_msg("chancery.conf(5) lacks: %s", line);
        if (line[0] == '[')
            section = found;
    }
    free(page);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_page_has_every_section_and_key),
        cmocka_unit_test(the_defaults_are_those_of_the_header),
        cmocka_unit_test(an_empty_file_means_the_defaults),
        cmocka_unit_test(values_of_every_kind_are_read),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(switches_have_several_spellings),
        cmocka_unit_test(a_text_of_the_longest_length_is_read_whole),
        cmocka_unit_test(the_public_plane_can_be_switched_off_the_management_plane_cannot),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(wrong_numbers_are_refused),
        cmocka_unit_test(wrong_durations_are_refused),
        cmocka_unit_test(bounds_are_named_in_the_units_of_the_value),
        cmocka_unit_test(wrong_texts_are_refused),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(every_mistake_is_told_with_its_line),
        cmocka_unit_test(a_line_that_is_nothing_is_refused),
        cmocka_unit_test(a_line_over_the_limit_is_refused_and_does_not_leak_into_the_next),
        cmocka_unit_test(a_missing_file_and_a_folder_are_told_apart),
        cmocka_unit_test(what_was_saved_is_read_back),
        cmocka_unit_test(the_file_is_for_owner_and_group_only_and_replaces_the_old_one),
        cmocka_unit_test(every_key_is_explained_in_the_file),
        cmocka_unit_test(what_could_not_be_read_back_is_not_written),
        cmocka_unit_test(a_folder_that_is_not_there_cannot_be_written_to),
        cmocka_unit_test(a_link_planted_under_the_new_name_is_not_followed),
        cmocka_unit_test(the_description_names_every_key_of_the_file),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
