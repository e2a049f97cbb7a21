/* Extensions that a request adds to those of its template. */
#include "ca/pki/extension.h"

#include <limits.h>
#include <openssl/err.h>
#include <string.h>

struct pki_extras {
    STACK_OF(X509_EXTENSION) * list;
};

struct pki_extras *pki_extras_new(void)
{
    struct pki_extras *extras = calloc(1, sizeof *extras);
    if (extras == NULL)
        return NULL;
    extras->list = sk_X509_EXTENSION_new_null();
    if (extras->list == NULL) {
        free(extras);
        return NULL;
    }
    return extras;
}

void pki_extras_free(struct pki_extras *extras)
{
    if (extras == NULL)
        return;
    sk_X509_EXTENSION_pop_free(extras->list, X509_EXTENSION_free);
    free(extras);
}

const STACK_OF(X509_EXTENSION) * pki_extras_list(const struct pki_extras *extras)
{
    return extras == NULL ? NULL : extras->list;
}

static bool has_object(const struct pki_extras *extras, const ASN1_OBJECT *oid)
{
    return X509v3_get_ext_by_OBJ(extras->list, oid, -1) >= 0;
}

bool pki_extras_has(const struct pki_extras *extras, const char *oid)
{
    ASN1_OBJECT *object = extras == NULL ? NULL : OBJ_txt2obj(oid, 1);
    bool has = object != NULL && has_object(extras, object);
    ASN1_OBJECT_free(object);
    ERR_clear_error();
    return has;
}

/* Takes extension over, also on failure. */
static int append(struct pki_extras *extras, X509_EXTENSION *extension)
{
    int rc = 0;
    if (extension == NULL)
        return CH_ENOMEM;
    if (has_object(extras, X509_EXTENSION_get_object(extension)))
        rc = CH_EEXISTS;
    else if (sk_X509_EXTENSION_num(extras->list) >= PKI_EXTENSIONS_MAX)
        rc = CH_ELIMIT;
    else if (sk_X509_EXTENSION_push(extras->list, extension) <= 0)
        rc = CH_ENOMEM;
    if (rc != 0)
        X509_EXTENSION_free(extension);
    return rc;
}

int pki_extras_add(struct pki_extras *extras, const char *oid, bool critical, struct slice value)
{
    int rc = CH_EINVAL;
    ASN1_OCTET_STRING *octets = NULL;
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);

    if (object == NULL || value.len == 0 || value.len > INT_MAX)
        goto out;
    rc = CH_ENOMEM;
    octets = ASN1_OCTET_STRING_new();
    if (octets == NULL || ASN1_OCTET_STRING_set(octets, value.data, (int)value.len) != 1)
        goto out;
    rc = append(extras, X509_EXTENSION_create_by_OBJ(NULL, object, critical, octets));
out:
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(object);
    ERR_clear_error();
    return rc;
}

/* Takes the last extension of the list for judging whether it may stay. */
static int settle(struct pki_extras *extras, STACK_OF(X509_EXTENSION) * made, int rc)
{
    if (rc == 0)
        rc = append(extras, sk_X509_EXTENSION_pop(made));
    sk_X509_EXTENSION_pop_free(made, X509_EXTENSION_free);
    return rc;
}

int pki_extras_add_key_usage(struct pki_extras *extras, unsigned bits)
{
    if (bits == 0)
        return CH_EINVAL;
    STACK_OF(X509_EXTENSION) *made = sk_X509_EXTENSION_new_null();
    if (made == NULL)
        return CH_ENOMEM;
    return settle(extras, made, pki_extension_add_key_usage(made, bits, false));
}

int pki_extras_add_purposes(struct pki_extras *extras, const char *const *oids)
{
    if (oids[0] == NULL)
        return CH_EINVAL;
    STACK_OF(X509_EXTENSION) *made = sk_X509_EXTENSION_new_null();
    if (made == NULL)
        return CH_ENOMEM;
    return settle(extras, made, pki_extension_add_extended_key_usage(made, oids, false));
}

/* ---- certificate policies ---- */

static POLICYQUALINFO *qualifier_make(const char *uri)
{
    POLICYQUALINFO *qualifier = POLICYQUALINFO_new();
    if (qualifier == NULL)
        return NULL;
    qualifier->pqualid = OBJ_nid2obj(NID_id_qt_cps);
    qualifier->d.cpsuri = ASN1_IA5STRING_new();
    if (qualifier->d.cpsuri == NULL ||
        ASN1_STRING_set(qualifier->d.cpsuri, uri, (int)strlen(uri)) != 1) {
        POLICYQUALINFO_free(qualifier);
        return NULL;
    }
    return qualifier;
}

static int qualifiers_add(POLICYINFO *info, const struct pki_policy *policy)
{
    if (policy->cps_count == 0)
        return 0;
    info->qualifiers = sk_POLICYQUALINFO_new_null();
    if (info->qualifiers == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; i < policy->cps_count; i++) {
        POLICYQUALINFO *qualifier = qualifier_make(policy->cps[i]);
        if (qualifier == NULL || sk_POLICYQUALINFO_push(info->qualifiers, qualifier) <= 0) {
            POLICYQUALINFO_free(qualifier);
            return CH_ENOMEM;
        }
    }
    return 0;
}

static int policy_add(CERTIFICATEPOLICIES *policies, const struct pki_policy *policy)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(policy->oid, 1);
    if (oid == NULL)
        return CH_EINVAL;
    POLICYINFO *info = POLICYINFO_new();
    if (info == NULL) {
        ASN1_OBJECT_free(oid);
        return CH_ENOMEM;
    }
    ASN1_OBJECT_free(info->policyid);
    info->policyid = oid;
    int rc = qualifiers_add(info, policy);
    if (rc == 0 && sk_POLICYINFO_push(policies, info) <= 0)
        rc = CH_ENOMEM;
    if (rc != 0)
        POLICYINFO_free(info);
    return rc;
}

int pki_extras_add_policies(struct pki_extras *extras, const struct pki_policy *policies,
                            size_t count)
{
    if (count == 0)
        return CH_EINVAL;
    int rc = 0;
    CERTIFICATEPOLICIES *list = CERTIFICATEPOLICIES_new();
    STACK_OF(X509_EXTENSION) *made = sk_X509_EXTENSION_new_null();
    if (list == NULL || made == NULL)
        rc = CH_ENOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = policy_add(list, &policies[i]);
    if (rc == 0)
        rc = pki_extension_add_value(made, PKI_EXT_POLICIES, false, list);
    CERTIFICATEPOLICIES_free(list);
    ERR_clear_error();
    return settle(extras, made, rc);
}

/* ---- the CSR ---- */

int pki_extras_add_request(struct pki_extras *extras, const struct pki_csr *csr)
{
    const STACK_OF(X509_EXTENSION) *wanted = pki_csr_extensions(csr);
    int rc = 0;
    for (int i = 0; rc == 0 && i < sk_X509_EXTENSION_num(wanted); i++) {
        rc = append(extras, X509_EXTENSION_dup(sk_X509_EXTENSION_value(wanted, i)));
        if (rc == CH_EEXISTS)
            rc = 0;
    }
    return rc;
}
