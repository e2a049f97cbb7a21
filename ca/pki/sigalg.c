#include "ca/pki/sigalg.h"

#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

struct hash_row {
    enum hash_alg hash;
    int nid;
};

static const struct hash_row hash_rows[] = {
    {HASH_SHA256, NID_sha256},
    {HASH_SHA384, NID_sha384},
    {HASH_SHA512, NID_sha512},
};

struct sig_row {
    enum sig_alg alg;
    int nid;
    int parameters; /* V_ASN1_* */
};

static const struct sig_row sig_rows[] = {
    {SIG_ALG_SHA256WITHRSA, NID_sha256WithRSAEncryption, V_ASN1_NULL},
    {SIG_ALG_SHA384WITHRSA, NID_sha384WithRSAEncryption, V_ASN1_NULL},
    {SIG_ALG_SHA512WITHRSA, NID_sha512WithRSAEncryption, V_ASN1_NULL},
    {SIG_ALG_SHA256WITHRSA_PSS, NID_rsassaPss, V_ASN1_SEQUENCE},
    {SIG_ALG_SHA384WITHRSA_PSS, NID_rsassaPss, V_ASN1_SEQUENCE},
    {SIG_ALG_SHA512WITHRSA_PSS, NID_rsassaPss, V_ASN1_SEQUENCE},
    {SIG_ALG_SHA256WITHECDSA, NID_ecdsa_with_SHA256, V_ASN1_UNDEF},
    {SIG_ALG_SHA384WITHECDSA, NID_ecdsa_with_SHA384, V_ASN1_UNDEF},
    {SIG_ALG_SHA512WITHECDSA, NID_ecdsa_with_SHA512, V_ASN1_UNDEF},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct hash_row *hash_find(int nid)
{
    for (size_t i = 0; i < COUNT(hash_rows); i++)
        if (hash_rows[i].nid == nid)
            return &hash_rows[i];
    return NULL;
}

static const struct hash_row *hash_row(enum hash_alg hash)
{
    const struct hash_row *row = hash_rows;
    while (row->hash != hash)
        row++;
    return row;
}

/* Fetched once and for ever: EVP_sha256 and its like are looked up anew at every use. */
static const EVP_MD *fetched[COUNT(hash_rows)];
static CRYPTO_ONCE fetched_once = CRYPTO_ONCE_STATIC_INIT;

static void fetch_all(void)
{
    for (size_t i = 0; i < COUNT(hash_rows); i++)
        fetched[i] = EVP_MD_fetch(NULL, OBJ_nid2sn(hash_rows[i].nid), NULL);
}

const EVP_MD *pki_hash_md(enum hash_alg hash)
{
    if (CRYPTO_THREAD_run_once(&fetched_once, fetch_all) != 1)
        return NULL;
    return fetched[hash_row(hash) - hash_rows];
}

/* RFC 4055 2.1 writes the NULL behind the hash; it is what verifiers compare with. */
static int set_hash(X509_ALGOR *algorithm, enum hash_alg hash)
{
    ASN1_OBJECT *oid = OBJ_nid2obj(hash_row(hash)->nid);
    return X509_ALGOR_set0(algorithm, oid, V_ASN1_NULL, NULL) == 1 ? 0 : CH_ENOMEM;
}

/* Sets the parameters to a SEQUENCE with the given DER. */
static int set_parameters(X509_ALGOR *algorithm, int nid, struct buf *der)
{
    ASN1_STRING *string = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    if (string == NULL || ASN1_STRING_set(string, der->data, (int)der->len) != 1 ||
        X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_SEQUENCE, string) != 1) {
        ASN1_STRING_free(string);
        return CH_ENOMEM;
    }
    return 0;
}

static int set_mgf1(X509_ALGOR *mask, enum hash_alg hash)
{
    struct buf der = {0};
    X509_ALGOR *inner = X509_ALGOR_new();
    int rc = CH_ENOMEM;

    if (inner == NULL)
        goto out;
    rc = set_hash(inner, hash);
    if (rc == 0)
        rc = pki_der_encode(inner, ASN1_ITEM_rptr(X509_ALGOR), &der);
    if (rc == 0)
        rc = set_parameters(mask, NID_mgf1, &der);
out:
    X509_ALGOR_free(inner);
    buf_free(&der);
    return rc;
}

static int set_pss(X509_ALGOR *out, enum hash_alg hash)
{
    struct buf der = {0};
    RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
    int rc = CH_ENOMEM;

    if (pss == NULL)
        goto out;
    pss->hashAlgorithm = X509_ALGOR_new();
    pss->maskGenAlgorithm = X509_ALGOR_new();
    pss->saltLength = ASN1_INTEGER_new();
    if (pss->hashAlgorithm == NULL || pss->maskGenAlgorithm == NULL || pss->saltLength == NULL ||
        ASN1_INTEGER_set(pss->saltLength, (long)hash_alg_size(hash)) != 1)
        goto out;
    rc = set_hash(pss->hashAlgorithm, hash);
    if (rc == 0)
        rc = set_mgf1(pss->maskGenAlgorithm, hash);
    if (rc == 0)
        rc = pki_der_encode(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), &der);
    if (rc == 0)
        rc = set_parameters(out, NID_rsassaPss, &der);
