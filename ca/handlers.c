#include "ca/handlers.h"

#include "ca/accounts.h"

#include "ca/auth/auth.h"
#include "ca/ct/ct.h"
#include "ca/domain/desk.h"
#include "ca/dispatch.h"
#include "ca/domain/approval.h"
#include "ca/duties/duties.h"
#include "ca/iam/sign_in.h"
#include "ca/kek.h"
#include "ca/management.h"
#include "ca/outbound.h"
#include "ca/trail/checkpoint.h"
#include "ca/trail/verify.h"
#include "ca/pca/ocsp.h"
#include "ca/public.h"
#include "ca/secrets.h"
#include "ca/trust/command.h"
#include "ca/trust/trust.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- from the front of the management plane ---- */

static int answer_call(struct core *core, struct channel *from, const struct frame *frame)
{
    struct dispatch_reply reply;
    struct msg_call_reply message = {0};
    dispatch_call(core, &frame->message.call, &reply);
    dispatch_reply_message(&reply, &message);
    int r = channel_send(from, MSG_CALL_REPLY, frame->header.id, &message, -1);
    if (r == CH_ELIMIT || r == CH_EINVAL) {
        log_error("request %s: the reply does not fit a message", reply.id);
        message = (struct msg_call_reply){.status = 500};
        r = channel_send(from, MSG_CALL_REPLY, frame->header.id, &message, -1);
    }
    dispatch_reply_free(&reply);
    return r;
}

static int answer_sign_in(struct core *core, struct channel *from, const struct frame *frame)
{
    struct sign_in_reply reply;
    sign_in_answer(core, &frame->message.sign_in, &reply);
    struct msg_signed_in message = {reply.status, slice_text(reply.id), buf_slice(&reply.body)};
    int r = channel_send(from, MSG_SIGNED_IN, frame->header.id, &message, -1);
    buf_free(&reply.body);
    return r;
}

static int answer_tls_certify(struct core *core, struct channel *from, const struct frame *frame)
{
    struct management_certificate certificate;
    int made = management_certify(core->management, frame->message.tls_certify.csr, &certificate);
    struct msg_tls_certified message = {
        .result = (uint32_t)-made,
        .chain = buf_slice(&certificate.chain),
        .not_before = (uint64_t)certificate.not_before,
        .not_after = (uint64_t)certificate.not_after,
    };
    int r = channel_send(from, MSG_TLS_CERTIFIED, frame->header.id, &message, -1);
    buf_free(&certificate.chain);
    return r;
}

/* ---- from the front of the public plane ---- */

static int answer_fetch(struct core *core, struct channel *from, const struct frame *frame)
{
    struct publication p;
    int found = public_fetch(core, frame->message.fetch.path, &p);
    struct msg_fetched message = {.status = found == 0              ? 200
                                            : found == CH_ENOTFOUND ? 404
                                            : found == CH_EINVAL    ? 400
                                                                    : 503};
    if (found == 0) {
        message.content_type = slice_text(p.content_type);
        message.max_age = p.max_age;
        message.modified = (uint64_t)p.modified;
        message.etag = slice_text(p.etag);
        message.body = buf_slice(&p.body);
    } else if (found != CH_ENOTFOUND && found != CH_EINVAL) {
        log_warn("publication: %s", ch_error_text(found));
    }
    int r = channel_send(from, MSG_FETCHED, frame->header.id, &message, p.file);
    publication_free(&p);
    return r;
}

static int answer_ocsp(struct core *core, struct channel *from, const struct frame *frame)
{
    struct ocsp_answer answer;
    int made = ocsp_answer(core->ocsp, frame->message.ocsp.request, &answer);
    struct msg_ocsp_answer message = {
        .status = made == 0 ? 200 : 503,
        .cacheable = answer.cacheable,
        .this_update = (uint64_t)answer.this_update,
        .next_update = (uint64_t)answer.next_update,
        .tag = answer.tag,
        .body = buf_slice(&answer.body),
    };
    int r = channel_send(from, MSG_OCSP_ANSWER, frame->header.id, &message, -1);
    buf_free(&answer.body);
    return r;
}

