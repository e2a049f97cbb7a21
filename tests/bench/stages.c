/*
 * stages.c - where the time of one IssueCertificate goes: each step of core alone, in one thread,
 * on a provisioned appliance that is not running.
 *
 *   stages STATE BODY ACCESS-KEY-ID SECRET [CALLS]
 *
 * BODY is a file with the JSON of the call. Prints "step: microseconds of wall clock, of processor" a
 * line; the processor's are those of all threads. The last lines are the whole call as dispatch
 * makes it, and of it what the steps above do not explain.
 */
#include "ca/auth/auth.h"
#include "ca/contract/contract.h"
#include "ca/core.h"
#include "ca/dispatch.h"
#include "ca/issue.h"
#include "ca/jobs/key_maker.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pki/pki.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SUBJECT_ALT_NAME_OID "2.5.29.17"
#define BODY_MAX 65536
#define WARM_UP 20

enum step {
    STEP_MESSAGE,
    STEP_AUTHENTICATE,
    STEP_PARSE,
    STEP_LOAD,
    STEP_CSR,
    STEP_INTEND,
    STEP_INTENT_COMMIT,
    STEP_TBS,
    STEP_LINT,
    STEP_SIGN,
    STEP_VERIFY,
    STEP_FINISH,
    STEP_COMMIT,
    STEP_REPLY,
    STEP_WHOLE,
    STEP_COUNT
};

static const char *const step_names[STEP_COUNT] = {
    [STEP_MESSAGE] = "message from the front, decoded",
    [STEP_AUTHENTICATE] = "SigV4, access key and user read from the store",
    [STEP_PARSE] = "JSON and contract",
    [STEP_LOAD] = "authority read from the store",
    [STEP_CSR] = "CSR parsed, its signature verified",
    [STEP_INTEND] = "serial number from the HSM",
    [STEP_INTENT_COMMIT] = "intent, committed alone",
    [STEP_TBS] = "TBSCertificate",
    [STEP_LINT] = "lint",
    [STEP_SIGN] = "signature in the HSM",
    [STEP_VERIFY] = "signature verified",
    [STEP_FINISH] = "certificate",
    [STEP_COMMIT] = "certificate and audit record, committed alone",
    [STEP_REPLY] = "answer as a message",
    [STEP_WHOLE] = "the whole call in core, one at a time",
};

struct bench {
    struct config config;
    struct core core;
    char body[BODY_MAX], host[32], date[24], authorization[768];
    const char *id, *secret, *target;
    struct msg_call call;
    struct buf frame;
    struct {
        double wall, processor;
    } step[STEP_COUNT];
    double wall, processor; /* at the last mark */
};

static void check(int r, const char *what)
{
    if (r == 0)
        return;
    fprintf(stderr, "stages: %s: %s\n", what, ch_error_text(r));
    exit(1);
}

static double now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void mark(struct bench *b)
{
    b->wall = now_us(CLOCK_MONOTONIC);
    b->processor = now_us(CLOCK_PROCESS_CPUTIME_ID);
}

/* What passed since the last mark counts for this step. */
static void lap(struct bench *b, enum step step)
{
    b->step[step].wall += now_us(CLOCK_MONOTONIC) - b->wall;
    b->step[step].processor += now_us(CLOCK_PROCESS_CPUTIME_ID) - b->processor;
    mark(b);
}

/* ---- the call, as a client signs it ---- */

static void call_header(struct bench *b, const char *name, const char *value)
{
    b->call.headers.pair[b->call.headers.count++] =
        (struct message_pair){slice_text(name), slice_text(value)};
}

static void call_sign(struct bench *b)
{
    struct sigv4 sig;
    struct api_error error = {0};
    struct buf canonical = {0}, text = {0};
    uint8_t key[32], tag[32];
    check(sigv4_parse(&b->call, &sig, &error), "sigv4_parse");
    check(sigv4_signing_key(slice_text(b->secret), &sig, key), "sigv4_signing_key");
    check(sigv4_canonical_request(&b->call, &sig, &canonical), "sigv4_canonical_request");
    check(sigv4_string_to_sign(&sig, buf_slice(&canonical), &text), "sigv4_string_to_sign");
    HMAC(EVP_sha256(), key, sizeof key, text.data, text.len, tag, NULL);
    hex_encode(tag, sizeof tag, strstr(b->authorization, "Signature=") + 10);
    buf_free(&canonical);
    buf_free(&text);
}

