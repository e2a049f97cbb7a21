/*
 * log.h - one line a fact on standard error: time, level, process, text.
 * Under systemd (JOURNAL_STREAM set) the level is given as <N> and the time left out.
 * Never a secret, never bytes of a request body.
 */
#ifndef CHANCERY_BASE_LOG_H
#define CHANCERY_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Names the process in each line (static text) and drops lines less grave than level. */
void log_open(const char *process, enum log_level level);

/* The level of "error", "warn", "info" or "debug". 0, or CH_EINVAL with LOG_LEVEL_INFO in out. */
int log_level_from_name(const char *name, enum log_level *out);

/* Writes one line with a single write(2); control characters of the text become '?'; cut at 1 KiB. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * A precondition: stays in release builds. On failure logs file, line and
 * condition, wipes all secrets and aborts.
 */
#define PRECOND(condition) ((condition) ? (void)0 : precond_failed(__FILE__, __LINE__, #condition))
_Noreturn void precond_failed(const char *file, int line, const char *condition);

#endif