static int answer_approve(struct core *core, struct channel *from, const struct frame *frame)
{
    const struct msg_approve *asked = &frame->message.approve;
    struct buf page = {0};
    int made = asked->decides == 1 ? approval_decide(core, asked->form, &page)
                                   : approval_page(core, asked->form, &page);
    struct msg_approved message = {made == 0 ? 200 : 503, buf_slice(&page)};
    int r = channel_send(from, MSG_APPROVED, frame->header.id, &message, -1);
    buf_free(&page);
    return r;
}

/* ---- from the operator ---- */

struct counts {
    char account[ROW_ACCOUNT_SIZE];
    uint64_t issued, audited, broken;
    int chain; /* what store_audit_verify says */
    bool detail;
};

static int counts_read(struct store_tx *tx, void *context)
{
    struct counts *c = context;
    int r = store_account_first(tx, c->account);
    if (r == 0)
        r = store_issued_count(tx, &c->issued);
    if (r == 0)
        r = store_audit_count(tx, &c->audited);
    if (r == 0 && c->detail)
        c->chain = store_audit_verify(tx, &c->audited, &c->broken);
    return r;
}

#define FACTS_MAX 24
#define FACT_SIZE 256

struct facts {
    struct message_pairs *pairs;
    char texts[FACTS_MAX][FACT_SIZE];
};

__attribute__((format(printf, 3, 4))) static void fact(struct facts *f, const char *name,
                                                       const char *format, ...)
{
    uint32_t i = f->pairs->count;
    PRECOND(i < FACTS_MAX);
    va_list args;
    va_start(args, format);
    vsnprintf(f->texts[i], FACT_SIZE, format, args);
    va_end(args);
    f->pairs->pair[i] = (struct message_pair){slice_text(name), slice_text(f->texts[i])};
    f->pairs->count++;
}

static void fact_processes(struct facts *f, const struct core *core)
{
    char text[FACT_SIZE] = "core";
    unsigned connected = core->connected;
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        size_t used = strlen(text);
        if ((connected & 1u << role) != 0)
            snprintf(text + used, sizeof text - used, ", %s", role_name((enum role)role));
    }
    fact(f, "processes", "%s", text);
}

static void facts_keks(struct facts *f, struct core *core)
{
    struct kek_summary s;
    int r = kek_summarize(core, &s);
    if (r != 0)
        fact(f, "wrapping keys", "%s", ch_error_text(r));
    else if (s.replaced == 0)
        fact(f, "wrapping keys", "%u", s.current);
    else
        fact(f, "wrapping keys", "%u, and %u replaced: %llu keys left to wrap anew", s.current,
             s.replaced, (unsigned long long)s.left);
}

static void facts_hsm(struct facts *f, struct core *core)
{
    const struct hsm_capabilities *can = hsm_capabilities(core->hsm);
    char text[FACT_SIZE];
    hsm_describe(core->hsm, text, sizeof text);
    fact(f, "token", "%s", text);
    fact(f, "token state", "%s", hsm_ping(core->hsm) == 0 ? "ready" : "NOT REACHABLE");
    fact(f, "custody", "%s", can->custody);
    fact(f, "wrap format", "%s", can->wrap_format);
    facts_keks(f, core);
}

static void facts_store(struct facts *f, struct core *core, bool detail)
{
    struct counts counts = {.detail = detail};
    struct store_stats stats = {0};
    store_stats(core->store, &stats);
    fact(f, "schema", "%d", stats.schema);
    fact(f, "store size", "%llu bytes", (unsigned long long)stats.size);
    int r = store_read(core->store, counts_read, &counts);
    if (r != 0) {
        fact(f, "store state", "%s", ch_error_text(r));
        return;
    }
    fact(f, "account", "%s", counts.account);
    fact(f, "certificates issued", "%llu", (unsigned long long)counts.issued);
    fact(f, "audit records", "%llu", (unsigned long long)counts.audited);
    if (detail && counts.chain == 0)
        fact(f, "audit chain", "intact");
    else if (detail)
        fact(f, "audit chain", "BROKEN at record %llu: %s", (unsigned long long)counts.broken,
             ch_error_text(counts.chain));
}

/* The last covered record is where a person starts to compare with what was kept elsewhere. */
static void facts_checkpoints(struct facts *f, struct core *core)
{
    struct checkpoint_report report;
    char at[CLOCK_ISO_SIZE];
    int r = checkpoint_verify(core, &report);
    clock_format_iso(report.last_at / 1000000, at);
    if (r == CH_EINTEGRITY)
        fact(f, "audit checkpoints", "BROKEN: the one at record %llu is not signed by the audit key",
             (unsigned long long)report.bad);
    else if (r != 0)
        fact(f, "audit checkpoints", "%s", ch_error_text(r));
    else if (report.count == 0)
        fact(f, "audit checkpoints", "none yet");
    else
        fact(f, "audit checkpoints", "%llu intact; the last covers record %llu, signed %s",
             (unsigned long long)report.count, (unsigned long long)report.last, at);
}

