#include "ca/pki/ocsp.h"

#include "ca/pki/der.h"
#include "ca/pki/sigalg.h"
#include "firmware/base/log.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <string.h>

/* ---- the templates that OpenSSL keeps to itself ---- */

typedef struct pki_response_data {
    ASN1_OCTET_STRING *responder_key_id;
    ASN1_GENERALIZEDTIME *produced_at;
    STACK_OF(OCSP_SINGLERESP) *responses;
    STACK_OF(X509_EXTENSION) *extensions;
} PKI_RESPONSE_DATA;

typedef struct pki_basic_response {
    ASN1_STRING *body; /* ResponseData, verbatim */
    X509_ALGOR *algorithm;
    ASN1_BIT_STRING *signature;
    STACK_OF(ASN1_TYPE) *certificates;
} PKI_BASIC_RESPONSE;

typedef struct pki_response_bytes {
    ASN1_OBJECT *type;
    ASN1_OCTET_STRING *response;
} PKI_RESPONSE_BYTES;

typedef struct pki_response {
    ASN1_ENUMERATED *status;
    PKI_RESPONSE_BYTES *bytes;
} PKI_RESPONSE;

/* clang-format off */
ASN1_SEQUENCE(PKI_RESPONSE_DATA) = {
    ASN1_EXP(PKI_RESPONSE_DATA, responder_key_id, ASN1_OCTET_STRING, 2),
    ASN1_SIMPLE(PKI_RESPONSE_DATA, produced_at, ASN1_GENERALIZEDTIME),
    ASN1_SEQUENCE_OF(PKI_RESPONSE_DATA, responses, OCSP_SINGLERESP),
    ASN1_EXP_SEQUENCE_OF_OPT(PKI_RESPONSE_DATA, extensions, X509_EXTENSION, 1),
} static_ASN1_SEQUENCE_END(PKI_RESPONSE_DATA)

ASN1_SEQUENCE(PKI_BASIC_RESPONSE) = {
    ASN1_SIMPLE(PKI_BASIC_RESPONSE, body, ASN1_SEQUENCE),
    ASN1_SIMPLE(PKI_BASIC_RESPONSE, algorithm, X509_ALGOR),
    ASN1_SIMPLE(PKI_BASIC_RESPONSE, signature, ASN1_BIT_STRING),
    ASN1_EXP_SEQUENCE_OF(PKI_BASIC_RESPONSE, certificates, ASN1_ANY, 0),
} static_ASN1_SEQUENCE_END(PKI_BASIC_RESPONSE)

