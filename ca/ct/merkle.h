/*
 * merkle.h - the append-only hash tree of RFC 6962 2.1, over a store of node hashes that the caller has.
 * Knows no certificates, no SQL.
 *
 * Node (level, index) is the hash of the complete subtree of the leaves index << level ... (index + 1) << level - 1.
 * Only complete ones are kept; what else is needed is computed from them, in steps of the logarithm of the size.
 */
#ifndef CHANCERY_CT_MERKLE_H
#define CHANCERY_CT_MERKLE_H

#include "firmware/base/buf.h"
#include "firmware/base/error.h"

#include <stdint.h>

#define MERKLE_HASH 32
#define MERKLE_PATH_MAX 64 /* hashes in a proof */

typedef uint8_t merkle_hash[MERKLE_HASH];

/* Where the nodes are. Each returns 0 or a CH_E* code, which comes back from the function that called it. */
struct merkle {
    void *context;
    int (*get)(void *context, unsigned level, uint64_t index, merkle_hash out);
    int (*put)(void *context, unsigned level, uint64_t index, const merkle_hash hash);
};

/* The hash of an entry as a leaf. CH_ENOMEM. */
int merkle_leaf(struct slice entry, merkle_hash out);

/* Makes leaf the next of a tree of size leaves: puts it and every node that it completes. */
int merkle_append(const struct merkle *m, uint64_t size, const merkle_hash leaf);

/* The root of the first size leaves; of none, the hash of the empty string. */
int merkle_root(const struct merkle *m, uint64_t size, merkle_hash out);

/* The audit path of a leaf in the tree of size leaves (RFC 6962 2.1.1). CH_EINVAL: index >= size. */
int merkle_inclusion(const struct merkle *m, uint64_t index, uint64_t size,
                     merkle_hash path[MERKLE_PATH_MAX], size_t *count);

/* That the tree of second leaves begins with that of first (RFC 6962 2.1.2). CH_EINVAL: not 0 < first <= second. */
int merkle_consistency(const struct merkle *m, uint64_t first, uint64_t second,
                       merkle_hash path[MERKLE_PATH_MAX], size_t *count);

#endif
