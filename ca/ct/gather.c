/*
 * Timestamps for a precertificate: from the own log, then from others until enough operators have
 * given one. The posts go through the outbound process; what comes back is worth its signature alone.
 */
#include "ca/ct/answer.h"
#include "ca/ct/base64_text.h"
#include "ca/ct/ct.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <string.h>

#define SKEW_MS (INT64_C(5) * 60 * 1000) /* a timestamp lies no further ahead */
#define OPERATORS_MAX 16

struct gather {
    struct core *core;
    const struct ct_order *order;
    struct pki_ct_entry entry;
    struct buf items; /* of the list */
    const char *operators[OPERATORS_MAX];
    size_t count;
    struct pki_reason *why;
};

bool ct_is_on(const struct config *config)
{
    return config->ct_operators > 0;
}

static bool has_operator(const struct gather *g, const char *name)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->operators[i], name) == 0)
            return true;
    return false;
}

static int timestamp_add(struct gather *g, const char *operator_name,
                         const struct pki_timestamp *t)
{
    int rc = pki_timestamps_add(&g->items, t);
    if (rc == 0)
        g->operators[g->count++] = operator_name;
    return rc;
}

/* ---- the own log ---- */

static int own_add(struct gather *g)
{
    struct pki_timestamp t;
    struct buf extra = {0}, signature = {0};
    int rc = pki_ct_extra_put(g->order->precertificate, slice_text(g->order->chain), &extra);
    if (rc == 0)
        rc = ct_log_add(g->core, &g->entry, buf_slice(&extra), &t, &signature);
    if (rc == 0)
        rc = timestamp_add(g, CT_OWN_OPERATOR, &t);
    buf_free(&signature);
    buf_free(&extra);
    return rc;
}

/* ---- others ---- */

static int chain_visit(void *context, struct slice der)
{
    return json_array_append_new(context, ct_base64_json(der)) == 0 ? 0 : CH_ENOMEM;
}

/* {"chain": [precertificate, issuer, ..., root]}, RFC 6962 4.2. */
static int question_make(const struct gather *g, struct buf *out)
{
    json_t *chain = json_array();
    json_t *json = json_pack("{s:O}", "chain", chain);
    int rc = json == NULL ? CH_ENOMEM : chain_visit(chain, g->order->precertificate);
    if (rc == 0)
        rc = pki_pem_each(slice_text(g->order->chain), 16, chain_visit, chain);
    char *text = rc == 0 ? json_dumps(json, JSON_COMPACT) : NULL;
    if (rc == 0)
        rc = text == NULL ? CH_ENOMEM : buf_put_text(out, text);
    free(text);
    json_decref(json);
    json_decref(chain);
    return rc;
}

static bool is_fitting(const struct gather *g, const struct ct_log *log)
{
    return g->order->not_after >= log->begin && g->order->not_after < log->end &&
           !has_operator(g, log->operator_name);
}

/* Why a log has given nothing; the last word counts. */
static void blame(struct gather *g, const struct ct_log *log, const char *text)
{
    snprintf(g->why->text, sizeof g->why->text, "The log %s gave no timestamp: %.200s", log->url, text);
    log_info("%s", g->why->text);
}

static int answer_judge(struct gather *g, const struct ct_log *log, const struct ct_post *post)
{
    struct ct_answer answer;
    char text[64];
    if (post->status != 200) {
        snprintf(text, sizeof text, "HTTP status %u", (unsigned)post->status);
        blame(g, log, text);
        return 0;
    }
    int rc = ct_answer_read(buf_slice(&post->body), &answer);
    if (rc == 0)
        rc = pki_timestamp_check(&answer.timestamp, &g->entry, buf_slice(&log->spki));
    if (rc == 0 && answer.timestamp.at > (uint64_t)(clock_now_us() / 1000 + SKEW_MS))
        rc = CH_EINTEGRITY;
    if (rc == 0)
        rc = timestamp_add(g, log->operator_name, &answer.timestamp);
    if (rc == CH_EINVAL)
        blame(g, log, "its answer is not that of a log");
    if (rc == CH_EINTEGRITY)
        blame(g, log, "its answer is not signed by its key for this certificate");
    ct_answer_free(&answer);
    return rc == CH_EINVAL || rc == CH_EINTEGRITY ? 0 : rc;
}

static int other_ask(struct gather *g, const struct ct_log *log, struct slice question)
{
    char url[sizeof log->url + 32];
    struct ct_post post = {0};
    snprintf(url, sizeof url, "%sct/v1/add-pre-chain", log->url);
    int rc = ct_post_json(g->core, url, question, &post);
    if (rc == CH_ENOMEM)
        return rc;
    if (rc != 0)
        blame(g, log, post.why[0] == '\0' ? ch_error_text(rc) : post.why);
    else
        rc = answer_judge(g, log, &post);
    buf_free(&post.body);
    return rc == CH_ENOMEM ? rc : 0;
}

static int others_ask(struct gather *g, const struct ct_list *list, size_t wanted)
{
    struct buf question = {0};
    int rc = question_make(g, &question);
    for (size_t i = 0; rc == 0 && i < list->count && g->count < wanted; i++)
        if (is_fitting(g, &list->logs[i]))
            rc = other_ask(g, &list->logs[i], buf_slice(&question));
    buf_free(&question);
    return rc;
}

/* ---- all of it ---- */

static int gather(struct gather *g, const struct ct_list *list)
{
    const struct config *config = g->core->config;
    size_t wanted = (size_t)config->ct_operators;
    int rc = config->ct_embedded ? own_add(g) : 0;
    if (rc == 0 && g->count < wanted)
        rc = others_ask(g, list, wanted);
    if (rc != 0 || g->count >= wanted)
        return rc;
    if (g->why->text[0] == '\0')
        snprintf(g->why->text, sizeof g->why->text,
                 "Logs of %zu operators are known for the end of this certificate, and %zu are "
                 "needed.",
                 g->count, wanted);
    return CH_EBUSY;
}

int ct_gather(struct core *core, const struct ct_order *order, struct buf *list,
              struct pki_reason *why)
{
    struct gather g = {.core = core, .order = order, .why = why};
    struct ct_list logs = {0};
    struct slice tbs;
    why->text[0] = '\0';
    int rc = pki_ct_tbs_of(order->precertificate, &tbs);
    if (rc == 0)
        rc = pki_ct_entry_make(tbs, order->issuer_spki, &g.entry);
    if (rc == 0)
        rc = ct_list_load(core, &logs);
    if (rc == 0)
        rc = gather(&g, &logs);
    if (rc == 0)
        rc = pki_timestamps_close(&g.items, list);
    buf_free(&g.items);
    ct_list_free(&logs);
    pki_ct_entry_free(&g.entry);
    return rc;
}
