#include "ca/domain/proof.h"

#include "ca/domain/caa.h"
#include "ca/domain/name.h"
#include "firmware/base/dns_view.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MOST 5
#define SEEN_MOST 64 /* views that are shown */

void proof_free(struct proof *p)
{
    json_decref(p->seen);
    p->seen = NULL;
}

/* The entries of a list with commas; blanks may stand around them. */
static size_t entries_count(const char *list)
{
    size_t count = 0;
    for (list += strspn(list, ", \t"); *list != '\0'; list += strspn(list, ", \t")) {
        count++;
        list += strcspn(list, ",");
    }
    return count;
}

size_t proof_quorum(const struct config *config, size_t heard)
{
    size_t wanted = (size_t)config->outbound_quorum;
    size_t all = entries_count(config->outbound_resolvers);
    if (all < heard)
        all = heard;
    return wanted == 0 || wanted > all ? all : wanted;
}

__attribute__((format(printf, 4, 5))) static void find(struct proof_finding *f,
                                                       enum proof_verdict verdict,
                                                       const char *code, const char *format, ...)
{
    va_list args;
    f->verdict = verdict;
    f->code = code;
    va_start(args, format);
    vsnprintf(f->reason, sizeof f->reason, format, args);
    va_end(args);
    for (char *at = f->reason; *at != '\0'; at++) /* texts of others: of a redirect, of a resolver */
        if (*at < ' ' || *at > '~')
            *at = '?';
}

#define TEXT(s) (int)(s).len, (const char *)(s).data

/* What stands in the way of any answer at all; false when there is one, if "no". */
static bool find_failure(struct proof_finding *f, const struct dns_view *v)
{
    if (v->state == DNS_BOGUS)
        find(f, PROOF_NOT_YET, "DNSSEC_FAILURE",
             "The answer for %.*s is not shown to be genuine by DNSSEC, and so counts for nothing: %.*s",
             TEXT(v->name), TEXT(v->why));
    else if (v->state == DNS_FAILED)
        find(f, PROOF_NOT_YET, "SERVFAIL", "The servers of %.*s do not answer properly: %.*s",
             TEXT(v->name), TEXT(v->why));
    else if (v->state == DNS_TIMED_OUT)
        find(f, PROOF_NOT_YET, "TIMEOUT", "The servers of %.*s did not answer in time",
             TEXT(v->name));
    else
        return false;
    return true;
}

/* ---- records for people ---- */

static const char *text_of(struct slice s)
{
    return s.data == NULL ? "" : (const char *)s.data;
}

static json_t *record_show(const struct dns_view *v, uint32_t i)
{
    struct caa_record record;
    struct buf text = {0};
    int r = CH_EINVAL;
    if (v->type != DNS_TYPE_CAA)
        r = buf_put_slice(&text, v->records[i]);
    else if (caa_parse(v->records[i], &record) == 0)
        r = caa_print(&record, &text);
    else
        r = buf_put_text(&text, "(damaged)");
    json_t *out = r == 0 ? json_string(buf_text(&text)) : NULL;
    buf_free(&text);
    return out;
}

static const char *type_text(uint32_t type)
{
    return type == DNS_TYPE_CAA ? "CAA" : type == DNS_TYPE_MX ? "MX" : "CNAME";
}

static json_t *view_show(const struct dns_view *v)
{
    json_t *records = json_array();
    for (uint32_t i = 0; i < v->count; i++)
        if (json_array_append_new(records, record_show(v, i)) != 0) {
            json_decref(records);
            return NULL;
        }
    json_t *out = json_pack("{s:s%, s:s%, s:s, s:s, s:b, s:o}", "Resolver",
                            text_of(v->resolver), v->resolver.len, "Name", text_of(v->name),
                            v->name.len, "Type",
                            type_text(v->type), "Answer", dns_state_text(v->state), "Secure",
                            v->secure != 0, "Records", records);
    if (out != NULL && v->why.len > 0)
        json_object_set_new(out, "Detail",
                            json_stringn((const char *)v->why.data, v->why.len));
    return out;
}

