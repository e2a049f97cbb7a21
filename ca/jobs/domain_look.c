#include "ca/jobs/domain_look.h"

#include "ca/domain/challenge.h"
#include "ca/members.h"
#include "ca/store/validations.h"
#include "firmware/base/dns_view.h"
#include "firmware/base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 1024 /* octets of a page that holds nothing but a token */

void look_init(struct look *l, struct core *core, const struct validation_row *row,
               void (*end)(void *context), void *context)
{
    *l = (struct look){.core = core, .end = end, .context = context, .scope = row->scope,
                       .position = row->position};
    memcpy(l->certificate, row->certificate, sizeof l->certificate);
    snprintf(l->domain, sizeof l->domain, "%s", row->domain);
    l->needs_proof = strcmp(row->status, "PENDING_VALIDATION") == 0;
}

void look_free(struct look *l)
{
    free(l->method);
    free(l->name);
    free(l->value);
    proof_free(&l->proof);
    proof_free(&l->caa);
    proof_pages_free(&l->pages);
}

static void look_fail(struct look *l, int failure)
{
    l->failure = failure;
    l->end(l->context);
}

static void look_up(struct look *l, enum dns_question question, const char *name,
                    const char *until, outbound_done done)
{
    size_t len = strlen(name);
    const struct msg_look_up ask = {
        .question = question,
        .name = slice_of(name, len > 0 && name[len - 1] == '.' ? len - 1 : len),
        .until = slice_text(until),
        .timeout_ms = LOOK_TIMEOUT_MS,
    };
    int r = outbound_ask(l->core, MSG_LOOK_UP, &ask, -1, LOOK_TIMEOUT_MS, done, l);
    if (r != 0)
        look_fail(l, r);
}

/* ---- CAA ---- */

static void on_caa(void *context, int failure, const union message_any *answer)
{
    struct look *l = context;
    if (failure == 0)
        failure = proof_caa(l->core->config, answer->looked_up.views, l->domain,
                            &(struct proof_asker){l->scope.account, l->method}, &l->caa);
    l->caa_is = failure == 0;
    look_fail(l, failure);
}

static void caa_ask(struct look *l)
{
    look_up(l, DNS_CAA_CLIMB, domain_base(l->domain), "", on_caa);
}

/* ---- DNS ---- */

/* Is the record where a provider puts it that appends the domain to every name. */
static void on_doubled(void *context, int failure, const union message_any *answer)
{
    struct look *l = context;
    struct proof there = {0};
    if (failure == 0)
        failure = proof_dns(l->core->config, answer->looked_up.views, l->value, &there);
    if (failure == 0 && there.verdict == PROOF_GOOD) {
        l->proof.code = "DOUBLED_DOMAIN";
        snprintf(l->proof.reason, sizeof l->proof.reason,
                 "The CNAME record is at %s%s: the provider has put the domain behind the name of the "
                 "record once more",
                 l->name, domain_base(l->domain));
    }
    proof_free(&there);
    l->end(l->context); /* what is known already stands */
}

static void doubled_ask(struct look *l)
{
    char name[DNS_NAME_SIZE];
    snprintf(name, sizeof name, "%s%s", l->name, domain_base(l->domain));
    l->asked_doubled = true;
    if (strlen(name) >= DOMAIN_SIZE)
        l->end(l->context);
    else
        look_up(l, DNS_CNAME_CHAIN, name, l->value, on_doubled);
}

static void on_chain(void *context, int failure, const union message_any *answer)
{
    struct look *l = context;
    if (failure == 0)
        failure = proof_dns(l->core->config, answer->looked_up.views, l->value, &l->proof);
    l->proof_is = failure == 0;
    if (failure == 0 && l->proof.verdict == PROOF_GOOD)
        caa_ask(l);
    else if (failure == 0 && strcmp(l->proof.code, "NO_RECORD") == 0)
        doubled_ask(l);
    else
        look_fail(l, failure);
}

static void chain_ask(struct look *l)
{
    look_up(l, DNS_CNAME_CHAIN, l->name, l->value, on_chain);
}

/* ---- HTTP: a page for each resolver, one after another ---- */

static void page_ask(struct look *l);

static void pages_end(struct look *l)
{
    proof_pages_end(l->core->config, &l->pages, &l->proof);
    l->proof_is = true;
    if (l->proof.verdict == PROOF_GOOD)
        caa_ask(l);
    else
        look_fail(l, 0);
}

static void on_page(void *context, int failure, const union message_any *answer)
{
    struct look *l = context;
    char token[CHALLENGE_SIZE];
    if (failure == 0)
        failure = challenge_http_token(l->core, l->scope.account, l->domain, token);
    if (failure == 0)
        failure = proof_page_add(&l->pages, &answer->http_answer, l->value, token);
    if (failure != 0)
        look_fail(l, failure);
    else if (++l->perspective < answer->http_answer.perspectives)
        page_ask(l);
    else
        pages_end(l);
}

static void page_ask(struct look *l)
{
    const struct msg_http ask = {
        .method = slice_text("GET"),
        .url = slice_text(l->name),
        .timeout_ms = LOOK_TIMEOUT_MS,
        .answer_max = PAGE_MAX,
        .guarded = 1,
        .perspective = l->perspective,
    };
    int r = outbound_ask(l->core, MSG_HTTP, &ask, -1, LOOK_TIMEOUT_MS, on_page, l);
    if (r != 0)
        look_fail(l, r);
}

/* ---- the first steps ---- */

static const struct {
    const char *method;
    void (*ask)(struct look *l);
} first_steps[] = {
    {"DNS", chain_ask},
    {"HTTP", page_ask},
};

static void proof_ask(struct look *l)
{
    if (!l->needs_proof) {
        caa_ask(l);
        return;
    }
    for (size_t i = 0; i < sizeof first_steps / sizeof first_steps[0]; i++)
        if (l->name != NULL && l->value != NULL && strcmp(first_steps[i].method, l->method) == 0) {
            first_steps[i].ask(l);
            return;
        }
    look_fail(l, CH_EINTEGRITY);
}

static void on_servers(void *context, int failure, const union message_any *answer)
{
    struct look *l = context;
    if (failure != 0)
        look_fail(l, failure);
    else if (l->servers(l->context, l->registered, answer->looked_up.views))
        proof_ask(l);
    else
        l->end(l->context);
}

void look_begin(struct look *l, const struct validation_row *row, int64_t lease)
{
    l->lease = lease;
    int r = member_copy(row->method, &l->method);
    if (r == 0 && row->challenge_name != NULL)
        r = member_copy(row->challenge_name, &l->name);
    if (r == 0 && row->challenge_value != NULL)
        r = member_copy(row->challenge_value, &l->value);
    if (r != 0)
        look_fail(l, r);
    else if (l->registered[0] != '\0')
        look_up(l, DNS_NS, l->registered, "", on_servers);
    else
        proof_ask(l);
}
