/*
 * run.c - every operation goes through here: shared lock, session, attempt, and what
 * to do when it failed. Only the first thread that saw the bad epoch recovers.
 */
#include "hsm/internal.h"
#include "firmware/base/clock.h"

#include <time.h>

#define ATTEMPTS_MAX 5
#define PATIENCE_MS 1000      /* a call waits no longer than this for a lost token */
#define BACKOFF_FIRST_MS 20
#define BACKOFF_MAX_MS 2000
#define GENERAL_PAUSE_MS 10000 /* between re-initializations for CKR_GENERAL_ERROR */
#define POOL_SESSION (-1)

struct run {
    struct hsm *h;
    int keeper; /* or POOL_SESSION */
    hsm_op *op;
    void *context;
    unsigned attempt;
    uint64_t epoch; /* that the attempt used */
    int64_t deadline;
};

static void sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    while (nanosleep(&t, &t) != 0)
        ;
}

static bool is_healthy(CK_RV rv)
{
    enum rv_class class = rv_row_find(rv)->class;
    return class == RV_CLASS_OK || class == RV_CLASS_FAIL;
}

/*
 * What a failure means when the session turns out to be logged out: NSS then says
 * CKR_HOST_MEMORY of a key that it cannot decrypt. Codes of our own are not the token's.
 */
static CK_RV judge(struct hsm *h, CK_SESSION_HANDLE session, CK_RV rv)
{
    CK_SESSION_INFO info = {.state = CKS_RW_USER_FUNCTIONS};
    if (rv_row_find(rv)->class != RV_CLASS_FAIL || rv_is_code(rv) ||
        h->p11->C_GetSessionInfo(session, &info) != CKR_OK)
        return rv;
    return info.state == CKS_RW_USER_FUNCTIONS ? rv : CKR_USER_NOT_LOGGED_IN;
}

static CK_RV run_with_session(struct run *run)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_RV rv = run->keeper == POOL_SESSION
                   ? session_get(run->h, &session)
                   : keeper_get(run->h, (unsigned)run->keeper, &session);
    if (rv != CKR_OK)
        return rv;
    rv = judge(run->h, session, run->op(run->h, session, run->context));
    if (run->keeper == POOL_SESSION)
        session_put(run->h, session, is_healthy(rv));
    else /* only a dead one is closed: the objects that it owns are still counted on */
        keeper_put(run->h, (unsigned)run->keeper, rv_row_find(rv)->class != RV_CLASS_SESSION);
    /* With a keeper die the objects that it owned: all handles count as stale. */
    if (run->keeper != POOL_SESSION && rv_row_find(rv)->class == RV_CLASS_SESSION)
        rv = CKR_USER_NOT_LOGGED_IN;
    return rv;
}

static CK_RV run_once(struct run *run)
{
    struct hsm *h = run->h;
    pthread_rwlock_rdlock(&h->module->lock);
    run->epoch = h->epoch;
    /* After a C_Finalize by another user of the module our old handles may be someone else's. */
    CK_RV rv = h->lost || h->generation != h->module->generation ? RV_TOKEN_LOST
                                                                 : run_with_session(run);
    pthread_rwlock_unlock(&h->module->lock);
    return rv;
}

/* Everything that hangs on the old sessions goes; what others point to (struct hsm_key) stays. */
static void forget_handles(struct hsm *h, bool dead)
{
    sessions_close(h, dead);
    if (h->lru != NULL)
        lru_clear(h->lru);
    stock_clear(h);
    h->epoch++;
}

static CK_RV login_again(struct hsm *h)
{
    forget_handles(h, false);
    CK_RV rv = sessions_open(h);
    if (rv == CKR_OK)
        rv = token_check(h, h->anchor);
    return rv;
}

static CK_RV initialize_again(struct hsm *h)
{
    struct module *m = h->module;
    bool ours = h->generation == m->generation;
    forget_handles(h, true);
    token_files_mend(h->fsync_folder);
    CK_RV rv = ours || !m->initialized ? module_reinit(m) : CKR_OK;
    if (rv != CKR_OK)
        return rv;
    h->generation = m->generation;
    struct token_identity identity;
    rv = token_find(m, h->identity.label, h->identity.serial, &h->slot, &identity);
    if (rv == CKR_OK)
        rv = sessions_open(h);
    /* An empty folder with the right label would pass; the anchor key does not lie. */
    return rv == CKR_OK ? object_believe_miss(h, h->anchor) : rv;
}

static void note_lost(struct hsm *h, CK_RV rv)
{
    if (!h->lost)
        log_error("the token %s is lost: %s", h->identity.label, rv_name(rv));
    h->lost = true;
    h->lost_code = rv_row_find(rv)->class == RV_CLASS_PIN ? CH_EPIN : CH_EHSM;
    h->retry_at = clock_monotonic_ms() + h->backoff_ms;
    h->backoff_ms = h->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : h->backoff_ms * 2;
}