/* ---- all resolvers together ---- */

/* Takes the views of one resolver, one by one, and then says what they come to. */
struct judge {
    void (*take)(struct judge *j, const struct dns_view *v);
    void (*end)(struct judge *j, struct proof_finding *f);
    const char *value; /* expected */
    struct caa_asker asker;
    bool wildcard;
    /* of the resolver at hand */
    unsigned steps;
    bool arrived;
    struct dns_view last;
};

static void tally_add(struct proof_tally *t, const struct proof_finding *f, struct slice resolver)
{
    t->count++;
    if (f->verdict == PROOF_GOOD)
        t->good++;
    else if (f->verdict == PROOF_FORBIDDEN && t->forbidding++ == 0)
        t->first_forbidding = *f;
    if (f->verdict != PROOF_GOOD && t->count - t->good == 1) {
        t->first_bad = *f;
        snprintf(t->bad_resolver, sizeof t->bad_resolver, "%.*s", TEXT(resolver));
    }
}

/* The resolver at hand has no more views. */
static void judge_end(struct judge *j, struct proof_tally *t)
{
    struct proof_finding f = {0};
    if (j->steps == 0)
        return;
    j->end(j, &f);
    tally_add(t, &f, j->last.resolver);
    j->steps = 0;
    j->arrived = false;
}

static int views_walk(struct slice views, struct judge *j, struct proof_tally *t, json_t *seen)
{
    struct dns_view v;
    int r = 0;
    while ((r = dns_view_take(&views, &v)) == 0) {
        if (j->steps > 0 && !slice_equal(j->last.resolver, v.resolver))
            judge_end(j, t);
        j->steps++;
        j->last = v;
        j->take(j, &v);
        if (json_array_size(seen) < SEEN_MOST && json_array_append_new(seen, view_show(&v)) != 0)
            return CH_EPROTO; /* texts that are no UTF-8: outbound escapes what it reads */
    }
    judge_end(j, t);
    return r == CH_ENOTFOUND ? 0 : r;
}

static void verdict_set(const struct config *config, const struct proof_tally *t, struct proof *out)
{
    const struct proof_finding *f = t->forbidding > 0 ? &t->first_forbidding : &t->first_bad;
    out->code = "OK";
    if (t->count == 0) {
        out->verdict = PROOF_NOT_YET;
        out->code = "NOT_LOOKED_UP";
        snprintf(out->reason, sizeof out->reason,
                 "The appliance could not look: its resolver does not work");
    } else if (t->good >= proof_quorum(config, t->count)) {
        out->verdict = PROOF_GOOD;
    } else if (t->good == t->count) {
        out->verdict = PROOF_NOT_YET;
        out->code = "NOT_LOOKED_UP";
        snprintf(out->reason, sizeof out->reason, "%zu resolvers see what is needed, and others said nothing: %zu must agree",
                 t->good, proof_quorum(config, t->count));
    } else {
        out->verdict = f->verdict;
        out->code = f->code;
        if (t->good == 0)
            snprintf(out->reason, sizeof out->reason, "%s", f->reason);
        else
            snprintf(out->reason, sizeof out->reason,
                     "%zu of %zu resolvers see what is needed, but not %s: %.600s", t->good,
                     t->count, t->bad_resolver, f->reason);
    }
}

static int judge_all(const struct config *config, struct slice views, struct judge *j,
                     struct proof *out)
{
    struct proof_tally t = {0};
    *out = (struct proof){.seen = json_array()};
    int r = out->seen == NULL ? CH_ENOMEM : views_walk(views, j, &t, out->seen);
    if (r == 0)
        verdict_set(config, &t, out);
    else
        proof_free(out);
    return r;
}

/* ---- DNS validation ---- */

static void chain_take(struct judge *j, const struct dns_view *v)
{
    if (v->state == DNS_FOUND && v->count == 1 && j->steps <= CHAIN_MOST)
        j->arrived = j->arrived ||
                     dns_name_equal(v->records[0], slice_text(j->value), true);
}

