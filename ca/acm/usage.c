#include "ca/acm/usage.h"

#include <string.h>

#define OID_SIZE 64

static const struct bit_row {
    unsigned bit;
    const char *name;
} bit_rows[] = {
    {PKI_KU_DIGITAL_SIGNATURE, "DIGITAL_SIGNATURE"},
    {PKI_KU_NON_REPUDIATION, "NON_REPUDIATION"},
    {PKI_KU_KEY_ENCIPHERMENT, "KEY_ENCIPHERMENT"},
    {PKI_KU_DATA_ENCIPHERMENT, "DATA_ENCIPHERMENT"},
    {PKI_KU_KEY_AGREEMENT, "KEY_AGREEMENT"},
    {PKI_KU_KEY_CERT_SIGN, "CERTIFICATE_SIGNING"},
    {PKI_KU_CRL_SIGN, "CRL_SIGNING"},
    {PKI_KU_ENCIPHER_ONLY, "ENCIPHER_ONLY"},
    {PKI_KU_DECIPHER_ONLY, "DECIPHER_ONLY"},
};

static const struct oid_row {
    const char *oid;
    const char *name;
} oid_rows[] = {
    {"1.3.6.1.5.5.7.3.1", "TLS_WEB_SERVER_AUTHENTICATION"},
    {"1.3.6.1.5.5.7.3.2", "TLS_WEB_CLIENT_AUTHENTICATION"},
    {"1.3.6.1.5.5.7.3.3", "CODE_SIGNING"},
    {"1.3.6.1.5.5.7.3.4", "EMAIL_PROTECTION"},
    {"1.3.6.1.5.5.7.3.5", "IPSEC_END_SYSTEM"},
    {"1.3.6.1.5.5.7.3.6", "IPSEC_TUNNEL"},
    {"1.3.6.1.5.5.7.3.7", "IPSEC_USER"},
    {"1.3.6.1.5.5.7.3.8", "TIME_STAMPING"},
    {"1.3.6.1.5.5.7.3.9", "OCSP_SIGNING"},
    {"2.5.29.37.0", "ANY"},
};

json_t *usage_names(unsigned key_usage)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < sizeof bit_rows / sizeof bit_rows[0]; i++)
        if ((key_usage & bit_rows[i].bit) != 0)
            json_array_append_new(list, json_string(bit_rows[i].name));
    return list;
}

static const char *oid_name(const char *oid)
{
    for (size_t i = 0; i < sizeof oid_rows / sizeof oid_rows[0]; i++)
        if (strcmp(oid_rows[i].oid, oid) == 0)
            return oid_rows[i].name;
    return "CUSTOM";
}

json_t *usage_of(const struct pki_certificate *certificate)
{
    if (!pki_certificate_has_key_usage(certificate))
        return json_pack("[s]", "ANY");
    return usage_names(pki_certificate_key_usage(certificate));
}

json_t *usage_extended(const struct pki_certificate *certificate)
{
    char oids[USAGE_EXTENDED_MAX][OID_SIZE];
    json_t *list = json_array();
    size_t count = pki_certificate_extended_key_usage(certificate, oids, USAGE_EXTENDED_MAX);
    if (!pki_certificate_has_extended_key_usage(certificate))
        json_array_append_new(list, json_pack("{s:s}", "Name", "NONE"));
    for (size_t i = 0; list != NULL && i < count && i < USAGE_EXTENDED_MAX; i++)
        json_array_append_new(list,
                              json_pack("{s:s,s:s}", "Name", oid_name(oids[i]), "OID", oids[i]));
    return list;
}