out:
    RSA_PSS_PARAMS_free(pss);
    buf_free(&der);
    return rc;
}

int pki_sig_alg_put(enum sig_alg alg, X509_ALGOR *out)
{
    for (size_t i = 0; i < COUNT(sig_rows); i++) {
        const struct sig_row *row = &sig_rows[i];
        if (row->alg != alg)
            continue;
        if (row->nid == NID_rsassaPss)
            return set_pss(out, sig_alg_info(alg)->hash);
        ASN1_OBJECT *oid = OBJ_nid2obj(row->nid);
        return X509_ALGOR_set0(out, oid, row->parameters, NULL) == 1 ? 0 : CH_ENOMEM;
    }
    return CH_EINVAL;
}

/* A hash AlgorithmIdentifier: parameters NULL or absent, both are to be accepted (RFC 4055 2.1). */
static const struct hash_row *get_hash(const X509_ALGOR *algorithm)
{
    if (algorithm == NULL)
        return NULL; /* the default is SHA-1 */
    if (algorithm->parameter != NULL && algorithm->parameter->type != V_ASN1_NULL)
        return NULL;
    return hash_find(OBJ_obj2nid(algorithm->algorithm));
}

static const struct hash_row *get_mgf1(const X509_ALGOR *mask)
{
    if (mask == NULL || OBJ_obj2nid(mask->algorithm) != NID_mgf1 || mask->parameter == NULL ||
        mask->parameter->type != V_ASN1_SEQUENCE)
        return NULL;
    X509_ALGOR *inner =
        pki_der_decode(pki_der_string(mask->parameter->value.sequence), ASN1_ITEM_rptr(X509_ALGOR));
    const struct hash_row *row = get_hash(inner);
    X509_ALGOR_free(inner);
    return row;
}

static int pss_alg(const RSA_PSS_PARAMS *pss, struct pki_sig_alg *out)
{
    const struct hash_row *hash = get_hash(pss->hashAlgorithm);
    long salt = pss->saltLength == NULL ? 20 : ASN1_INTEGER_get(pss->saltLength);

    if (hash == NULL || get_mgf1(pss->maskGenAlgorithm) != hash || salt < 0 || salt > 1024)
        return CH_EUNSUPPORTED;
    if (pss->trailerField != NULL && ASN1_INTEGER_get(pss->trailerField) != 1)
        return CH_EUNSUPPORTED;
    for (size_t i = 0; i < COUNT(sig_rows); i++)
        if (sig_rows[i].nid == NID_rsassaPss && sig_alg_info(sig_rows[i].alg)->hash == hash->hash)
            out->alg = sig_rows[i].alg;
    out->salt = (int)salt;
    return 0;
}

static int get_pss(const ASN1_TYPE *parameter, struct pki_sig_alg *out)
{
    if (parameter == NULL || parameter->type != V_ASN1_SEQUENCE)
        return CH_EUNSUPPORTED;
    RSA_PSS_PARAMS *pss =
        pki_der_decode(pki_der_string(parameter->value.sequence), ASN1_ITEM_rptr(RSA_PSS_PARAMS));
    int rc = pss == NULL ? CH_EUNSUPPORTED : pss_alg(pss, out);
    RSA_PSS_PARAMS_free(pss);
    return rc;
}

int pki_sig_alg_get(const X509_ALGOR *algorithm, struct pki_sig_alg *out)
{
    *out = (struct pki_sig_alg){.alg = SIG_ALG_NONE};
    int nid = OBJ_obj2nid(algorithm->algorithm);
    if (nid == NID_rsassaPss)
        return get_pss(algorithm->parameter, out);
    int parameters = algorithm->parameter == NULL ? V_ASN1_UNDEF : algorithm->parameter->type;
    for (size_t i = 0; i < COUNT(sig_rows); i++) {
        if (sig_rows[i].nid == nid && sig_rows[i].parameters == parameters) {
            out->alg = sig_rows[i].alg;
            return 0;
        }
    }
    return CH_EUNSUPPORTED;
}

bool pki_sig_alg_same(const X509_ALGOR *a, const X509_ALGOR *b)
{
    return X509_ALGOR_cmp(a, b) == 0;
}

const char *pki_sig_alg_name(const X509_ALGOR *algorithm)
{
    struct pki_sig_alg got;
    return pki_sig_alg_get(algorithm, &got) == 0 ? sig_alg_info(got.alg)->name : "";
}
