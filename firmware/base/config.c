#include "firmware/base/config.h"

#include "firmware/base/config_rows.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LINE_MAX_OCTETS 1024 /* longest line of the file; longer ones are refused */
#define DAY ((int64_t)86400)
static const struct {
    char unit;
    int64_t seconds;
} units[] = {{'d', DAY}, {'h', 3600}, {'m', 60}, {'s', 1}};

/* ---- one value: from text, to text ---- */

/* Digits with at most one of the units behind; false when it is anything else or overflows. */
static bool number_parse(const char *text, bool duration, int64_t *out)
{
    char *end = NULL;
    *out = 0;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0)
        return false;
    int64_t factor = 1;
    for (size_t i = 0; duration && *end != '\0' && i < COUNT(units); i++)
        if (units[i].unit == *end) {
            factor = units[i].seconds;
            end++;
            break;
        }
    return *end == '\0' && !__builtin_mul_overflow((int64_t)value, factor, out);
}

static bool bool_parse(const char *text, bool *out)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"yes", true}, {"no", false},  {"true", true}, {"false", false},
                 {"on", true},  {"off", false}, {"1", true},    {"0", false}};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i].text, text) == 0) {
            *out = words[i].value;
            return true;
        }
    return false;
}

static void number_format(const struct config_row *row, int64_t value, char *out, size_t size)
{
    size_t u = 0;
    while (row->kind == KIND_DURATION && (value == 0 || value % units[u].seconds != 0))
        if (++u == COUNT(units) - 1)
            break;
    if (row->kind == KIND_DURATION)
        snprintf(out, size, "%lld%c", (long long)(value / units[u].seconds), units[u].unit);
    else
        snprintf(out, size, "%lld", (long long)value);
}

/* The value as text; of a text it is the field itself, else room is used. */
static const char *row_format(const struct config_row *row, const struct config *config,
                              char room[32])
{
    const char *at = (const char *)config + row->offset;
    bool yes = false;
    int64_t number = 0;
    switch (row->kind) {
    case KIND_TEXT:
        return at;
    case KIND_BOOL:
        memcpy(&yes, at, sizeof yes);
        return yes ? "yes" : "no";
    default:
        memcpy(&number, at, sizeof number);
        number_format(row, number, room, 32);
        return room;
    }
}

/* What survives a trip through the file: no control characters, no blanks at the ends. */
static const char *text_check(const struct config_row *row, const char *text)
{
    size_t len = strlen(text);
    if (len < (size_t)row->min)
        return "must not be empty";
    if (len > (size_t)row->max)
        return "too long (at most 255 octets)";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return "has a control character";
    if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
        return "begins or ends with a blank";
    return row->check == NULL ? NULL : row->check(text);
}

/* Judges the text by the row and sets the field; what is wrong, or NULL. */
static const char *row_set(const struct config_row *row, const char *text, struct config *config,
                           char room[96])
{
    char *at = (char *)config + row->offset;
    char least[32], most[32];
    int64_t number = 0;
    bool yes = false;
    if (row->kind == KIND_TEXT) {
        const char *wrong = text_check(row, text);
        if (wrong == NULL)
            memcpy(at, text, strlen(text) + 1);
        return wrong;
    }
    if (row->kind == KIND_BOOL) {
        if (!bool_parse(text, &yes))
            return "neither yes nor no";
        memcpy(at, &yes, sizeof yes);
        return NULL;
    }
    if (!number_parse(text, row->kind == KIND_DURATION, &number))
        return row->kind == KIND_DURATION ? "not a duration such as 90d, 12h, 30m, 300s"
                                          : "not a whole number";
    if (number < row->min || number > row->max) {
        number_format(row, row->min, least, sizeof least);
        number_format(row, row->max, most, sizeof most);
        snprintf(room, 96, "outside %s .. %s", least, most);
        return room;
    }
    memcpy(at, &number, sizeof number);
    return NULL;
}

void config_defaults(struct config *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < config_row_count; i++) {
        char room[96];
        const char *wrong = row_set(&config_rows[i], config_rows[i].standard, out, room);
        PRECOND(wrong == NULL);
    }
}

/* ---- reading ---- */

struct load {
    FILE *file;
    FILE *errors;
    const char *path;
    struct config *config;
    int line;
    int wrong;
    bool seen[CONFIG_ROWS_MAX];
};

static void complain(struct load *load, const char *section, const char *key, const char *wrong)
{
    load->wrong++;
    fprintf(load->errors, "%s:%d: [%s] %s: %s\n", load->path, load->line, section, key, wrong);
}

static const struct config_row *row_find(const char *section, const char *key)
{
    for (size_t i = 0; i < config_row_count; i++)
        if (strcmp(config_rows[i].section, section) == 0 && strcmp(config_rows[i].key, key) == 0)
            return &config_rows[i];
    return NULL;
}

static bool section_known(const char *section)
{
    for (size_t i = 0; i < config_section_count; i++)
        if (strcmp(config_sections[i].name, section) == 0)
            return true;
    return false;
}

