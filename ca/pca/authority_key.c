#include "ca/pca/authority_key.h"

#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/csr_extensions.h"
#include "ca/pca/subject.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <string.h>

struct work {
    struct core *core;
    const struct scope *scope;
    const char *id;
    struct authority_row row;
};

static int load_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    return store_authority_get(tx, w->scope, w->id, &w->row);
}

static int store_unit_key(struct store_tx *tx, void *context)
{
    const struct work *w = context;
    return store_authority_set_key(tx, &w->row);
}

/* A pair of that name belongs to an attempt that was cut off: it was never given out. */
static int pair_make(struct work *w)
{
    struct hsm_name name;
    enum key_alg alg = authority_key_alg(&w->row);
    authority_key_name(&w->row, &name);
    buf_clear(&w->row.spki);
    int rc = hsm_pair_generate(w->core->hsm, &name, alg, &w->row.spki);
    if (rc != CH_EEXISTS)
        return rc;
    log_warn("authority %s: a pair of an interrupted attempt is destroyed and made anew", w->id);
    rc = hsm_pair_destroy(w->core->hsm, &name);
    return rc == 0 ? hsm_pair_generate(w->core->hsm, &name, alg, &w->row.spki) : rc;
}

static int csr_extensions(const struct work *w, unsigned *key_usage, struct buf *subject_info)
{
    struct api_error error = {0};
    json_t *json = json_loads(w->row.configuration, 0, NULL);
    int rc = pca_csr_extensions_read(json_object_get(json, "CsrExtensions"), key_usage,
                                     subject_info, &error);
    json_decref(json);
    return rc == CH_EAPI ? CH_EINVAL : rc;
}

static int csr_subject(const struct work *w, struct buf *subject)
{
    struct api_error error = {0};
    json_t *json = json_loads(w->row.configuration, 0, NULL);
    int rc = pca_subject_build(json_object_get(json, "Subject"), subject, &error);
    json_decref(json);
    return rc == CH_EAPI ? CH_EINVAL : rc;
}

static enum sig_alg csr_sig_alg(const struct work *w)
{
    json_t *json = json_loads(w->row.configuration, 0, NULL);
    enum sig_alg alg = sig_alg_from_name(member_text(json, "SigningAlgorithm"));
    json_decref(json);
    return alg;
}

static int csr_make(struct work *w)
{
    struct hsm_name name;
    struct hsm_key *key = NULL;
    struct buf subject = {0};
    struct buf subject_info = {0};
    struct buf info = {0};
    struct buf signature = {0};
    unsigned usage = 0;
    enum sig_alg alg = csr_sig_alg(w);

    authority_key_name(&w->row, &name);
    int rc = csr_subject(w, &subject);
    if (rc == 0)
        rc = csr_extensions(w, &usage, &subject_info);
    if (rc == 0)
        rc = pki_csr_info_build(buf_slice(&subject), buf_slice(&w->row.spki), true, usage,
                                buf_slice(&subject_info), &info);
    if (rc == 0)
        rc = hsm_pair_find(w->core->hsm, &name, buf_slice(&w->row.spki), &key);
    if (rc == 0)
        rc = hsm_sign(w->core->hsm, key, alg, buf_slice(&info), &signature);
    if (rc == 0)
        rc = pki_csr_finish(buf_slice(&info), alg, buf_slice(&signature), &w->row.csr);
    buf_free(&signature);
    buf_free(&info);
    buf_free(&subject_info);
    buf_free(&subject);
    return rc;
}

static int fail_unit(struct store_tx *tx, void *context)
{
    const struct work *w = context;
    return store_authority_set_status(tx, w->scope, w->id, "FAILED", w->row.failure_reason,
                                      clock_now_us());
}

/* What will not get better by waiting. */
static const char *final_reason(int rc)
{
    if (rc == CH_EUNSUPPORTED)
        return "UNSUPPORTED_ALGORITHM";
    return rc == CH_EINVAL || rc == CH_EINTEGRITY ? "OTHER" : NULL;
}

static int work_settle(struct work *w, int rc)
{
    const char *reason = final_reason(rc);
    if (rc == 0)
        return store_write(w->core->store, store_unit_key, w);
    log_error("authority %s: no key: %s", w->id, ch_error_text(rc));
    if (reason == NULL || member_copy(reason, &w->row.failure_reason) != 0)
        return rc;
    return store_write(w->core->store, fail_unit, w);
}

int authority_key_make(struct core *core, const struct scope *scope, const char *id)
{
    struct work w = {.core = core, .scope = scope, .id = id};
    int rc = store_read(core->store, load_unit, &w);
    if (rc == CH_ENOTFOUND)
        return 0;
    if (rc == 0 && strcmp(w.row.status, "CREATING") == 0) {
        rc = pair_make(&w);
        if (rc == 0)
            rc = csr_make(&w);
        w.row.state_changed_at = clock_now_us();
        rc = work_settle(&w, rc);
    }
    authority_row_free(&w.row);
    return rc == CH_ESTATE ? 0 : rc;
}
