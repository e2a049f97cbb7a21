#include "ca/public.h"

#include "ca/ct/ct.h"
#include "ca/domain/challenge.h"
#include "ca/pca/authority.h"
#include "ca/pca/crl.h"
#include "ca/store/validations.h"
#include "ca/trust/trust.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UUID_LEN (ROW_UUID_SIZE - 1)
#define CERTIFICATE_MAX_AGE 3600 /* an authority's certificate changes when it is renewed */
#define DIGEST_SIZE 32
#define ETAG_OCTETS 16

int public_etag(struct slice bytes, char etag[PUBLIC_ETAG_SIZE])
{
    uint8_t digest[DIGEST_SIZE];
    char hex[2 * ETAG_OCTETS + 1] = "";
    if (EVP_Digest(bytes.data, bytes.len, digest, NULL, EVP_sha256(), NULL) != 1)
        return CH_ENOMEM;
    hex_encode(digest, ETAG_OCTETS, hex);
    snprintf(etag, PUBLIC_ETAG_SIZE, "\"%s\"", hex);
    return 0;
}

void publication_free(struct publication *p)
{
    buf_free(&p->body);
    if (p->file >= 0)
        close(p->file);
    *p = (struct publication){.file = -1};
}

/* ---- certificates of authorities, for Authority Information Access (RFC 5280 4.2.2.1) ---- */

struct load {
    char id[ROW_UUID_SIZE];
    struct authority_row row;
};

static int load_unit(struct store_tx *tx, void *context)
{
    struct load *l = context;
    return store_authority_get_any(tx, l->id, &l->row);
}

static int put_certificate(const struct authority_row *row, struct publication *out)
{
    out->content_type = "application/pkix-cert";
    return buf_put_slice(&out->body, buf_slice(&row->certificate));
}

static int put_chain(const struct authority_row *row, struct publication *out)
{
    out->content_type = "application/pem-certificate-chain";
    int r = authority_chain_put(row, &out->body);
    return r == 0 ? buf_put_text(&out->body, "\n") : r;
}

static int fetch_authority(struct core *core, const char *id, struct publication *out,
                           int (*put)(const struct authority_row *row, struct publication *out))
{
    struct load l = {0};
    memcpy(l.id, id, sizeof l.id);
    int r = store_read(core->store, load_unit, &l);
    if (r == 0 && l.row.certificate.len == 0)
        r = CH_ENOTFOUND;
    if (r == 0)
        r = put(&l.row, out);
    if (r == 0)
        r = public_etag(buf_slice(&out->body), out->etag);
    out->max_age = CERTIFICATE_MAX_AGE;
    authority_row_free(&l.row);
    return r;
}

static int fetch_certificate(struct core *core, const char *id, struct publication *out)
{
    return fetch_authority(core, id, out, put_certificate);
}

static int fetch_chain(struct core *core, const char *id, struct publication *out)
{
    return fetch_authority(core, id, out, put_chain);
}

/* ---- the paths, a row each ---- */

static const struct {
    const char *before, *after; /* what stands around the UUID of the authority */
    int (*fetch)(struct core *core, const char *id, struct publication *out);
} paths[] = {
    {"/ca/", ".cer", fetch_certificate},
    {"/ca/", "/chain.pem", fetch_chain},
};

static bool path_split(struct slice path, const char *before, const char *after,
                       char id[ROW_UUID_SIZE])
{
    size_t lead = strlen(before);
    size_t tail = strlen(after);
    if (path.len != lead + UUID_LEN + tail || memcmp(path.data, before, lead) != 0 ||
        memcmp(path.data + lead + UUID_LEN, after, tail) != 0)
        return false;
    memcpy(id, path.data + lead, UUID_LEN);
    id[UUID_LEN] = '\0';
    return true;
}

/* ---- CRLs, under whatever path the URLs of their authorities have ---- */

#define CRL_PATH_MAX 512
#define WELL_KNOWN "/.well-known/pki-validation/"
#define CRL_MAX_AGE 60 /* a revocation is to be seen soon, however long the CRL holds */

static int fetch_crl(struct core *core, struct slice path, struct publication *out)
{
    char text[CRL_PATH_MAX + 1];
    struct crl_file file;
    if (path.len > CRL_PATH_MAX || memchr(path.data, '\0', path.len) != NULL)
        return CH_ENOTFOUND;
    memcpy(text, path.data, path.len);
    text[path.len] = '\0';
    int r = crl_open(core, text, &file);
    if (r != 0)
        return r;
    int64_t left = file.next_update - clock_now();
    out->content_type = "application/pkix-crl";
    out->max_age = left <= 0 ? 0 : left < CRL_MAX_AGE ? (uint32_t)left : CRL_MAX_AGE;
    out->modified = file.modified;
    snprintf(out->etag, sizeof out->etag, "%s", file.etag);
    out->file = file.fd;
    return 0;
}

/* ---- what the redirects of HTTP validation lead to ---- */

struct target {
    const struct config *config;
    char path[CRL_PATH_MAX + 1];
    struct validation_row row;
};

/* The host of its URL says the region; requests do not reliably say the host. */
static int target_unit(struct store_tx *tx, void *context)
{
    struct target *t = context;
    char regions[CONFIG_TEXT_MAX], url[CHALLENGE_SIZE];
    char *save = NULL;
    int r = CH_ENOTFOUND;
    snprintf(regions, sizeof regions, "%s", t->config->core_regions);
    for (char *region = strtok_r(regions, ",", &save); r == CH_ENOTFOUND && region != NULL;
         region = strtok_r(NULL, ",", &save)) {
        challenge_http_target(t->config, region, t->path, url);
        r = store_validation_by_target(tx, url, &t->row);
    }
    return r;
}

static int fetch_token(struct core *core, struct slice path, struct publication *out)
{
    char token[CHALLENGE_SIZE];
    struct target t = {.config = core->config};
    if (path.len > CRL_PATH_MAX || memmem(path.data, path.len, WELL_KNOWN, sizeof WELL_KNOWN - 1) == NULL ||
        memchr(path.data, '\0', path.len) != NULL)
        return CH_ENOTFOUND;
    memcpy(t.path, path.data, path.len);
    int r = store_read(core->store, target_unit, &t);
    if (r == 0)
        r = challenge_http_token(core, t.row.scope.account, t.row.domain, token);
    if (r == 0)
        r = buf_put_text(&out->body, token);
    out->content_type = "text/plain";
    validation_row_free(&t.row);
    return r == 0 ? public_etag(buf_slice(&out->body), out->etag) : r;
}

int public_fetch(struct core *core, struct slice path, struct publication *out)
{
    PRECOND(core != NULL && out != NULL);
    char id[ROW_UUID_SIZE];
    *out = (struct publication){.file = -1};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (!path_split(path, paths[i].before, paths[i].after, id))
            continue;
        int r = paths[i].fetch(core, id, out);
        if (r != 0)
            publication_free(out);
        return r;
    }
    int r = fetch_token(core, path, out);
    if (r == CH_ENOTFOUND)
        r = trust_fetch(core, path, out);
    if (r == CH_ENOTFOUND && path.len > 4 && memcmp(path.data, "/ct/", 4) == 0)
        r = ct_fetch(core, path, out);
    if (r == 0)
        return 0;
    publication_free(out);
    return r == CH_ENOTFOUND ? fetch_crl(core, path, out) : r;
}
