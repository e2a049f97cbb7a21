/*
 * What the tests of the store share: a fresh database for each test, and test bodies
 * that run inside a unit. A unit runs on the writer's thread, where cmocka's assertions
 * cannot jump out, so bodies use EXPECT and the test itself asserts on the unit's result.
 */
#ifndef CHANCERY_TEST_STORE_KIT_H
#define CHANCERY_TEST_STORE_KIT_H

#include "ca/store/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KIT_FAILED (-1000)

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                   \
            return KIT_FAILED;                                                                     \
        }                                                                                          \
    } while (0)

#define EXPECT_CODE(call, code)                                                                    \
    do {                                                                                           \
        int kit_code = (call);                                                                     \
        if (kit_code != (code)) {                                                                  \
            print_error("%s:%d: %s is %s, not %s\n", __FILE__, __LINE__, #call,                    \
                        ch_error_name(kit_code), ch_error_name(code));                             \
            return KIT_FAILED;                                                                     \
        }                                                                                          \
    } while (0)

#define EXPECT_OK(call) EXPECT_CODE(call, 0)

struct kit {
    char folder[64];
    char path[96];
    struct store *store;
};

static const struct scope kit_scope = {"111122223333", "eu-central-1"};
static const struct scope kit_other_account = {"444455556666", "eu-central-1"};
static const struct scope kit_other_region = {"111122223333", "us-east-1"};

#define KIT_UUID_A "0a0a0a0a-0000-4000-8000-000000000001"
#define KIT_UUID_B "0b0b0b0b-0000-4000-8000-000000000002"
#define KIT_UUID_C "0c0c0c0c-0000-4000-8000-000000000003"

static inline int kit_make_folder(struct kit *kit)
{
    const char *tmp = getenv("TMPDIR");
    *kit = (struct kit){0};
    snprintf(kit->folder, sizeof(kit->folder), "%s/store-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(kit->folder) == NULL)
        return -1;
    snprintf(kit->path, sizeof(kit->path), "%s/chancery.db", kit->folder);
    return 0;
}

static inline void kit_remove_folder(struct kit *kit)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[128];
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", kit->path, suffixes[i]);
        unlink(path);
    }
    rmdir(kit->folder);
}

/* cmocka setup and teardown: *state is a struct kit with an open store. */
static inline int kit_open(void **state)
{
    struct kit *kit = calloc(1, sizeof(*kit));
    *state = kit;
    if (kit == NULL || kit_make_folder(kit) != 0)
        return -1;
    return store_open(kit->path, true, &kit->store);
}

static inline int kit_close(void **state)
{
    struct kit *kit = *state;
    store_close(kit->store);
    kit_remove_folder(kit);
    free(kit);
    return 0;
}

static inline int kit_call(struct store_tx *tx, void *context)
{
    int (*body)(struct store_tx * tx);
    memcpy(&body, context, sizeof(body));
    return body(tx);
}

/* Defines a test whose body is one writing (reading) unit. */
#define IN_WRITE(name)                                                                             \
    static int name##_body(struct store_tx *tx);                                                   \
    static void name(void **state)                                                                 \
    {                                                                                              \
        struct kit *kit = *state;                                                                  \
        int (*body)(struct store_tx * tx) = name##_body;                                           \
        assert_int_equal(store_write(kit->store, kit_call, &body), 0);                             \
    }                                                                                              \
    static int name##_body(struct store_tx *tx)

#define IN_READ(name)                                                                              \
    static int name##_body(struct store_tx *tx);                                                   \
    static void name(void **state)                                                                 \
    {                                                                                              \
        struct kit *kit = *state;                                                                  \
        int (*body)(struct store_tx * tx) = name##_body;                                           \
        assert_int_equal(store_read(kit->store, kit_call, &body), 0);                              \
    }                                                                                              \
    static int name##_body(struct store_tx *tx)

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_open, kit_close)

static inline bool kit_text_is(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static inline bool kit_bytes_are(const struct buf *bytes, const char *text)
{
    return slice_is(buf_slice(bytes), text);
}

/* A buf over a literal, for rows that the store only reads. */
#define BYTES(literal)                                                                             \
    {                                                                                              \
        .data = (uint8_t *)literal, .len = sizeof(literal) - 1                                     \
    }

static inline struct authority_row kit_authority(const char *id)
{
    struct authority_row row = {.scope = kit_scope,
                                .type = "ROOT",
                                .status = "CREATING",
                                .configuration = "{\"KeyAlgorithm\":\"EC_prime256v1\"}",
                                .created_at = 1000};
    snprintf(row.id, sizeof(row.id), "%s", id);
    return row;
}

static inline struct issued_row kit_issued(const char *id, uint8_t serial)
{
    struct issued_row row = {.scope = kit_scope,
                             .authority = KIT_UUID_A,
                             .state = "INTENT",
                             .template_name = "arn:aws:acm-pca:::template/A/V1",
                             .created_at = 1000};
    snprintf(row.id, sizeof(row.id), "%s", id);
    row.serial[19] = serial;
    return row;
}

static inline struct certificate_row kit_certificate(const char *id)
{
    struct certificate_row row = {.scope = kit_scope,
                                  .type = "PRIVATE",
                                  .status = "PENDING_VALIDATION",
                                  .domain = "a.example",
                                  .names = "[\"a.example\"]",
                                  .key_alg = KEY_ALG_P256,
                                  .options = "{}",
                                  .authority_arn = "arn:aws:acm-pca:x:y:z",
                                  .created_at = 1000};
    snprintf(row.id, sizeof(row.id), "%s", id);
    return row;
}

#endif
