#include "firmware/base/log.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024

static const char *log_process = "chancery";
static enum log_level log_least = LOG_LEVEL_INFO;
static int log_journal;

static const struct {
    const char *name;
    int syslog;
} log_levels[] = {
    [LOG_LEVEL_ERROR] = {"error", 3},
    [LOG_LEVEL_WARN] = {"warn", 4},
    [LOG_LEVEL_INFO] = {"info", 6},
    [LOG_LEVEL_DEBUG] = {"debug", 7},
};

void log_open(const char *process, enum log_level level)
{
    log_process = process;
    log_least = level;
    log_journal = getenv("JOURNAL_STREAM") != NULL;
}

int log_level_from_name(const char *name, enum log_level *out)
{
    *out = LOG_LEVEL_INFO;
    for (size_t i = 0; i < sizeof log_levels / sizeof log_levels[0]; i++)
        if (strcmp(log_levels[i].name, name) == 0) {
            *out = (enum log_level)i;
            return 0;
        }
    return CH_EINVAL;
}

static int log_prefix(enum log_level level, char *line)
{
    if (log_journal)
        return snprintf(line, LOG_LINE_MAX, "<%d>%s: ", log_levels[level].syslog, log_process);
    char when[CLOCK_ISO_SIZE];
    clock_format_iso(clock_now(), when);
    return snprintf(line, LOG_LINE_MAX, "%s %-5s %s: ", when, log_levels[level].name, log_process);
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level > log_least)
        return;
    char line[LOG_LINE_MAX + 1];
    size_t start = (size_t)log_prefix(level, line);
    va_list args;
    va_start(args, format);
    int wrote = vsnprintf(line + start, LOG_LINE_MAX - start, format, args);
    va_end(args);
    size_t len = start + (wrote < 0 ? 0 : (size_t)wrote);
    if (len > LOG_LINE_MAX - 1)
        len = LOG_LINE_MAX - 1;
    for (size_t i = start; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0)
        return; /* nowhere left to say so */
}

_Noreturn void precond_failed(const char *file, int line, const char *condition)
{
    log_error("%s:%d: precondition failed: %s", file, line, condition);
    secret_wipe_all();
    abort();
}