static void call_make(struct bench *b)
{
    time_t now = (time_t)clock_now();
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(b->date, sizeof b->date, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(b->authorization, sizeof b->authorization,
             "AWS4-HMAC-SHA256 Credential=%s/%.8s/us-east-1/acm-pca/aws4_request, "
             "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=%064d",
             b->id, b->date, 0);
    b->call = (struct msg_call){.method = slice_text("POST"),
                                .path = slice_text("/"),
                                .peer = slice_text("127.0.0.1"),
                                .body = slice_text(b->body)};
    call_header(b, "content-type", "application/x-amz-json-1.1");
    call_header(b, "host", "localhost:8443");
    call_header(b, "x-amz-date", b->date);
    call_header(b, "x-amz-target", "ACMPrivateCA.IssueCertificate");
    call_header(b, "authorization", b->authorization);
    call_sign(b);
    check(message_encode(MSG_CALL, 1, &b->call, &b->frame), "message_encode");
}

/* ---- the steps ---- */

struct pieces {
    struct authority_row authority;
    struct pki_csr *csr;
    struct issue_order order;
    struct issued_row intent;
    struct buf tbs, signature;
};

static int intent_unit(struct store_tx *tx, void *context)
{
    return store_issued_insert(tx, context);
}

static int complete_unit(struct store_tx *tx, void *context)
{
    return store_issued_complete(tx, context);
}

static void pieces_free(struct pieces *p)
{
    buf_free(&p->tbs);
    buf_free(&p->signature);
    issued_row_free(&p->intent);
    pki_csr_free(p->csr);
    authority_row_free(&p->authority);
}

static void order_make(struct bench *b, struct request *r, struct pieces *p)
{
    struct pki_reason why;
    struct buf pem = {0};
    bool critical = false;
    check(authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &p->authority),
          "authority_load");
    lap(b, STEP_LOAD);
    check(contract_blob(r->in, "Csr", &pem), "contract_blob");
    check(pki_csr_parse(buf_slice(&pem), &p->csr, &why), "pki_csr_parse");
    buf_free(&pem);
    lap(b, STEP_CSR);
    p->order = (struct issue_order){
        .authority = &p->authority,
        .profile = pki_profile_find("EndEntityCertificate/V1"),
        .sig_alg = sig_alg_from_name(member_text(r->in, "SigningAlgorithm")),
        .subject = pki_csr_subject(p->csr),
        .spki = pki_csr_spki(p->csr),
        .subject_alt_name = pki_csr_extension(p->csr, SUBJECT_ALT_NAME_OID, &critical),
        .not_before = clock_now(),
        .not_after = clock_now() + 86400,
    };
}

static void intent_make(struct bench *b, struct pieces *p)
{
    mark(b);
    check(issue_intend(&b->core, &p->order, &p->intent), "issue_intend");
    lap(b, STEP_INTEND);
    check(store_write(b->core.store, intent_unit, &p->intent), "store_write");
    lap(b, STEP_INTENT_COMMIT);
}

static void tbs_make(struct bench *b, const struct authority_issuer *issuer, struct pieces *p)
{
    struct pki_reason why;
    struct pki_tbs_spec spec = {
        .profile = p->order.profile,
        .sig_alg = p->order.sig_alg,
        .issuer = pki_certificate_subject(issuer->certificate),
        .issuer_key_id = pki_certificate_key_id(issuer->certificate),
        .subject = p->order.subject,
        .spki = p->order.spki,
        .not_before = p->order.not_before,
        .not_after = p->order.not_after,
        .subject_alt_name = p->order.subject_alt_name,
    };
    memcpy(spec.serial, p->intent.serial, sizeof spec.serial);
    mark(b);
    check(pki_tbs_build(&spec, &p->tbs, &why), "pki_tbs_build");
    lap(b, STEP_TBS);
    check(pki_lint(buf_slice(&p->tbs), p->order.profile, &why), why.text);
    lap(b, STEP_LINT);
}

static void certificate_make(struct bench *b, const struct authority_issuer *issuer,
                             struct pieces *p)
{
    struct hsm_key *key = NULL;
    struct hsm_name name;
    authority_key_name(&p->authority, &name);
    mark(b);
    check(hsm_pair_find(b->core.hsm, &name, buf_slice(&p->authority.spki), &key), "hsm_pair_find");
    check(hsm_sign(b->core.hsm, key, p->order.sig_alg, buf_slice(&p->tbs), &p->signature),
          "hsm_sign");
    lap(b, STEP_SIGN);
    check(pki_verifier_check(issuer->verifier, p->order.sig_alg, buf_slice(&p->tbs),
                             buf_slice(&p->signature)),
          "pki_verifier_check");
    lap(b, STEP_VERIFY);
    check(pki_certificate_finish(buf_slice(&p->tbs), p->order.sig_alg, buf_slice(&p->signature),
                                 &p->intent.certificate),
          "pki_certificate_finish");
    lap(b, STEP_FINISH);
}

