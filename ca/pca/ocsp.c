#include "ca/pca/ocsp.h"

#include "ca/pca/authority.h"
#include "ca/pca/ocsp_responder.h"
#include "ca/pki/ocsp.h"
#include "ca/serve.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define ANSWER_LIFETIME 3600 /* seconds from thisUpdate to nextUpdate */
#define LOOK_AGAIN_MS 1000   /* an unknown issuer makes the store be read at most that often */

/* An authority as CertIDs name it. */
struct issuer {
    struct scope scope;
    char id[ROW_UUID_SIZE];
    struct pki_ocsp_issuer hashes;
};

struct ocsp {
    struct core *core;
    struct ocsp_responders *responders;
    pthread_mutex_t lock; /* guards all below */
    struct issuer *issuers;
    size_t count, room;
    int64_t read_at_ms;
};

int ocsp_new(struct core *core, struct ocsp **out)
{
    PRECOND(core != NULL && out != NULL);
    *out = NULL;
    struct ocsp *o = calloc(1, sizeof *o);
    if (o == NULL)
        return CH_ENOMEM;
    o->core = core;
    o->read_at_ms = INT64_MIN / 2;
    pthread_mutex_init(&o->lock, NULL);
    o->responders = ocsp_responders_new(core);
    if (o->responders == NULL) {
        ocsp_free(o);
        return CH_ENOMEM;
    }
    *out = o;
    return 0;
}

void ocsp_free(struct ocsp *o)
{
    if (o == NULL)
        return;
    ocsp_responders_free(o->responders);
    pthread_mutex_destroy(&o->lock);
    free(o->issuers);
    free(o);
}

uint64_t ocsp_tag(const char authority[ROW_UUID_SIZE], const uint8_t serial[20])
{
    uint8_t text[ROW_UUID_SIZE + 20];
    uint8_t digest[32] = {0};
    uint64_t tag = 0;
    memcpy(text, authority, ROW_UUID_SIZE);
    memcpy(text + ROW_UUID_SIZE, serial, 20);
    if (EVP_Digest(text, sizeof text, digest, NULL, EVP_sha256(), NULL) != 1)
        log_warn("no digest for a tag");
    memcpy(&tag, digest, sizeof tag);
    return tag;
}

void ocsp_forget(const struct core *core, const char authority[ROW_UUID_SIZE],
                 const uint8_t serial[20])
{
    const struct msg_forget message = {.tag = ocsp_tag(authority, serial)};
    serve_tell(core->serve, ROLE_FRONT_PUBLIC, MSG_FORGET, &message);
}

void ocsp_forget_all(const struct core *core)
{
    const struct msg_forget message = {.all = 1};
    serve_tell(core->serve, ROLE_FRONT_PUBLIC, MSG_FORGET, &message);
}

int ocsp_renew(struct ocsp *o, const struct authority_row *authority)
{
    PRECOND(o != NULL && authority != NULL);
    return ocsp_responder_renew(o->responders, authority);
}

int ocsp_end(struct ocsp *o, const struct authority_row *authority)
{
    if (o == NULL)
        return 0;
    int r = ocsp_responder_destroy(o->responders, authority);
    if (r == 0)
        ocsp_forget_all(o->core);
    return r;
}

/* ---- who is meant ---- */

static int issuer_add(struct ocsp *o, const struct authority_row *row, const struct issuer *issuer)
{
    if (o->count == o->room) {
        size_t room = o->room == 0 ? 16 : 2 * o->room;
        struct issuer *list = reallocarray(o->issuers, room, sizeof *list);
        if (list == NULL)
            return CH_ENOMEM;
        o->issuers = list;
        o->room = room;
    }
    struct issuer *i = &o->issuers[o->count++];
    *i = *issuer;
    i->scope = row->scope;
    memcpy(i->id, row->id, sizeof i->id);
    return 0;
}

