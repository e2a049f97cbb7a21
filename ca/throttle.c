#include "ca/throttle.h"

#include "firmware/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define CHAINS 1024
#define BUCKETS_MAX 65536 /* beyond it, buckets that are full again are forgotten */
#define SECOND_US INT64_C(1000000)
#define RATE_MOST 1000000 /* requests a second */

struct rate_row {
    const char *service;
    const char *operation; /* NULL: each that has no row of its own */
    int64_t per_second;
};

/* AWS's own rates. An operation for which there is no row is not limited. */
static const struct rate_row rows[] = {
    {"acm", "AddTagsToCertificate", 5},
    {"acm", "DeleteCertificate", 10},
    {"acm", "DescribeCertificate", 10},
    {"acm", "ExportCertificate", 10},
    {"acm", "GetAccountConfiguration", 1},
    {"acm", "GetCertificate", 10},
    {"acm", "ImportCertificate", 1},
    {"acm", "ListCertificates", 8},
    {"acm", "ListTagsForCertificate", 10},
    {"acm", "PutAccountConfiguration", 1},
    {"acm", "RemoveTagsFromCertificate", 5},
    {"acm", "RenewCertificate", 5},
    {"acm", "RequestCertificate", 5},
    {"acm", "ResendValidationEmail", 1},
    {"acm", "RevokeCertificate", 5},  /* not published: as RenewCertificate */
    {"acm", "SearchCertificates", 8}, /* not published: as ListCertificates */
    {"acm", "UpdateCertificateOptions", 5},
    {"acm-pca", "CreateCertificateAuthority", 1},
    {"acm-pca", "CreateCertificateAuthorityAuditReport", 1},
    {"acm-pca", "CreatePermission", 1},
    {"acm-pca", "DeleteCertificateAuthority", 10},
    {"acm-pca", "DeletePermission", 1},
    {"acm-pca", "DeletePolicy", 5},
    {"acm-pca", "DescribeCertificateAuthority", 20},
    {"acm-pca", "DescribeCertificateAuthorityAuditReport", 20},
    {"acm-pca", "GetCertificate", 75},
    {"acm-pca", "GetCertificateAuthorityCertificate", 20},
    {"acm-pca", "GetCertificateAuthorityCsr", 10},
    {"acm-pca", "GetPolicy", 5},
    {"acm-pca", "ImportCertificateAuthorityCertificate", 10},
    {"acm-pca", "IssueCertificate", 25},
    {"acm-pca", "ListCertificateAuthorities", 20},
    {"acm-pca", "ListPermissions", 5},
    {"acm-pca", "ListTags", 20},
    {"acm-pca", "PutPolicy", 5},
    {"acm-pca", "RestoreCertificateAuthority", 20},
    {"acm-pca", "RevokeCertificate", 20},
    {"acm-pca", "TagCertificateAuthority", 10},
    {"acm-pca", "UntagCertificateAuthority", 10},
    {"acm-pca", "UpdateCertificateAuthority", 10},
    {"iam", NULL, 20},  /* not published */
    {"sts", NULL, 600}, /* published for all of them together */
};

/* What an operation costs: a token comes every price_us, burst of them may be there. */
struct tariff {
    const struct operation *operation;
    int64_t price_us; /* 0 = no limit */
    int64_t burst;
};

struct bucket {
    LIST_ENTRY(bucket) next;
    struct scope scope;
    const struct operation *operation;
    int64_t full_at_us; /* when all that was taken will have come back */
};

struct throttle {
    pthread_mutex_t lock; /* guards the buckets */
    LIST_HEAD(chain, bucket) chains[CHAINS];
    size_t bucket_count;
    int64_t swept_us; /* when all buckets were last looked at */
    bool limits; /* some tariff has a price */
    size_t tariff_count;
    struct tariff tariffs[];
};

/* ---- tariffs ---- */

static void tariff_set(struct throttle *t, struct tariff *tariff, int64_t per_hundred_seconds)
{
    if (per_hundred_seconds <= 0) {
        tariff->price_us = 0;
        return;
    }
    tariff->price_us = 100 * SECOND_US / per_hundred_seconds;
    tariff->burst = per_hundred_seconds < 100 ? 1 : per_hundred_seconds / 100;
    t->limits = true;
}

static struct tariff *tariff_find(struct throttle *t, const char *service, const char *operation)
{
    for (size_t i = 0; i < t->tariff_count; i++)
        if (strcmp(t->tariffs[i].operation->name, operation) == 0 &&
            strcmp(t->tariffs[i].operation->service->name, service) == 0)
            return &t->tariffs[i];
    return NULL;
}

static int64_t percent_of(int64_t per_second, int64_t percent)
{
    int64_t value = 0;
    return __builtin_mul_overflow(per_second, percent, &value) ? 0 : value;
}

static void service_set(struct throttle *t, const char *service, int64_t per_hundred_seconds)
{
    for (size_t i = 0; i < t->tariff_count; i++)
        if (strcmp(t->tariffs[i].operation->service->name, service) == 0)
            tariff_set(t, &t->tariffs[i], per_hundred_seconds);
}

static void tariffs_fill(struct throttle *t, int64_t percent)
{
    size_t services = 0;
    const struct service *service = contract_services(&services);
    for (size_t s = 0; s < services; s++)
        for (size_t i = 0; i < service[s].operation_count; i++)
            t->tariffs[t->tariff_count++].operation = &service[s].operations[i];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t per_hundred_seconds = percent_of(rows[i].per_second, percent);
        if (rows[i].operation == NULL) {
            service_set(t, rows[i].service, per_hundred_seconds);
            continue;
        }
        struct tariff *tariff = tariff_find(t, rows[i].service, rows[i].operation);
        PRECOND(tariff != NULL);
        tariff_set(t, tariff, per_hundred_seconds);
    }
}

