/* Tests of ca/ct/merkle.c against the definitions of RFC 6962 2.1, written down again as they stand there. */
#include "ca/ct/merkle.h"

#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEAVES 300
#define LEVELS 16

static merkle_hash nodes[LEVELS][LEAVES];
static bool there[LEVELS][LEAVES];
static merkle_hash leaves[LEAVES];
static bool broken;

static int get(void *context, unsigned level, uint64_t index, merkle_hash out)
{
    (void)context;
    if (broken || level >= LEVELS || index >= LEAVES || !there[level][index])
        return CH_ENOTFOUND;
    memcpy(out, nodes[level][index], MERKLE_HASH);
    return 0;
}

static int put(void *context, unsigned level, uint64_t index, const merkle_hash hash)
{
    (void)context;
    assert_true(level < LEVELS && index < LEAVES);
    assert_false(there[level][index]); /* nothing is ever changed */
    there[level][index] = true;
    memcpy(nodes[level][index], hash, MERKLE_HASH);
    return 0;
}

static const struct merkle tree = {NULL, get, put};

/* ---- the definitions ---- */

static void pair(const merkle_hash a, const merkle_hash b, merkle_hash out)
{
    uint8_t octets[1 + 2 * MERKLE_HASH] = {1};
    memcpy(octets + 1, a, MERKLE_HASH);
    memcpy(octets + 1 + MERKLE_HASH, b, MERKLE_HASH);
    SHA256(octets, sizeof octets, out);
}

static size_t below(size_t n)
{
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    return k;
}

static void mth(size_t begin, size_t n, merkle_hash out)
{
    merkle_hash left, right;
    if (n == 0) {
        SHA256((const uint8_t *)"", 0, out);
        return;
    }
    if (n == 1) {
        memcpy(out, leaves[begin], MERKLE_HASH);
        return;
    }
    size_t k = below(n);
    mth(begin, k, left);
    mth(begin + k, n - k, right);
    pair(left, right, out);
}

static size_t path(size_t m, size_t begin, size_t n, merkle_hash *out)
{
    if (n == 1)
        return 0;
    size_t k = below(n), count;
    if (m < k) {
        count = path(m, begin, k, out);
        mth(begin + k, n - k, out[count]);
    } else {
        count = path(m - k, begin + k, n - k, out);
        mth(begin, k, out[count]);
    }
    return count + 1;
}

static size_t subproof(size_t m, size_t begin, size_t n, bool known, merkle_hash *out)
{
    if (m == n) {
        if (!known)
            mth(begin, n, out[0]);
        return known ? 0 : 1;
    }
    size_t k = below(n), count;
    if (m <= k) {
        count = subproof(m, begin, k, known, out);
        mth(begin + k, n - k, out[count]);
    } else {
        count = subproof(m - k, begin + k, n - k, false, out);
        mth(begin, k, out[count]);
    }
    return count + 1;
}

/* ---- the tests ---- */

static int grow(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAVES; i++) {
        char text[32];
        snprintf(text, sizeof text, "entry %zu", i);
        assert_int_equal(merkle_leaf(slice_text(text), leaves[i]), 0);
        assert_int_equal(merkle_append(&tree, i, leaves[i]), 0);
    }
    return 0;
}

static void leaves_and_nodes_have_their_prefixes(void **state)
{
    (void)state;
    merkle_hash expected, got;
    SHA256((const uint8_t *)"\0abc", 4, expected);
    assert_int_equal(merkle_leaf(slice_text("abc"), got), 0);
    assert_memory_equal(got, expected, MERKLE_HASH);
    SHA256((const uint8_t *)"", 0, expected);
    assert_int_equal(merkle_root(&tree, 0, got), 0);
    assert_memory_equal(got, expected, MERKLE_HASH);
}

static void roots_are_those_of_the_definition(void **state)
{
    (void)state;
    for (size_t n = 1; n <= LEAVES; n++) {
        merkle_hash expected, got;
        mth(0, n, expected);
        assert_int_equal(merkle_root(&tree, n, got), 0);
        assert_memory_equal(got, expected, MERKLE_HASH);
    }
}

static void paths_are_those_of_the_definition(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 140; n++)
        for (size_t m = 0; m < n; m++) {
            merkle_hash expected[MERKLE_PATH_MAX], got[MERKLE_PATH_MAX];
            size_t count = 0;
            assert_int_equal(merkle_inclusion(&tree, m, n, got, &count), 0);
            assert_int_equal(count, path(m, 0, n, expected));
            assert_memory_equal(got, expected, count * MERKLE_HASH);
        }
}

static void proofs_are_those_of_the_definition(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 140; n++)
        for (size_t m = 1; m <= n; m++) {
            merkle_hash expected[MERKLE_PATH_MAX], got[MERKLE_PATH_MAX];
            size_t count = 0;
            assert_int_equal(merkle_consistency(&tree, m, n, got, &count), 0);
            assert_int_equal(count, subproof(m, 0, n, true, expected));
            assert_memory_equal(got, expected, count * MERKLE_HASH);
        }
}

static void what_is_not_there_is_refused(void **state)
{
    (void)state;
    merkle_hash got[MERKLE_PATH_MAX];
    size_t count = 0;
    assert_int_equal(merkle_inclusion(&tree, 5, 5, got, &count), CH_EINVAL);
    assert_int_equal(merkle_inclusion(&tree, 0, 0, got, &count), CH_EINVAL);
    assert_int_equal(merkle_consistency(&tree, 0, 5, got, &count), CH_EINVAL);
    assert_int_equal(merkle_consistency(&tree, 6, 5, got, &count), CH_EINVAL);
    assert_int_equal(merkle_root(&tree, UINT64_C(1) << 40, got[0]), CH_ENOTFOUND);
    broken = true;
    assert_int_equal(merkle_root(&tree, 5, got[0]), CH_ENOTFOUND);
    assert_int_equal(merkle_inclusion(&tree, 1, 5, got, &count), CH_ENOTFOUND);
    assert_int_equal(merkle_consistency(&tree, 3, 5, got, &count), CH_ENOTFOUND);
    broken = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_and_nodes_have_their_prefixes),
        cmocka_unit_test(roots_are_those_of_the_definition),
        cmocka_unit_test(paths_are_those_of_the_definition),
        cmocka_unit_test(proofs_are_those_of_the_definition),
        cmocka_unit_test(what_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, grow, NULL);
}
