/*
 * Timestamps for a precertificate: from the own log, then from others until enough operators have
 * given one. As many are asked at once as are missing; when one refuses, or has not answered within a moment, the
 * next is asked beside it. The posts go through the outbound process; what comes back is worth its signature alone.
 */
#include "ca/ct/answer.h"
#include "ca/ct/asks.h"
#include "ca/ct/base64_text.h"
#include "ca/ct/ct.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKEW_MS (INT64_C(5) * 60 * 1000) /* a timestamp lies no further ahead */
#define OPERATORS_MAX 16
#define AT_ONCE 4         /* eight certificates at a time leave half of outbound's workers to others */
#define PATIENCE_MS 1000 /* then another log is asked as well */

/* One of the list, and how far it is. */
struct candidate {
    const struct ct_log *log;
    bool asked, under_way;
};

struct gather {
    struct core *core;
    const struct ct_order *order;
    struct pki_ct_entry entry;
    struct buf items; /* of the list */
    const char *operators[OPERATORS_MAX];
    size_t count;
    struct pki_reason *why;
    struct buf question; /* to other logs */
    struct candidate *candidates;
    size_t candidate_count;
    struct ct_asks *asks;
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

/* Is the certificate one for its shard? */
static bool is_fitting(const struct gather *g, const struct ct_log *log)
{
    return g->order->not_after >= log->begin && g->order->not_after < log->end;
}

/* Why a log has given nothing; the last word counts. */
static void blame(struct gather *g, const struct ct_log *log, const char *text)
{
    snprintf(g->why->text, sizeof g->why->text, "The log %s gave no timestamp: %.200s", log->url, text);
    log_info("%s", g->why->text);
}

/* The words for an answer that is no timestamp of this log for this certificate. */
static const char *fault_of(int rc)
{
    return rc == CH_EINVAL ? "its answer is not that of a log"
                           : "its answer is not signed by its key for this certificate";
}

static int timestamp_judge(struct gather *g, const struct ct_log *log, const struct ct_post *post)
{
    struct ct_answer answer;
    int rc = ct_answer_read(buf_slice(&post->body), &answer);
    if (rc == 0)
        rc = pki_timestamp_check(&answer.timestamp, &g->entry, buf_slice(&log->spki));
    if (rc == 0 && answer.timestamp.at > (uint64_t)(clock_now_us() / 1000 + SKEW_MS))
        rc = CH_EINTEGRITY;
    if (rc == 0 && !has_operator(g, log->operator_name))
        rc = timestamp_add(g, log->operator_name, &answer.timestamp);
    ct_answer_free(&answer);
    return rc;
}

/* 0 also when it gave nothing: then the blame is told. */
static int answer_judge(struct gather *g, const struct ct_log *log, const struct ct_post *post)
{
    char text[64];
    if (post->status != 200) {
        snprintf(text, sizeof text, "HTTP status %u", (unsigned)post->status);
        blame(g, log, post->status == 0 ? post->why : text);
        return 0;
    }
    int rc = timestamp_judge(g, log, post);
    if (rc != CH_EINVAL && rc != CH_EINTEGRITY)
        return rc;
    blame(g, log, fault_of(rc));
    return 0;
}

static bool is_operator_asked(const struct gather *g, const char *name)
{
    for (size_t i = 0; i < g->candidate_count; i++)
        if (g->candidates[i].under_way && strcmp(g->candidates[i].log->operator_name, name) == 0)
            return true;
    return false;
}

/* The next to ask, of an operator that is still missing; NULL: there is none. */
static struct candidate *candidate_next(const struct gather *g)
{
    struct candidate *second = NULL;
    for (size_t i = 0; i < g->candidate_count; i++) {
        struct candidate *c = &g->candidates[i];
        if (c->asked || has_operator(g, c->log->operator_name))
            continue;
        if (!is_operator_asked(g, c->log->operator_name))
            return c;
        if (second == NULL)
            second = c;
    }
    return second;
}

static int candidate_ask(struct gather *g, struct candidate *c)
{
    char url[sizeof c->log->url + 32];
    snprintf(url, sizeof url, "%sct/v1/add-pre-chain", c->log->url);
    c->asked = c->under_way = true;
    return ct_asks_send(g->asks, url, buf_slice(&g->question), (size_t)(c - g->candidates));
}

/* Begins as many questions as timestamps are missing, and one more than that for each that is slow. */
static int questions_begin(struct gather *g, size_t missing)
{
    int rc = 0;
    while (rc == 0 && ct_asks_count(g->asks) < missing && ct_asks_count(g->asks) < AT_ONCE) {
        struct candidate *c = candidate_next(g);
        if (c == NULL)
            return 0;
        rc = candidate_ask(g, c);
    }
    return rc;
}

static int others_ask(struct gather *g, size_t wanted)
{
    size_t slow = 0, tag = 0;
    struct ct_post post;
    int rc = 0;
    while (rc == 0 && g->count < wanted) {
        rc = questions_begin(g, wanted - g->count + slow);
        if (rc == 0)
            rc = ct_asks_next(g->asks, PATIENCE_MS, &tag, &post);
        if (rc == CH_ETIMEOUT) {
            slow++;
            rc = 0;
            continue;
        }
        if (rc != 0)
            break;
        g->candidates[tag].under_way = false;
        rc = answer_judge(g, g->candidates[tag].log, &post);
        buf_free(&post.body);
    }
    return rc == CH_ENOTFOUND ? 0 : rc; /* nobody is left */
}

static int candidates_take(struct gather *g, const struct ct_list *list)
{
    g->candidates = calloc(list->count + 1, sizeof *g->candidates);
    if (g->candidates == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; i < list->count; i++)
        if (is_fitting(g, &list->logs[i]))
            g->candidates[g->candidate_count++].log = &list->logs[i];
    return 0;
}

static int others_add(struct gather *g, const struct ct_list *list, size_t wanted)
{
    int rc = candidates_take(g, list);
    if (rc == 0)
        rc = question_make(g, &g->question);
    if (rc == 0)
        rc = ct_asks_new(g->core, &g->asks);
    if (rc == 0)
        rc = others_ask(g, wanted);
    ct_asks_free(g->asks);
    buf_free(&g->question);
    free(g->candidates);
    return rc;
}

/* ---- all of it ---- */

static int gather(struct gather *g, const struct ct_list *list)
{
    const struct config *config = g->core->config;
    size_t wanted = (size_t)config->ct_operators;
    int rc = config->ct_embedded ? own_add(g) : 0;
    if (rc == 0 && g->count < wanted)
        rc = others_add(g, list, wanted);
    if (rc != 0 || g->count >= wanted)
        return rc;
    char last[sizeof g->why->text];
    snprintf(last, sizeof last, "%s", g->why->text);
    snprintf(g->why->text, sizeof g->why->text,
             "Logs of %zu operators gave a timestamp, and %zu are needed.%s%.200s", g->count, wanted,
             last[0] == '\0' ? " No other log is known for the end of this certificate." : " ",
             last);
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
