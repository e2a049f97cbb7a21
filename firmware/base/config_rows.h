/*
 * config_rows.h - the table of what the configuration knows: one row a key. Only config.c and the table itself
 * include this.
 */
#ifndef CHANCERY_BASE_CONFIG_ROWS_H
#define CHANCERY_BASE_CONFIG_ROWS_H

#include "firmware/base/config.h"

#include <stddef.h>
#include <stdint.h>

enum config_kind { KIND_TEXT, KIND_NUMBER, KIND_DURATION, KIND_BOOL };

struct config_row {
    const char *section;
    const char *key;
    enum config_kind kind;
    size_t offset;
    const char *standard;                   /* the default, as one would write it */
    int64_t min, max;                       /* bounds of numbers; octets of texts */
    const char *(*check)(const char *text); /* what is wrong with a text, or NULL */
    const char *meaning;
};

struct config_section {
    const char *name;
    const char *meaning;
};

#define CONFIG_ROWS_MAX 256

extern const struct config_row config_rows[];
extern const size_t config_row_count;

extern const struct config_section config_sections[];
extern const size_t config_section_count;

#endif
