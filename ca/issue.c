#include "ca/issue.h"

#include "ca/jobs/key_maker.h"
#include "ca/pca/authority.h"
#include "ca/pca/validity.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
/* Seven days, and the hour by which a certificate is dated back (ca/pca/validity.h). */
#define SHORT_LIVED_SECONDS (INT64_C(7) * 24 * 3600 + VALIDITY_BACKDATE)

static int refuse(struct pki_reason *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct pki_reason *why, int code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    return code;
}

/* ---- may it be issued ---- */

static int check_state(const struct issue_order *o, int64_t now, struct pki_reason *why)
{
    const struct authority_row *a = o->authority;
    bool own_root = o->profile->self_signed && authority_status_is(a, now, "PENDING_CERTIFICATE");
    /* a disabled authority still answers for what it has issued */
    bool responder = o->profile->no_check && authority_status_is(a, now, "DISABLED");
    if (!own_root && !responder && !authority_status_is(a, now, "ACTIVE"))
        return refuse(why, CH_ESTATE,
                      "The certificate authority is not in a valid state for issuing certificates");
    return 0;
}

/* A root certificate is a CA's own: of a root, for its own key. */
static int check_root(const struct issue_order *o, struct pki_reason *why)
{
    if (strcmp(o->authority->type, "ROOT") != 0)
        return refuse(why, CH_EINVAL, "Template %s can be used by a root CA only.",
                      o->profile->name);
    if (!slice_equal(o->spki, buf_slice(&o->authority->spki)))
        return refuse(why, CH_EINVAL,
                      "Template %s issues the CA's own certificate: the CSR must be the CA's own.",
                      o->profile->name);
    return 0;
}

static int check_dates(const struct issue_order *o, const struct authority_issuer *issuer,
                       struct pki_reason *why)
{
    if (o->not_before >= o->not_after)
        return refuse(why, CH_EINVAL, "The end of the validity is not after its beginning.");
    if (issuer == NULL)
        return 0;
    if (o->not_after > pki_certificate_not_after(issuer->certificate))
        return refuse(why, CH_ELIMIT,
                      "The certificate validity specified exceeds the certificate "
                      "authority validity");
    bool short_lived = o->authority->usage_mode != NULL &&
                       strcmp(o->authority->usage_mode, "SHORT_LIVED_CERTIFICATE") == 0;
    if (short_lived && o->not_after - o->not_before > SHORT_LIVED_SECONDS)
        return refuse(why, CH_ELIMIT,
                      "The certificate authority issues short-lived certificates "
                      "only: the validity must be at most seven days.");
    return 0;
}

/* RFC 5280 4.2.1.9: each CA below has less room than the one above. */
static int check_path(const struct issue_order *o, const struct authority_issuer *issuer,
                      struct pki_reason *why)
{
    if (!o->profile->ca || issuer->path_length < 0)
        return 0;
    if (o->profile->path_length >= 0 && o->profile->path_length < issuer->path_length)
        return 0;
    return refuse(why, CH_EDENIED,
                  "The path length of template %s does not fit below a CA whose path length is %d "
                  "(RFC 5280 4.2.1.9).",
                  o->profile->name, issuer->path_length);
}

static int check_algorithm(const struct issue_order *o, enum key_alg key, struct pki_reason *why)
{
    if (sig_alg_fits_key(o->sig_alg, key))
        return 0;
    return refuse(why, CH_EINVAL,
                  "The signing algorithm does not match the key algorithm of the certificate "
                  "authority.");
}

/* issuer is NULL for a root certificate. */
static int check_order(const struct issue_order *o, const struct authority_issuer *issuer,
                       struct pki_reason *why)
{
    enum key_alg key =
        issuer != NULL ? issuer->key_alg : pki_key_alg(buf_slice(&o->authority->spki));
    int rc = check_algorithm(o, key, why);
    if (rc == 0)
        rc = issuer == NULL ? check_root(o, why) : check_path(o, issuer, why);
    if (rc == 0)
        rc = check_dates(o, issuer, why);
    return rc;
}

static int issuer_acquire(struct core *core, const struct issue_order *o,
                          const struct authority_issuer **out)
{
    *out = NULL;
    if (o->profile->self_signed)
        return 0;
    return authority_issuer_acquire(key_maker_authorities(core->key_maker), o->authority, out);
}

