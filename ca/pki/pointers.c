/* cRLDistributionPoints and authorityInfoAccess of an authority's revocation configuration. */
#include "ca/pki/extension.h"

#include <string.h>

GENERAL_NAME *pki_general_name_uri(const char *uri)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    if (name == NULL || text == NULL || ASN1_STRING_set(text, uri, (int)strlen(uri)) != 1) {
        ASN1_IA5STRING_free(text);
        GENERAL_NAME_free(name);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, text);
    return name;
}

static int uris_add(GENERAL_NAMES *names, const char *const *uris)
{
    for (size_t i = 0; uris[i] != NULL; i++) {
        GENERAL_NAME *name = pki_general_name_uri(uris[i]);
        if (name == NULL || sk_GENERAL_NAME_push(names, name) <= 0) {
            GENERAL_NAME_free(name);
            return CH_ENOMEM;
        }
    }
    return 0;
}

/* One point; several names of it are places of the same CRL (RFC 5280 4.2.1.13). */
static int point_fill(DIST_POINT *point, const char *const *uris)
{
    point->distpoint = DIST_POINT_NAME_new();
    if (point->distpoint == NULL)
        return CH_ENOMEM;
    point->distpoint->name.fullname = GENERAL_NAMES_new();
    point->distpoint->type = 0;
    return point->distpoint->name.fullname == NULL
               ? CH_ENOMEM
               : uris_add(point->distpoint->name.fullname, uris);
}

int pki_extension_add_crl_points(STACK_OF(X509_EXTENSION) * list,
                                 const struct pki_pointers *pointers)
{
    if (pointers->crl == NULL || pointers->crl[0] == NULL)
        return 0;
    int rc = CH_ENOMEM;
    CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
    DIST_POINT *point = DIST_POINT_new();

    if (points == NULL || point == NULL)
        goto out;
    rc = point_fill(point, pointers->crl);
    if (rc != 0)
        goto out;
    rc = CH_ENOMEM;
    if (sk_DIST_POINT_push(points, point) <= 0)
        goto out;
    point = NULL;
    rc = pki_extension_add_value(list, PKI_EXT_CRL_POINTS, false, points);
out:
    DIST_POINT_free(point);
    CRL_DIST_POINTS_free(points);
    return rc;
}

static int access_add(AUTHORITY_INFO_ACCESS *info, int method, const char *uri)
{
    if (uri == NULL)
        return 0;
    ACCESS_DESCRIPTION *access = ACCESS_DESCRIPTION_new();
    if (access == NULL)
        return CH_ENOMEM;
    GENERAL_NAME_free(access->location);
    ASN1_OBJECT_free(access->method);
    access->method = OBJ_nid2obj(method);
    access->location = pki_general_name_uri(uri);
    if (access->location == NULL || sk_ACCESS_DESCRIPTION_push(info, access) <= 0) {
        ACCESS_DESCRIPTION_free(access);
        return CH_ENOMEM;
    }
    return 0;
}

int pki_extension_add_authority_info(STACK_OF(X509_EXTENSION) * list,
                                     const struct pki_pointers *pointers)
{
    if (pointers->ocsp == NULL && pointers->ca_issuers == NULL)
        return 0;
    AUTHORITY_INFO_ACCESS *info = AUTHORITY_INFO_ACCESS_new();
    if (info == NULL)
        return CH_ENOMEM;
    int rc = access_add(info, NID_ad_OCSP, pointers->ocsp);
    if (rc == 0)
        rc = access_add(info, NID_ad_ca_issuers, pointers->ca_issuers);
    if (rc == 0)
        rc = pki_extension_add_value(list, PKI_EXT_AUTHORITY_INFO, false, info);
    AUTHORITY_INFO_ACCESS_free(info);
    return rc;
}