static void fact_trust(struct facts *f, struct core *core)
{
    unsigned have = 0, want = 0;
    if (!trust_has_place(core->config))
        fact(f, "trust services", "none, as the public plane is off");
    else if (trust_progress(core, &have, &want) == 0)
        fact(f, "trust services", "%u of %u", have, want);
}

static int answer_status(struct core *core, struct channel *from, const struct frame *frame)
{
    struct msg_status_reply message = {0};
    struct facts *f = calloc(1, sizeof *f);
    if (f == NULL)
        return CH_ENOMEM;
    f->pairs = &message.facts;
    fact(f, "version", "%s", CHANCERY_VERSION);
    fact(f, "uptime", "%lld s", (long long)(clock_now() - core->started_at));
    fact_processes(f, core);
    facts_hsm(f, core);
    fact_trust(f, core);
    fact(f, "regions", "%s", core->config->core_regions);
    facts_store(f, core, frame->message.status.detail != 0);
    if (frame->message.status.detail != 0)
        facts_checkpoints(f, core);
    int r = channel_send(from, MSG_STATUS_REPLY, frame->header.id, &message, -1);
    free(f);
    return r;
}

static int account_first(struct store_tx *tx, void *context)
{
    return store_account_first(tx, context);
}

static int user_add(struct core *core, const struct msg_user_add *asked,
                    char account[ROW_ACCOUNT_SIZE], struct new_user *user)
{
    char name[65] = "";
    if (asked->name.len >= sizeof name || asked->account.len >= ROW_ACCOUNT_SIZE ||
        asked->administrator > 1)
        return CH_EINVAL;
    memcpy(name, asked->name.data, asked->name.len);
    memcpy(account, asked->account.data, asked->account.len);
    int r = asked->account.len == 0 ? store_read(core->store, account_first, account) : 0;
    if (r != 0)
        return r;
    *user = (struct new_user){
        .account = account, .name = name, .administrator = asked->administrator == 1};
    r = asked->name.len == 0 ? credentials_root_key_add(core, user)
                             : credentials_user_add(core, user);
    user->name = NULL;
    return r;
}

static const struct {
    int code;
    const char *text;
} user_refusals[] = {
    {CH_EEXISTS, "a user of that name exists already"},
    {CH_ENOTFOUND, "no such account"},
    {CH_ELIMIT, "there are two access keys already"},
    {CH_EINVAL, "the name must have 1 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -, "
                "the account 12 digits"},
};

static int answer_user_add(struct core *core, struct channel *from, const struct frame *frame)
{
    char account[ROW_ACCOUNT_SIZE] = "";
    struct new_user user = {0};
    int made = user_add(core, &frame->message.user_add, account, &user);
    struct msg_user_added message = {.result = (uint32_t)-made};
    if (made == 0) {
        message.account = slice_text(account);
        message.access_key_id = slice_text(user.access_key_id);
        message.secret_access_key = secret_slice(user.secret);
    } else {
        message.text = slice_text(ch_error_text(made));
    }
    for (size_t i = 0; i < sizeof user_refusals / sizeof user_refusals[0]; i++)
        if (user_refusals[i].code == made)
            message.text = slice_text(user_refusals[i].text);
    int r = channel_send(from, MSG_USER_ADDED, frame->header.id, &message, -1);
    secret_free(user.secret);
    return r;
}

static int answer_account(struct core *core, struct channel *from, const struct frame *frame)
{
    char account[ROW_ACCOUNT_SIZE] = "", why[512] = "";
    int made = accounts_act(core, &frame->message.account, account, why);
    struct msg_account_reply message = {.result = (uint32_t)-made,
                                        .text = slice_text(why),
                                        .account = slice_text(account)};
    return channel_send(from, MSG_ACCOUNT_REPLY, frame->header.id, &message, -1);
}

/* NUL-terminated; false when it does not fit. */
static bool text_take(struct slice from, char *out, size_t size)
{
    if (from.len >= size)
        return false;
    if (from.len > 0)
        memcpy(out, from.data, from.len);
    out[from.len] = '\0';
    return true;
}