int issue_check(struct core *core, const struct issue_order *order, int64_t now,
                struct pki_reason *why)
{
    const struct authority_issuer *issuer = NULL;
    why->text[0] = '\0';
    int rc = check_state(order, now, why);
    if (rc == 0)
        rc = issuer_acquire(core, order, &issuer);
    if (rc == 0)
        rc = check_order(order, issuer, why);
    authority_issuer_release(key_maker_authorities(core->key_maker), issuer);
    return rc;
}

/* ---- the intent ---- */

/*
 * Ids and serials begin with the second, so that certificates issued one after the other are
 * neighbours in the store's indexes: a commit writes a page for many of them, not one for each.
 */
#define ID_SIZE 16
#define ID_TIME 4
#define SERIAL_TIME 3
#define ID_RANDOM (ID_SIZE - ID_TIME)
#define SERIAL_RANDOM (PKI_SERIAL_SIZE - 1 - SERIAL_TIME) /* 128 bits of the token's generator */

/* The lowest octets of the second, big-endian. */
static void put_second(int64_t second, size_t size, uint8_t *out)
{
    for (size_t i = size; i > 0; i--, second >>= 8)
        out[i - 1] = (uint8_t)second;
}

static void id_make(int64_t second, const uint8_t random[ID_RANDOM], char *id)
{
    uint8_t octets[ID_SIZE];
    put_second(second, ID_TIME, octets);
    memcpy(octets + ID_TIME, random, ID_RANDOM);
    hex_encode(octets, sizeof octets, id);
}

/* The node octet keeps the serials of a cluster apart; it must leave the number positive and of
 * full length. */
static void serial_make(uint8_t node, int64_t second, const uint8_t random[SERIAL_RANDOM],
                        uint8_t serial[PKI_SERIAL_SIZE])
{
    uint8_t first = node & 0x7f;
    serial[0] = first == 0 ? 1 : first;
    put_second(second, SERIAL_TIME, serial + 1);
    memcpy(serial + 1 + SERIAL_TIME, random, SERIAL_RANDOM);
}

static int text_copy(const char *text, char **out)
{
    *out = text == NULL ? NULL : strdup(text);
    return text != NULL && *out == NULL ? CH_ENOMEM : 0;
}

int issue_intend(struct core *core, const struct issue_order *order, struct issued_row *intent)
{
    uint8_t random[ID_RANDOM + SERIAL_RANDOM];
    memset(intent, 0, sizeof *intent);
    int rc = core_random(core, random, sizeof random);
    if (rc != 0)
        return rc;
    intent->created_at = clock_now_us();
    int64_t second = intent->created_at / SECOND_US;
    id_make(second, random, intent->id);
    serial_make(core->node, second, random + ID_RANDOM, intent->serial);
    intent->scope = order->authority->scope;
    memcpy(intent->authority, order->authority->id, sizeof intent->authority);
    intent->not_before = order->not_before * SECOND_US;
    intent->not_after = order->not_after * SECOND_US;
    rc = text_copy("INTENT", &intent->state);
    if (rc == 0)
        rc = text_copy(order->profile->name, &intent->template_name);
    if (rc == 0)
        rc = text_copy(order->idempotency_token, &intent->idempotency_token);
    if (rc == 0)
        rc = buf_put_slice(&intent->request_hash, order->request_hash);
    if (rc != 0)
        issued_row_free(intent);
    return rc;
}

/* ---- the signature ---- */

/* Of an issuer that has no identifier of its own, the hash of its key, as AWS does it. */
static int issuer_key_id(const struct pki_certificate *issuer, uint8_t hash[20], struct slice *id)
{
    *id = pki_certificate_key_id(issuer);
    if (id->len > 0)
        return 0;
    *id = slice_of(hash, 20);
    return pki_key_id(pki_certificate_spki(issuer), hash);
}

static int tbs_make(const struct issue_order *o, const struct authority_issuer *issuer,
                    const struct issued_row *intent, struct buf *tbs, struct pki_reason *why)
{
    struct pki_tbs_spec spec = {
        .profile = o->profile,
        .sig_alg = o->sig_alg,
        .issuer = o->subject,
        .subject = o->subject,
        .spki = o->spki,
        .not_before = o->not_before,
        .not_after = o->not_after,
        .subject_alt_name = o->subject_alt_name,
        .pointers = o->pointers,
        .extras = o->extras,
    };
    uint8_t hash[20];
    int rc = 0;
    memcpy(spec.serial, intent->serial, sizeof spec.serial);
    if (issuer != NULL) {
        spec.issuer = pki_certificate_subject(issuer->certificate);
        rc = issuer_key_id(issuer->certificate, hash, &spec.issuer_key_id);
    }
    if (rc == 0)
        rc = pki_tbs_build(&spec, tbs, why);
    if (rc == 0)
        rc = pki_lint(buf_slice(tbs), o->profile, why);
    if (rc == 0 && issuer != NULL && pki_constraints_on_names(issuer->constraints))
        rc = pki_constraints_check_names(issuer->constraints, buf_slice(tbs), o->sig_alg, why);
    if (rc != 0)
        log_info("authority %s: not signed: %s", o->authority->id, why->text);
    return rc;
}

