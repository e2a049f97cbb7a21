#include "ca/jobs/kek_rotation.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/jobs/schedule.h"
#include "ca/kek.h"
#include "ca/keyring.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 32
#define SECOND INT64_C(1000000)
#define AGAIN_AFTER (3600 * SECOND)      /* what could not be rewrapped is tried again */
#define HELD_AGAIN_AFTER (86400 * SECOND) /* a KEK whose keys cannot be rewrapped is looked at again */

/* ---- what is due ---- */

struct due {
    int64_t rewrap, oldest;
};

static int due_unit(struct store_tx *tx, void *context)
{
    struct due *d = context;
    int r = store_kek_due_at(tx, &d->rewrap);
    if (r == CH_ENOTFOUND) {
        d->rewrap = SCHEDULE_NEVER;
        r = 0;
    }
    if (r == 0)
        r = store_kek_oldest(tx, &d->oldest);
    if (r == CH_ENOTFOUND) {
        d->oldest = SCHEDULE_NEVER;
        r = 0;
    }
    return r;
}

/* When a KEK of that age is to be replaced by itself. */
static int64_t rotation_at(const struct core *core, int64_t created_at)
{
    int64_t period = core->config->hsm_kek_rotation;
    return period == 0 || created_at == SCHEDULE_NEVER ? SCHEDULE_NEVER
                                                       : created_at + period * SECOND;
}

int kek_rotation_due(struct core *core, int64_t *at)
{
    struct due d = {0};
    int r = store_read(core->store, due_unit, &d);
    int64_t rotation = rotation_at(core, d.oldest);
    *at = d.rewrap < rotation ? d.rewrap : rotation;
    return r;
}

/* ---- a piece of rewrapping ---- */

struct item {
    struct key_row old, fresh;
    bool done;
};

struct piece {
    struct core *core;
    struct kek_row kek;
    int64_t now;
    int64_t last; /* number of the last item */
    size_t count;
    struct item items[PIECE];
};

static int key_copy(const struct key_row *from, struct key_row *to)
{
    *to = *from;
    to->spki = to->blob = (struct buf){0};
    to->format = strdup(from->format);
    int r = to->format == NULL ? CH_ENOMEM : buf_put_slice(&to->spki, buf_slice(&from->spki));
    return r != 0 ? r : buf_put_slice(&to->blob, buf_slice(&from->blob));
}

static int item_visit(void *context, const struct key_row *row, int64_t number)
{
    struct piece *p = context;
    p->last = number;
    return key_copy(row, &p->items[p->count++].old);
}

static int piece_unit(struct store_tx *tx, void *context)
{
    struct piece *p = context;
    return store_key_list_of_kek(tx, p->kek.hsm_id, p->kek.rewrap_after, PIECE, item_visit, p);
}

static bool is_exportable(const struct kek_row *kek)
{
    enum hsm_secret_kind kind = HSM_SECRET_MAC;
    return keyring_kind_find(kek->kind, &kind) == 0 && kind == HSM_SECRET_KEK_EXPORT;
}

static int item_rewrap(struct piece *p, const struct hsm_custody *from, struct item *item)
{
    struct hsm_custody to = {0};
    struct hsm_wrapped view, fresh = {0};
    struct certificate_row owner = {.scope = item->old.scope};
    char arn[ARN_SIZE];
    memcpy(owner.id, item->old.certificate, sizeof owner.id);
    arn_certificate(&owner.scope, owner.id, arn);
    int r = certificate_key_view(&item->old, &view);
    if (r == 0)
        r = core_custody(p->core, &owner.scope, is_exportable(&p->kek), &to);
    if (r == 0)
        r = hsm_subscriber_rewrap(p->core->hsm, from, &to, &view, slice_text(arn), &fresh);
    if (r == 0)
        r = certificate_key_row(&owner, &fresh, &item->fresh);
    hsm_wrapped_free(&fresh);
    item->done = r == 0;
    if (r == CH_EINTEGRITY || r == CH_EINVAL)
        log_error("the key of %s cannot be wrapped anew: %s", arn, ch_error_text(r));
    return r;
}

/* A damaged key must not keep the others under the old KEK; anything else stops the piece. */
static int piece_rewrap(struct piece *p)
{
    struct hsm_custody from = {0};
    int r = core_custody_by_id(p->core, p->kek.hsm_id, &from);
    for (size_t i = 0; i < p->count && r == 0; i++) {
        r = item_rewrap(p, &from, &p->items[i]);
        if (r == CH_EINTEGRITY || r == CH_EINVAL)
            r = 0;
    }
    return r;
}

static int piece_write(struct store_tx *tx, void *context)
{
    const struct piece *p = context;
    int r = 0;
    for (size_t i = 0; i < p->count && r == 0; i++)
        if (p->items[i].done)
            r = store_key_rewrap(tx, &p->items[i].fresh, p->items[i].old.tag);
    return r != 0 ? r : store_kek_progress(tx, &p->kek);
}