static void request_begin(struct bench *b, struct request *r, union message_any *message)
{
    struct message_header header;
    struct slice bytes = buf_slice(&b->frame);
    mark(b);
    check(message_header_decode(bytes.data, ROLE_FRONT_MANAGE, ROLE_CORE, &header), "header");
    check(message_decode(&header, slice_of(bytes.data + MESSAGE_HEADER_SIZE, header.length),
                         message),
          "message_decode");
    lap(b, STEP_MESSAGE);
    *r = (struct request){.core = &b->core,
                          .call = &message->call,
                          .now = clock_now_us(),
                          .out = json_object()};
    check(auth_authenticate(r), "auth_authenticate");
    lap(b, STEP_AUTHENTICATE);
    check(contract_find(slice_text(b->target), &r->service, &r->operation), "contract_find");
    check(contract_parse(r->call->body, &r->in, &r->error), "contract_parse");
    check(contract_check(r->operation, r->in, &r->error), "contract_check");
    check(authorize(r, "acm-pca:IssueCertificate", member_text(r->in, "CertificateAuthorityArn")),
          "authorize");
    lap(b, STEP_PARSE);
}

/* Each step by itself, as issue_certificate.c and issue.c take them. */
static void call_in_steps(struct bench *b)
{
    static union message_any message;
    struct request r;
    struct pieces p = {0};
    struct authority_cache *cache = key_maker_authorities(b->core.key_maker);
    const struct authority_issuer *issuer = NULL;
    request_begin(b, &r, &message);
    order_make(b, &r, &p);
    check(authority_issuer_acquire(cache, &p.authority, &issuer), "authority_issuer_acquire");
    intent_make(b, &p);
    tbs_make(b, issuer, &p);
    certificate_make(b, issuer, &p);
    check(member_put_text(r.out, "CertificateArn", "arn"), "answer");
    mark(b);
    check(request_commit(&r, complete_unit, &p.intent), "request_commit");
    lap(b, STEP_COMMIT);
    authority_issuer_release(cache, issuer);
    pieces_free(&p);
    json_decref(r.in);
    json_decref(r.out);
}

static void call_whole(struct bench *b)
{
    struct dispatch_reply reply;
    struct msg_call_reply message;
    struct buf frame = {0};
    mark(b);
    double wall = b->wall, processor = b->processor;
    dispatch_call(&b->core, &b->call, &reply);
    check(reply.status == 200 ? 0 : CH_EAPI, "dispatch_call");
    mark(b);
    dispatch_reply_message(&reply, &message);
    check(message_encode(MSG_CALL_REPLY, 1, &message, &frame), "message_encode");
    lap(b, STEP_REPLY);
    b->step[STEP_WHOLE].wall += b->wall - wall;
    b->step[STEP_WHOLE].processor += b->processor - processor;
    buf_free(&frame);
    dispatch_reply_free(&reply);
}

/* ---- who asks and whether he may, alone ---- */

#define JUDGED 5000
#define ATTACHED 10

/* Nine that do not apply to the call, by condition, resource or action, and one that allows it. */
static const char *const attached[ATTACHED] = {
#define STATEMENT(effect, action, resource, condition)                                             \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"" effect "\",\"Action\":" action             \
    ",\"Resource\":\"" resource "\",\"Condition\":{" condition "}}]}"
    STATEMENT("Deny", "\"acm-pca:*\"", "*", "\"NotIpAddress\":{\"aws:SourceIp\":[\"127.0.0.0/8\",\"::1\"]}"),
    STATEMENT("Deny", "\"acm-pca:Issue*\"", "*", "\"StringLike\":{\"acm-pca:TemplateArn\":\"*Subordinate*\"}"),
    STATEMENT("Deny", "\"*\"", "*", "\"Bool\":{\"aws:SecureTransport\":false}"),
    STATEMENT("Deny", "\"*\"", "*", "\"DateGreaterThan\":{\"aws:CurrentTime\":\"2090-01-01T00:00:00Z\"}"),
    STATEMENT("Allow", "[\"acm:Get*\",\"acm:List*\",\"acm:Describe*\"]", "*", ""),
    STATEMENT("Allow", "\"acm-pca:*\"", "arn:aws:acm-pca:*:*:certificate-authority/${aws:username}", ""),
    STATEMENT("Allow", "\"acm-pca:*\"", "*", "\"StringEquals\":{\"aws:RequestedRegion\":\"eu-central-1\"}"),
    STATEMENT("Deny", "\"acm-pca:*\"", "*", "\"ForAnyValue:StringEquals\":{\"aws:TagKeys\":\"Secret\"}"),
    STATEMENT("Deny", "\"acm-pca:*\"", "*", "\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:user/*\"}"),
    STATEMENT("Allow", "\"acm-pca:IssueCertificate\"", "arn:aws:acm-pca:us-east-1:*:certificate-authority/*", ""),
};

