#include "ca/pki/pki.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <string.h>

/* The octets of an address in text form: 4, 16, or 0 when it is a name. */
static int address_octets(const char *text, unsigned char out[16])
{
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

static GENERAL_NAME *general_name(const char *text)
{
    unsigned char octets[16];
    int count = address_octets(text, octets);
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value =
        ASN1_STRING_type_new(count > 0 ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    if (name == NULL || value == NULL ||
        ASN1_STRING_set(value, count > 0 ? (const void *)octets : text, count > 0 ? count : -1) !=
            1) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, count > 0 ? GEN_IPADD : GEN_DNS, value);
    return name;
}

static int names_encode(const GENERAL_NAMES *names, struct buf *der)
{
    int len = i2d_GENERAL_NAMES(names, NULL);
    unsigned char *end = len <= 0 ? NULL : buf_reserve(der, (size_t)len);
    if (end == NULL || i2d_GENERAL_NAMES(names, &end) != len)
        return CH_ENOMEM;
    der->len += (size_t)len;
    return 0;
}

int pki_host_names_build(const char *const *names, size_t count, struct buf *der)
{
    PRECOND(names != NULL && der != NULL);
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    int r = list == NULL ? CH_ENOMEM : count == 0 ? CH_EINVAL : 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        size_t len = strlen(names[i]);
        GENERAL_NAME *name = len == 0 || len > 253 ? NULL : general_name(names[i]);
        if (name == NULL || sk_GENERAL_NAME_push(list, name) <= 0) {
            GENERAL_NAME_free(name);
            r = len == 0 || len > 253 ? CH_EINVAL : CH_ENOMEM;
        }
    }
    if (r == 0)
        r = names_encode(list, der);
    GENERAL_NAMES_free(list);
    return r;
}
