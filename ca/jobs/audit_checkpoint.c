#include "ca/jobs/audit_checkpoint.h"

#include "ca/trail/checkpoint.h"

int audit_checkpoint_due(struct core *core, int64_t *at)
{
    return checkpoint_due(core, at);
}

int audit_checkpoint_run(struct core *core, int64_t now)
{
    (void)now;
    return checkpoint_make(core);
}
