/* Rules for extensions that point elsewhere: CRLs, responders, issuers. */
#include "ca/pki/lint.h"

/* Every URI among the names has the form of one. */
static bool every_uri(const GENERAL_NAMES *names)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_URI &&
            !lint_is_uri(pki_der_string(name->d.uniformResourceIdentifier)))
            return false;
    }
    return true;
}

/* ---- cRLDistributionPoints ---- */

bool lint_crl_points_filled(const struct lint *l)
{
    const CRL_DIST_POINTS *points = l->e.value[PKI_EXT_CRL_POINTS];
    return points == NULL || sk_DIST_POINT_num(points) > 0;
}

static bool every_point(const struct lint *l, bool (*keeps)(const DIST_POINT *point))
{
    const CRL_DIST_POINTS *points = l->e.value[PKI_EXT_CRL_POINTS];
    for (int i = 0; points != NULL && i < sk_DIST_POINT_num(points); i++)
        if (!keeps(sk_DIST_POINT_value(points, i)))
            return false;
    return true;
}

static bool has_where(const DIST_POINT *point)
{
    return point->distpoint != NULL || sk_GENERAL_NAME_num(point->CRLissuer) > 0;
}

static bool has_uris(const DIST_POINT *point)
{
    return point->distpoint == NULL || point->distpoint->type != 0 ||
           every_uri(point->distpoint->name.fullname);
}

bool lint_crl_points_where(const struct lint *l)
{
    return every_point(l, has_where);
}

bool lint_crl_points_uri(const struct lint *l)
{
    return every_point(l, has_uris);
}

/* ---- authorityInfoAccess, subjectInfoAccess ---- */

static bool is_not_critical(const struct lint *l, enum pki_extension_id id)
{
    return l->e.value[id] == NULL || !l->e.critical[id];
}

static bool access_filled(const struct lint *l, enum pki_extension_id id)
{
    const AUTHORITY_INFO_ACCESS *info = l->e.value[id];
    return info == NULL || sk_ACCESS_DESCRIPTION_num(info) > 0;
}

bool lint_authority_info_not_critical(const struct lint *l)
{
    return is_not_critical(l, PKI_EXT_AUTHORITY_INFO);
}

bool lint_authority_info_filled(const struct lint *l)
{
    return access_filled(l, PKI_EXT_AUTHORITY_INFO);
}

bool lint_authority_info_uri(const struct lint *l)
{
    const AUTHORITY_INFO_ACCESS *info = l->e.value[PKI_EXT_AUTHORITY_INFO];
    for (int i = 0; info != NULL && i < sk_ACCESS_DESCRIPTION_num(info); i++) {
        const GENERAL_NAME *where = sk_ACCESS_DESCRIPTION_value(info, i)->location;
        if (where->type == GEN_URI &&
            !lint_is_uri(pki_der_string(where->d.uniformResourceIdentifier)))
            return false;
    }
    return true;
}

bool lint_subject_info_not_critical(const struct lint *l)
{
    return is_not_critical(l, PKI_EXT_SUBJECT_INFO);
}

bool lint_subject_info_filled(const struct lint *l)
{
    return access_filled(l, PKI_EXT_SUBJECT_INFO);
}

/* ---- others ---- */

bool lint_issuer_alt_name_filled(const struct lint *l)
{
    const GENERAL_NAMES *names = l->e.value[PKI_EXT_ISSUER_ALT_NAME];
    return names == NULL || sk_GENERAL_NAME_num(names) > 0;
}

/* A client that finds it does not ask whether the certificate was revoked. */
bool lint_no_check_of_responder(const struct lint *l)
{
    const EXTENDED_KEY_USAGE *usage = l->e.value[PKI_EXT_EXTENDED_KEY_USAGE];
    if (l->e.value[PKI_EXT_OCSP_NO_CHECK] == NULL)
        return true;
    for (int i = 0; usage != NULL && i < sk_ASN1_OBJECT_num(usage); i++)
        if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == NID_OCSP_sign)
            return true;
    return false;
}
