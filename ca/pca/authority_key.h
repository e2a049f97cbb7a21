/*
 * authority_key.h - the pair and the certification request of a new authority.
 */
#ifndef CHANCERY_PCA_AUTHORITY_KEY_H
#define CHANCERY_PCA_AUTHORITY_KEY_H

#include "ca/core.h"

/*
 * Makes the pair of a CREATING authority in the HSM and its CSR, and moves it to
 * PENDING_CERTIFICATE; or to FAILED when the HSM cannot do its algorithm. A pair left
 * behind by an interrupted attempt is destroyed first: while the row is CREATING, nothing can
 * have been signed with it. One thread at a time for one authority. 0 also
 * when it is no longer CREATING; CH_EHSM, CH_EIO: try again later.
 */
int authority_key_make(struct core *core, const struct scope *scope, const char *id);

#endif
