#include "ca/ct/ct.h"

#include "ca/ct/base64_text.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTING "ct-logs"
#define LOGS_MAX 128
#define SPKI_MAX 1024

void ct_list_free(struct ct_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        buf_free(&list->logs[i].spki);
    free(list->logs);
    *list = (struct ct_list){0};
}

static int refuse(struct pki_reason *why, const char *operator_name, const char *text)
{
    snprintf(why->text, sizeof why->text, "%s%s%s", operator_name, operator_name[0] == '\0' ? "" : ": ",
             text);
    return CH_EINVAL;
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

/* Without a state it is the operator's own entry; others are readonly, retired, rejected, pending. */
static bool is_usable(const json_t *log)
{
    const json_t *state = json_object_get(log, "state");
    return state == NULL || json_object_get(state, "usable") != NULL ||
           json_object_get(state, "qualified") != NULL;
}

static bool time_take(const json_t *interval, const char *member, int64_t *out)
{
    struct tm tm = {0};
    const char *text = text_of(interval, member);
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end == NULL || *end != '\0')
        return false;
    *out = (int64_t)timegm(&tm);
    return true;
}

static bool shard_take(const json_t *log, struct ct_log *out)
{
    const json_t *interval = json_object_get(log, "temporal_interval");
    out->begin = 0;
    out->end = INT64_MAX;
    return interval == NULL || (time_take(interval, "start_inclusive", &out->begin) &&
                                time_take(interval, "end_exclusive", &out->end));
}

static bool url_take(const char *url, struct ct_log *out)
{
    size_t len = strlen(url);
    bool web = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    if (!web || len + 2 > sizeof out->url || strpbrk(url, " \t\r\n\"<>?#") != NULL)
        return false;
    snprintf(out->url, sizeof out->url, "%s%s", url, url[len - 1] == '/' ? "" : "/");
    return true;
}

/* A key that RFC 6962 2.1.4 allows. */
static int key_take(const json_t *log, struct ct_log *out)
{
    int rc = ct_base64_take(text_of(log, "key"), SPKI_MAX, &out->spki);
    if (rc != 0)
        return rc;
    enum key_alg alg = pki_key_alg(buf_slice(&out->spki));
    return alg == KEY_ALG_P256 || alg == KEY_ALG_RSA_2048 || alg == KEY_ALG_RSA_3072 ||
                   alg == KEY_ALG_RSA_4096
               ? 0
               : CH_EINVAL;
}

static int log_take(struct ct_list *list, const char *operator_name, const json_t *json,
                    struct pki_reason *why)
{
    struct ct_log *log = &list->logs[list->count++];
    *log = (struct ct_log){0};
    snprintf(log->operator_name, sizeof log->operator_name, "%s", operator_name);
    snprintf(log->description, sizeof log->description, "%s", text_of(json, "description"));
    if (!url_take(text_of(json, "url"), log))
        return refuse(why, operator_name, "url is not the address of a log");
    if (!shard_take(json, log))
        return refuse(why, operator_name, "temporal_interval has no two times");
    int rc = key_take(json, log);
    return rc == CH_EINVAL
               ? refuse(why, operator_name, "key is no P-256 or RSA key in base64 (RFC 6962 2.1.4)")
               : rc;
}

/* One log under two names would pass for two operators. */
static bool is_twice(const struct ct_list *list)
{
    const struct ct_log *last = &list->logs[list->count - 1];
    for (size_t i = 0; i + 1 < list->count; i++)
        if (slice_equal(buf_slice(&list->logs[i].spki), buf_slice(&last->spki)))
            return true;
    return false;
}

static int operator_take(struct ct_list *list, const json_t *json, struct pki_reason *why)
{
    const char *name = text_of(json, "name");
    const json_t *logs = json_object_get(json, "logs");
    if (name[0] == '\0')
        return refuse(why, "", "an operator has no name");
    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *log = json_array_get(logs, i);
        if (!is_usable(log))
            continue;
        if (list->count == LOGS_MAX)
            return refuse(why, name, "too many logs");
        int rc = log_take(list, name, log, why);
        if (rc != 0)
            return rc;
        if (is_twice(list))
            return refuse(why, name, "a log is there twice: it has the key of another");
    }
    return 0;
}

int ct_list_parse(struct slice text, struct ct_list *out, struct pki_reason *why)
{
    *out = (struct ct_list){0};
    why->text[0] = '\0';
    if (text.len > CT_LOGS_MAX)
        return refuse(why, "", "the list is too long");
    json_t *json =
        json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *operators = json_object_get(json, "operators");
    int rc = json_is_array(operators) ? 0 : refuse(why, "", "this is no list of logs");
    if (rc == 0)
        out->logs = calloc(LOGS_MAX, sizeof *out->logs);
    if (rc == 0 && out->logs == NULL)
        rc = CH_ENOMEM;
    for (size_t i = 0; rc == 0 && i < json_array_size(operators); i++)
        rc = operator_take(out, json_array_get(operators, i), why);
    json_decref(json);
    if (rc != 0)
        ct_list_free(out);
    return rc;
}

/* ---- what the operator gave ---- */

struct kept {
    char *text;
    size_t logs;
};

static int kept_read(struct store_tx *tx, void *context)
{
    struct kept *k = context;
    int rc = store_setting_get(tx, SETTING, &k->text);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int kept_write(struct store_tx *tx, void *context)
{
    const struct kept *k = context;
    int rc = store_setting_put(tx, SETTING, k->text);
    if (rc != 0)
        return rc;
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "CertificateTransparencyLogsChanged",
                .source = "chancery.internal",
                .at = clock_now_us(),
                .details = json_pack("{s:i}", "logs", (int)k->logs),
            });
}

int ct_list_load(struct core *core, struct ct_list *out)
{
    struct kept k = {0};
    struct pki_reason why;
    *out = (struct ct_list){0};
    int rc = store_read(core->store, kept_read, &k);
    if (rc == 0 && k.text != NULL && k.text[0] != '\0')
        rc = ct_list_parse(slice_text(k.text), out, &why);
    free(k.text);
    return rc;
}

static int list_put(const struct ct_list *list, struct buf *out)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        const struct ct_log *log = &list->logs[i];
        char begin[CLOCK_ISO_SIZE] = "-", end[CLOCK_ISO_SIZE] = "-";
        if (log->end != INT64_MAX) {
            clock_format_iso(log->begin, begin);
            clock_format_iso(log->end, end);
        }
        rc = buf_printf(out, "%-20s %s %.10s..%.10s %s\n", log->operator_name, log->url, begin, end,
                        log->description);
    }
    if (rc == 0 && list->count == 0)
        rc = buf_put_text(out, "no logs but the appliance's own\n");
    return rc;
}

int ct_list_show(struct core *core, struct buf *out)
{
    struct ct_list list;
    int rc = ct_list_load(core, &list);
    if (rc == 0)
        rc = list_put(&list, out);
    ct_list_free(&list);
    return rc;
}

int ct_list_command(struct core *core, struct slice json, struct buf *out)
{
    struct ct_list list = {0};
    struct pki_reason why = {""};
    char *text = strndup((const char *)json.data, json.len);
    struct kept k = {.text = text};
    int rc = text == NULL ? CH_ENOMEM : json.len == 0 ? 0 : ct_list_parse(json, &list, &why);
    k.logs = list.count;
    if (rc == 0)
        rc = store_write(core->store, kept_write, &k);
    if (rc == 0)
        rc = list_put(&list, out);
    else if (why.text[0] != '\0')
        (void)buf_put_text(out, why.text);
    ct_list_free(&list);
    free(text);
    return rc;
}
