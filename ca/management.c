#include "ca/management.h"

#include "ca/keyring.h"
#include "ca/pki/pki.h"
#include "ca/rate.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 32
#define CA_LIFETIME ((int64_t)10 * 365 * 86400)
#define BACKDATED 300 /* seconds, for clients whose clock is behind */
#define SIG_ALG SIG_ALG_SHA256WITHECDSA
#define OID_COMMON_NAME "2.5.4.3"
#define OID_ORGANIZATION "2.5.4.10"
#define OID_SERVER_AUTH "1.3.6.1.5.5.7.3.1"

struct management {
    struct core *core;
    struct hsm_key *key;
    struct system_key_row row;
    struct pki_certificate *certificate;
    struct rate rate;
};

static const char *const server_usage[] = {OID_SERVER_AUTH, NULL};

static const struct pki_profile server_profile = {
    .name = "management TLS server",
    .path_length = -1,
    .key_usage = PKI_KU_DIGITAL_SIGNATURE,
    .extended_key_usage = server_usage,
};

/* ---- signing ---- */

static int name_build(const char *common_name, struct buf *der)
{
    const struct pki_attribute attributes[] = {{OID_ORGANIZATION, "Chancery"},
                                               {OID_COMMON_NAME, common_name}};
    return pki_name_build(attributes, 2, der);
}

static int serial_choose(struct core *core, uint8_t serial[PKI_SERIAL_SIZE])
{
    serial[0] = core->node;
    return hsm_random(core->hsm, serial + 1, PKI_SERIAL_SIZE - 1);
}

/* TBS -> lint -> sign -> verify -> certificate. ca_spki: of the key that signs. */
static int certificate_make(struct core *core, struct hsm_key *key, struct slice ca_spki,
                            const struct pki_tbs_spec *spec, struct buf *der)
{
    struct pki_reason why = {""};
    struct buf tbs = {0}, signature = {0};
    int r = pki_tbs_build(spec, &tbs, &why);
    if (r == 0)
        r = pki_lint(buf_slice(&tbs), spec->profile, &why);
    if (r == 0)
        r = hsm_sign(core->hsm, key, spec->sig_alg, buf_slice(&tbs), &signature);
    if (r == 0)
        r = pki_verify(ca_spki, spec->sig_alg, buf_slice(&tbs), buf_slice(&signature));
    if (r == 0)
        r = pki_certificate_finish(buf_slice(&tbs), spec->sig_alg, buf_slice(&signature), der);
    if (r != 0)
        log_error("management CA: %s%s%s", ch_error_text(r), why.text[0] == '\0' ? "" : ": ",
                  why.text);
    buf_free(&tbs);
    buf_free(&signature);
    return r;
}

/* ---- the CA itself ---- */

static int ca_certificate_make(struct core *core, struct hsm_key *key, struct slice spki,
                               struct buf *der)
{
    struct pki_tbs_spec spec = {
        .profile = pki_profile_find("RootCACertificate/V1"),
        .sig_alg = SIG_ALG,
        .spki = spki,
        .not_before = clock_now() - BACKDATED,
    };
    char common_name[64];
    uint8_t id[20];
    struct buf name = {0};
    PRECOND(spec.profile != NULL);
    spec.not_after = spec.not_before + CA_LIFETIME;
    int r = pki_key_id(spki, id);
    if (r != 0)
        return r;
    snprintf(common_name, sizeof common_name, "Chancery management CA %02x%02x%02x%02x", id[0],
             id[1], id[2], id[3]);
    r = name_build(common_name, &name);
    if (r == 0)
        r = serial_choose(core, spec.serial);
    spec.issuer = spec.subject = buf_slice(&name);
    if (r == 0)
        r = certificate_make(core, key, spki, &spec, der);
    buf_free(&name);
    return r;
}

static int ca_certificate_write(struct store_tx *tx, void *context)
{
    const struct buf *der = context;
    return store_system_key_set_certificate(tx, KEYRING_MANAGEMENT_CA, buf_slice(der));
}

int management_provision(struct core *core)
{
    PRECOND(core != NULL && core->keyring != NULL);
    struct system_key_row row = {0};
    struct hsm_key *key = NULL;
    struct buf der = {0};
    int r = keyring_pair_ensure(core->keyring, KEYRING_MANAGEMENT_CA, &row, &key);
    if (r == 0 && row.certificate.len == 0) {
        r = ca_certificate_make(core, key, buf_slice(&row.spki), &der);
        if (r == 0)
            r = store_write(core->store, ca_certificate_write, &der);
    }
    buf_free(&der);
    system_key_row_free(&row);
    return r;
}

int management_open(struct core *core, struct management **out)
{
    PRECOND(core != NULL && core->keyring != NULL);
    struct pki_reason why = {""};
    *out = NULL;
    struct management *m = calloc(1, sizeof *m);
    if (m == NULL)
        return CH_ENOMEM;
    m->core = core;
    m->rate = (struct rate)RATE_INIT(60, 10);
    int r = keyring_pair_find(core->keyring, KEYRING_MANAGEMENT_CA, &m->row, &m->key);
    if (r == 0 && m->row.certificate.len == 0)
        r = CH_ENOTFOUND;
    if (r == 0 && pki_certificate_parse(buf_slice(&m->row.certificate), &m->certificate, &why) != 0)
        r = CH_EINTEGRITY;
    if (r != 0) {
        management_close(m);
        return r;
    }
    *out = m;
    return 0;
}

