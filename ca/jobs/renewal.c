#include "ca/jobs/renewal.h"

#include "ca/acm/renewal.h"

#include <string.h>

#define BATCH 4 /* an RSA pair may take a second: who stops core waits for a batch */

struct item {
    struct scope scope;
    char id[ROW_UUID_SIZE];
};

struct batch {
    int64_t now;
    struct item items[BATCH];
    size_t count;
};

static int due_unit(struct store_tx *tx, void *context)
{
    return store_certificate_renewal_next(tx, context);
}

int renewal_job_due(struct core *core, int64_t *at)
{
    int rc = store_read(core->store, due_unit, at);
    if (rc == CH_ENOTFOUND)
        *at = SCHEDULE_NEVER;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int visit(void *context, const struct scope *scope, const char *id)
{
    struct batch *b = context;
    struct item *item = &b->items[b->count++];
    item->scope = *scope;
    memcpy(item->id, id, sizeof item->id);
    return 0;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct batch *b = context;
    return store_certificate_renewal_list(tx, b->now, BATCH, visit, b);
}

int renewal_job_run(struct core *core, int64_t now)
{
    struct batch b = {.now = now};
    int rc = store_read(core->store, list_unit, &b);
    for (size_t i = 0; rc == 0 && i < b.count; i++)
        rc = renewal_attempt(core, &b.items[i].scope, b.items[i].id);
    return rc;
}
