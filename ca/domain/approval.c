#include "ca/domain/approval.h"

#include "ca/acm/renewal_public.h"
#include "ca/domain/event.h"
#include "ca/domain/outcome.h"
#include "ca/members.h"
#include "ca/store/validations.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PURPOSE "chancery mail approval 1"
#define CONTEXT_MAX 128
#define SECOND_US INT64_C(1000000)

/* ---- code and context ---- */

static void context_make(const struct approval *a, char out[CONTEXT_MAX])
{
    snprintf(out, CONTEXT_MAX, "%s.%s.%s.%u.%lld", a->account, a->region, a->certificate,
             a->position, (long long)a->expires);
}

static int code_make(struct core *core, const struct approval *a, char out[APPROVAL_CODE_SIZE])
{
    uint8_t tag[HSM_TAG_SIZE];
    char context[CONTEXT_MAX];
    struct buf message = {0};
    context_make(a, context);
    int rc = buf_printf(&message, "%s\n%s", PURPOSE, context);
    if (rc == 0)
        rc = hsm_mac(core->hsm, core->seal, buf_slice(&message), tag);
    if (rc == 0)
        hex_encode(tag, (APPROVAL_CODE_SIZE - 1) / 2, out);
    buf_free(&message);
    return rc;
}

static bool part_take(struct slice *rest, char end, const char *allowed, char *out, size_t size)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != (uint8_t)end) {
        if (rest->data[len] == 0 || strchr(allowed, rest->data[len]) == NULL || len + 1 >= size)
            return false;
        out[len] = (char)rest->data[len];
        len++;
    }
    out[len] = '\0';
    size_t past = len < rest->len ? len + 1 : len;
    *rest = slice_of(rest->data + past, rest->len - past);
    return len > 0;
}

static bool number_take(struct slice *rest, char end, long long *out)
{
    char digits[16];
    if (!part_take(rest, end, "0123456789", digits, sizeof digits))
        return false;
    *out = strtoll(digits, NULL, 10);
    return true;
}

#define WORD "abcdefghijklmnopqrstuvwxyz0123456789-"

static bool context_parse(struct slice context, struct approval *out)
{
    long long position = 0, expires = 0;
    bool ok = part_take(&context, '.', "0123456789", out->account, sizeof out->account) &&
              part_take(&context, '.', WORD, out->region, sizeof out->region) &&
              part_take(&context, '.', WORD, out->certificate, sizeof out->certificate) &&
              number_take(&context, '.', &position) && number_take(&context, '.', &expires) &&
              context.len == 0 && position < 1000;
    out->position = (uint32_t)position;
    out->expires = expires;
    return ok;
}

static bool member_parse(struct slice name, struct slice value, struct approval *out)
{
    if (slice_is(name, "code"))
        return value.len == APPROVAL_CODE_SIZE - 1 &&
               part_take(&value, '&', "0123456789abcdef", out->code, sizeof out->code);
    if (slice_is(name, "context"))
        return value.len < CONTEXT_MAX && context_parse(value, out);
    if (slice_is(name, "decision"))
        return part_take(&value, '&', WORD, out->decision, sizeof out->decision);
    return false;
}

static struct slice cut(struct slice *rest, char end)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->data, end, rest->len);
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->data);
    size_t past = at == NULL ? len : len + 1;
    struct slice part = slice_of(rest->data, len);
    *rest = slice_of(rest->data + past, rest->len - past);
    return part;
}

int approval_parse(struct slice form, struct approval *out)
{
    *out = (struct approval){0};
    while (form.len > 0) {
        struct slice value = cut(&form, '&');
        struct slice name = cut(&value, '=');
        if (!member_parse(name, value, out))
            return CH_EINVAL;
    }
    return out->code[0] != '\0' && out->certificate[0] != '\0' ? 0 : CH_EINVAL;
}

