#include "ca/jobs/names.h"

#include "ca/store/search.h"

#define NAMES_AT_ONCE 256 /* some milliseconds of the writer */

static int waiting_unit(struct store_tx *tx, void *context)
{
    return store_names_waiting(tx, context);
}

int names_job_due(struct core *core, int64_t *at)
{
    bool waiting = false;
    int rc = store_read(core->store, waiting_unit, &waiting);
    *at = waiting ? 0 : SCHEDULE_NEVER;
    return rc;
}

static int learn_unit(struct store_tx *tx, void *context)
{
    (void)context;
    return store_names_learn(tx, NAMES_AT_ONCE);
}

int names_job_run(struct core *core, int64_t now)
{
    (void)now;
    return store_write(core->store, learn_unit, NULL);
}
