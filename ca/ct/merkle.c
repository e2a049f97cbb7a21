#include "ca/ct/merkle.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

/* Leaves and nodes are told apart by the first octet, so that neither can pass for the other. */
static const uint8_t leaf_prefix = 0x00, node_prefix = 0x01;

static int digest(uint8_t prefix, struct slice a, struct slice b, merkle_hash out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(ctx, &prefix, 1) == 1 &&
              EVP_DigestUpdate(ctx, a.data, a.len) == 1 &&
              EVP_DigestUpdate(ctx, b.data, b.len) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok ? 0 : CH_ENOMEM;
}

int merkle_leaf(struct slice entry, merkle_hash out)
{
    return digest(leaf_prefix, entry, slice_of("", 0), out);
}

static int node(const merkle_hash left, const merkle_hash right, merkle_hash out)
{
    merkle_hash copy;
    int rc = digest(node_prefix, slice_of(left, MERKLE_HASH), slice_of(right, MERKLE_HASH), copy);
    memcpy(out, copy, MERKLE_HASH);
    return rc;
}

int merkle_append(const struct merkle *m, uint64_t size, const merkle_hash leaf)
{
    merkle_hash hash, left;
    memcpy(hash, leaf, sizeof hash);
    int rc = m->put(m->context, 0, size, hash);
    unsigned level = 0;
    for (uint64_t index = size; rc == 0 && (index & 1) != 0; index >>= 1) {
        rc = m->get(m->context, level, index - 1, left);
        if (rc == 0)
            rc = node(left, hash, hash);
        level++;
        if (rc == 0)
            rc = m->put(m->context, level, index >> 1, hash);
    }
    return rc;
}

/* The largest power of two below n, as its exponent; n > 1. */
static unsigned split_level(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n - 1);
}

/* The hash of count > 0 leaves from begin on, where begin is a multiple of a power of two >= count. */
static int range(const struct merkle *m, uint64_t begin, uint64_t count, merkle_hash out)
{
    merkle_hash right;
    if ((count & (count - 1)) == 0) {
        unsigned level = (unsigned)__builtin_ctzll(count);
        return m->get(m->context, level, begin >> level, out);
    }
    uint64_t half = UINT64_C(1) << split_level(count);
    int rc = range(m, begin, half, out);
    if (rc == 0)
        rc = range(m, begin + half, count - half, right);
    return rc == 0 ? node(out, right, out) : rc;
}

int merkle_root(const struct merkle *m, uint64_t size, merkle_hash out)
{
    if (size > 0)
        return range(m, 0, size, out);
    return EVP_Digest("", 0, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : CH_ENOMEM;
}

/* A path is found from the root down and wanted from the leaf up. */
static void turn(merkle_hash *path, size_t count)
{
    for (size_t i = 0; i + 1 < count - i; i++) {
        merkle_hash swap;
        memcpy(swap, path[i], MERKLE_HASH);
        memcpy(path[i], path[count - 1 - i], MERKLE_HASH);
        memcpy(path[count - 1 - i], swap, MERKLE_HASH);
    }
}

int merkle_inclusion(const struct merkle *m, uint64_t index, uint64_t size,
                     merkle_hash path[MERKLE_PATH_MAX], size_t *count)
{
    uint64_t begin = 0, left = size;
    int rc = index < size ? 0 : CH_EINVAL;
    *count = 0;
    while (rc == 0 && left > 1) {
        uint64_t half = UINT64_C(1) << split_level(left);
        if (index - begin < half) {
            rc = range(m, begin + half, left - half, path[*count]);
            left = half;
        } else {
            rc = range(m, begin, half, path[*count]);
            begin += half;
            left -= half;
        }
        ++*count;
    }
    turn(path, *count);
    return rc;
}

/*
 * SUBPROOF of RFC 6962 2.1.2, unrolled: down to the subtree whose end is that of the first tree. When that
 * is the first tree itself, who asks has its hash already.
 */
int merkle_consistency(const struct merkle *m, uint64_t first, uint64_t second,
                       merkle_hash path[MERKLE_PATH_MAX], size_t *count)
{
    uint64_t begin = 0, left = second, wanted = first;
    bool known = true;
    int rc = first > 0 && first <= second ? 0 : CH_EINVAL;
    *count = 0;
    while (rc == 0 && wanted != left) {
        uint64_t half = UINT64_C(1) << split_level(left);
        if (wanted <= half) {
            rc = range(m, begin + half, left - half, path[*count]);
            left = half;
        } else {
            rc = range(m, begin, half, path[*count]);
            begin += half;
            left -= half;
            wanted -= half;
            known = false;
        }
        ++*count;
    }
    if (rc == 0 && !known)
        rc = range(m, begin, left, path[(*count)++]);
    turn(path, *count);
    return rc;
}