static void base_url(const struct config *config, char out[CONFIG_TEXT_MAX + 32])
{
    int first = (int)strcspn(config->manage_names, ",");
    if (config->public_url[0] != '\0')
        snprintf(out, CONFIG_TEXT_MAX + 32, "%s", config->public_url);
    else
        snprintf(out, CONFIG_TEXT_MAX + 32, "http://%.*s:%lld", first, config->manage_names,
                 (long long)config->public_port);
}

int approval_link(struct core *core, const struct validation_row *row, int64_t now,
                  struct buf *out)
{
    struct approval a = {.position = row->position,
                         .expires = (now + APPROVAL_LIFE_US) / SECOND_US};
    char context[CONTEXT_MAX], url[CONFIG_TEXT_MAX + 32];
    memcpy(a.account, row->scope.account, sizeof a.account);
    memcpy(a.region, row->scope.region, sizeof a.region);
    memcpy(a.certificate, row->certificate, sizeof a.certificate);
    int rc = code_make(core, &a, a.code);
    context_make(&a, context);
    base_url(core->config, url);
    return rc == 0 ? buf_printf(out, "%s/approvals?code=%s&context=%s", url, a.code, context) : rc;
}

/* ---- pages: everything in them is of our making or a name that was judged ---- */

static int page_put(struct buf *html, const char *title, const char *body)
{
    return buf_printf(html,
                      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<title>%s</title></head>\n<body><h1>%s</h1>\n%s</body></html>\n",
                      title, title, body);
}

static int useless_put(struct buf *html)
{
    return page_put(html, "This link is of no use",
                    "<p>It is damaged, older than 72 hours, or was used already.</p>\n");
}

static int question_put(const struct approval *a, const struct validation_row *row,
                        struct buf *html)
{
    char context[CONTEXT_MAX];
    struct buf body = {0};
    context_make(a, context);
    int rc = buf_printf(
        &body,
        "<p>Somebody has asked for an SSL/TLS certificate for this domain.</p>\n"
        "<dl><dt>Domain</dt><dd>%s</dd><dt>AWS account ID</dt><dd>%s</dd>"
        "<dt>AWS Region name</dt><dd>%s</dd><dt>Certificate identifier</dt>"
        "<dd>arn:aws:acm:%s:%s:certificate/%s</dd></dl>\n"
        "<form method=\"post\" action=\"/approvals\">"
        "<input type=\"hidden\" name=\"code\" value=\"%s\">"
        "<input type=\"hidden\" name=\"context\" value=\"%s\">\n"
        "<div id=\"approve-button\" class=\"approve-button\">"
        "<button type=\"submit\" name=\"decision\" value=\"approve\">I Approve</button></div>\n"
        "<div id=\"deny-button\" class=\"deny-button\">"
        "<button type=\"submit\" name=\"decision\" value=\"deny\">I Deny</button></div></form>\n",
        row->domain, a->account, a->region, a->region, a->account, a->certificate, a->code,
        context);
    if (rc == 0)
        rc = page_put(html, "Certificate Approvals", buf_text(&body));
    buf_free(&body);
    return rc;
}

/* ---- what the link is worth ---- */

struct decision {
    struct core *core;
    struct approval asked;
    struct scope scope;
    struct validation_row row;
    int64_t now;
    bool ready;
};

/* CH_EDENIED for a link that is of no use. */
static int link_check(struct decision *d, struct slice form)
{
    char code[APPROVAL_CODE_SIZE];
    int rc = approval_parse(form, &d->asked);
    if (rc == 0)
        rc = code_make(d->core, &d->asked, code);
    if (rc != 0)
        return rc == CH_EINVAL ? CH_EDENIED : rc;
    d->now = clock_now_us();
    memcpy(d->scope.account, d->asked.account, sizeof d->scope.account);
    memcpy(d->scope.region, d->asked.region, sizeof d->scope.region);
    bool good = bytes_equal_ct(code, d->asked.code, sizeof code - 1) &&
                d->now / SECOND_US <= d->asked.expires;
    return good ? 0 : CH_EDENIED;
}

