#include "ca/policy/scalar.h"

#include "ca/contract/base64.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define NUMBER_MAX ((size_t)40)
#define SECONDS_PER_DAY 86400

static size_t digits(struct slice s, size_t from)
{
    size_t n = 0;
    while (from + n < s.len && s.data[from + n] >= '0' && s.data[from + n] <= '9')
        n++;
    return n;
}

int scalar_number(struct slice text, double *out)
{
    char copy[NUMBER_MAX + 1] = "";
    size_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
    if (text.len == 0 || text.len > NUMBER_MAX)
        return CH_EINVAL;
    size_t whole = digits(text, at);
    at += whole;
    if (at < text.len && text.data[at] == '.') {
        size_t fraction = digits(text, at + 1);
        if (fraction == 0)
            return CH_EINVAL;
        at += 1 + fraction;
    }
    if (whole == 0 || at != text.len)
        return CH_EINVAL;
    memcpy(copy, text.data, text.len);
    *out = strtod(copy, NULL);
    return 0;
}

int scalar_truth(struct slice text, bool *out)
{
    *out = text.len == 4 && strncasecmp((const char *)text.data, "true", 4) == 0;
    bool no = text.len == 5 && strncasecmp((const char *)text.data, "false", 5) == 0;
    return *out || no ? 0 : CH_EINVAL;
}

/* ---- dates ---- */

struct reading {
    struct slice text;
    size_t at;
    bool bad;
};

static int take_number(struct reading *r, size_t width)
{
    int value = 0;
    if (digits(r->text, r->at) < width)
        r->bad = true;
    for (size_t i = 0; i < width && !r->bad; i++)
        value = 10 * value + (r->text.data[r->at++] - '0');
    return value;
}

static bool take(struct reading *r, char c)
{
    bool is = r->at < r->text.len && r->text.data[r->at] == (uint8_t)c;
    r->at += is;
    return is;
}

static void need(struct reading *r, char c)
{
    if (!take(r, c))
        r->bad = true;
}

/* ".5" after the seconds. */
static double take_fraction(struct reading *r)
{
    double value = 0, unit = 0.1;
    size_t n = digits(r->text, r->at);
    r->bad = r->bad || n == 0 || n > 9;
    for (size_t i = 0; i < n && !r->bad; i++) {
        value += unit * (r->text.data[r->at++] - '0');
        unit /= 10;
    }
    return value;
}

/* "Z" or "+01:00": seconds to take off. */
static int take_zone(struct reading *r)
{
    if (take(r, 'Z'))
        return 0;
    bool ahead = take(r, '+');
    if (!ahead)
        need(r, '-');
    int hours = take_number(r, 2);
    (void)take(r, ':');
    int minutes = take_number(r, 2);
    if (hours > 14 || minutes > 59)
        r->bad = true;
    return (ahead ? 1 : -1) * (60 * hours + minutes) * 60;
}

static bool date_exists(const struct tm *tm, time_t made)
{
    struct tm again;
    return gmtime_r(&made, &again) != NULL && again.tm_mday == tm->tm_mday &&
           again.tm_mon == tm->tm_mon && tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 61;
}

static void take_clock(struct reading *r, struct tm *tm, double *fraction, int *zone)
{
    tm->tm_hour = take_number(r, 2);
    need(r, ':');
    tm->tm_min = take_number(r, 2);
    if (take(r, ':')) {
        tm->tm_sec = take_number(r, 2);
        if (take(r, '.'))
            *fraction = take_fraction(r);
    }
    *zone = take_zone(r);
}

int scalar_date(struct slice text, double *seconds)
{
    struct reading r = {.text = text};
    struct tm tm = {0};
    double fraction = 0;
    int zone = 0;
    if (text.len > 0 && digits(text, 0) == text.len && text.len != 4)
        return scalar_number(text, seconds);
    tm.tm_year = take_number(&r, 4) - 1900;
    need(&r, '-');
    tm.tm_mon = take_number(&r, 2) - 1;
    need(&r, '-');
    tm.tm_mday = take_number(&r, 2);
    if (take(&r, 'T'))
        take_clock(&r, &tm, &fraction, &zone);
    if (r.bad || r.at != text.len)
        return CH_EINVAL;
    struct tm given = tm;
    time_t made = timegm(&tm);
    if (!date_exists(&given, made))
        return CH_EINVAL;
    *seconds = (double)(made - zone) + fraction;
    return 0;
}

/* ---- octets ---- */

int scalar_octets(struct arena *a, struct slice text, struct slice *out)
{
    size_t at = 0;
    if (base64_judge(text, &at) != BASE64_FINE)
        return CH_EINVAL;
    uint8_t *octets = arena_take(a, 3 * text.len / 4 + 1, 1);
    if (octets == NULL)
        return CH_ENOMEM;
    base64_decode(text, octets);
    *out = slice_of(octets, base64_size(text));
    return 0;
}

/* ---- addresses ---- */

static int prefix_read(const char *text, unsigned max, unsigned *out)
{
    size_t len = strlen(text);
    if (len == 0 || len > 3 || strspn(text, "0123456789") != len)
        return CH_EINVAL;
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out <= max ? 0 : CH_EINVAL;
}

int scalar_network(struct slice text, uint8_t address[16], unsigned *prefix)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char copy[64] = "";
    *prefix = 128;
    if (text.len == 0 || text.len >= sizeof copy)
        return CH_EINVAL;
    memcpy(copy, text.data, text.len);
    char *slash = strchr(copy, '/');
    if (slash != NULL)
        *slash = '\0';
    if (strchr(copy, ':') != NULL) {
        if (inet_pton(AF_INET6, copy, address) != 1)
            return CH_EINVAL;
        return slash == NULL ? 0 : prefix_read(slash + 1, 128, prefix);
    }
    memcpy(address, mapped, sizeof mapped);
    if (inet_pton(AF_INET, copy, address + sizeof mapped) != 1)
        return CH_EINVAL;
    if (slash == NULL)
        return 0;
    int r = prefix_read(slash + 1, 32, prefix);
    *prefix += 96;
    return r;
}

bool scalar_same_bits(const uint8_t a[16], const uint8_t b[16], unsigned bits)
{
    size_t whole = bits / 8;
    uint8_t mask = (uint8_t)(0xff00u >> (bits % 8));
    if (memcmp(a, b, whole) != 0)
        return false;
    return bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}
