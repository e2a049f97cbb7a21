#include "tests/unit/core_kit.h"

#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"

struct core_kit core_kit;

/* ---- the appliance ---- */

static void file_put(const char *name, const char *format, const char *value)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", core_kit.state, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    fprintf(file, format, value); /* NOLINT: the formats are of this file */
    assert_int_equal(fclose(file), 0);
}

static void folder_put(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", core_kit.state, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void config_fill(struct config *c)
{
    config_defaults(c);
    snprintf(c->hsm_module, sizeof c->hsm_module, "%s", MODULE);
    snprintf(c->hsm_environment, sizeof c->hsm_environment, "SOFTHSM2_CONF=%.200s/softhsm2.conf",
             core_kit.state);
    snprintf(c->hsm_token_label, sizeof c->hsm_token_label, "core-kit");
    snprintf(c->hsm_pin_file, sizeof c->hsm_pin_file, "pin");
    snprintf(c->hsm_writable, sizeof c->hsm_writable, "token");
    snprintf(c->core_regions, sizeof c->core_regions, "us-east-1,eu-west-1");
    snprintf(c->log_level, sizeof c->log_level, "debug");
    c->hsm_pool_rsa_2048 = c->hsm_pool_rsa_3072 = c->hsm_pool_rsa_4096 = 0;
}

void core_kit_folder_make(void)
{
    char command[1024];
    const char *tmp = getenv("TMPDIR");
    log_open("test", LOG_LEVEL_ERROR);
    memset(&core_kit, 0, sizeof core_kit);
    snprintf(core_kit.state, sizeof core_kit.state, "%.200s/chancery-kit-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(core_kit.state));
    folder_put("token");
    folder_put("store");
    file_put("pin", "%s\n", "kit-pin-1234");
    file_put("softhsm2.conf",
             "directories.tokendir = %s/token\nobjectstore.backend = file\nlog.level = ERROR\n",
             core_kit.state);
    config_fill(&core_kit.config);
    assert_int_equal(core_hsm_environment(&core_kit.config), 0);
    snprintf(command, sizeof command,
             "softhsm2-util --init-token --free --label core-kit --pin kit-pin-1234 --so-pin 12345678 "
             ">/dev/null");
    assert_int_equal(system(command), 0);
}

void core_kit_folder_remove(void)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", core_kit.state);
    assert_int_equal(system(command), 0);
}

int core_kit_setup(void **state)
{
    (void)state;
    core_kit_folder_make();
    assert_int_equal(contract_init(), 0);
    assert_int_equal(appliance_provision(core_kit.state, &core_kit.config, NULL, &core_kit.appliance), 0);
    assert_int_equal(core_open(core_kit.state, &core_kit.config, NULL, &core_kit.core), 0);
    return 0;
}

int core_kit_teardown(void **state)
{
    (void)state;
    clock_replace(NULL);
    core_close(&core_kit.core);
    appliance_free(&core_kit.appliance);
    contract_exit();
    core_kit_folder_remove();
    return 0;
}

void core_kit_reopen(void)
{
    core_close(&core_kit.core);
    assert_int_equal(core_open(core_kit.state, &core_kit.config, NULL, &core_kit.core), 0);
}

/* ---- calls ---- */

void core_kit_call_header(struct core_kit_call *c, const char *name, const char *value)
{
    c->call.headers.pair[c->call.headers.count++] =
        (struct message_pair){slice_text(name), slice_text(value)};
}

void core_kit_call_make(struct core_kit_call *c, const char *target, const char *body)
{
    memset(c, 0, sizeof *c);
    c->call.method = slice_text("POST");
    c->call.path = slice_text("/");
    c->call.peer = slice_text("192.0.2.7");
    c->call.body = slice_text(body);
    core_kit_call_header(c, "content-type", "application/x-amz-json-1.1");
    core_kit_call_header(c, "host", "localhost:8443");
    core_kit_call_header(c, "user-agent", "kit/1.0");
    if (target != NULL)
        core_kit_call_header(c, "x-amz-target", target);
}

static void timestamp(int64_t at, char out[24])
{
    time_t when = (time_t)at;
    struct tm tm;
    gmtime_r(&when, &tm);
    strftime(out, 24, "%Y%m%dT%H%M%SZ", &tm);
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "content-type;host;..." of all headers of the call. */
static void names_join(const struct core_kit_call *c, char *out, size_t size)
{
    char *names[MESSAGE_PAIRS_MAX];
    uint32_t count = c->call.headers.count;
    out[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        names[i] = slice_dup(c->call.headers.pair[i].name);
    qsort(names, count, sizeof names[0], name_order);
    for (uint32_t i = 0; i < count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", used == 0 ? "" : ";", names[i]);
        free(names[i]);
    }
}

static void signature_make(const struct core_kit_call *c, struct slice secret, char hex[65])
{
    struct sigv4 sig;
    struct api_error error = {0};
    struct buf canonical = {0}, text = {0};
    uint8_t key[32], tag[32];
    assert_int_equal(sigv4_parse(&c->call, &sig, &error), 0);
    assert_int_equal(sigv4_signing_key(secret, &sig, key), 0);
    assert_int_equal(sigv4_canonical_request(&c->call, &sig, &canonical), 0);
    assert_int_equal(sigv4_string_to_sign(&sig, buf_slice(&canonical), &text), 0);
    assert_non_null(HMAC(EVP_sha256(), key, 32, text.data, text.len, tag, NULL));
    hex_encode(tag, sizeof tag, hex);
    buf_free(&canonical);
    buf_free(&text);
}

void core_kit_call_sign(struct core_kit_call *c, const char *key_id, struct slice secret, int64_t at,
                   const char *region, const char *service)
{
    char names[256], hex[65];
    timestamp(at, c->date);
    core_kit_call_header(c, "x-amz-date", c->date);
    names_join(c, names, sizeof names);
    snprintf(c->authorization, sizeof c->authorization,
             "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, "
             "Signature=%064d",
             key_id, c->date, region, service, names, 0);
    core_kit_call_header(c, "authorization", c->authorization);
    signature_make(c, secret, hex);
    memcpy(strstr(c->authorization, "Signature=") + 10, hex, 64);
}

void core_kit_call_sign_admin(struct core_kit_call *c)
{
    struct slice target = request_header(&c->call, "x-amz-target");
    bool pca = target.len >= 6 && memcmp(target.data, "ACMPri", 6) == 0;
    core_kit_call_sign(c, core_kit.appliance.access_key_id, secret_slice(core_kit.appliance.secret_access_key),
                  clock_now(), CORE_KIT_REGION, pca ? "acm-pca" : "acm");
}

void core_kit_call_presign(struct core_kit_call *c, const char *key_id, struct slice secret, int64_t at,
                      int expires, const char *service)
{
    char hex[65];
    timestamp(at, c->date);
    snprintf(c->query, sizeof c->query,
             "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%s%%2F%.8s%%2F" CORE_KIT_REGION
             "%%2F%s%%2Faws4_request&X-Amz-Date=%s&X-Amz-Expires=%d"
             "&X-Amz-SignedHeaders=host%%3Bx-amz-target&X-Amz-Signature=%064d",
             key_id, c->date, service, c->date, expires, 0);
    c->call.query = slice_text(c->query);
    signature_make(c, secret, hex);
    memcpy(strstr(c->query, "Signature=") + 10, hex, 64);
}

char *core_kit_ask(const char *target, const char *body, uint32_t *status)
{
    struct core_kit_call c;
    struct dispatch_reply reply;
    core_kit_call_make(&c, target, body);
    core_kit_call_sign_admin(&c);
    dispatch_call(&core_kit.core, &c.call, &reply);
    if (status != NULL)
        *status = reply.status;
    char *text = strdup(reply.body.len == 0 ? "" : buf_text(&reply.body));
    dispatch_reply_free(&reply);
    return text;
}

/* ---- records ---- */

static int record_take(void *context, uint64_t sequence, int64_t at, struct slice record)
{
    json_t **newest = context;
    (void)sequence;
    (void)at;
    json_decref(*newest);
    *newest = json_loadb((const char *)record.data, record.len, 0, NULL);
    assert_non_null(*newest);
    return 0;
}

static int count_read(struct store_tx *tx, void *context)
{
    return store_audit_count(tx, context);
}

static int newest_read(struct store_tx *tx, void *context)
{
    uint64_t count = 0;
    assert_int_equal(store_audit_count(tx, &count), 0);
    return store_audit_list(tx, count == 0 ? 0 : count - 1, 1, record_take, context);
}

json_t *core_kit_record_newest(void)
{
    json_t *newest = NULL;
    assert_int_equal(store_read(core_kit.core.store, newest_read, &newest), 0);
    assert_non_null(newest);
    return newest;
}

uint64_t core_kit_record_count(void)
{
    uint64_t count = 0;
    assert_int_equal(store_read(core_kit.core.store, count_read, &count), 0);
    return count;
}
