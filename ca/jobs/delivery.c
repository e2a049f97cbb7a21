#include "ca/jobs/delivery.h"

#include "ca/domain/outcome.h"
#include "ca/outbound.h"
#include "ca/secrets.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 120000
#define DIGEST_SIZE 32
#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"

int delivery_want(struct store_tx *tx, const struct core *core, const struct delivery_row *row)
{
    if (core->config->s3_endpoint[0] == '\0' || row->bucket == NULL || row->bucket[0] == '\0')
        return 0;
    return store_delivery_put(tx, row);
}

static int next_unit(struct store_tx *tx, void *context)
{
    return store_delivery_next(tx, context);
}

int delivery_job_due(struct core *core, int64_t *at)
{
    struct delivery_row row = {0};
    *at = SCHEDULE_NEVER;
    if (core->config->s3_endpoint[0] == '\0')
        return 0;
    int rc = store_read(core->store, next_unit, &row);
    if (rc == 0)
        *at = row.due_at;
    delivery_row_free(&row);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

/* ---- one file ---- */

static int digest_make(int file, char hex[2 * DIGEST_SIZE + 1])
{
    static const char none[] = "";
    uint8_t block[4096], digest[DIGEST_SIZE];
    ssize_t got = 0;
    off_t at = 0;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(c, none, 0) == 1;
    while (ok && (got = pread(file, block, sizeof block, at)) > 0) {
        ok = EVP_DigestUpdate(c, block, (size_t)got) == 1;
        at += got;
    }
    ok = ok && got == 0 && EVP_DigestFinal_ex(c, digest, NULL) == 1;
    EVP_MD_CTX_free(c);
    if (!ok)
        return CH_EIO;
    hex_encode(digest, sizeof digest, hex);
    return 0;
}

static int url_make(const struct core *core, const struct delivery_row *row, struct buf *url)
{
    int rc = buf_printf(url, "%s/%s/", core->config->s3_endpoint, row->bucket);
    for (const char *at = row->key; rc == 0 && *at != '\0'; at++)
        rc = strchr(UNRESERVED, *at) != NULL ? buf_put(url, at, 1)
                                             : buf_printf(url, "%%%02X", (unsigned char)*at);
    return rc;
}

static void header_put(struct msg_http *ask, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        ask->headers.pair[ask->headers.count++] =
            (struct message_pair){slice_text(name), slice_text(value)};
}

static int put(struct core *core, const struct delivery_row *row, int file,
               struct outbound_answer *answer)
{
    char user[SECRETS_USER_SIZE], hex[2 * DIGEST_SIZE + 1], region[CONFIG_TEXT_MAX + 16];
    struct secret *password = NULL;
    struct buf url = {0};
    struct msg_http ask = {.method = slice_text("PUT"),
                           .timeout_ms = TIMEOUT_MS,
                           .answer_max = (uint32_t)OUTBOUND_ANSWER_MAX};
    int rc = secrets_get(core, "s3", user, &password);
    if (rc == 0)
        rc = digest_make(file, hex);
    if (rc == 0)
        rc = url_make(core, row, &url);
    if (rc == 0) {
        snprintf(region, sizeof region, "aws:amz:%s:s3", core->config->s3_region);
        ask.url = buf_slice(&url);
        ask.sigv4 = slice_text(region);
        ask.user = slice_text(user);
        ask.password = secret_slice(password);
        header_put(&ask, "Content-Type", row->media_type);
        header_put(&ask, "x-amz-content-sha256", hex);
        header_put(&ask, "x-amz-acl", row->acl);
        rc = outbound_call(core, MSG_HTTP, &ask, file, TIMEOUT_MS, answer);
    }
    secret_free(password);
    buf_free(&url);
    return rc;
}

static int delay_unit(struct store_tx *tx, void *context)
{
    return store_delivery_delay(tx, context);
}

static int done_unit(struct store_tx *tx, void *context)
{
    return store_delivery_done(tx, context);
}

static int later(struct core *core, struct delivery_row *row, int64_t now, const char *why)
{
    log_warn("%s is not in bucket %s yet: %s", row->key, row->bucket, why);
    row->due_at = now + outcome_interval(row->attempts++);
    return store_write(core->store, delay_unit, row);
}

static int deliver(struct core *core, struct delivery_row *row, int64_t now)
{
    struct outbound_answer answer = {0};
    char why[320];
    int file = open(row->source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return store_write(core->store, done_unit, row); /* its authority is gone, or the report */
    int rc = file < 0 ? CH_EIO : put(core, row, file, &answer);
    if (file >= 0)
        close(file);
    bool taken = rc == 0 && answer.failure == 0 && answer.status / 100 == 2;
    if (rc == CH_ENOTFOUND)
        snprintf(why, sizeof why, "no keys for it: chancery secret set s3");
    else if (rc != 0)
        snprintf(why, sizeof why, "%s", ch_error_text(rc));
    else if (answer.failure != 0)
        snprintf(why, sizeof why, "%s", answer.why);
    else
        snprintf(why, sizeof why, "the store answered with status %u", answer.status);
    outbound_answer_free(&answer);
    if (!taken)
        return later(core, row, now, why);
    log_info("%s is in bucket %s", row->key, row->bucket);
    return store_write(core->store, done_unit, row);
}

int delivery_job_run(struct core *core, int64_t now)
{
    struct delivery_row row = {0};
    int rc = store_read(core->store, next_unit, &row);
    if (rc == 0)
        rc = deliver(core, &row, now);
    delivery_row_free(&row);
    return rc == CH_ENOTFOUND ? 0 : rc;
}
