#include "firmware/base/error.h"

#include <stddef.h>

struct error_row {
    int code;
    const char *name;
    const char *text;
};

#define ERROR_ROW(name, number, text) {name, #name, text},
static const struct error_row error_rows[] = {
    {CH_OK, "CH_OK", "success"}, CH_ERROR_LIST(ERROR_ROW)};
#undef ERROR_ROW

static const struct error_row *error_find(int code)
{
    static const struct error_row unknown = {0, "CH_EUNKNOWN", "unknown error"};
    for (size_t i = 0; i < sizeof error_rows / sizeof error_rows[0]; i++)
        if (error_rows[i].code == code)
            return &error_rows[i];
    return &unknown;
}

const char *ch_error_text(int code)
{
    return error_find(code)->text;
}

const char *ch_error_name(int code)
{
    return error_find(code)->name;
}