int issue_draft(struct core *core, const struct issue_order *order, const struct issued_row *intent,
                struct buf *tbs, struct pki_reason *why)
{
    const struct authority_issuer *issuer = NULL;
    why->text[0] = '\0';
    int rc = issuer_acquire(core, order, &issuer);
    if (rc == 0)
        rc = tbs_make(order, issuer, intent, tbs, why);
    authority_issuer_release(key_maker_authorities(core->key_maker), issuer);
    return rc;
}

/* By the key of the issuer's certificate; issuer is NULL for a root certificate. */
static int signature_check(const struct issue_order *o, const struct authority_issuer *issuer,
                           struct slice tbs, struct slice signature)
{
    return issuer == NULL ? pki_verify(buf_slice(&o->authority->spki), o->sig_alg, tbs, signature)
                          : pki_verifier_check(issuer->verifier, o->sig_alg, tbs, signature);
}

/* A signature is worth nothing until the public key has said so: HSMs fail, too. */
static int tbs_sign(struct core *core, const struct issue_order *o,
                    const struct authority_issuer *issuer, struct slice tbs, struct buf *signature)
{
    struct hsm_name name;
    struct hsm_key *key = NULL;
    authority_key_name(o->authority, &name);
    int rc = hsm_pair_find(core->hsm, &name, buf_slice(&o->authority->spki), &key);
    if (rc == 0)
        rc = hsm_sign(core->hsm, key, o->sig_alg, tbs, signature);
    if (rc == 0 && signature_check(o, issuer, tbs, buf_slice(signature)) != 0) {
        log_error("authority %s: the HSM made a signature that does not verify", o->authority->id);
        rc = CH_EHSM;
    }
    return rc;
}

static int state_set(struct issued_row *intent, const char *state)
{
    char *copy = strdup(state);
    if (copy == NULL)
        return CH_ENOMEM;
    free(intent->state);
    intent->state = copy;
    return 0;
}

int issue_sign(struct core *core, const struct issue_order *order, struct issued_row *intent,
               struct pki_reason *why)
{
    struct authority_cache *cache = key_maker_authorities(core->key_maker);
    const struct authority_issuer *issuer = NULL;
    struct buf tbs = {0};
    struct buf signature = {0};

    why->text[0] = '\0';
    int rc = check_state(order, clock_now_us(), why);
    if (rc == 0)
        rc = issuer_acquire(core, order, &issuer);
    if (rc == 0)
        rc = check_order(order, issuer, why);
    struct slice body = order->draft;
    if (rc == 0 && body.len == 0) {
        rc = tbs_make(order, issuer, intent, &tbs, why);
        body = buf_slice(&tbs);
    }
    if (rc == 0)
        rc = tbs_sign(core, order, issuer, body, &signature);
    if (rc == 0)
        rc = pki_certificate_finish(body, order->sig_alg, buf_slice(&signature),
                                    &intent->certificate);
    if (rc == 0)
        rc = state_set(intent, "ISSUED");
    intent->issued_at = clock_now_us();
    authority_issuer_release(cache, issuer);
    buf_free(&signature);
    buf_free(&tbs);
    return rc;
}

static int abandon_unit(struct store_tx *tx, void *context)
{
    const struct issued_row *intent = context;
    return store_issued_fail(tx, &intent->scope, intent->authority, intent->id);
}

void issue_abandon(struct core *core, const struct issued_row *intent)
{
    struct issued_row key = {.scope = intent->scope};
    memcpy(key.authority, intent->authority, sizeof key.authority);
    memcpy(key.id, intent->id, sizeof key.id);
    int rc = store_write(core->store, abandon_unit, &key);
    if (rc != 0)
        log_warn("authority %s: intent %s stays open until the next start: %s", intent->authority,
                 intent->id, ch_error_text(rc));
}