static struct policy_set *attached_make(void)
{
    struct policy_set *set = policy_set_new();
    for (size_t i = 0; i < ATTACHED; i++)
        check(policy_set_add_text(set, POLICY_IDENTITY, slice_text(attached[i]), NULL), attached[i]);
    return set;
}

/* Microseconds of this thread for each: SigV4 with the key remembered, then the judgement. */
static void judge_alone(struct bench *b)
{
    struct policy_set *set = attached_make();
    double at = 0, authentication = 0, judgement = 0;
    for (int i = -WARM_UP; i < JUDGED; i++) {
        struct request r = {.core = &b->core, .call = &b->call, .now = clock_now_us()};
        at = now_us(CLOCK_THREAD_CPUTIME_ID);
        check(auth_authenticate(&r), "auth_authenticate");
        double between = now_us(CLOCK_THREAD_CPUTIME_ID);
        check(contract_find(slice_text(b->target), &r.service, &r.operation), "contract_find");
        check(contract_parse(b->call.body, &r.in, &r.error), "contract_parse");
        r.principal.policies = set;
        double before = now_us(CLOCK_THREAD_CPUTIME_ID);
        check(authorize(&r, "acm-pca:IssueCertificate",
                        member_text(r.in, "CertificateAuthorityArn")),
              "authorize");
        if (i >= 0) {
            judgement += now_us(CLOCK_THREAD_CPUTIME_ID) - before;
            authentication += between - at;
        }
        json_decref(r.in);
    }
    printf("authentication: %.1f us of processor\n", authentication / JUDGED);
    printf("authorization by %d attached policies: %.1f us of processor\n", ATTACHED,
           judgement / JUDGED);
    policy_set_release(set);
}

static void print(const struct bench *b, int calls)
{
    double wall = b->step[STEP_WHOLE].wall, processor = b->step[STEP_WHOLE].processor;
    for (size_t i = 0; i < STEP_COUNT; i++) {
        printf("%s: %.0f us, of processor %.0f us\n", step_names[i], b->step[i].wall / calls,
               b->step[i].processor / calls);
        if (i < STEP_WHOLE) {
            wall -= b->step[i].wall;
            processor -= b->step[i].processor;
        }
    }
    printf("what of it is in no step above: %.0f us, of processor %.0f us\n", wall / calls,
           processor / calls);
}

static void appliance_open(struct bench *b, const char *state)
{
    char path[CORE_PATH_MAX];
    snprintf(path, sizeof path, "%s/chancery.conf", state);
    check(config_load(path, &b->config, stderr), path);
    b->config.hsm_pool_rsa_2048 = b->config.hsm_pool_rsa_3072 = b->config.hsm_pool_rsa_4096 = 0;
    check(core_hsm_environment(&b->config), "environment");
    check(contract_init(), "contract_init");
    check(core_open(state, &b->config, NULL, &b->core), "core_open");
    check(key_maker_new(&b->core, &b->core.key_maker), "key_maker_new");
}

static void body_read(struct bench *b, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t len = file == NULL ? 0 : fread(b->body, 1, sizeof b->body - 1, file);
    check(len == 0 ? CH_EIO : 0, path);
    fclose(file);
}

int main(int argc, char **argv)
{
    static struct bench b = {.target = "ACMPrivateCA.IssueCertificate"};
    if (argc < 5) {
        fprintf(stderr, "usage: stages STATE BODY ACCESS-KEY-ID SECRET [CALLS]\n");
        return 1;
    }
    int calls = argc > 5 ? atoi(argv[5]) : 300;
    log_open("stages", LOG_LEVEL_ERROR);
    contract_json_wipes();
    check(pki_memory_wipes(), "pki_memory_wipes");
    b.id = argv[3];
    b.secret = argv[4];
    body_read(&b, argv[2]);
    appliance_open(&b, argv[1]);
    call_make(&b);
    for (int i = -WARM_UP; i < calls; i++) {
        if (i == 0)
            memset(b.step, 0, sizeof b.step);
        call_in_steps(&b);
        call_whole(&b);
    }
    print(&b, calls);
    judge_alone(&b);
    key_maker_free(b.core.key_maker);
    core_close(&b.core);
    contract_exit();
    buf_free(&b.frame);
    return 0;
}