/* Takes one line of inih. Always "fine" to inih: complaints are counted here, to tell them all. */
static int load_value(void *context, const char *section, const char *key, const char *value)
{
    struct load *load = context;
    const struct config_row *row = row_find(section, key);
    char room[96];
    const char *wrong = NULL;
    if (row == NULL)
        wrong = section_known(section) ? "no such key" : "no such section";
    else if (load->seen[row - config_rows])
        wrong = "given twice";
    else
        wrong = row_set(row, value, load->config, room);
    if (row != NULL)
        load->seen[row - config_rows] = true;
    if (wrong != NULL)
        complain(load, section, key, wrong);
    return 1;
}

/* One line for inih, counted. A line that does not fit is dropped whole and complained about. */
static char *load_line(char *out, int size, void *context)
{
    struct load *load = context;
    char *got = fgets(out, size, load->file);
    if (got == NULL)
        return NULL;
    load->line++;
    if (strchr(got, '\n') != NULL || feof(load->file))
        return got;
    complain(load, "", "line", "too long");
    for (int c = 0; c != EOF && c != '\n';)
        c = fgetc(load->file);
    out[0] = '\0';
    return out;
}

int config_load(const char *path, struct config *out, FILE *errors)
{
    config_defaults(out);
    struct load load = {.errors = errors, .path = path, .config = out};
    load.file = fopen(path, "re");
    if (load.file == NULL)
        return errno == ENOENT ? CH_ENOTFOUND : CH_EIO;
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_use_stack = false;
    ini_initial_alloc = LINE_MAX_OCTETS;
    int malformed = ini_parse_stream(load_line, &load, load_value, &load);
    if (malformed > 0) {
        load.wrong++;
        fprintf(errors, "%s:%d: neither [section] nor key = value\n", path, malformed);
    }
    int e = ferror(load.file) ? CH_EIO : malformed < 0 ? CH_ENOMEM : load.wrong > 0 ? CH_EINVAL : 0;
    fclose(load.file);
    return e;
}

/* ---- writing ---- */

static const char *section_meaning(const char *section)
{
    for (size_t i = 0; i < config_section_count; i++)
        if (strcmp(config_sections[i].name, section) == 0)
            return config_sections[i].meaning;
    return "";
}

static void rows_print(FILE *out, const struct config *config)
{
    const char *section = "";
    for (size_t i = 0; i < config_row_count; i++) {
        const struct config_row *row = &config_rows[i];
        char room[32];
        if (strcmp(section, row->section) != 0) {
            section = row->section;
            fprintf(out, "\n# %s\n[%s]\n", section_meaning(section), section);
        }
        fprintf(out, "# %s Default: %s\n%s = %s\n", row->meaning,
                row->standard[0] == '\0' ? "empty" : row->standard, row->key,
                row_format(row, config, room));
    }
}

static bool config_writable(const struct config *config)
{
    struct config copy;
    for (size_t i = 0; i < config_row_count; i++) {
        char room[32], reason[96];
        if (row_set(&config_rows[i], row_format(&config_rows[i], config, room), &copy, reason) != NULL)
            return false;
    }
    return true;
}

static int write_error(void)
{
    return errno == ENOSPC || errno == EDQUOT ? CH_ENOSPACE : CH_EIO;
}

static int file_fill(int fd, const struct config *config)
{
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        return CH_ENOMEM;
    }
    fprintf(file, "# Configuration of Chancery, see chancery.conf(5).\n"
                  "# Durations are written 90d, 12h, 30m or 300s; switches yes or no.\n");
    rows_print(file, config);
    int e = fflush(file) != 0 || fsync(fd) != 0 ? write_error() : 0;
    fclose(file);
    return e;
}

/* Makes the rename durable: the name lives in the folder. */
static int folder_sync(const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return CH_EIO;
    int e = fsync(fd) != 0 ? write_error() : 0;
    close(fd);
    return e;
}

int config_save(const char *path, const struct config *config)
{
    char fresh[PATH_MAX];
    int len = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof fresh || !config_writable(config))
        return CH_EINVAL;
    (void)unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return write_error();
    int e = fchmod(fd, 0640) != 0 ? CH_EIO : 0;
    if (e != 0)
        close(fd);
    else
        e = file_fill(fd, config);
    if (e == 0 && rename(fresh, path) != 0)
        e = write_error();
    if (e != 0)
        (void)unlink(fresh);
    return e == 0 ? folder_sync(path) : e;
}

void config_describe(FILE *out)
{
    const char *section = "";
    for (size_t i = 0; i < config_row_count; i++) {
        const struct config_row *row = &config_rows[i];
        if (strcmp(section, row->section) != 0) {
            section = row->section;
            fprintf(out, "%s[%s] %s\n", i == 0 ? "" : "\n", section, section_meaning(section));
        }
        fprintf(out, "  %-24s %s (default: %s)\n", row->key, row->meaning,
                row->standard[0] == '\0' ? "empty" : row->standard);
    }
}