void management_close(struct management *m)
{
    if (m == NULL)
        return;
    pki_certificate_free(m->certificate);
    system_key_row_free(&m->row);
    free(m);
}

int management_bundle(const struct management *m, struct buf *pem)
{
    return pki_pem_put("CERTIFICATE", buf_slice(&m->row.certificate), true, pem);
}

/* ---- the server's certificate ---- */

struct host_names {
    char text[CONFIG_TEXT_MAX];
    const char *names[NAMES_MAX];
    size_t count;
};

static void host_names_split(const char *list, struct host_names *out)
{
    char *rest = NULL;
    out->count = 0;
    snprintf(out->text, sizeof out->text, "%s", list);
    for (char *name = strtok_r(out->text, ", ", &rest); name != NULL && out->count < NAMES_MAX;
         name = strtok_r(NULL, ", ", &rest))
        out->names[out->count++] = name;
}

/* Owns what the specification borrows. */
struct server_order {
    struct pki_tbs_spec spec;
    struct pki_csr *csr;
    struct buf subject;
    struct buf alt_names;
    struct host_names hosts;
};

static void server_order_free(struct server_order *o)
{
    pki_csr_free(o->csr);
    buf_free(&o->subject);
    buf_free(&o->alt_names);
}

static int server_order_key(struct server_order *o, struct slice csr)
{
    struct pki_reason why = {""};
    int r = pki_csr_parse(csr, &o->csr, &why);
    if (r == 0 && pki_key_alg(pki_csr_spki(o->csr)) != KEY_ALG_P256) {
        r = CH_EINVAL;
        snprintf(why.text, sizeof why.text, "not a P-256 key");
    }
    if (r != 0)
        log_warn("management CA: CSR refused: %s", why.text);
    else
        o->spec.spki = pki_csr_spki(o->csr);
    return r;
}

static int server_order_make(struct management *m, struct slice csr, struct server_order *o)
{
    const struct config *config = m->core->config;
    int64_t first = pki_certificate_not_before(m->certificate);
    int64_t last = pki_certificate_not_after(m->certificate);
    int64_t now = clock_now();
    int r = server_order_key(o, csr);
    if (r != 0)
        return r;
    host_names_split(config->manage_names, &o->hosts);
    r = pki_host_names_build(o->hosts.names, o->hosts.count, &o->alt_names);
    if (r == 0)
        r = name_build(strlen(o->hosts.names[0]) <= 64 ? o->hosts.names[0] : "management",
                       &o->subject);
    if (r == 0)
        r = serial_choose(m->core, o->spec.serial);
    o->spec.profile = &server_profile;
    o->spec.sig_alg = SIG_ALG;
    o->spec.issuer = pki_certificate_subject(m->certificate);
    o->spec.issuer_key_id = pki_certificate_key_id(m->certificate);
    o->spec.subject = buf_slice(&o->subject);
    o->spec.subject_alt_name = buf_slice(&o->alt_names);
    o->spec.not_before = now - BACKDATED < first ? first : now - BACKDATED;
    o->spec.not_after = now + config->manage_certificate_lifetime;
    if (o->spec.not_after > last)
        o->spec.not_after = last;
    return r;
}

struct certified {
    const struct server_order *order;
    const char *names;
};

static int certified_record(struct store_tx *tx, void *context)
{
    const struct certified *c = context;
    char serial[2 * PKI_SERIAL_SIZE + 1];
    hex_encode(c->order->spec.serial, PKI_SERIAL_SIZE, serial);
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "CertifyManagementKey",
                .source = "chancery.internal",
                .at = clock_now_us(),
                .details = json_pack("{s:s, s:s, s:I}", "names", c->names, "serialNumber", serial,
                                     "notAfter", (json_int_t)c->order->spec.not_after),
            });
}

int management_certify(struct management *m, struct slice csr, struct management_certificate *out)
{
    PRECOND(m != NULL && out != NULL);
    struct server_order order = {0};
    struct buf der = {0};
    *out = (struct management_certificate){0};
    if (!rate_take(&m->rate)) {
        log_warn("management CA: too many requests for certificates");
        return CH_ELIMIT;
    }
    int r = server_order_make(m, csr, &order);
    if (r == 0)
        r = certificate_make(m->core, m->key, buf_slice(&m->row.spki), &order.spec, &der);
    if (r == 0)
        r = store_write(m->core->store, certified_record,
                        &(struct certified){&order, m->core->config->manage_names});
    if (r == 0)
        r = pki_pem_put("CERTIFICATE", buf_slice(&der), true, &out->chain);
    if (r == 0) {
        out->not_before = order.spec.not_before;
        out->not_after = order.spec.not_after;
    } else {
        buf_free(&out->chain);
    }
    buf_free(&der);
    server_order_free(&order);
    return r;
}