ASN1_SEQUENCE(PKI_RESPONSE_BYTES) = {
    ASN1_SIMPLE(PKI_RESPONSE_BYTES, type, ASN1_OBJECT),
    ASN1_SIMPLE(PKI_RESPONSE_BYTES, response, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(PKI_RESPONSE_BYTES)

ASN1_SEQUENCE(PKI_RESPONSE) = {
    ASN1_SIMPLE(PKI_RESPONSE, status, ASN1_ENUMERATED),
    ASN1_EXP_OPT(PKI_RESPONSE, bytes, PKI_RESPONSE_BYTES, 0),
} static_ASN1_SEQUENCE_END(PKI_RESPONSE)
/* clang-format on */

/* ---- requests ---- */

struct pki_ocsp_request {
    OCSP_REQUEST *request;
    size_t count;
    X509_EXTENSION *nonce; /* borrowed from request, or NULL */
};

/* The nonce is an OCTET STRING in the extension; some clients send it bare (RFC 6960 4.4.1). */
static X509_EXTENSION *nonce_find(OCSP_REQUEST *request)
{
    int at = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
    if (at < 0)
        return NULL;
    X509_EXTENSION *nonce = OCSP_REQUEST_get_ext(request, at);
    struct slice value = pki_der_string(X509_EXTENSION_get_data(nonce));
    ASN1_OCTET_STRING *inner =
        (ASN1_OCTET_STRING *)pki_der_decode(value, ASN1_ITEM_rptr(ASN1_OCTET_STRING));
    ERR_clear_error();
    size_t len = inner == NULL ? value.len : (size_t)ASN1_STRING_length(inner);
    ASN1_OCTET_STRING_free(inner);
    return len >= 1 && len <= PKI_OCSP_NONCE_MAX ? nonce : NULL;
}

static bool has_alien_critical(OCSP_REQUEST *request)
{
    for (int i = 0; i < OCSP_REQUEST_get_ext_count(request); i++) {
        X509_EXTENSION *extension = OCSP_REQUEST_get_ext(request, i);
        if (X509_EXTENSION_get_critical(extension) > 0 &&
            OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_id_pkix_OCSP_Nonce)
            return true;
    }
    return false;
}

int pki_ocsp_request_parse(struct slice der, struct pki_ocsp_request **out)
{
    *out = NULL;
    OCSP_REQUEST *request =
        (OCSP_REQUEST *)pki_der_decode(der, ASN1_ITEM_rptr(OCSP_REQUEST));
    ERR_clear_error();
    if (request == NULL)
        return CH_EINVAL;
    int count = OCSP_request_onereq_count(request);
    struct pki_ocsp_request *r = calloc(1, sizeof *r);
    if (r == NULL || count < 1 || count > PKI_OCSP_REQUESTS_MAX || has_alien_critical(request)) {
        OCSP_REQUEST_free(request);
        int code = r == NULL ? CH_ENOMEM : CH_EINVAL;
        free(r);
        return code;
    }
    *r = (struct pki_ocsp_request){
        .request = request, .count = (size_t)count, .nonce = nonce_find(request)};
    *out = r;
    return 0;
}

void pki_ocsp_request_free(struct pki_ocsp_request *r)
{
    if (r == NULL)
        return;
    OCSP_REQUEST_free(r->request);
    free(r);
}

size_t pki_ocsp_request_count(const struct pki_ocsp_request *r)
{
    return r->count;
}

bool pki_ocsp_request_has_nonce(const struct pki_ocsp_request *r)
{
    return r->nonce != NULL;
}

static OCSP_CERTID *request_cert_id(const struct pki_ocsp_request *r, size_t index)
{
    return OCSP_onereq_get0_id(OCSP_request_onereq_get0(r->request, (int)index));
}

/* The number of an INTEGER, big-endian; its octets have no sign and no leading zeros. */
static bool serial_take(const ASN1_INTEGER *number, uint8_t serial[PKI_SERIAL_SIZE])
{
    struct slice octets = pki_der_string(number);
    memset(serial, 0, PKI_SERIAL_SIZE);
    if (octets.len == 0 || octets.len > PKI_SERIAL_SIZE ||
        ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER)
        return false;
    memcpy(serial + PKI_SERIAL_SIZE - octets.len, octets.data, octets.len);
    return true;
}

void pki_ocsp_request_id(const struct pki_ocsp_request *r, size_t index, struct pki_ocsp_id *out)
{
    PRECOND(index < r->count);
    ASN1_OBJECT *hash = NULL;
    ASN1_OCTET_STRING *name = NULL;
    ASN1_OCTET_STRING *key = NULL;
    ASN1_INTEGER *serial = NULL;
    *out = (struct pki_ocsp_id){0};
    OCSP_id_get0_info(&name, &hash, &key, &serial, request_cert_id(r, index));
    int nid = OBJ_obj2nid(hash);
    out->sha256 = nid == NID_sha256;
    out->known_hash = nid == NID_sha1 || nid == NID_sha256;
    out->issuer_name_hash = pki_der_string(name);
    out->issuer_key_hash = pki_der_string(key);
    out->serial_fits = serial_take(serial, out->serial);
}

/* ---- issuers ---- */

static int hash_both(struct slice bytes, uint8_t sha1[20], uint8_t sha256[32])
{
    return EVP_Digest(bytes.data, bytes.len, sha1, NULL, EVP_sha1(), NULL) == 1 &&
                   EVP_Digest(bytes.data, bytes.len, sha256, NULL, EVP_sha256(), NULL) == 1
               ? 0
               : CH_ENOMEM;
}

int pki_ocsp_issuer_hash(struct slice name, struct slice spki, struct pki_ocsp_issuer *out)
{
    struct slice bits = {0};
    PKI_SPKI *key = (PKI_SPKI *)pki_der_decode(spki, ASN1_ITEM_rptr(PKI_SPKI));
    if (key == NULL)
        return CH_EINVAL;
    int rc = pki_der_get_bits(key->key, &bits);
    if (rc == 0)
        rc = hash_both(bits, out->key_sha1, out->key_sha256);
    if (rc == 0)
        rc = hash_both(name, out->name_sha1, out->name_sha256);
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_SPKI));
    return rc;
}

