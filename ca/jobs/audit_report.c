#include "ca/jobs/audit_report.h"

#include "ca/jobs/delivery.h"
#include "ca/members.h"
#include "ca/pca/audit_report.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 2000 /* certificates: a fraction of a second */

struct work {
    struct core *core;
    struct audit_report_row report;
    struct buf text; /* to be written */
    uint32_t count;  /* certificates in it */
    char key[AUDIT_REPORT_KEY_SIZE];
    char path[CORE_PATH_MAX + 256], part[CORE_PATH_MAX + 264];
};

static int next_unit(struct store_tx *tx, void *context)
{
    return store_audit_report_next(tx, context);
}

static int report_next(struct core *core, struct audit_report_row *report)
{
    *report = (struct audit_report_row){0};
    return store_read(core->store, next_unit, report);
}

int audit_report_job_due(struct core *core, int64_t *at)
{
    struct audit_report_row report;
    int rc = report_next(core, &report);
    *at = rc == 0 ? report.created_at : SCHEDULE_NEVER;
    audit_report_row_free(&report);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

/* ---- the text ---- */

static int line_visit(void *context, const struct audit_report_line *line)
{
    struct work *w = context;
    bool first = w->report.after_serial.len == 0;
    int rc = audit_report_line(&w->report, line, first, &w->text);
    buf_clear(&w->report.after_serial);
    if (rc == 0)
        rc = buf_put(&w->report.after_serial, line->serial, sizeof line->serial);
    w->count++;
    return rc;
}

static int lines_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    struct buf after = {0}; /* as line_visit moves on */
    struct audit_report_row from = w->report;
    int rc = buf_put_slice(&after, buf_slice(&w->report.after_serial));
    from.after_serial = after;
    if (rc == 0)
        rc = store_audit_report_lines(tx, &from, PIECE, line_visit, w);
    buf_free(&after);
    return rc;
}

static int piece_text(struct work *w, bool *last)
{
    int rc = w->report.length == 0 ? audit_report_begin(&w->report, &w->text) : 0;
    if (rc == 0)
        rc = store_read(w->core->store, lines_unit, w);
    *last = w->count < PIECE;
    return rc == 0 && *last ? audit_report_end(&w->report, &w->text) : rc;
}

/* ---- the file ---- */

/* Makes the folders above path that are below the report store. */
static int folders_make(struct work *w)
{
    size_t begin = strlen(w->core->reports_folder) + 1;
    for (char *slash = strchr(w->path + begin, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = mkdir(w->path, 0750) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return CH_EIO;
    }
    return 0;
}

static int all_write(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t done = write(fd, text.data, text.len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return CH_EIO;
        text = slice_of(text.data + done, text.len - (size_t)done);
    }
    return 0;
}

/* What an interrupted attempt wrote beyond the known length is written again. */
static int part_write(struct work *w)
{
    int fd = open(w->part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return CH_EIO;
    int rc = ftruncate(fd, w->report.length) == 0 && lseek(fd, 0, SEEK_END) >= 0 ? 0 : CH_EIO;
    if (rc == 0)
        rc = all_write(fd, buf_slice(&w->text));
    if (rc == 0 && fsync(fd) != 0)
        rc = CH_EIO;
    (void)close(fd);
    w->report.length += (int64_t)w->text.len;
    return rc;
}

static int paths_make(struct work *w)
{
    audit_report_key(&w->report, w->key);
    snprintf(w->path, sizeof w->path, "%s/%s/%s", w->core->reports_folder, w->report.bucket, w->key);
    snprintf(w->part, sizeof w->part, "%s.part", w->path);
    return folders_make(w);
}

/* ---- a piece ---- */

static int status_set(struct work *w, const char *status)
{
    free(w->report.status);
    w->report.status = NULL;
    return member_copy(status, &w->report.status);
}

static int progress_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = store_audit_report_progress(tx, &w->report);
    if (rc != 0 || strcmp(w->report.status, "SUCCESS") != 0)
        return rc;
    bool json = strcmp(w->path + strlen(w->path) - 5, ".json") == 0;
    char media_type[] = "application/json", text_type[] = "text/csv";
    const struct delivery_row file = {.bucket = w->report.bucket, .key = w->key,
                                      .source = w->path,
                                      .media_type = json ? media_type : text_type,
                                      .stamp = clock_now_us(), .due_at = clock_now_us()};
    return delivery_want(tx, w->core, &file);
}

/* A file that is gone, or shorter than it was said to be, is begun anew. */
static void part_judge(struct work *w)
{
    struct stat st;
    if (w->report.length == 0 || (stat(w->part, &st) == 0 && st.st_size >= w->report.length))
        return;
    w->report.length = 0;
    buf_clear(&w->report.after_serial);
}

static int piece_do(struct work *w)
{
    bool last = false;
    int rc = paths_make(w);
    if (rc == 0)
        part_judge(w);
    if (rc == 0)
        rc = piece_text(w, &last);
    if (rc == 0)
        rc = part_write(w);
    if (rc == 0 && last)
        rc = rename(w->part, w->path) == 0 ? status_set(w, "SUCCESS") : CH_EIO;
    return rc;
}

int audit_report_job_run(struct core *core, int64_t now)
{
    struct work *w = calloc(1, sizeof *w);
    (void)now;
    if (w == NULL)
        return CH_ENOMEM;
    w->core = core;
    int rc = report_next(core, &w->report);
    bool found = rc == 0;
    if (rc == 0)
        rc = piece_do(w);
    if (found && (rc == CH_EIO || rc == CH_EINTEGRITY)) {
        log_error("audit report %s of authority %s: %s", w->report.id, w->report.authority,
                  ch_error_text(rc));
        (void)unlink(w->part);
        rc = status_set(w, "FAILED");
    }
    if (found && rc == 0)
        rc = store_write(core->store, progress_unit, w);
    buf_free(&w->text);
    audit_report_row_free(&w->report);
    free(w);
    return rc == CH_ENOTFOUND ? 0 : rc;
}