static void piece_forget(struct piece *p)
{
    struct hsm_wrapped view;
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i].done && certificate_key_view(&p->items[i].old, &view) == 0)
            hsm_subscriber_forget(p->core->hsm, &view);
        key_row_free(&p->items[i].old);
        key_row_free(&p->items[i].fresh);
    }
}

/* ---- the life of a replaced KEK: rewrapped, emptied, destroyed ---- */

struct progress {
    struct kek_row *kek;
    int64_t now;
};

static int progress_unit(struct store_tx *tx, void *context)
{
    const struct progress *p = context;
    return store_kek_progress(tx, p->kek);
}

static int progress_write(struct core *core, struct kek_row *kek)
{
    return store_write(core->store, progress_unit, &(struct progress){.kek = kek});
}

/* In one unit, with which no key can be written: from here on none is wrapped by it. */
static int condemn_unit(struct store_tx *tx, void *context)
{
    struct progress *p = context;
    uint64_t holds = 0;
    int r = store_kek_holds(tx, p->kek->hsm_id, &holds);
    if (holds == 0)
        p->kek->destroyed_at = p->now;
    else
        p->kek->emptied_at = p->kek->rewrap_after = 0;
    p->kek->rewrap_at = p->now;
    return r != 0 ? r : store_kek_progress(tx, p->kek);
}

static int ended_unit(struct store_tx *tx, void *context)
{
    struct progress *p = context;
    p->kek->rewrap_at = SCHEDULE_NEVER;
    int r = store_kek_progress(tx, p->kek);
    return r != 0 ? r : kek_record(tx, "EndKeyRotation", p->kek, p->now);
}

static int destroy(struct core *core, struct kek_row *kek, int64_t now)
{
    int r = keyring_kek_destroy(core->keyring, kek);
    if (r == 0)
        r = store_write(core->store, ended_unit, &(struct progress){.kek = kek, .now = now});
    if (r == 0)
        log_info("wrapping key %s wraps nothing any more and is destroyed", kek->name);
    return r;
}

static int holds_unit(struct store_tx *tx, void *context)
{
    struct progress *p = context;
    uint64_t holds = 0;
    int r = store_kek_holds(tx, p->kek->hsm_id, &holds);
    if (holds == 0) {
        p->kek->emptied_at = p->now;
        p->kek->rewrap_at = p->now + KEK_GRACE;
    } else {
        p->kek->rewrap_after = 0;
        p->kek->rewrap_at = p->now + AGAIN_AFTER;
        log_warn("%llu keys are still wrapped by %s; tried again in an hour",
                 (unsigned long long)holds, p->kek->name);
    }
    return r != 0 ? r : store_kek_progress(tx, p->kek);
}

/* The list came to its end. */
static int listed(struct core *core, struct kek_row *kek, int64_t now)
{
    struct progress p = {.kek = kek, .now = now};
    return store_write(core->store, kek->emptied_at == 0 ? holds_unit : condemn_unit, &p);
}

/*
 * The token lets keys of the class no-export go never again, not even wrapped: they stay until their
 * certificates are renewed or deleted, and the KEK as long.
 */
static int hold(struct core *core, struct kek_row *kek, int64_t now)
{
    log_info("wrapping key %s wraps no new keys; it stays for those that the token cannot wrap "
             "anew",
             kek->name);
    kek->rewrap_at = now + HELD_AGAIN_AFTER;
    return progress_write(core, kek);
}

static int piece_do(struct piece *p)
{
    int r = store_read(p->core->store, piece_unit, p);
    if (r != 0)
        return r;
    if (p->count == 0)
        return listed(p->core, &p->kek, p->now);
    r = piece_rewrap(p);
    if (r == CH_EUNSUPPORTED)
        return hold(p->core, &p->kek, p->now);
    if (r != 0)
        return r;
    p->kek.rewrap_after = p->last;
    p->kek.emptied_at = 0;
    return store_write(p->core->store, piece_write, p);
}

struct next {
    int64_t now;
    struct kek_row *out;
};

static int next_unit(struct store_tx *tx, void *context)
{
    const struct next *n = context;
    return store_kek_due(tx, n->now, n->out);
}

static int rewrap_next(struct core *core, int64_t now)
{
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL)
        return CH_ENOMEM;
    p->core = core;
    p->now = now;
    int r = store_read(core->store, next_unit, &(struct next){.now = now, .out = &p->kek});
    if (r == 0)
        r = p->kek.destroyed_at > 0 ? destroy(core, &p->kek, now) : piece_do(p);
    piece_forget(p);
    kek_row_free(&p->kek);
    free(p);
    return r == CH_ENOTFOUND ? 0 : r;
}

int kek_rotation_run(struct core *core, int64_t now)
{
    int64_t period = core->config->hsm_kek_rotation;
    int r = period == 0 ? 0 : kek_rotate_aged(core, now - period * SECOND);
    return r != 0 ? r : rewrap_next(core, now);
}
