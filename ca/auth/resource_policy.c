#include "ca/auth/resource_policy.h"

#include "ca/arn.h"
#include "ca/core.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 256
#define FORM "certificate-authority/"

/* An authority and its policy while the store had that version; most have none. */
struct slot {
    char arn[ARN_SIZE];
    uint64_t version;
    struct policy *policy;
};

struct resource_policies {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct resource_policies *resource_policies_new(void)
{
    struct resource_policies *cache = calloc(1, sizeof *cache);
    if (cache != NULL)
        pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void resource_policies_free(struct resource_policies *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        policy_release(cache->slots[i].policy);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct slot *slot_of(struct resource_policies *cache, const char *arn)
{
    uint32_t hash = 2166136261u; /* FNV-1a; who makes two ARNs meet makes them read again, no more */
    for (; *arn != '\0'; arn++)
        hash = (hash ^ (uint8_t)*arn) * 16777619u;
    return &cache->slots[hash % SLOTS];
}

static bool recall(struct resource_policies *cache, const char *arn, uint64_t version,
                   const struct policy **out)
{
    pthread_mutex_lock(&cache->lock);
    struct slot *s = slot_of(cache, arn);
    bool found = s->version == version && strcmp(s->arn, arn) == 0;
    if (found && s->policy != NULL)
        *out = policy_hold(s->policy);
    pthread_mutex_unlock(&cache->lock);
    return found;
}

static void remember(struct resource_policies *cache, const char *arn, uint64_t version,
                     const struct policy *policy)
{
    pthread_mutex_lock(&cache->lock);
    struct slot *s = slot_of(cache, arn);
    policy_release(s->policy);
    s->policy = policy == NULL ? NULL : policy_hold(policy);
    s->version = version;
    snprintf(s->arn, sizeof s->arn, "%s", arn);
    pthread_mutex_unlock(&cache->lock);
}

struct reading {
    struct scope scope;
    char id[ROW_UUID_SIZE];
    char *text;
};

static int read_unit(struct store_tx *tx, void *context)
{
    struct reading *q = context;
    int r = store_authority_policy_get(tx, &q->scope, q->id, &q->text);
    return r == CH_ENOTFOUND ? 0 : r;
}

/* Whose it is and its id, when it is an authority's ARN. */
static bool names_authority(const char *text, struct reading *out)
{
    struct arn arn;
    if (strlen(text) >= ARN_SIZE || arn_parse(text, &arn) != 0 ||
        !slice_is(arn.service, "acm-pca") || arn.account.len >= sizeof out->scope.account ||
        arn.region.len >= sizeof out->scope.region)
        return false;
    memcpy(out->scope.account, arn.account.data, arn.account.len);
    memcpy(out->scope.region, arn.region.data, arn.region.len);
    return arn_authority_of_scope(&out->scope, text, out->id) == 0;
}

static int compile(const struct reading *q, const char *arn, struct policy **out)
{
    char why[POLICY_WHY_SIZE];
    if (q->text == NULL)
        return 0;
    int r = policy_parse(slice_text(q->text), POLICY_FORM_RESOURCE, out, why);
    if (r == CH_EINVAL || r == CH_ELIMIT) {
        log_error("the policy of %s cannot be read: %s", arn, why);
        r = CH_EINTEGRITY;
    }
    return r;
}

int resource_policy_get(struct request *r, const char *arn, const struct policy **out)
{
    struct resource_policies *cache = r->core->resource_policies;
    struct reading q = {0};
    struct policy *policy = NULL;
    *out = NULL;
    if (!names_authority(arn, &q) || r->core->store == NULL)
        return 0;
    uint64_t version = store_version(r->core->store);
    if (cache != NULL && recall(cache, arn, version, out))
        return 0;
    int rc = request_read(r, read_unit, &q);
    if (rc == 0)
        rc = compile(&q, arn, &policy);
    if (rc == 0 && cache != NULL)
        remember(cache, arn, version, policy);
    free(q.text);
    *out = policy;
    return rc;
}