static void note_found(struct hsm *h)
{
    if (h->lost)
        log_info("the token %s is back", h->identity.label);
    h->lost = false;
    h->backoff_ms = BACKOFF_FIRST_MS;
}

static CK_RV recover_locked(struct hsm *h, enum rv_class class)
{
    CK_RV rv = CKR_GENERAL_ERROR;
    if (class == RV_CLASS_LOGIN && !h->lost && h->generation == h->module->generation) {
        log_warn("logging in to the token %s again", h->identity.label);
        rv = login_again(h);
    }
    if (rv != CKR_OK && rv_row_find(rv)->class != RV_CLASS_PIN) {
        if (!h->lost)
            log_warn("initializing the module %s again", h->module->path);
        rv = initialize_again(h);
    }
    if (rv == CKR_OK)
        note_found(h);
    else
        note_lost(h, rv);
    return rv;
}

/* Milliseconds until a lost token may be tried again; 0 = now. */
static int64_t wait_needed(const struct hsm *h)
{
    int64_t now = clock_monotonic_ms();
    return h->lost && h->retry_at > now ? h->retry_at - now : 0;
}

/* 0 = try again; otherwise what the caller is told. */
static int recover(struct run *run, enum rv_class class)
{
    struct hsm *h = run->h;
    CK_RV rv = CKR_OK;
    pthread_rwlock_rdlock(&h->module->lock);
    int64_t wait = wait_needed(h);
    int code = h->lost_code;
    pthread_rwlock_unlock(&h->module->lock);
    if (wait > 0) {
        if (code == CH_EPIN || clock_monotonic_ms() + wait > run->deadline)
            return code;
        sleep_ms(wait);
    }
    pthread_rwlock_wrlock(&h->module->lock);
    bool mine = h->lost ? wait_needed(h) == 0
                        : h->epoch == run->epoch || h->generation != h->module->generation;
    if (mine)
        rv = recover_locked(h, class);
    pthread_rwlock_unlock(&h->module->lock);
    return rv_row_find(rv)->class == RV_CLASS_PIN ? CH_EPIN : 0;
}

/*
 * True when a general error is to lead to a re-initialization: the token is not there, or
 * this was not tried lately. Modules give it for bad data and full disks, too.
 */
static bool general_is_due(struct hsm *h)
{
    int64_t now = clock_monotonic_ms();
    pthread_rwlock_wrlock(&h->module->lock);
    bool due = h->general_at == 0 || now - h->general_at >= GENERAL_PAUSE_MS;
    if (due)
        h->general_at = now;
    due = due || h->lost || token_check(h, h->anchor) != CKR_OK;
    pthread_rwlock_unlock(&h->module->lock);
    return due;
}

/* What to do about a failed attempt: 0 = try again. */
static int react(struct run *run, const struct rv_row *row)
{
    switch (row->class) {
    case RV_CLASS_OK:
    case RV_CLASS_FAIL:
    case RV_CLASS_PIN:
        return row->code;
    case RV_CLASS_SESSION:
        return 0;
    case RV_CLASS_COUNT:
        sleep_ms(10LL << run->attempt);
        return 0;
    case RV_CLASS_GENERAL:
        if (run->attempt == 1)
            return 0;
        return general_is_due(run->h) ? recover(run, RV_CLASS_MODULE) : row->code;
    case RV_CLASS_LOGIN:
    case RV_CLASS_MODULE:
        return recover(run, row->class);
    }
    return CH_EHSM;
}

static int run_until_done(struct run *run)
{
    for (run->attempt = 1;; run->attempt++) {
        CK_RV rv = run_once(run);
        if (rv == CKR_OK)
            return 0;
        const struct rv_row *row = rv_row_find(rv);
        if (row->class != RV_CLASS_FAIL)
            log_debug("token operation, attempt %u: %s", run->attempt, row->name);
        else if (row->code == CH_EHSM)
            log_warn("token operation failed: %s (0x%lx)", row->name, rv);
        if (run->deadline == 0)
            run->deadline = clock_monotonic_ms() + PATIENCE_MS;
        int r = react(run, row);
        if (r != 0)
            return r;
        bool late = clock_monotonic_ms() > run->deadline;
        if (run->attempt >= ATTEMPTS_MAX && (late || rv != RV_TOKEN_LOST))
            return row->code;
    }
}

int hsm_run(struct hsm *h, hsm_op *op, void *context)
{
    struct run run = {.h = h, .keeper = POOL_SESSION, .op = op, .context = context};
    return run_until_done(&run);
}

int hsm_run_keeper(struct hsm *h, unsigned i, hsm_op *op, void *context)
{
    PRECOND(i < KEEPERS);
    struct run run = {.h = h, .keeper = (int)i, .op = op, .context = context};
    return run_until_done(&run);
}
