#include "ca/ct/ct.h"

#include "ca/jobs/schedule.h"
#include "ca/keyring.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <string.h>

#define KEY_NAME "ct-log"
#define SIG_ALG SIG_ALG_SHA256WITHECDSA
#define TLS_SHA256 4
#define TLS_ECDSA 3
#define HEAD_AGE_MS (INT64_C(12) * 3600 * 1000) /* half of the maximum merge delay that is published */

static uint64_t now_ms(void)
{
    return (uint64_t)(clock_now_us() / 1000);
}

/* ---- the tree in the store ---- */

static int node_get(void *context, unsigned level, uint64_t index, merkle_hash out)
{
    return store_ct_node_get(context, level, (int64_t)index, out);
}

static int node_put(void *context, unsigned level, uint64_t index, const merkle_hash hash)
{
    return store_ct_node_insert(context, level, (int64_t)index, hash);
}

struct merkle ct_log_tree(struct store_tx *tx)
{
    return (struct merkle){.context = tx, .get = node_get, .put = node_put};
}

/* ---- entries ---- */

static int sign(struct core *core, struct hsm_key *key, struct slice spki, struct slice message,
                struct buf *signature)
{
    int rc = hsm_sign(core->hsm, key, SIG_ALG, message, signature);
    if (rc == 0 && pki_verify(spki, SIG_ALG, message, buf_slice(signature)) != 0) {
        log_error("log of certificate transparency: the HSM made a signature that does not verify");
        rc = CH_EHSM;
    }
    return rc;
}

static int timestamp_sign(struct core *core, const struct pki_ct_entry *entry,
                          struct pki_timestamp *t, struct buf *signature)
{
    struct system_key_row row = {0};
    struct hsm_key *key = NULL;
    struct buf message = {0};
    *t = (struct pki_timestamp){.at = now_ms(), .hash = TLS_SHA256, .signature_alg = TLS_ECDSA};
    int rc = keyring_pair_ensure(core->keyring, KEY_NAME, &row, &key);
    if (rc == 0)
        rc = pki_ct_hash(buf_slice(&row.spki), t->log_id);
    if (rc == 0)
        rc = pki_timestamp_message(t, entry, &message);
    if (rc == 0)
        rc = sign(core, key, buf_slice(&row.spki), buf_slice(&message), signature);
    t->signature = buf_slice(signature);
    buf_free(&message);
    system_key_row_free(&row);
    return rc;
}

static int append_unit(struct store_tx *tx, void *context)
{
    struct ct_entry_row *row = context;
    struct merkle tree = ct_log_tree(tx);
    int rc = store_ct_size(tx, &row->number);
    if (rc == 0)
        rc = store_ct_entry_insert(tx, row);
    return rc == 0 ? merkle_append(&tree, (uint64_t)row->number, row->hash) : rc;
}

int ct_log_add(struct core *core, const struct pki_ct_entry *entry, struct slice extra,
               struct pki_timestamp *t, struct buf *signature)
{
    struct ct_entry_row row = {0};
    int rc = timestamp_sign(core, entry, t, signature);
    if (rc == 0)
        rc = pki_ct_leaf_put(t, entry, &row.leaf);
    if (rc == 0)
        rc = merkle_leaf(buf_slice(&row.leaf), row.hash);
    if (rc == 0)
        rc = buf_put_slice(&row.extra, extra);
    if (rc == 0)
        rc = store_write(core->store, append_unit, &row);
    if (rc == 0)
        schedule_wake(core->schedule, CT_JOB);
    ct_entry_row_free(&row);
    return rc;
}

int ct_log_key(struct core *core, struct buf *spki)
{
    struct system_key_row row = {0};
    struct hsm_key *key = NULL;
    int rc = keyring_pair_find(core->keyring, KEY_NAME, &row, &key);
    if (rc == 0)
        rc = buf_put_slice(spki, buf_slice(&row.spki));
    system_key_row_free(&row);
    return rc;
}

/* ---- tree heads ---- */

struct head {
    struct ct_head_row last, next;
    bool has_last;
    int64_t size;
};

static int head_unit(struct store_tx *tx, void *context)
{
    struct head *h = context;
    int rc = store_ct_head_last(tx, &h->last);
    h->has_last = rc == 0;
    if (rc == CH_ENOTFOUND)
        rc = 0;
    return rc == 0 ? store_ct_size(tx, &h->size) : rc;
}

static int root_unit(struct store_tx *tx, void *context)
{
    struct head *h = context;
    struct merkle tree = ct_log_tree(tx);
    int rc = store_ct_size(tx, &h->next.size);
    return rc == 0 ? merkle_root(&tree, (uint64_t)h->next.size, h->next.root) : rc;
}

int ct_log_job_due(struct core *core, int64_t *at)
{
    struct head h = {0};
    int rc = store_read(core->store, head_unit, &h);
    if (rc == 0 && !core->config->ct_embedded && !h.has_last)
        *at = SCHEDULE_NEVER;
    else
        *at = !h.has_last || h.size > h.last.size ? 0 : (h.last.at + HEAD_AGE_MS) * 1000;
    ct_head_row_free(&h.last);
    return rc;
}

static int insert_unit(struct store_tx *tx, void *context)
{
    return store_ct_head_insert(tx, context);
}

/* The times of heads never go back, whatever the clock does (RFC 6962 3.5). */
int ct_log_job_run(struct core *core, int64_t now)
{
    struct head h = {0};
    struct system_key_row row = {0};
    struct hsm_key *key = NULL;
    struct buf message = {0};
    int rc = store_read(core->store, head_unit, &h);
    if (rc == 0)
        rc = keyring_pair_ensure(core->keyring, KEY_NAME, &row, &key);
    if (rc == 0)
        rc = store_read(core->store, root_unit, &h);
    h.next.at = h.has_last && h.last.at >= now / 1000 ? h.last.at + 1 : now / 1000;
    if (rc == 0)
        rc = pki_tree_head_message((uint64_t)h.next.at, (uint64_t)h.next.size, h.next.root,
                                   &message);
    if (rc == 0)
        rc = sign(core, key, buf_slice(&row.spki), buf_slice(&message), &h.next.signature);
    if (rc == 0)
        rc = store_write(core->store, insert_unit, &h.next);
    buf_free(&message);
    system_key_row_free(&row);
    ct_head_row_free(&h.next);
    ct_head_row_free(&h.last);
    return rc;
}
