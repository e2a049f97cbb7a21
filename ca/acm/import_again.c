#include "ca/acm/import.h"

#include "ca/acm/usage.h"
#include "ca/arn.h"
#include "ca/members.h"

#include <string.h>

/* ---- whose place it takes ---- */

static int load_unit(struct store_tx *tx, void *context)
{
    struct import *i = context;
    int rc = store_certificate_get(tx, &i->r->scope, i->row.id, &i->old);
    if (rc == 0)
        rc = store_key_get(tx, &i->r->scope, i->row.id, &i->old_wrapped);
    return rc;
}

int import_again_load(struct import *i, const char *arn)
{
    int rc = arn_certificate_id(i->r, arn, i->row.id);
    if (rc == 0)
        rc = request_read(i->r, load_unit, i);
    if (rc == CH_ENOTFOUND && i->old.type == NULL)
        return arn_certificate_missing(i->r, arn);
    if (i->old.type != NULL && strcmp(i->old.type, "IMPORTED") != 0)
        return import_refuse(i,
                             "The certificate %s is not an imported certificate. You can reimport "
                             "only certificates that were imported.",
                             arn);
    return rc == CH_ENOTFOUND ? CH_EINTEGRITY : rc;
}

/* ---- what must stay ---- */

static int check_key(struct import *i)
{
    if (i->row.key_alg == i->old.key_alg)
        return 0;
    return import_refuse(i,
                         "The key type and size of a certificate cannot be changed: the currently "
                         "imported certificate has %s, the new one %s.",
                         key_alg_info(i->old.key_alg)->name, key_alg_info(i->row.key_alg)->name);
}

static int check_names(struct import *i)
{
    if (i->old.domain == NULL || i->row.domain != NULL)
        return 0;
    return import_refuse(i,
                         "You cannot remove all of the domain names from a certificate. The "
                         "currently imported certificate has %s, the new one none.",
                         i->old.domain);
}

/* Entries are names, or objects whose OID tells them apart. */
static bool list_has(const json_t *list, const json_t *entry)
{
    for (size_t k = 0; k < json_array_size(list); k++)
        if (json_equal(json_array_get(list, k), entry))
            return true;
    return false;
}

static const char *entry_text(const json_t *entry)
{
    const char *oid = member_text(entry, "OID");
    return json_is_string(entry) ? json_string_value(entry) : oid != NULL ? oid : "";
}

/* One extension: there before and now, its values before and now. */
struct extension {
    const char *name;
    bool was, is;
    json_t *before, *now;
};

static int check_extension(struct import *i, const struct extension *e)
{
    if (!e->was && e->is)
        return import_refuse(i,
                             "New certificate has %s, and the currently imported certificate has "
                             "none. The extension cannot be added.",
                             e->name);
    for (size_t k = 0; e->was && k < json_array_size(e->before); k++)
        if (!e->is || !list_has(e->now, json_array_get(e->before, k)))
            return import_refuse(i,
                                 "New certificate is missing one or more %s supported by the "
                                 "currently imported certificate: %s",
                                 e->name, entry_text(json_array_get(e->before, k)));
    return 0;
}

static int check_extensions(struct import *i, const struct pki_certificate *old)
{
    struct extension rows[] = {
        {"Key Usages", pki_certificate_has_key_usage(old),
         pki_certificate_has_key_usage(i->certificate), usage_of(old), usage_of(i->certificate)},
        {"Extended Key Usages", pki_certificate_has_extended_key_usage(old),
         pki_certificate_has_extended_key_usage(i->certificate), usage_extended(old),
         usage_extended(i->certificate)},
    };
    int rc = 0;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        if (rc == 0)
            rc = rows[k].before == NULL || rows[k].now == NULL ? CH_ENOMEM
                                                               : check_extension(i, &rows[k]);
        json_decref(rows[k].before);
        json_decref(rows[k].now);
    }
    return rc;
}

int import_again_check(struct import *i)
{
    struct pki_certificate *old = NULL;
    int rc = check_key(i);
    if (rc == 0)
        rc = check_names(i);
    if (rc != 0)
        return rc;
    rc = pki_certificate_parse(buf_slice(&i->old.certificate), &old, &i->why);
    if (rc == 0)
        rc = check_extensions(i, old);
    pki_certificate_free(old);
    return rc == CH_EINVAL ? CH_EINTEGRITY : rc;
}