static int key_rotate(struct core *core, const struct kek_filter *filter, unsigned *count,
                      char why[512])
{
    int made = duties_check_operator(core, "key rotate",
                                     json_pack("{s:s, s:s, s:s}", "account", filter->account,
                                               "region", filter->region, "class", filter->class),
                                     why);
    if (made == 0)
        made = kek_rotate_all(core, filter, count);
    if (made != 0 && why[0] == '\0')
        snprintf(why, 512, "%s",
                 made == CH_ENOTFOUND
                     ? "no wrapping key fits: there is none before the first certificate"
                     : ch_error_text(made));
    return made;
}

static int answer_key_rotate(struct core *core, struct channel *from, const struct frame *frame)
{
    const struct msg_key_rotate *asked = &frame->message.key_rotate;
    char account[ROW_ACCOUNT_SIZE], region[ROW_REGION_SIZE], class[17];
    char why[512] = "";
    unsigned count = 0;
    int made = CH_EINVAL;
    if (text_take(asked->account, account, sizeof account) &&
        text_take(asked->region, region, sizeof region) &&
        text_take(asked->class, class, sizeof class) &&
        (class[0] == '\0' || strcmp(class, "export") == 0 || strcmp(class, "no-export") == 0))
        made = key_rotate(core, &(struct kek_filter){account, region, class}, &count, why);
    else
        snprintf(why, sizeof why, "the class is export or no-export");
    struct msg_key_rotated message = {
        .result = (uint32_t)-made, .count = count, .text = slice_text(why)};
    return channel_send(from, MSG_KEY_ROTATED, frame->header.id, &message, -1);
}

static int trust_act(struct core *core, const char *verb, const char *family, struct buf *text)
{
    char command[64], why[512];
    snprintf(command, sizeof command, "trust %s", verb);
    int made = duties_check_operator(core, command, json_pack("{s:s}", "family", family), why);
    if (made == 0)
        return trust_command(core, verb, family, text);
    (void)buf_put_text(text, why);
    return made;
}

static int answer_trust(struct core *core, struct channel *from, const struct frame *frame)
{
    const struct msg_trust *asked = &frame->message.trust;
    char verb[33], family[17];
    struct buf text = {0};
    int made = CH_EINVAL;
    if (text_take(asked->verb, verb, sizeof verb) &&
        text_take(asked->family, family, sizeof family))
        made = trust_act(core, verb, family, &text);
    if (made != 0 && text.len == 0)
        (void)buf_put_text(&text, ch_error_text(made));
    struct msg_trust_reply message = {.result = (uint32_t)-made, .text = buf_slice(&text)};
    int r = channel_send(from, MSG_TRUST_REPLY, frame->header.id, &message, -1);
    buf_free(&text);
    return r;
}

static int answer_validation(struct core *core, struct channel *from, const struct frame *frame)
{
    struct buf text = {0};
    int made = desk_answer(core, &frame->message.validation, &text);
    if (made != 0 && text.len == 0)
        (void)buf_put_text(&text, ch_error_text(made));
    struct msg_validation_reply message = {.result = (uint32_t)-made, .text = buf_slice(&text)};
    int r = channel_send(from, MSG_VALIDATION_REPLY, frame->header.id, &message, -1);
    buf_free(&text);
    return r;
}

static int answer_audit(struct core *core, struct channel *from, const struct frame *frame)
{
    struct buf text = {0};
    int made = trail_verify(core, &frame->message.audit.kept, &text);
    if (made != 0 && (made != CH_EINTEGRITY || text.len == 0)) {
        buf_clear(&text);
        (void)buf_put_text(&text, ch_error_text(made));
    }
    struct msg_audit_reply message = {.result = (uint32_t)-made, .text = buf_slice(&text)};
    int r = channel_send(from, MSG_AUDIT_REPLY, frame->header.id, &message, -1);
    buf_free(&text);
    return r;
}

