#include "api/front/identity.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct identity {
    atomic_uint references;
    gnutls_privkey_t key;
    gnutls_pcert_st chain[IDENTITY_CHAIN_MAX];
    unsigned chain_len;
    int64_t not_before;
    int64_t not_after;
};

static struct {
    pthread_mutex_t lock;
    struct identity *identity;
} installed = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int tls_failure(const char *what, int code)
{
    log_error("%s: %s", what, gnutls_strerror(code));
    return code == GNUTLS_E_MEMORY_ERROR ? CH_ENOMEM : CH_ESYS;
}

/* Core reads only the key and the signature, so the request names nobody. */
static int make_request(gnutls_privkey_t key, struct buf *csr)
{
    gnutls_x509_crq_t crq = NULL;
    gnutls_pubkey_t public_key = NULL;
    gnutls_datum_t der = {NULL, 0};
    int code = gnutls_x509_crq_init(&crq);
    if (code == 0)
        code = gnutls_pubkey_init(&public_key);
    if (code == 0)
        code = gnutls_pubkey_import_privkey(public_key, key, 0, 0);
    if (code == 0)
        code = gnutls_x509_crq_set_version(crq, 1);
    if (code == 0)
        code = gnutls_x509_crq_set_pubkey(crq, public_key);
    if (code == 0)
        code = gnutls_x509_crq_privkey_sign(crq, key, GNUTLS_DIG_SHA256, 0);
    if (code == 0)
        code = gnutls_x509_crq_export2(crq, GNUTLS_X509_FMT_DER, &der);
    int result = code == 0 ? buf_put(csr, der.data, der.size)
                           : tls_failure("certificate request", code);
    gnutls_free(der.data);
    gnutls_pubkey_deinit(public_key);
    gnutls_x509_crq_deinit(crq);
    return result;
}

int identity_new(struct identity **out, struct buf *csr)
{
    *out = NULL;
    struct identity *id = calloc(1, sizeof *id);
    if (id == NULL)
        return CH_ENOMEM;
    atomic_init(&id->references, 1);
    int result = 0;
    int code = gnutls_privkey_init(&id->key);
    if (code == 0)
        code = gnutls_privkey_generate(id->key, GNUTLS_PK_ECDSA,
                                       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (code != 0)
        result = tls_failure("TLS key", code);
    if (result == 0)
        result = make_request(id->key, csr);
    if (result != 0) {
        identity_unref(id);
        return result;
    }
    *out = id;
    return 0;
}

/* True when the leaf certifies the key of this identity. */
static bool is_own_key(const struct identity *id, gnutls_pubkey_t leaf)
{
    unsigned char own[32];
    unsigned char theirs[32];
    size_t own_len = sizeof own;
    size_t their_len = sizeof theirs;
    gnutls_pubkey_t public_key = NULL;
    bool same = gnutls_pubkey_init(&public_key) == 0 &&
                gnutls_pubkey_import_privkey(public_key, id->key, 0, 0) == 0 &&
                gnutls_pubkey_get_key_id(public_key, GNUTLS_KEYID_USE_SHA256, own, &own_len) == 0 &&
                gnutls_pubkey_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, theirs, &their_len) == 0 &&
                slice_equal(slice_of(own, own_len), slice_of(theirs, their_len));
    gnutls_pubkey_deinit(public_key);
    return same;
}

int identity_take_chain(struct identity *id, const struct msg_tls_certified *answer)
{
    PRECOND(id != NULL && id->chain_len == 0);
    if (answer->result != 0)
        return answer->result < 0x10000 ? -(int)answer->result : CH_EPROTO;
    if (answer->not_before >= answer->not_after || answer->not_after > INT64_MAX)
        return CH_EINTEGRITY;
    unsigned count = IDENTITY_CHAIN_MAX;
    struct buf pem = {0};
    int result = buf_put_slice(&pem, answer->chain);
    if (result == 0 && buf_text(&pem) == NULL)
        result = CH_ENOMEM;
    gnutls_datum_t data = {pem.data, (unsigned)pem.len};
    if (result == 0 && gnutls_pcert_list_import_x509_raw(
                           id->chain, &count, &data, GNUTLS_X509_FMT_PEM,
                           GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED) != 0)
        result = CH_EPROTO;
    buf_free(&pem);
    if (result != 0)
        return result;
    id->chain_len = count;
    id->not_before = (int64_t)answer->not_before;
    id->not_after = (int64_t)answer->not_after;
    return is_own_key(id, id->chain[0].pubkey) ? 0 : CH_EINTEGRITY;
}

int64_t identity_renew_at(const struct identity *id)
{
    return id->not_after - (id->not_after - id->not_before) / 3;
}

unsigned identity_get_chain(struct identity *id, gnutls_pcert_st **chain, gnutls_privkey_t *key)
{
    *chain = id->chain;
    *key = id->key;
    return id->chain_len;
}

struct identity *identity_ref(struct identity *id)
{
    if (id != NULL)
        atomic_fetch_add(&id->references, 1);
    return id;
}

void identity_unref(struct identity *id)
{
    if (id == NULL || atomic_fetch_sub(&id->references, 1) != 1)
        return;
    for (unsigned i = 0; i < id->chain_len; i++)
        gnutls_pcert_deinit(&id->chain[i]);
    gnutls_privkey_deinit(id->key);
    free(id);
}

void identity_install(struct identity *id)
{
    pthread_mutex_lock(&installed.lock);
    struct identity *former = installed.identity;
    installed.identity = identity_ref(id);
    pthread_mutex_unlock(&installed.lock);
    identity_unref(former);
}

struct identity *identity_current(void)
{
    pthread_mutex_lock(&installed.lock);
    struct identity *id = identity_ref(installed.identity);
    pthread_mutex_unlock(&installed.lock);
    return id;
}