/* Did somebody's provider put the own domain behind the value. */
static bool is_doubled(struct slice seen, const char *value)
{
    size_t len = strlen(value);
    if (len > 0 && value[len - 1] == '.')
        len--;
    struct slice plain = slice_of(value, len);
    for (size_t skip = 0; skip < 2; skip++) {
        struct slice v = slice_of(plain.data + skip, plain.len - skip);
        if (seen.len > v.len && seen.data[v.len] == '.' &&
            dns_name_equal(slice_of(seen.data, v.len), v, true))
            return true;
    }
    return false;
}

static void chain_end(struct judge *j, struct proof_finding *f)
{
    const struct dns_view *v = &j->last;
    if (j->arrived)
        f->verdict = PROOF_GOOD;
    else if ((j->steps == 1 || v->state == DNS_BOGUS) && find_failure(f, v))
        return;
    else if (v->state == DNS_FOUND && j->steps > CHAIN_MOST)
        find(f, PROOF_NOT_YET, "CHAIN_TOO_LONG",
             "More than %d CNAME records lead one to the next; it was given up at %.*s", CHAIN_MOST,
             TEXT(v->name));
    else if (j->steps > 1)
        find(f, PROOF_NOT_YET,
             is_doubled(v->name, j->value) ? "DOUBLED_DOMAIN" : "WRONG_VALUE",
             is_doubled(v->name, j->value)
                 ? "The CNAME points to %.*s: the provider has put the domain behind the value; "
                   "it should be %s"
                 : "The CNAME points to %.*s; it should point to %s",
             TEXT(v->name), j->value);
    else if (v->state == DNS_FOUND)
        find(f, PROOF_NOT_YET, "WRONG_VALUE", "There are several CNAME records at %.*s",
             TEXT(v->name));
    else
        find(f, PROOF_NOT_YET, "NO_RECORD", "There is no CNAME record at %.*s: %s", TEXT(v->name),
             v->state == DNS_NXDOMAIN ? "no such name (NXDOMAIN)"
                                      : "the name is there, but not as a CNAME");
}

int proof_dns(const struct config *config, struct slice views, const char *value,
              struct proof *out)
{
    struct judge j = {.take = chain_take, .end = chain_end, .value = value};
    return judge_all(config, views, &j, out);
}

/* ---- CAA ---- */

static void last_take(struct judge *j, const struct dns_view *v)
{
    (void)j;
    (void)v;
}

/* Does it name methods or an account: then a person may want to know ours. */
static bool restricts(const char *shown)
{
    return shown != NULL &&
           (strcasestr(shown, "validationmethods") != NULL || strcasestr(shown, "accounturi") != NULL);
}

static void caa_end(struct judge *j, struct proof_finding *f)
{
    const struct dns_view *v = &j->last;
    struct caa_record record;
    struct buf text = {0};
    size_t which = 0;
    if (find_failure(f, v))
        return;
    if (caa_judge(v->records, v->count, j->wildcard, &j->asker, &which) == CAA_ALLOWS) {
        f->verdict = PROOF_GOOD;
        return;
    }
    if (which >= v->count || caa_parse(v->records[which], &record) != 0 ||
        caa_print(&record, &text) != 0)
        buf_clear(&text);
    const char *shown = buf_text(&text);
    find(f, PROOF_FORBIDDEN, "CAA_FORBIDS",
         "The CAA record of %.*s forbids it: CAA %.600s; one with issue \"%.*s\" would allow it%s%s",
         TEXT(v->name), shown == NULL || shown[0] == '\0' ? "(damaged)" : shown,
         (int)strcspn(j->asker.issuers, ","), j->asker.issuers,
         restricts(shown) ? ", also with validationmethods=" : "",
         restricts(shown) ? j->asker.method : "");
    buf_free(&text);
}