/* One that cannot be read is left out, and said. */
static int issuer_visit(void *context, const struct authority_row *row)
{
    struct pki_certificate *certificate = NULL;
    struct pki_reason why = {""};
    struct issuer issuer = {0};
    int r = pki_certificate_parse(buf_slice(&row->certificate), &certificate, &why);
    if (r == 0)
        r = pki_ocsp_issuer_hash(pki_certificate_subject(certificate),
                                 pki_certificate_spki(certificate), &issuer.hashes);
    if (r == 0)
        r = issuer_add(context, row, &issuer);
    else
        log_warn("authority %s: no OCSP: %s", row->id, why.text);
    pki_certificate_free(certificate);
    return r == CH_ENOMEM ? r : 0;
}

static int issuers_unit(struct store_tx *tx, void *context)
{
    struct ocsp *o = context;
    o->count = 0;
    return store_authority_list_certified(tx, issuer_visit, o);
}

static const struct issuer *issuer_look(const struct ocsp *o, const struct pki_ocsp_id *id)
{
    for (size_t i = 0; i < o->count; i++)
        if (pki_ocsp_issuer_is(&o->issuers[i].hashes, id))
            return &o->issuers[i];
    return NULL;
}

/* CH_ENOTFOUND: no authority here. */
static int issuer_find(struct ocsp *o, const struct pki_ocsp_id *id, struct issuer *out)
{
    int r = 0;
    pthread_mutex_lock(&o->lock);
    const struct issuer *found = issuer_look(o, id);
    int64_t now = clock_monotonic_ms();
    if (found == NULL && now - o->read_at_ms >= LOOK_AGAIN_MS) {
        o->read_at_ms = now;
        r = store_read(o->core->store, issuers_unit, o);
        found = issuer_look(o, id);
    }
    if (found != NULL)
        *out = *found;
    else if (r == 0)
        r = CH_ENOTFOUND;
    pthread_mutex_unlock(&o->lock);
    return r;
}

/* ---- what became of the certificates ---- */

struct lookup {
    const struct issuer *issuer;
    const struct pki_ocsp_request *request;
    struct authority_row authority;
    struct pki_ocsp_single singles[PKI_OCSP_REQUESTS_MAX];
};

/* Good is what was issued and not revoked; a serial number that nobody was given is unknown. */
static int single_read(struct store_tx *tx, const struct issuer *issuer,
                       const struct pki_ocsp_id *id, struct pki_ocsp_single *out)
{
    struct revocation_row revocation = {0};
    struct issued_row issued = {0};
    *out = (struct pki_ocsp_single){.status = PKI_OCSP_UNKNOWN};
    if (!id->serial_fits || !pki_ocsp_issuer_is(&issuer->hashes, id))
        return 0;
    int r = store_revocation_get(tx, &issuer->scope, issuer->id, id->serial, &revocation);
    if (r == 0) {
        *out = (struct pki_ocsp_single){.status = PKI_OCSP_REVOKED,
                                        .reason = revocation.reason,
                                        .revoked_at = revocation.revoked_at / SECOND_US};
        return 0;
    }
    if (r == CH_ENOTFOUND)
        r = store_issued_by_serial(tx, &issuer->scope, issuer->id, id->serial, &issued);
    if (r == 0 && strcmp(issued.state, "ISSUED") == 0)
        out->status = PKI_OCSP_GOOD;
    issued_row_free(&issued);
    return r == CH_ENOTFOUND ? 0 : r;
}

static int lookup_unit(struct store_tx *tx, void *context)
{
    struct lookup *l = context;
    struct pki_ocsp_id id;
    authority_row_free(&l->authority);
    int r = store_authority_get(tx, &l->issuer->scope, l->issuer->id, &l->authority);
    if (r == 0 && authority_is_gone(&l->authority, clock_now_us()))
        r = CH_ENOTFOUND;
    for (size_t i = 0; r == 0 && i < pki_ocsp_request_count(l->request); i++) {
        pki_ocsp_request_id(l->request, i, &id);
        r = single_read(tx, l->issuer, &id, &l->singles[i]);
    }
    return r;
}