bool pki_ocsp_issuer_is(const struct pki_ocsp_issuer *issuer, const struct pki_ocsp_id *id)
{
    struct slice name = id->sha256 ? slice_of(issuer->name_sha256, sizeof issuer->name_sha256)
                                   : slice_of(issuer->name_sha1, sizeof issuer->name_sha1);
    struct slice key = id->sha256 ? slice_of(issuer->key_sha256, sizeof issuer->key_sha256)
                                  : slice_of(issuer->key_sha1, sizeof issuer->key_sha1);
    return id->known_hash && slice_equal(id->issuer_key_hash, key) &&
           slice_equal(id->issuer_name_hash, name);
}

/* ---- responses ---- */

static const int status_codes[] = {
    [PKI_OCSP_GOOD] = V_OCSP_CERTSTATUS_GOOD,
    [PKI_OCSP_REVOKED] = V_OCSP_CERTSTATUS_REVOKED,
    [PKI_OCSP_UNKNOWN] = V_OCSP_CERTSTATUS_UNKNOWN,
};

/* Reason 0, unspecified, is to be left out (RFC 5280 5.3.1). */
static int single_add(OCSP_BASICRESP *scratch, const struct pki_ocsp_spec *spec, size_t i)
{
    const struct pki_ocsp_single *s = &spec->singles[i];
    ASN1_TIME *this_update = ASN1_GENERALIZEDTIME_set(NULL, (time_t)spec->this_update);
    ASN1_TIME *next_update = ASN1_GENERALIZEDTIME_set(NULL, (time_t)spec->next_update);
    ASN1_TIME *revoked_at = ASN1_GENERALIZEDTIME_set(NULL, (time_t)s->revoked_at);
    int reason = s->reason == 0 ? OCSP_REVOKED_STATUS_NOSTATUS : (int)s->reason;
    int rc = CH_ENOMEM;
    if (this_update != NULL && next_update != NULL && revoked_at != NULL &&
        OCSP_basic_add1_status(scratch, request_cert_id(spec->request, i), status_codes[s->status],
                               reason, revoked_at, this_update, next_update) != NULL)
        rc = 0;
    ASN1_TIME_free(revoked_at);
    ASN1_TIME_free(next_update);
    ASN1_TIME_free(this_update);
    return rc;
}

/* The elements stay scratch's: the stack of data is emptied, not freed with them. */
static int singles_fill(const struct pki_ocsp_spec *spec, OCSP_BASICRESP *scratch,
                        PKI_RESPONSE_DATA *data)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < spec->request->count; i++)
        rc = single_add(scratch, spec, i);
    for (int i = 0; rc == 0 && i < OCSP_resp_count(scratch); i++)
        if (sk_OCSP_SINGLERESP_push(data->responses, OCSP_resp_get0(scratch, i)) <= 0)
            rc = CH_ENOMEM;
    return rc;
}

static int nonce_copy(const struct pki_ocsp_request *request, PKI_RESPONSE_DATA *data)
{
    if (request->nonce == NULL)
        return 0;
    X509_EXTENSION *copy = X509_EXTENSION_dup(request->nonce);
    data->extensions = sk_X509_EXTENSION_new_null();
    if (copy != NULL && data->extensions != NULL &&
        X509_EXTENSION_set_critical(copy, 0) == 1 &&
        sk_X509_EXTENSION_push(data->extensions, copy) > 0)
        return 0;
    X509_EXTENSION_free(copy);
    return CH_ENOMEM;
}

