/*
 * share.h - fair shares among those who wait: one account's long queue must not delay another's
 * single request.
 */
#ifndef CHANCERY_JOBS_SHARE_H
#define CHANCERY_JOBS_SHARE_H

#include <stddef.h>

/*
 * ranks[i] = how many before i have the same owner. Who works through all of rank 0, then of rank 1 and
 * so on, gives each owner the same share. CH_ENOMEM.
 */
int share_rank(const char *const *owners, size_t count, unsigned *ranks);

#endif
