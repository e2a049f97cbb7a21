#include "ca/pki/ct.h"

#include "ca/pki/extension.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define VERSION_1 0
#define ENTRY_PRECERTIFICATE 1
#define CERTIFICATE_TIMESTAMP 0 /* SignatureType */
#define TREE_HASH 1
#define TLS_SHA256 4
#define TLS_RSA 1
#define TLS_ECDSA 3
#define CHAIN_MAX 16

int pki_ct_hash(struct slice octets, uint8_t hash[PKI_CT_HASH])
{
    return EVP_Digest(octets.data, octets.len, hash, NULL, EVP_sha256(), NULL) == 1 ? 0 : CH_ENOMEM;
}

/* ---- numbers and vectors of TLS ---- */

static int put_number(struct buf *out, uint64_t value, size_t size)
{
    uint8_t octets[8];
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    return buf_put(out, octets, size);
}

static int put_vector(struct buf *out, struct slice octets, size_t size)
{
    if (octets.len >> (8 * size) != 0)
        return CH_ELIMIT;
    int rc = put_number(out, octets.len, size);
    return rc == 0 ? buf_put_slice(out, octets) : rc;
}

/* Takes from the front; false when there is not enough. */
static bool take(struct slice *from, size_t len, struct slice *out)
{
    if (from->len < len)
        return false;
    *out = slice_of(from->data, len);
    *from = slice_of(from->data + len, from->len - len);
    return true;
}

static bool take_number(struct slice *from, size_t size, uint64_t *out)
{
    struct slice octets;
    *out = 0;
    if (!take(from, size, &octets))
        return false;
    for (size_t i = 0; i < size; i++)
        *out = *out << 8 | octets.data[i];
    return true;
}

static bool take_vector(struct slice *from, size_t size, size_t max, struct slice *out)
{
    uint64_t len = 0;
    return take_number(from, size, &len) && len <= max && take(from, (size_t)len, out);
}

/* ---- entries ---- */

static void drop(PKI_TBS *tbs, int nid)
{
    int at = X509v3_get_ext_by_NID(tbs->extensions, nid, -1);
    if (at >= 0)
        X509_EXTENSION_free(X509v3_delete_ext(tbs->extensions, at));
}

int pki_ct_entry_make(struct slice tbs, struct slice issuer_spki, struct pki_ct_entry *out)
{
    *out = (struct pki_ct_entry){0};
    PKI_TBS *parsed = pki_der_decode(tbs, ASN1_ITEM_rptr(PKI_TBS));
    if (parsed == NULL)
        return CH_EINVAL;
    drop(parsed, NID_ct_precert_poison);
    drop(parsed, NID_ct_precert_scts);
    int rc = pki_der_encode(parsed, ASN1_ITEM_rptr(PKI_TBS), &out->tbs);
    if (rc == 0)
        rc = pki_ct_hash(issuer_spki, out->issuer_key_hash);
    ASN1_item_free((ASN1_VALUE *)parsed, ASN1_ITEM_rptr(PKI_TBS));
    ERR_clear_error();
    if (rc != 0)
        pki_ct_entry_free(out);
    return rc;
}

void pki_ct_entry_free(struct pki_ct_entry *entry)
{
    buf_free(&entry->tbs);
    *entry = (struct pki_ct_entry){0};
}

/* The first element inside the outer one. */
int pki_ct_tbs_of(struct slice certificate, struct slice *tbs)
{
    const unsigned char *at = certificate.data;
    const unsigned char *end = at + certificate.len;
    long len = 0;
    int tag = 0, class = 0;
    if (ASN1_get_object(&at, &len, &tag, &class, end - at) != V_ASN1_CONSTRUCTED ||
        tag != V_ASN1_SEQUENCE)
        return CH_EINVAL;
    const unsigned char *begin = at;
    if (ASN1_get_object(&at, &len, &tag, &class, end - at) != V_ASN1_CONSTRUCTED ||
        tag != V_ASN1_SEQUENCE)
        return CH_EINVAL;
    *tbs = slice_of(begin, (size_t)(at + len - begin));
    return 0;
}

int pki_ct_add_poison(struct pki_extras *extras)
{
    static const uint8_t null[] = {0x05, 0x00};
    return pki_extras_add(extras, PKI_CT_POISON_OID, true, slice_of(null, sizeof null));
}

int pki_ct_add_timestamps(struct pki_extras *extras, struct slice list)
{
    struct buf der = {0};
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    int rc = octets == NULL || ASN1_OCTET_STRING_set(octets, list.data, (int)list.len) != 1
                 ? CH_ENOMEM
                 : pki_der_encode(octets, ASN1_ITEM_rptr(ASN1_OCTET_STRING), &der);
    if (rc == 0)
        rc = pki_extras_add(extras, PKI_CT_TIMESTAMPS_OID, false, buf_slice(&der));
    ASN1_OCTET_STRING_free(octets);
    buf_free(&der);
    return rc;
}

/* ---- timestamps ---- */

int pki_timestamp_put(const struct pki_timestamp *t, struct buf *out)
{
    int rc = put_number(out, VERSION_1, 1);
    if (rc == 0)
        rc = buf_put(out, t->log_id, sizeof t->log_id);
    if (rc == 0)
        rc = put_number(out, t->at, 8);
    if (rc == 0)
        rc = put_vector(out, t->extensions, 2);
    if (rc == 0)
        rc = put_number(out, t->hash, 1);
    if (rc == 0)
        rc = put_number(out, t->signature_alg, 1);
    return rc == 0 ? put_vector(out, t->signature, 2) : rc;
}