static int row_unit(struct store_tx *tx, void *context)
{
    struct decision *d = context;
    struct certificate_row certificate = {0};
    validation_row_free(&d->row);
    int rc = store_validation_get(tx, &d->scope, d->asked.certificate, d->asked.position, &d->row);
    if (rc == 0)
        rc = store_certificate_get(tx, &d->scope, d->asked.certificate, &certificate);
    if (rc == 0 && (!outcome_is_awaited(&certificate) || strcmp(d->row.method, "EMAIL") != 0 ||
                    strcmp(d->row.status, "PENDING_VALIDATION") != 0))
        rc = CH_EDENIED;
    certificate_row_free(&certificate);
    return rc == CH_ENOTFOUND ? CH_EDENIED : rc;
}

int approval_page(struct core *core, struct slice query, struct buf *html)
{
    struct decision d = {.core = core};
    int rc = link_check(&d, query);
    if (rc == 0)
        rc = store_read(core->store, row_unit, &d);
    rc = rc == CH_EDENIED ? useless_put(html) : rc == 0 ? question_put(&d.asked, &d.row, html) : rc;
    validation_row_free(&d.row);
    return rc;
}

/* ---- the decision ---- */

static int row_decide(struct decision *d, const char *status, const char *code, const char *reason)
{
    struct validation_row *row = &d->row;
    free(row->status);
    free(row->code);
    free(row->reason);
    row->status = row->code = row->reason = NULL;
    row->looked_at = d->now;
    int rc = member_copy(status, &row->status);
    if (rc == 0)
        rc = member_copy(code, &row->code);
    return rc == 0 && reason != NULL ? member_copy(reason, &row->reason) : rc;
}

/* Approved: CAA is still to be asked. Denied: a new certificate has failed, one in use is not renewed. */
static int decide_unit(struct store_tx *tx, void *context)
{
    struct decision *d = context;
    bool approved = strcmp(d->asked.decision, "approve") == 0;
    int rc = row_unit(tx, d);
    if (rc == 0)
        rc = approved ? row_decide(d, "SUCCESS", "OK", NULL)
                      : row_decide(d, "FAILED", "DENIED", "The owner of the domain has denied it");
    if (rc == 0) {
        d->row.next_try = approved ? d->now : 0;
        rc = store_validation_update(tx, &d->row);
    }
    if (rc == 0)
        rc = domain_event_append(tx, &d->row, approved ? DOMAIN_VALIDATED : DOMAIN_DENIED, d->now);
    if (rc == 0 && !approved) {
        rc = store_certificate_set_failed(tx, &d->scope, d->asked.certificate,
                                          "DOMAIN_VALIDATION_DENIED");
        rc = rc == CH_ESTATE || rc == CH_ENOTFOUND ? 0 : rc;
    }
    return rc;
}

int approval_decide(struct core *core, struct slice form, struct buf *html)
{
    struct decision d = {.core = core};
    int rc = link_check(&d, form);
    bool approved = strcmp(d.asked.decision, "approve") == 0;
    if (rc == 0 && !approved && strcmp(d.asked.decision, "deny") != 0)
        rc = CH_EDENIED;
    if (rc == 0)
        rc = store_write(core->store, decide_unit, &d);
    if (rc == 0) {
        log_info("certificate %s: %s is %s by its owner", d.asked.certificate, d.row.domain,
                 approved ? "approved" : "denied");
        validation_wake(core);
        rc = page_put(html, approved ? "Success" : "Denied",
                      approved ? "<p>You have approved the certificate for this domain.</p>\n"
                               : "<p>You have denied the certificate for this domain.</p>\n");
    } else if (rc == CH_EDENIED) {
        rc = useless_put(html);
    }
    validation_row_free(&d.row);
    return rc;
}