static int answer_approval(struct core *core, struct channel *from, const struct frame *frame)
{
    const struct msg_approval *asked = &frame->message.approval;
    char verb[17], id[ROW_UUID_SIZE], reason[DUTIES_REASON_MAX + 1];
    struct buf text = {0};
    int made = CH_EINVAL;
    if (text_take(asked->verb, verb, sizeof verb) && text_take(asked->id, id, sizeof id) &&
        text_take(asked->reason, reason, sizeof reason))
        made = duties_command(core, verb, id, reason, &text);
    if (made != 0 && text.len == 0)
        (void)buf_put_text(&text, ch_error_text(made));
    struct msg_approval_reply message = {.result = (uint32_t)-made, .text = buf_slice(&text)};
    int r = channel_send(from, MSG_APPROVAL_REPLY, frame->header.id, &message, -1);
    buf_free(&text);
    return r;
}

static int answer_ct_logs(struct core *core, struct channel *from, const struct frame *frame)
{
    const struct msg_ct_logs *asked = &frame->message.ct_logs;
    struct buf text = {0};
    int made = asked->change == 1 ? ct_list_command(core, asked->list, &text)
                                  : ct_list_show(core, &text);
    if (made != 0 && text.len == 0)
        (void)buf_put_text(&text, ch_error_text(made));
    struct msg_ct_logs_reply message = {.result = (uint32_t)-made, .text = buf_slice(&text)};
    int r = channel_send(from, MSG_CT_LOGS_REPLY, frame->header.id, &message, -1);
    buf_free(&text);
    return r;
}

static int answer_secret_set(struct core *core, struct channel *from, const struct frame *frame)
{
    const struct msg_secret_set *asked = &frame->message.secret_set;
    char name[17], user[SECRETS_USER_SIZE];
    int made = CH_EINVAL;
    if (text_take(asked->name, name, sizeof name) && text_take(asked->user, user, sizeof user))
        made = secrets_put(core, name, user, asked->password);
    struct msg_secret_set_reply message = {.result = (uint32_t)-made};
    return channel_send(from, MSG_SECRET_SET_REPLY, frame->header.id, &message, -1);
}

/* ---- from outbound ---- */

static int take_answer(struct core *core, struct channel *from, const struct frame *frame)
{
    int r = outbound_take(core, frame);
    if (r == CH_EPROTO)
        channel_shutdown(from);
    return r;
}

/* ---- the table ---- */

static const struct {
    enum message_type type;
    enum role sender;
    int (*answer)(struct core *core, struct channel *from, const struct frame *frame);
} handlers[] = {
    {MSG_CALL, ROLE_FRONT_MANAGE, answer_call},
    {MSG_SIGN_IN, ROLE_FRONT_MANAGE, answer_sign_in},
    {MSG_TLS_CERTIFY, ROLE_FRONT_MANAGE, answer_tls_certify},
    {MSG_FETCH, ROLE_FRONT_PUBLIC, answer_fetch},
    {MSG_OCSP, ROLE_FRONT_PUBLIC, answer_ocsp},
    {MSG_APPROVE, ROLE_FRONT_PUBLIC, answer_approve},
    {MSG_LOOKED_UP, ROLE_OUTBOUND, take_answer},
    {MSG_HTTP_ANSWER, ROLE_OUTBOUND, take_answer},
    {MSG_MAIL_ANSWER, ROLE_OUTBOUND, take_answer},
    {MSG_STATUS, ROLE_OPERATOR, answer_status},
    {MSG_USER_ADD, ROLE_OPERATOR, answer_user_add},
    {MSG_ACCOUNT, ROLE_OPERATOR, answer_account},
    {MSG_SECRET_SET, ROLE_OPERATOR, answer_secret_set},
    {MSG_KEY_ROTATE, ROLE_OPERATOR, answer_key_rotate},
    {MSG_TRUST, ROLE_OPERATOR, answer_trust},
    {MSG_VALIDATION, ROLE_OPERATOR, answer_validation},
    {MSG_AUDIT, ROLE_OPERATOR, answer_audit},
    {MSG_APPROVAL, ROLE_OPERATOR, answer_approval},
    {MSG_CT_LOGS, ROLE_OPERATOR, answer_ct_logs},
};

int handlers_act(struct core *core, struct channel *from, const struct frame *frame)
{
    PRECOND(core != NULL && from != NULL && frame != NULL);
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (handlers[i].type != frame->header.type || handlers[i].sender != channel_peer(from))
            continue;
        int r = handlers[i].answer(core, from, frame);
        if (r != 0)
            log_warn("reply to %s: %s", role_name(channel_peer(from)), ch_error_text(r));
        return 0;
    }
    return CH_EPROTO;
}