/* "acm:RequestCertificate=50" */
static int exception_set(struct throttle *t, char *text)
{
    char *operation = strchr(text, ':');
    char *number = strchr(text, '=');
    char *end = NULL;
    struct tariff *tariff = NULL;
    if (operation != NULL && number != NULL && operation < number) {
        *operation++ = '\0';
        *number++ = '\0';
        tariff = tariff_find(t, text, operation);
    }
    if (tariff == NULL) {
        log_error("configuration: [rate] exceptions: \"%s\" names no operation", text);
        return CH_EINVAL;
    }
    long value = number[0] < '0' || number[0] > '9' ? -1 : strtol(number, &end, 10);
    if (value < 0 || value > RATE_MOST || *end != '\0') {
        log_error("configuration: [rate] exceptions: \"%s\" is no number from 0 to %d", number,
                  RATE_MOST);
        return CH_EINVAL;
    }
    tariff_set(t, tariff, 100 * (int64_t)value);
    return 0;
}

static int exceptions_read(struct throttle *t, const char *text)
{
    char copy[CONFIG_TEXT_MAX];
    char *rest = NULL;
    int rc = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *one = strtok_r(copy, ", ", &rest); one != NULL && rc == 0;
         one = strtok_r(NULL, ", ", &rest))
        rc = exception_set(t, one);
    return rc;
}

static size_t operations_count(void)
{
    size_t services = 0;
    size_t count = 0;
    const struct service *service = contract_services(&services);
    for (size_t s = 0; s < services; s++)
        count += service[s].operation_count;
    return count;
}

int throttle_new(const struct config *config, struct throttle **out)
{
    *out = NULL;
    struct throttle *t = calloc(1, sizeof *t + operations_count() * sizeof t->tariffs[0]);
    if (t == NULL)
        return CH_ENOMEM;
    pthread_mutex_init(&t->lock, NULL);
    for (size_t i = 0; i < CHAINS; i++)
        LIST_INIT(&t->chains[i]);
    tariffs_fill(t, config->rate_percent);
    int rc = exceptions_read(t, config->rate_exceptions);
    if (rc != 0)
        throttle_free(t);
    else
        *out = t;
    return rc;
}

/* ---- buckets ---- */

static void bucket_forget(struct throttle *t, struct bucket *b)
{
    LIST_REMOVE(b, next);
    t->bucket_count--;
    free(b);
}

/* Forgets those that are full at now: they say nothing. */
static void sweep(struct throttle *t, int64_t now_us)
{
    for (size_t i = 0; i < CHAINS; i++) {
        struct bucket *after = NULL;
        for (struct bucket *b = LIST_FIRST(&t->chains[i]); b != NULL; b = after) {
            after = LIST_NEXT(b, next);
            if (b->full_at_us <= now_us)
                bucket_forget(t, b);
        }
    }
}

void throttle_free(struct throttle *t)
{
    if (t == NULL)
        return;
    sweep(t, INT64_MAX);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* FNV-1a: scopes come from the store, so nobody outside chooses what collides. */
static size_t chain_of(const struct scope *scope, const struct operation *operation)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)(uintptr_t)operation;
    for (const char *c = scope->account; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * UINT64_C(1099511628211);
    for (const char *c = scope->region; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * UINT64_C(1099511628211);
    return (size_t)((hash ^ hash >> 32) % CHAINS);
}

static struct bucket *bucket_get(struct throttle *t, const struct scope *scope,
                                 const struct operation *operation, int64_t now_us)
{
    struct chain *chain = &t->chains[chain_of(scope, operation)];
    struct bucket *b = NULL;
    LIST_FOREACH(b, chain, next)
        if (b->operation == operation && strcmp(b->scope.account, scope->account) == 0 &&
            strcmp(b->scope.region, scope->region) == 0)
            return b;
    if (t->bucket_count >= BUCKETS_MAX && now_us - t->swept_us >= SECOND_US) {
        t->swept_us = now_us;
        sweep(t, now_us);
    }
    b = t->bucket_count >= BUCKETS_MAX ? NULL : calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->scope = *scope;
    b->operation = operation;
    b->full_at_us = now_us;
    LIST_INSERT_HEAD(chain, b, next);
    t->bucket_count++;
    return b;
}

/* With no bucket to be had nothing can be counted, and the call goes on. */
static bool token_take(struct throttle *t, const struct tariff *tariff, const struct scope *scope,
                       int64_t now_us)
{
    struct bucket *b = bucket_get(t, scope, tariff->operation, now_us);
    if (b == NULL)
        return true;
    int64_t full = (b->full_at_us < now_us ? now_us : b->full_at_us) + tariff->price_us;
    if (full - now_us > tariff->burst * tariff->price_us)
        return false;
    b->full_at_us = full;
    return true;
}

int throttle_take(struct throttle *t, const struct scope *scope, const struct operation *operation,
                  int64_t now_us, struct api_error *error)
{
    PRECOND(t != NULL && scope != NULL && operation != NULL);
    if (!t->limits)
        return 0;
    const struct tariff *tariff = &t->tariffs[0];
    while (tariff->operation != operation)
        tariff++;
    if (tariff->price_us == 0)
        return 0;
    pthread_mutex_lock(&t->lock);
    bool taken = token_take(t, tariff, scope, now_us);
    pthread_mutex_unlock(&t->lock);
    return taken ? 0 : api_fail_throttled(error, operation->service->name, operation->name);
}
