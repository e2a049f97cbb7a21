#include "ca/pca/crl.h"

#include "ca/jobs/schedule.h"
#include "ca/pca/authority.h"
#include "ca/pca/revocation_configuration.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define RETRY_US (2 * SECOND_US)          /* a CRL that could not be made */
#define LOOK_AGAIN_US (600 * SECOND_US)   /* an authority that makes none in its present state */
#define FIRST_WAIT_MS 5000                /* whoever fetches a part that is not there yet */
#define FIRST_WAITERS 4                   /* so many of them: the other workers have other work */
#define UUID_LEN (ROW_UUID_SIZE - 1)
#define SUFFIX ".crl"
#define SUFFIX_LEN (sizeof SUFFIX - 1)
#define PART_LEN 3 /* "/7f" */
#define PATH_MOST 512

/* ---- what makes one wanted ---- */

static int config_of(struct store_tx *tx, const struct scope *scope, const char *authority,
                     struct revocation_config *out)
{
    struct authority_row row = {0};
    int r = store_authority_get(tx, scope, authority, &row);
    if (r == 0)
        r = revocation_config_read(row.revocation, out);
    if (r == 0 && row.certificate.len == 0 && row.serial == NULL)
        out->crl = false; /* crl_configured comes with the certificate */
    authority_row_free(&row);
    return r;
}

int crl_configured(struct store_tx *tx, const struct scope *scope, const char *authority,
                   int64_t now)
{
    struct revocation_config c;
    int r = config_of(tx, scope, authority, &c);
    if (r != 0 || !c.crl)
        return r;
    r = store_crl_want_known(tx, scope, authority, CRL_ALL_PARTS, now);
    return r == 0 && !c.partitioned ? store_crl_want(tx, scope, authority, CRL_COMPLETE, now) : r;
}

/*
 * Certificates go on pointing to the CRL that their authority had when it issued them: whatever there is of
 * either kind is made anew.
 */
int crl_revoked(struct store_tx *tx, const struct issued_row *issued, int64_t now)
{
    struct revocation_config c;
    int64_t octet = issued->serial[sizeof issued->serial - 1];
    int r = config_of(tx, &issued->scope, issued->authority, &c);
    if (r != 0 || !c.crl)
        return r;
    r = store_crl_want_known(tx, &issued->scope, issued->authority,
                             c.partitioned ? CRL_COMPLETE : octet, now);
    return r == 0 ? store_crl_want(tx, &issued->scope, issued->authority,
                                   revocation_config_part(&c, issued->serial), now)
                  : r;
}

/* ---- the job ---- */

static int due_unit(struct store_tx *tx, void *context)
{
    return store_crl_next(tx, context);
}

int crl_job_due(struct core *core, int64_t *at)
{
    int r = store_read(core->store, due_unit, at);
    if (r == CH_ENOTFOUND)
        *at = SCHEDULE_NEVER;
    return r == CH_ENOTFOUND ? 0 : r;
}

struct work {
    int64_t now;
    struct crl_row row;
    struct authority_row authority;
};

static int work_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    authority_row_free(&w->authority);
    int r = store_crl_due(tx, w->now, &w->row);
    return r == 0 ? store_authority_get(tx, &w->row.scope, w->row.authority, &w->authority) : r;
}

static int delay_unit(struct store_tx *tx, void *context)
{
    return store_crl_delay(tx, context);
}

static int delay(struct core *core, struct work *w, int64_t until)
{
    w->row.due_at = until;
    return store_write(core->store, delay_unit, &w->row);
}

/* As AWS says of the states of a CA: ACTIVE and DISABLED ones make CRLs. */
static bool makes_crls(const struct authority_row *authority, int64_t now)
{
    return authority_status_is(authority, now, "ACTIVE") ||
           authority_status_is(authority, now, "DISABLED");
}

/* One that cannot be made does not hold up the others. */
static int work_do(struct core *core, struct work *w)
{
    struct revocation_config c;
    int r = revocation_config_read(w->authority.revocation, &c);
    if (r == 0 && !c.crl)
        return delay(core, w, SCHEDULE_NEVER); /* until it is configured again */
    if (r == 0 && !makes_crls(&w->authority, w->now))
        return delay(core, w, w->now + LOOK_AGAIN_US);
    if (r == 0)
        r = crl_build(core, &w->authority, &w->row, w->now);
    if (r == 0)
        return 0;
    log_warn("authority %s: the CRL stays as it is: %s", w->row.authority, ch_error_text(r));
    int delayed = delay(core, w, w->now + RETRY_US);
    return delayed != 0 ? delayed : r == CH_EHSM || r == CH_ENOSPACE ? r : 0;
}

int crl_job_run(struct core *core, int64_t now)
{
    struct work w = {.now = now};
    int r = store_read(core->store, work_unit, &w);
    if (r == 0)
        r = work_do(core, &w);
    authority_row_free(&w.authority);
    return r == CH_ENOTFOUND ? 0 : r;
}

/* ---- files ---- */

static int folder_make(const char *path)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : errno == ENOSPC ? CH_ENOSPACE : CH_EIO;
}

int crl_path(const struct core *core, const struct crl_row *row, bool with_folder,
             char out[CORE_PATH_MAX])
{
    bool complete = row->part == CRL_COMPLETE;
    int r = 0;
    if (core->public_folder[0] == '\0' || strlen(core->public_folder) > CORE_PATH_MAX - 128)
        return CH_ELIMIT;
    int n = snprintf(out, CORE_PATH_MAX, "%s", core->public_folder);
    if (with_folder)
        r = folder_make(out);
    n += snprintf(out + n, CORE_PATH_MAX - (size_t)n, "/crl");
    if (r == 0 && with_folder)
        r = folder_make(out);
    n += snprintf(out + n, CORE_PATH_MAX - (size_t)n, "/%s", row->authority);
    if (r == 0 && with_folder && !complete)
        r = folder_make(out);
    if (complete)
        snprintf(out + n, CORE_PATH_MAX - (size_t)n, SUFFIX);
    else
        snprintf(out + n, CORE_PATH_MAX - (size_t)n, "/%02x" SUFFIX, (unsigned)row->part & 0xffU);
    return r;
}

