/*
 * kek_rotation.h - the job that rotates wrapping keys when their time has come, wraps the keys of
 * a replaced one anew, and destroys it in the HSM when it wraps nothing any more.
 */
#ifndef CHANCERY_JOBS_KEK_ROTATION_H
#define CHANCERY_JOBS_KEK_ROTATION_H

#include "ca/core.h"

#define KEK_ROTATION "kek-rotation"

/* How long an emptied KEK stays, for calls that took it before: microseconds. */
#define KEK_GRACE (INT64_C(60) * 1000000)

int kek_rotation_due(struct core *core, int64_t *at);
int kek_rotation_run(struct core *core, int64_t now);

#endif