/* ---- the answer ---- */

static int answer_sign(struct ocsp *o, const struct lookup *l, struct ocsp_answer *out)
{
    struct ocsp_responder responder = {0};
    struct buf tbs = {0};
    struct buf signature = {0};
    int64_t now = clock_now();
    int r = ocsp_responder_take(o->responders, &l->authority, &responder);
    out->this_update = now;
    out->next_update =
        now + ANSWER_LIFETIME < responder.not_after ? now + ANSWER_LIFETIME : responder.not_after;
    struct pki_ocsp_spec spec = {
        .request = l->request,
        .singles = l->singles,
        .responder_key_id = slice_of(responder.key_id, sizeof responder.key_id),
        .produced_at = now,
        .this_update = out->this_update,
        .next_update = out->next_update,
    };
    if (r == 0)
        r = pki_ocsp_tbs_build(&spec, &tbs);
    if (r == 0)
        r = hsm_sign(o->core->hsm, responder.key, OCSP_RESPONDER_SIG_ALG, buf_slice(&tbs),
                     &signature);
    if (r == 0)
        r = pki_ocsp_finish(buf_slice(&tbs), OCSP_RESPONDER_SIG_ALG, buf_slice(&signature),
                            buf_slice(&responder.certificate), &out->body);
    buf_free(&signature);
    buf_free(&tbs);
    ocsp_responder_free(&responder);
    return r;
}

static int answer_make(struct ocsp *o, const struct pki_ocsp_request *request,
                       struct ocsp_answer *out)
{
    struct issuer issuer;
    struct pki_ocsp_id first;
    struct lookup l = {.issuer = &issuer, .request = request};
    pki_ocsp_request_id(request, 0, &first);
    int r = issuer_find(o, &first, &issuer);
    if (r == 0)
        r = store_read(o->core->store, lookup_unit, &l);
    if (r == 0)
        r = answer_sign(o, &l, out);
    /* Not so what is unknown: whoever invents serial numbers would drive out what others ask for. */
    if (r == 0 && pki_ocsp_request_count(request) == 1 && !pki_ocsp_request_has_nonce(request) &&
        l.singles[0].status != PKI_OCSP_UNKNOWN) {
        out->cacheable = true;
        out->tag = ocsp_tag(issuer.id, first.serial);
    }
    authority_row_free(&l.authority);
    return r;
}

static enum pki_ocsp_refusal refusal_of(int code)
{
    static const struct {
        int code;
        enum pki_ocsp_refusal refusal;
    } rows[] = {
        {CH_ENOTFOUND, PKI_OCSP_UNAUTHORIZED},
        {CH_ESTATE, PKI_OCSP_UNAUTHORIZED}, /* an authority that can have no responder any more */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code)
            return rows[i].refusal;
    return PKI_OCSP_TRY_LATER;
}

int ocsp_answer(struct ocsp *o, struct slice der, struct ocsp_answer *out)
{
    PRECOND(o != NULL && out != NULL);
    struct pki_ocsp_request *request = NULL;
    *out = (struct ocsp_answer){0};
    int r = pki_ocsp_request_parse(der, &request);
    if (r == CH_EINVAL)
        return pki_ocsp_refuse(PKI_OCSP_MALFORMED, &out->body);
    if (r == 0)
        r = answer_make(o, request, out);
    pki_ocsp_request_free(request);
    if (r == 0)
        return 0;
    if (refusal_of(r) == PKI_OCSP_TRY_LATER)
        log_warn("OCSP: %s", ch_error_text(r));
    buf_free(&out->body);
    *out = (struct ocsp_answer){0};
    return pki_ocsp_refuse(refusal_of(r), &out->body);
}
