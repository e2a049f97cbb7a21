/*
 * cross.h - the way from an old root to its successor: before a root that follows another has its own certificate,
 * the one before certifies its key. Who trusts the old root alone reaches everything below the new one over that
 * cross-certificate, which servers send in place of the new root (RFC 4158 1.5.2; BR 7.1.2.2).
 */
#ifndef CHANCERY_TRUST_CROSS_H
#define CHANCERY_TRUST_CROSS_H

#include "ca/trust/trust.h"

/*
 * Has the newest root of the family that still holds certify the key of a root on its way, and puts into *chain (PEM, the
 * caller's to free) the cross-certificate and what stands above it. *chain stays NULL when there is no root before it.
 */
int trust_cross_make(struct core *core, const struct trust_family *family,
                     const struct authority_row *root, int64_t now, char **chain);

/* What stands above an authority below that root: the cross-certificate and its chain, or the root. PEM. */
int trust_chain_put(const struct authority_row *root, struct buf *pem);

#endif