/* ---- finding what is published ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "/7f" at the end of len characters of path. */
static bool part_read(const char *path, size_t len, int64_t *part)
{
    if (len < PART_LEN || path[len - PART_LEN] != '/')
        return false;
    int high = digit(path[len - 2]);
    int low = digit(path[len - 1]);
    *part = high * 16 + low;
    return high >= 0 && low >= 0;
}

/* The end of the path says it all. */
static bool path_read(const char *path, char id[ROW_UUID_SIZE], int64_t *part)
{
    size_t len = strnlen(path, PATH_MOST + 1);
    if (len > PATH_MOST || len < SUFFIX_LEN || strcmp(path + len - SUFFIX_LEN, SUFFIX) != 0)
        return false;
    len -= SUFFIX_LEN;
    *part = CRL_COMPLETE;
    if (part_read(path, len, part))
        len -= PART_LEN;
    if (len <= UUID_LEN || path[len - UUID_LEN - 1] != '/')
        return false;
    memcpy(id, path + len - UUID_LEN, UUID_LEN);
    id[UUID_LEN] = '\0';
    return strspn(id, "0123456789abcdef-") == UUID_LEN; /* in the one form that names files */
}

struct find {
    char id[ROW_UUID_SIZE];
    int64_t part, now;
    struct crl_row row;
    bool known; /* there is a row */
    bool made;  /* and a file */
    bool may;   /* it can be made now */
};

/* An authority has what its configuration says it has, made or not, and what it had before. */
static int authority_judge(struct find *f, const struct authority_row *authority)
{
    struct revocation_config c;
    int r = revocation_config_read(authority->revocation, &c);
    if (r != 0)
        return r;
    f->made = f->known && f->row.this_update != 0;
    f->may = c.crl && (f->known || c.partitioned == (f->part != CRL_COMPLETE)) &&
             authority->certificate.len > 0 && makes_crls(authority, f->now);
    if (!f->known) {
        f->row = (struct crl_row){.scope = authority->scope, .part = f->part};
        memcpy(f->row.authority, f->id, sizeof f->row.authority);
    }
    return f->made || f->may ? 0 : CH_ENOTFOUND;
}

static int find_unit(struct store_tx *tx, void *context)
{
    struct find *f = context;
    struct authority_row authority = {0};
    int r = store_authority_get_any(tx, f->id, &authority);
    if (r == 0) {
        r = store_crl_get(tx, &authority.scope, f->id, f->part, &f->row);
        f->known = r == 0;
        if (r == 0 || r == CH_ENOTFOUND)
            r = authority_judge(f, &authority);
    }
    authority_row_free(&authority);
    return r;
}

/* At once, even when it should rest: somebody waits. */
static int want_unit(struct store_tx *tx, void *context)
{
    struct find *f = context;
    int r = store_crl_want(tx, &f->row.scope, f->id, f->part, f->now);
    f->row.due_at = f->now;
    return r == 0 ? store_crl_delay(tx, &f->row) : r;
}

/* Has it made, and waits for that. */
static int make_now(struct core *core, struct find *f)
{
    int r = store_write(core->store, want_unit, f);
    if (r == 0)
        r = schedule_wait(core->schedule, CRL_JOB, FIRST_WAIT_MS);
    if (r == 0)
        r = store_read(core->store, find_unit, f);
    return r == 0 && !f->made ? CH_EBUSY : r;
}

/* Never with all the workers: whoever comes in between is told to come again. CH_EBUSY, CH_ETIMEOUT. */
static int make(struct core *core, struct find *f)
{
    static _Atomic int waiting;
    int r = CH_EBUSY;
    if (atomic_fetch_add(&waiting, 1) < FIRST_WAITERS)
        r = make_now(core, f);
    atomic_fetch_sub(&waiting, 1);
    return r;
}

/* Opened after its row was read: the file may be newer than what is said of it, never older. */
static int file_open(struct core *core, struct find *f, struct crl_file *out)
{
    char path[CORE_PATH_MAX];
    int r = crl_path(core, &f->row, false, path);
    if (r != 0)
        return r;
    out->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (out->fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? CH_ENOTFOUND : CH_EIO;
    out->modified = f->row.this_update / SECOND_US;
    out->next_update = f->row.next_update / SECOND_US;
    snprintf(out->etag, sizeof out->etag, "\"%llx\"", (unsigned long long)f->row.number);
    return 0;
}

int crl_open(struct core *core, const char *path, struct crl_file *out)
{
    PRECOND(core != NULL && path != NULL && out != NULL);
    struct find f = {.now = clock_now_us()};
    *out = (struct crl_file){.fd = -1};
    if (!path_read(path, f.id, &f.part))
        return CH_ENOTFOUND;
    int r = store_read(core->store, find_unit, &f);
    if (r == 0 && !f.made)
        r = make(core, &f);
    if (r == 0)
        r = file_open(core, &f, out);
    if (r == CH_ENOTFOUND && f.made && f.may) { /* the file is gone, as after a restored backup */
        r = make(core, &f);
        if (r == 0)
            r = file_open(core, &f, out);
    }
    return r;
}
