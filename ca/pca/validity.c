#include "ca/pca/validity.h"

#include <string.h>
#include <time.h>

#define DAY INT64_C(86400)
#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z, the end of GeneralizedTime */
#define UTC_TIME_MAX INT64_C(991231235959)
#define GENERALIZED_MIN INT64_C(10000000000000)

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 1 && leap ? 29 : days[month];
}

/* Takes the two lowest decimal digits off. */
static int pair_take(int64_t *number)
{
    int pair = (int)(*number % 100);
    *number /= 100;
    return pair;
}

static int end_date(int64_t value, int64_t now, int64_t *out)
{
    (void)now;
    bool utc_time = value <= UTC_TIME_MAX;
    struct tm tm = {0};
    if (!utc_time && (value < GENERALIZED_MIN || value >= GENERALIZED_MIN * 10))
        return CH_EINVAL;
    tm.tm_sec = pair_take(&value);
    tm.tm_min = pair_take(&value);
    tm.tm_hour = pair_take(&value);
    tm.tm_mday = pair_take(&value);
    tm.tm_mon = pair_take(&value) - 1;
    int year = (int)value;
    if (utc_time)
        year += year < 50 ? 2000 : 1900;
    if (tm.tm_sec > 59 || tm.tm_min > 59 || tm.tm_hour > 23 || tm.tm_mon < 0 || tm.tm_mon > 11 ||
        tm.tm_mday < 1 || tm.tm_mday > month_days(year, tm.tm_mon))
        return CH_EINVAL;
    tm.tm_year = year - 1900;
    *out = (int64_t)timegm(&tm);
    return 0;
}

static int absolute(int64_t value, int64_t now, int64_t *out)
{
    (void)now;
    *out = value;
    return 0;
}

static int days_after(int64_t value, int64_t now, int64_t *out)
{
    if (value > LAST_SECOND / DAY)
        return CH_EINVAL;
    *out = now + value * DAY;
    return 0;
}

/* The same day of a later month, or that month's last day. */
static int months_after(int64_t value, int64_t now, int64_t *out)
{
    time_t start = (time_t)now;
    struct tm tm;
    if (value > INT64_C(12) * 9999 || gmtime_r(&start, &tm) == NULL)
        return CH_EINVAL;
    int months = tm.tm_mon + (int)value;
    tm.tm_year += months / 12;
    tm.tm_mon = months % 12;
    int last = month_days(tm.tm_year + 1900, tm.tm_mon);
    tm.tm_mday = tm.tm_mday < last ? tm.tm_mday : last;
    *out = (int64_t)timegm(&tm);
    return 0;
}

static int years_after(int64_t value, int64_t now, int64_t *out)
{
    return value > 9999 ? CH_EINVAL : months_after(value * 12, now, out);
}

static const struct type_row {
    const char *name;
    int (*end)(int64_t value, int64_t now, int64_t *out);
} type_rows[] = {
    {"END_DATE", end_date},   {"ABSOLUTE", absolute}, {"DAYS", days_after},
    {"MONTHS", months_after}, {"YEARS", years_after},
};

static const struct type_row *type_find(const json_t *validity)
{
    const char *name = json_string_value(json_object_get(validity, "Type"));
    for (size_t i = 0; name != NULL && i < sizeof type_rows / sizeof type_rows[0]; i++)
        if (strcmp(type_rows[i].name, name) == 0)
            return &type_rows[i];
    return NULL;
}

static int64_t value_of(const json_t *validity)
{
    return (int64_t)json_integer_value(json_object_get(validity, "Value"));
}

int validity_end(const json_t *validity, int64_t now, int64_t *out)
{
    const struct type_row *type = type_find(validity);
    int64_t value = value_of(validity);
    *out = 0;
    if (type == NULL || value < 1)
        return CH_EINVAL;
    int rc = type->end(value, now, out);
    return rc == 0 && (*out <= now || *out > LAST_SECOND) ? CH_EINVAL : rc;
}

int validity_begin(const json_t *validity, int64_t now, int64_t *out)
{
    *out = now - VALIDITY_BACKDATE;
    if (validity == NULL)
        return 0;
    const struct type_row *type = type_find(validity);
    *out = value_of(validity);
    return type == NULL || type->end != absolute || *out < 1 || *out > LAST_SECOND ? CH_EINVAL : 0;
}