int proof_caa(const struct config *config, struct slice views, const char *name,
              const struct proof_asker *asker, struct proof *out)
{
    struct judge j = {.take = last_take,
                      .end = caa_end,
                      .asker = {config->domains_caa_names, asker->account,
                                caa_method_label(asker->method)},
                      .wildcard = domain_is_wildcard(name)};
    return judge_all(config, views, &j, out);
}

/* ---- MX ---- */

static void mx_end(struct judge *j, struct proof_finding *f)
{
    const struct dns_view *v = &j->last;
    if (find_failure(f, v))
        return;
    bool null_mx = v->count == 1 && v->records[0].len > 2 &&
                   memcmp(v->records[0].data + v->records[0].len - 2, " .", 2) == 0;
    if (v->state == DNS_FOUND && !null_mx)
        f->verdict = PROOF_GOOD;
    else
        find(f, PROOF_FORBIDDEN, "NO_MX", "%.*s takes no mail: %s", TEXT(v->name),
             null_mx ? "its MX record says so" : "it has no MX record");
}

int proof_mx(const struct config *config, struct slice views, struct proof *out)
{
    struct judge j = {.take = last_take, .end = mx_end};
    return judge_all(config, views, &j, out);
}

/* ---- HTTP ---- */

static struct slice trimmed(struct slice s)
{
    while (s.len > 0 && strchr(" \t\r\n", s.data[s.len - 1]) != NULL && s.data[s.len - 1] != 0)
        s.len--;
    return s;
}

static void page_judge(const struct msg_http_answer *a, const char *target, const char *token,
                      struct proof_finding *f)
{
    bool redirect = a->status >= 300 && a->status < 400;
    if (a->failure != 0)
        find(f, PROOF_NOT_YET, "NO_ANSWER", "The web server could not be asked: %.*s",
             TEXT(a->why));
    else if (redirect && slice_is(a->location, target))
        f->verdict = PROOF_GOOD;
    else if (redirect)
        find(f, PROOF_NOT_YET, "WRONG_REDIRECT", "It redirects to %.*s; it should redirect to %s",
             TEXT(a->location), target);
    else if (a->status == 200 && slice_is(trimmed(a->body), token))
        f->verdict = PROOF_GOOD;
    else if (a->status == 200)
        find(f, PROOF_NOT_YET, "WRONG_CONTENT",
             "The page is there, but neither redirects nor has the content of %s", target);
    else
        find(f, PROOF_NOT_YET, "WRONG_STATUS",
             "The web server answers with status %u; it should redirect to %s", a->status, target);
}

/* A Location that is text and no more. */
static void location_copy(struct slice location, char out[PROOF_REASON_SIZE])
{
    size_t len = location.len < PROOF_REASON_SIZE ? location.len : PROOF_REASON_SIZE - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = location.data[i] > ' ' && location.data[i] <= '~' ? (char)location.data[i] : '?';
    out[len] = '\0';
}

static json_t *page_show(const struct msg_http_answer *a)
{
    char location[PROOF_REASON_SIZE];
    location_copy(a->location, location);
    return json_pack("{s:s%, s:s%, s:i, s:s}", "Resolver", text_of(a->resolver), a->resolver.len, "Server",
                     text_of(a->address), a->address.len, "Status", (int)a->status, "Location", location);
}

int proof_page_add(struct proof_pages *p, const struct msg_http_answer *answer, const char *target,
                   const char *token)
{
    struct proof_finding f = {0};
    if (p->seen == NULL)
        p->seen = json_array();
    if (p->seen == NULL)
        return CH_ENOMEM;
    if (json_array_append_new(p->seen, page_show(answer)) != 0)
        return CH_EPROTO;
    page_judge(answer, target, token, &f);
    tally_add(&p->tally, &f, answer->resolver);
    return 0;
}

void proof_pages_end(const struct config *config, struct proof_pages *p, struct proof *out)
{
    *out = (struct proof){.seen = p->seen};
    p->seen = NULL;
    verdict_set(config, &p->tally, out);
}

void proof_pages_free(struct proof_pages *p)
{
    json_decref(p->seen);
    p->seen = NULL;
}
