/*
 * What clients need to trust the appliance's public certificates, under /trust/ of the public plane:
 *   roots.pem, roots.p7b       every root that still holds
 *   <family>.cer, <family>.pem the newest root of a family ("rsa-2048")
 *   intermediates.pem          the authorities that issue now
 *   cross.pem                  the newest roots as the roots before them certify them
 */
#include "ca/trust/trust.h"

#include "ca/pki/pki.h"
#include "ca/public.h"
#include "firmware/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_AGE 3600
#define LEAD "/trust/"
#define PATH_MOST 64

struct collect {
    struct trust_list list;
    bool roots;
    bool crosses; /* in place of the roots that issue, what the roots before say of them */
    const struct trust_family *family; /* its newest root alone; NULL = all */
    int64_t now;
    int (*put)(struct collect *c, struct slice der);
    struct buf *out;
};

static int put_pem(struct collect *c, struct slice der)
{
    return pki_pem_put("CERTIFICATE", der, true, c->out);
}

static int put_der(struct collect *c, struct slice der)
{
    return buf_put_slice(c->out, der);
}

static bool is_chosen(const struct collect *c, const struct trust_row *row)
{
    if (strcmp(row->status, "ACTIVE") != 0 || row->not_after < c->now ||
        trust_is_root(row) != c->roots)
        return false;
    if (c->family != NULL)
        return row->family == c->family->key_alg;
    return (c->roots && !c->crosses) || row->retired_at == 0;
}

/* Of a chain the first: the cross-certificate. */
static int cross_visit(void *context, struct slice der)
{
    struct collect *c = context;
    int rc = c->put(c, der);
    return rc == 0 ? CH_EEXISTS : rc;
}

static int put_cross(struct collect *c, const char *chain)
{
    int rc = chain == NULL ? 0 : pki_pem_each(slice_text(chain), 16, cross_visit, c);
    return rc == CH_EEXISTS ? 0 : rc;
}

static int put_row(struct store_tx *tx, struct collect *c, const struct trust_row *row)
{
    struct authority_row authority = {0};
    int rc = store_authority_get(tx, &trust_scope, row->id, &authority);
    if (rc == 0)
        rc = c->crosses ? put_cross(c, authority.chain)
                        : c->put(c, buf_slice(&authority.certificate));
    authority_row_free(&authority);
    return rc;
}

static int collect_unit(struct store_tx *tx, void *context)
{
    struct collect *c = context;
    const struct trust_row *newest = NULL;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->list.count; i++) {
        if (!is_chosen(c, &c->list.rows[i]))
            continue;
        newest = &c->list.rows[i];
        if (c->family == NULL)
            rc = put_row(tx, c, newest);
    }
    if (rc == 0 && c->family != NULL)
        rc = newest == NULL ? CH_ENOTFOUND : put_row(tx, c, newest);
    return rc;
}

static int collect(struct core *core, struct collect *c)
{
    c->now = clock_now_us();
    int rc = trust_list_read(core, &c->list);
    if (rc == 0)
        rc = store_read(core->store, collect_unit, c);
    trust_list_free(&c->list);
    return rc;
}

int trust_bundle_put(struct core *core, struct buf *pem)
{
    return collect(core, &(struct collect){.roots = true, .put = put_pem, .out = pem});
}

/* ---- the paths ---- */

static int fetch_roots(struct core *core, struct publication *out)
{
    out->content_type = "application/x-pem-file";
    return trust_bundle_put(core, &out->body);
}

static int fetch_intermediates(struct core *core, struct publication *out)
{
    out->content_type = "application/x-pem-file";
    return collect(core, &(struct collect){.put = put_pem, .out = &out->body});
}

static int fetch_crosses(struct core *core, struct publication *out)
{
    out->content_type = "application/x-pem-file";
    return collect(core, &(struct collect){
                             .roots = true, .crosses = true, .put = put_pem, .out = &out->body});
}

/* Windows and Java read many certificates at once in this form alone. */
static int fetch_p7b(struct core *core, struct publication *out)
{
    struct buf pem = {0};
    out->content_type = "application/x-pkcs7-certificates";
    int rc = trust_bundle_put(core, &pem);
    if (rc == 0)
        rc = pem.len == 0 ? CH_ENOTFOUND : pki_pkcs7_bundle(buf_slice(&pem), &out->body);
    buf_free(&pem);
    return rc;
}

static int fetch_family(struct core *core, const char *name, struct publication *out)
{
    char token[PATH_MOST];
    const char *dot = strrchr(name, '.');
    if (dot == NULL)
        return CH_ENOTFOUND;
    snprintf(token, sizeof token, "%.*s", (int)(dot - name), name);
    struct collect c = {.roots = true, .family = trust_family_named(token), .out = &out->body};
    bool pem = strcmp(dot, ".pem") == 0;
    if (c.family == NULL || (!pem && strcmp(dot, ".cer") != 0))
        return CH_ENOTFOUND;
    c.put = pem ? put_pem : put_der;
    out->content_type = pem ? "application/x-pem-file" : "application/pkix-cert";
    return collect(core, &c);
}

static const struct {
    const char *name;
    int (*fetch)(struct core *core, struct publication *out);
} files[] = {
    {"roots.pem", fetch_roots},
    {"roots.p7b", fetch_p7b},
    {"intermediates.pem", fetch_intermediates},
    {"cross.pem", fetch_crosses},
};

int trust_fetch(struct core *core, struct slice path, struct publication *out)
{
    char name[PATH_MOST] = "";
    size_t lead = strlen(LEAD);
    if (path.len < lead || path.len - lead >= sizeof name || memcmp(path.data, LEAD, lead) != 0 ||
        memchr(path.data, '\0', path.len) != NULL)
        return CH_ENOTFOUND;
    memcpy(name, path.data + lead, path.len - lead);
    int (*fetch)(struct core *core, struct publication *out) = NULL;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (strcmp(files[i].name, name) == 0)
            fetch = files[i].fetch;
    int rc = fetch != NULL ? fetch(core, out) : fetch_family(core, name, out);
    if (rc == 0 && out->body.len == 0)
        rc = CH_ENOTFOUND;
    if (rc == 0)
        rc = public_etag(buf_slice(&out->body), out->etag);
    out->max_age = MAX_AGE;
    return rc;
}