int pki_timestamp_read(struct slice octets, struct pki_timestamp *out)
{
    struct slice id;
    uint64_t version = 0, hash = 0, alg = 0;
    *out = (struct pki_timestamp){0};
    if (!take_number(&octets, 1, &version) || version != VERSION_1 ||
        !take(&octets, sizeof out->log_id, &id) || !take_number(&octets, 8, &out->at) ||
        !take_vector(&octets, 2, PKI_CT_EXTENSIONS_MAX, &out->extensions) ||
        !take_number(&octets, 1, &hash) || !take_number(&octets, 1, &alg) ||
        !take_vector(&octets, 2, PKI_CT_SIGNATURE_MAX, &out->signature) || octets.len != 0)
        return CH_EINVAL;
    memcpy(out->log_id, id.data, sizeof out->log_id);
    out->hash = (uint8_t)hash;
    out->signature_alg = (uint8_t)alg;
    return 0;
}

int pki_timestamps_add(struct buf *items, const struct pki_timestamp *t)
{
    struct buf one = {0};
    int rc = pki_timestamp_put(t, &one);
    if (rc == 0)
        rc = put_vector(items, buf_slice(&one), 2);
    buf_free(&one);
    return rc;
}

int pki_timestamps_close(const struct buf *items, struct buf *list)
{
    return put_vector(list, buf_slice(items), 2);
}

/* Timestamp, entry and extensions, which the signature and the leaf have in common. */
static int put_entry(const struct pki_timestamp *t, const struct pki_ct_entry *entry,
                     struct buf *out)
{
    int rc = put_number(out, t->at, 8);
    if (rc == 0)
        rc = put_number(out, ENTRY_PRECERTIFICATE, 2);
    if (rc == 0)
        rc = buf_put(out, entry->issuer_key_hash, sizeof entry->issuer_key_hash);
    if (rc == 0)
        rc = put_vector(out, buf_slice(&entry->tbs), 3);
    return rc == 0 ? put_vector(out, t->extensions, 2) : rc;
}

int pki_timestamp_message(const struct pki_timestamp *t, const struct pki_ct_entry *entry,
                          struct buf *out)
{
    int rc = put_number(out, VERSION_1, 1);
    if (rc == 0)
        rc = put_number(out, CERTIFICATE_TIMESTAMP, 1);
    return rc == 0 ? put_entry(t, entry, out) : rc;
}

/* RFC 6962 2.1.4: ECDSA over P-256 or RSA of at least 2048 bits, both with SHA-256. */
static enum sig_alg algorithm_of(const struct pki_timestamp *t, struct slice spki)
{
    const struct key_alg_info *key = key_alg_info(pki_key_alg(spki));
    if (key == NULL || t->hash != TLS_SHA256)
        return SIG_ALG_NONE;
    if (key->rsa)
        return t->signature_alg == TLS_RSA ? SIG_ALG_SHA256WITHRSA : SIG_ALG_NONE;
    return t->signature_alg == TLS_ECDSA ? SIG_ALG_SHA256WITHECDSA : SIG_ALG_NONE;
}

int pki_timestamp_check(const struct pki_timestamp *t, const struct pki_ct_entry *entry,
                        struct slice log_spki)
{
    uint8_t id[PKI_CT_HASH];
    struct buf message = {0};
    enum sig_alg alg = algorithm_of(t, log_spki);
    int rc = pki_ct_hash(log_spki, id);
    if (rc == 0 && (alg == SIG_ALG_NONE || memcmp(id, t->log_id, sizeof id) != 0))
        rc = CH_EINTEGRITY;
    if (rc == 0)
        rc = pki_timestamp_message(t, entry, &message);
    if (rc == 0)
        rc = pki_verify(log_spki, alg, buf_slice(&message), t->signature);
    buf_free(&message);
    return rc == CH_EINVAL ? CH_EINTEGRITY : rc;
}

/* ---- the log ---- */

int pki_ct_leaf_put(const struct pki_timestamp *t, const struct pki_ct_entry *entry,
                    struct buf *out)
{
    int rc = put_number(out, VERSION_1, 1);
    if (rc == 0)
        rc = put_number(out, 0, 1); /* timestamped_entry */
    return rc == 0 ? put_entry(t, entry, out) : rc;
}

static int chain_add(void *context, struct slice der)
{
    return put_vector(context, der, 3);
}

int pki_ct_extra_put(struct slice precertificate, struct slice chain_pem, struct buf *out)
{
    struct buf chain = {0};
    int rc = pki_pem_each(chain_pem, CHAIN_MAX, chain_add, &chain);
    if (rc == 0)
        rc = put_vector(out, precertificate, 3);
    if (rc == 0)
        rc = put_vector(out, buf_slice(&chain), 3);
    buf_free(&chain);
    return rc;
}

int pki_tree_head_message(uint64_t at, uint64_t size, const uint8_t root[PKI_CT_HASH],
                          struct buf *out)
{
    int rc = put_number(out, VERSION_1, 1);
    if (rc == 0)
        rc = put_number(out, TREE_HASH, 1);
    if (rc == 0)
        rc = put_number(out, at, 8);
    if (rc == 0)
        rc = put_number(out, size, 8);
    return rc == 0 ? buf_put(out, root, PKI_CT_HASH) : rc;
}

int pki_ct_signature_put(struct slice signature, struct buf *out)
{
    int rc = put_number(out, TLS_SHA256, 1);
    if (rc == 0)
        rc = put_number(out, TLS_ECDSA, 1);
    return rc == 0 ? put_vector(out, signature, 2) : rc;
}