int pki_ocsp_tbs_build(const struct pki_ocsp_spec *spec, struct buf *tbs)
{
    OCSP_BASICRESP *scratch = OCSP_BASICRESP_new();
    PKI_RESPONSE_DATA *data =
        (PKI_RESPONSE_DATA *)ASN1_item_new(ASN1_ITEM_rptr(PKI_RESPONSE_DATA));
    int rc = scratch == NULL || data == NULL ? CH_ENOMEM : 0;
    if (rc == 0 &&
        (ASN1_OCTET_STRING_set(data->responder_key_id, spec->responder_key_id.data,
                               (int)spec->responder_key_id.len) != 1 ||
         ASN1_GENERALIZEDTIME_set(data->produced_at, (time_t)spec->produced_at) == NULL))
        rc = CH_ENOMEM;
    if (rc == 0)
        rc = singles_fill(spec, scratch, data);
    if (rc == 0)
        rc = nonce_copy(spec->request, data);
    if (rc == 0)
        rc = pki_der_encode(data, ASN1_ITEM_rptr(PKI_RESPONSE_DATA), tbs);
    if (data != NULL)
        sk_OCSP_SINGLERESP_zero(data->responses);
    ASN1_item_free((ASN1_VALUE *)data, ASN1_ITEM_rptr(PKI_RESPONSE_DATA));
    OCSP_BASICRESP_free(scratch);
    return rc;
}

/* The certificate as it is, which ASN1_ANY keeps without looking into it. */
static int certificate_add(struct slice der, PKI_BASIC_RESPONSE *basic)
{
    ASN1_TYPE *any = ASN1_TYPE_new();
    ASN1_STRING *bytes = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    if (any == NULL || bytes == NULL || ASN1_STRING_set(bytes, der.data, (int)der.len) != 1) {
        ASN1_TYPE_free(any);
        ASN1_STRING_free(bytes);
        return CH_ENOMEM;
    }
    ASN1_TYPE_set(any, V_ASN1_SEQUENCE, bytes);
    if (sk_ASN1_TYPE_push(basic->certificates, any) > 0)
        return 0;
    ASN1_TYPE_free(any);
    return CH_ENOMEM;
}

static int basic_build(struct slice tbs, enum sig_alg alg, struct slice signature,
                       struct slice certificate, struct buf *out)
{
    PKI_BASIC_RESPONSE *basic =
        (PKI_BASIC_RESPONSE *)ASN1_item_new(ASN1_ITEM_rptr(PKI_BASIC_RESPONSE));
    int rc = basic == NULL ? CH_ENOMEM : pki_der_set_sequence(basic->body, tbs);
    if (rc == 0)
        rc = pki_sig_alg_put(alg, basic->algorithm);
    if (rc == 0)
        rc = pki_der_set_bits(basic->signature, signature);
    if (rc == 0)
        rc = certificate_add(certificate, basic);
    if (rc == 0)
        rc = pki_der_encode(basic, ASN1_ITEM_rptr(PKI_BASIC_RESPONSE), out);
    ASN1_item_free((ASN1_VALUE *)basic, ASN1_ITEM_rptr(PKI_BASIC_RESPONSE));
    return rc;
}

/* basic empty: a refusal. */
static int response_build(int status, struct slice basic, struct buf *der)
{
    PKI_RESPONSE *response = (PKI_RESPONSE *)ASN1_item_new(ASN1_ITEM_rptr(PKI_RESPONSE));
    int rc = response != NULL && ASN1_ENUMERATED_set(response->status, status) == 1 ? 0 : CH_ENOMEM;
    if (rc == 0 && basic.len > 0) {
        response->bytes = (PKI_RESPONSE_BYTES *)ASN1_item_new(ASN1_ITEM_rptr(PKI_RESPONSE_BYTES));
        if (response->bytes == NULL ||
            ASN1_OCTET_STRING_set(response->bytes->response, basic.data, (int)basic.len) != 1)
            rc = CH_ENOMEM;
        else
            response->bytes->type = OBJ_nid2obj(NID_id_pkix_OCSP_basic);
    }
    if (rc == 0)
        rc = pki_der_encode(response, ASN1_ITEM_rptr(PKI_RESPONSE), der);
    ASN1_item_free((ASN1_VALUE *)response, ASN1_ITEM_rptr(PKI_RESPONSE));
    return rc;
}

int pki_ocsp_finish(struct slice tbs, enum sig_alg alg, struct slice signature,
                    struct slice certificate, struct buf *der)
{
    struct buf basic = {0};
    int rc = basic_build(tbs, alg, signature, certificate, &basic);
    if (rc == 0)
        rc = response_build(OCSP_RESPONSE_STATUS_SUCCESSFUL, buf_slice(&basic), der);
    buf_free(&basic);
    return rc;
}

int pki_ocsp_refuse(enum pki_ocsp_refusal why, struct buf *der)
{
    return response_build((int)why, slice_of(NULL, 0), der);
}
