/*
 * internal.h - what the files of hsm/ share. Nothing outside this folder (and the tests of
 * it) includes this file: CK_ types end here.
 *
 * Locks, in the order in which they may be taken:
 *   hsm.create_lock    one maker of token objects at a time, over all its attempts
 *   module.lock        shared by every operation, exclusive for recovery; never taken twice
 *                      by a thread: a waiting recovery would make the second one wait for ever
 *   hsm.resolve_lock   one thread at a time looks handles up
 *   keeper.lock        one operation at a time on a session that owns session objects
 *   module.objects     C_FindObjects and every creation or destruction of token objects
 *   the leaf locks inside session_pool, key_table, lru, stock
 */
#ifndef CHANCERY_HSM_INTERNAL_H
#define CHANCERY_HSM_INTERNAL_H

#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/hsm.h"

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* Of PKCS#11 3.x and of NSS; the 2.40 header has neither. */
#define CKM_AES_KEY_WRAP_KWP 0x210bUL
#define CKA_NSS_DB 0xd5a0db00UL

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- rv.c: the one table of return values ---- */

enum rv_class {
    RV_CLASS_OK,
    RV_CLASS_SESSION, /* this session is of no use: close it, open another, retry */
    RV_CLASS_LOGIN,   /* handles or login are gone: log in again, find again, retry */
    RV_CLASS_MODULE,  /* the device is gone: finalize, initialize with back-off, retry */
    RV_CLASS_GENERAL, /* may mean anything: retry, then re-initialize, but seldom */
    RV_CLASS_COUNT,   /* too many sessions: use fewer and wait */
    RV_CLASS_PIN,     /* never tried again */
    RV_CLASS_FAIL,    /* the request fails, the token is well */
};

struct rv_row {
    CK_RV rv;
    const char *name;
    enum rv_class class;
    int code; /* what the caller is told when no retry helps */
};

/* The token answers but is not ours (any more): an empty folder in its place, another device. */
#define RV_TOKEN_LOST (CKR_VENDOR_DEFINED | 0x43490000UL)

/* A CH_E* as CK_RV, for operations that fail for reasons of our own; class FAIL. */
CK_RV rv_from_code(int code);
bool rv_is_code(CK_RV rv);

/* The row of a value, a catch-all row for values that the table does not know; never NULL. */
const struct rv_row *rv_row_find(CK_RV rv);

/* "CKR_OK", ...; static storage, never NULL. */
const char *rv_name(CK_RV rv);

/* ---- module.c: one loaded module, shared by all struct hsm of the process ---- */

struct module {
    struct module *next;
    char *path;
    char *init_args; /* or NULL */
    CK_FUNCTION_LIST_PTR p11;
    pthread_rwlock_t lock;
    pthread_mutex_t objects;
    uint64_t generation; /* of C_Initialize: handles of another generation are dead; under lock */
    unsigned users;
    bool initialized; /* by us */
    bool foreign;     /* someone else called C_Initialize: never finalize */
    void *libp11;     /* context of evp.c, or NULL; while it is there nothing is finalized */
    void (*libp11_free)(void *context);
};

/* Loads and initializes, or shares. CH_EINVAL, CH_EHSM, CH_ENOMEM; the reason is logged. */
int module_open(const char *path, const char *init_args, struct module **out);
void module_close(struct module *m);

/* C_Finalize and C_Initialize; the caller holds m->lock exclusively. */
CK_RV module_reinit(struct module *m);

/* ---- token.c: which token, and logging in ---- */

struct token_identity {
    char label[33];
    char serial[17];
    char model[17];
    char maker[33];
};

/* Reads who is in the slot; the texts without their padding. */
CK_RV token_identify(struct module *m, CK_SLOT_ID slot, struct token_identity *out,
                     CK_FLAGS *flags);

/*
 * The slot of the token with that label and serial (NULL or "" = any). CKR_OK,
 * CKR_TOKEN_NOT_PRESENT when there is none, CKR_ARGUMENTS_BAD when there are several.
 */
CK_RV token_find(struct module *m, const char *label, const char *serial, CK_SLOT_ID *slot,
                 struct token_identity *out);

/* Reads the PIN file and logs in on the session; a PIN that was refused once is not tried again. */
CK_RV token_login(struct hsm *h, CK_SESSION_HANDLE session);

/* The slot still holds our token and the session is logged in: CKR_OK, a failure, or RV_TOKEN_LOST. */
CK_RV token_check(struct hsm *h, CK_SESSION_HANDLE session);

/* ---- token_file.c: SoftHSM's token.object; folders without one, NULL and "" do nothing ---- */

/* Puts back what a kill cut off. Before the module is initialized. */
void token_files_mend(const char *folder);
/* Keeps a copy where there is none: before a login, which may be cut off. */
void token_files_keep_first(const char *folder);
/* Keeps a copy of what has changed: after a login that showed it to be good. */
void token_files_keep(const char *folder);

/* ---- session.c: sessions ---- */

/* An AES key known to the HSM and to this process. */
struct transport {
    CK_OBJECT_HANDLE handle;
    struct secret *key;
};

/* The transport key that belongs to a session; CK_INVALID_HANDLE = a free place. */
struct session_transport {
    CK_SESSION_HANDLE session;
    struct transport transport;
    unsigned uses;
};

struct session_pool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    CK_SESSION_HANDLE *idle;
    unsigned idle_count;
    unsigned open; /* idle and lent */
    unsigned max;  /* now; shrinks when the token has no more */
    int64_t grow_at; /* when one more may be tried again, monotonic ms */
    unsigned size; /* configured */
    struct session_transport *transports; /* size places; one is used by who has the session */
};

/* A long-lived session that owns session objects: closing it would destroy them. */
struct keeper {
    pthread_mutex_t lock;
    CK_SESSION_HANDLE session; /* CK_INVALID_HANDLE = not open yet */
};

#define KEEPERS_LRU 4     /* for unwrapped keys */
#define KEEPERS_POOL_MAX 4 /* one for each thread that makes keys ahead */
#define KEEPERS (KEEPERS_LRU + KEEPERS_POOL_MAX)

int session_pool_open(struct session_pool *pool, unsigned size);
void session_pool_free(struct session_pool *pool);

/* Borrows a session; waits when all are lent. Caller holds module.lock shared. */
CK_RV session_get(struct hsm *h, CK_SESSION_HANDLE *out);
/* Gives it back; one that is not healthy is closed. */
void session_put(struct hsm *h, CK_SESSION_HANDLE session, bool healthy);

/* The place of a lent session, perhaps without a key as yet. */
struct session_transport *session_transport(struct hsm *h, CK_SESSION_HANDLE session);

/* Locks keeper i and opens its session when needed; on failure it is not locked. */
CK_RV keeper_get(struct hsm *h, unsigned i, CK_SESSION_HANDLE *out);
void keeper_put(struct hsm *h, unsigned i, bool healthy);

/*
 * Closes every session of h; with it go its session objects. Caller holds module.lock
 * exclusively, or is the only user. dead: the module was finalized, nothing to close.
 */
void sessions_close(struct hsm *h, bool dead);

/* Opens the anchor session and logs in on it. */
CK_RV sessions_open(struct hsm *h);

/* ---- run.c: operations and recovery ---- */

/* One attempt of an operation; may be called again after a recovery, with another session. */
typedef CK_RV hsm_op(struct hsm *h, CK_SESSION_HANDLE session, void *context);

/* Runs op with a session of the pool, with retries and recovery. 0 or CH_E*. */
int hsm_run(struct hsm *h, hsm_op *op, void *context);

/* Runs op with the session of keeper i instead. */
int hsm_run_keeper(struct hsm *h, unsigned i, hsm_op *op, void *context);

/* ---- objects.c: token objects ---- */

#define TEMPLATE_MAX 24

/* Attributes of a C_GenerateKey, C_FindObjects, ... call, built without casts. */
struct template {
    CK_ATTRIBUTE at[TEMPLATE_MAX];
    CK_ULONG count;
};

void template_put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
void template_put_bool(struct template *t, CK_ATTRIBUTE_TYPE type, bool value);
/* The number must outlive the template. */
void template_put_ulong(struct template *t, CK_ATTRIBUTE_TYPE type, const CK_ULONG *value);

/* PKCS#11 takes its inputs through pointers to non-const; it writes to none of them. */
void *p11_in(const void *data);

/* Finds at most max objects. Takes module.objects. */
CK_RV object_find(struct hsm *h, CK_SESSION_HANDLE session, struct template *t,
                  CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count);
/* The same for a caller that holds module.objects. */
CK_RV object_find_locked(struct hsm *h, CK_SESSION_HANDLE session, struct template *t,
                         CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count);

/* Believes in a miss only when token, login and anchor key are there: CKR_OK, else RV_TOKEN_LOST or a failure. */
CK_RV object_believe_miss(struct hsm *h, CK_SESSION_HANDLE session);

/* The one token object of class with that label and id; misses give CH_ENOTFOUND as CK_RV, twins CH_EINTEGRITY. */
CK_RV object_find_named(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                        const char *label, const uint8_t id[HSM_ID_SIZE], CK_OBJECT_HANDLE *out);

/* Destroys a token object. Takes module.objects. */
CK_RV object_destroy(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);

/* Reads one attribute into value (at most *len octets); *len is set. */
CK_RV object_read(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                  CK_ATTRIBUTE_TYPE type, void *value, size_t *len);
/* The value of a CK_BBOOL attribute; a failure when it cannot be read. */
CK_RV object_read_bool(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                       CK_ATTRIBUTE_TYPE type, bool *value);

/* fsyncs files and folders under path, itself included. 0, CH_EIO. NULL and "" do nothing. */
int folder_fsync(const char *path);

/* ---- keys.c: cached handles of token keys ---- */

enum key_class { KEY_CLASS_PAIR, KEY_CLASS_SECRET };

struct hsm_key {
    struct hsm_key *next;
    struct hsm *hsm;
    enum key_class class;
    struct hsm_name name;
    enum hsm_secret_kind kind; /* of a secret */
    enum key_alg alg;          /* of a pair */
    struct buf spki;           /* of a pair */
    EVP_PKEY *public;          /* of a pair */
    _Atomic(CK_OBJECT_HANDLE) handle;
    _Atomic uint64_t epoch; /* handle is good while this equals hsm.epoch; 0 = look it up */
};

#define KEY_BUCKETS 256

struct key_table {
    pthread_mutex_t lock;
    struct hsm_key *bucket[KEY_BUCKETS];
};

/* The handle now; looks it up again after a recovery, and proves it again. Caller holds module.lock shared. */
CK_RV key_resolve(struct hsm *h, CK_SESSION_HANDLE session, struct hsm_key *key,
                  CK_OBJECT_HANDLE *out);
/* A label is there and ends. */
bool name_is_good(const struct hsm_name *name);
/* Makes cached handles of that name be looked up again. */
void key_forget(struct hsm *h, const struct hsm_name *name);
void key_table_free(struct key_table *table);

/* The label that the token object of a secret carries: it tells the class of a KEK. */
#define SECRET_LABEL_MAX (HSM_LABEL_MAX + 16)
void secret_label(const struct hsm_name *name, enum hsm_secret_kind kind,
                  char out[SECRET_LABEL_MAX]);

/* ---- pkcs8.c: private keys as PKCS#8 DER ---- */

/* What a private key consists of, RFC 8017 A.1.2 and RFC 5915 3; EC keys have the first only. */
enum private_number {
    PRIVATE_N,
    PRIVATE_E,
    PRIVATE_D,
    PRIVATE_P,
    PRIVATE_Q,
    PRIVATE_DP,
    PRIVATE_DQ,
    PRIVATE_QINV,
    PRIVATE_NUMBERS,
    PRIVATE_SCALAR = PRIVATE_N,
};

/* A private key taken apart; everything points into its DER, which has to outlive this. */
struct private_parts {
    enum key_alg alg;
    struct slice algorithm;               /* content of the AlgorithmIdentifier */
    struct slice public;                  /* RSA: n and e as DER; EC: the uncompressed point */
    struct slice number[PRIVATE_NUMBERS]; /* big-endian */
};

/* Exactly one PKCS#8 PrivateKeyInfo in any form; after it, at most `padding` zero octets. CH_EINVAL. */
int pkcs8_parse(struct slice der, size_t padding, EVP_PKEY **out);
/* PKCS#8 with the named curve and the public key, straight into a secret. CH_EINVAL, CH_ENOMEM. */
int pkcs8_encode(EVP_PKEY *key, struct secret **out);
/*
 * Takes a PrivateKeyInfo apart that is of a type we have and in the form that pkcs8_encode gives;
 * false for others. That the point is on its curve and the numbers fit is not looked at.
 */
bool private_split(struct slice pkcs8, struct private_parts *out);
/* Appends the DER SubjectPublicKeyInfo. */
int private_spki(const struct private_parts *parts, struct buf *spki);

/* ---- public.c: public keys between token and OpenSSL ---- */

/* DER of the named curve for CKA_EC_PARAMS; borrowed, static. */
struct slice curve_params(enum key_alg alg);
/* The DER SubjectPublicKeyInfo of a public key object. */
CK_RV public_read(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                  enum key_alg alg, struct buf *spki);
/* Parses exactly one SubjectPublicKeyInfo of a type we know. CH_EINVAL, CH_EUNSUPPORTED. */
int public_parse(struct slice spki, EVP_PKEY **key, enum key_alg *alg);
/* The public half of a private key; NULL when its point is not on the curve. */
EVP_PKEY *public_of_private(const struct private_parts *parts);
/* The type of a key, KEY_ALG_NONE for those we do not have. */
enum key_alg public_alg(const EVP_PKEY *key);
/* The DER SubjectPublicKeyInfo of key. */
int public_encode(EVP_PKEY *key, struct buf *spki);
/* The uncompressed point of an EC key. */
int public_point(EVP_PKEY *key, uint8_t *out, size_t max, size_t *len);
/* Modulus and exponent of an RSA key, big-endian. */
int public_rsa(EVP_PKEY *key, struct buf *modulus, struct buf *exponent);

/* ---- pair.c ---- */

/* name NULL = session objects, extractable; otherwise token objects, not extractable. */
CK_RV pair_make(struct hsm *h, CK_SESSION_HANDLE session, enum key_alg alg,
                const struct hsm_name *name, CK_OBJECT_HANDLE *public_key,
                CK_OBJECT_HANDLE *private_key);
/* A session pair: the private key's handle and the SPKI; the public object is gone already. */
CK_RV pair_make_session(struct hsm *h, CK_SESSION_HANDLE session, enum key_alg alg,
                        CK_OBJECT_HANDLE *private_key, struct buf *spki);

/* hsm_pair_generate for any type, also one that the self test did not find. */
int pair_generate(struct hsm *h, const struct hsm_name *name, enum key_alg alg, struct buf *spki);

/* ---- secret_key.c ---- */

/* name NULL = a session object, for the self test. */
CK_RV secret_key_make(struct hsm *h, CK_SESSION_HANDLE session, const struct hsm_name *name,
                      enum hsm_secret_kind kind, CK_OBJECT_HANDLE *out);

/* ---- sign.c ---- */

#define SIGN_INPUT_MAX 96
#define SIGNATURE_MAX 512

/* What goes into C_Sign for an algorithm and a message, and how. */
struct sign_input {
    const struct sig_alg_info *alg;
    size_t len;
    uint8_t data[SIGN_INPUT_MAX];
};

int sign_prepare(struct hsm *h, enum sig_alg alg, struct slice message, struct sign_input *out);
/* C_SignInit and C_Sign, at most hsm.signers threads at once; out holds the X.509 form. */
CK_RV sign_with(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                const struct sign_input *input, uint8_t out[SIGNATURE_MAX], size_t *len);
/* Signs a nonce and verifies it: CKR_OK, or CH_EINTEGRITY as CK_RV. */
CK_RV sign_prove(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, EVP_PKEY *public,
                 enum key_alg alg);
/* HMAC of the message as it is. */
CK_RV mac_with(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
               struct slice message, uint8_t tag[HSM_TAG_SIZE]);
/* HMAC over the fields (purpose, message): what a key signs for one purpose is no use for another. */
int mac_run(struct hsm *h, struct hsm_key *key, const char *purpose, struct slice message,
            uint8_t tag[HSM_TAG_SIZE]);
/* Appends a length and the octets: no two lists of fields give the same bytes. */
int mac_put_field(struct buf *b, struct slice field);

/* ---- fit.c ---- */

/* The numbers are what a key of that type has: RSA, that they belong together; EC, the scalar's range. */
bool private_whole(const struct private_parts *parts);
/* Whole, and the private half belongs to the public one. Not tested: that the primes are prime. */
bool private_fits(const struct private_parts *parts);

/* ---- wrap.c: drivers of wrap formats ---- */

/* One way to wrap a private key. The name is stored with the blob, the rest is the module's business. */
struct wrap_driver {
    const char *name;
    CK_MECHANISM_TYPE mechanism;
    CK_ATTRIBUTE_TYPE point_attribute; /* wants the EC point at unwrap under this type; 0 = no */
};

const struct wrap_driver *wrap_drivers(size_t *count);
CK_RV wrap_key(struct hsm *h, CK_SESSION_HANDLE session, const struct wrap_driver *driver,
               CK_OBJECT_HANDLE kek, CK_OBJECT_HANDLE key, struct buf *blob);
/* Unwraps a private key as session object, sensitive, signing only, and reads that back. */
CK_RV unwrap_key(struct hsm *h, CK_SESSION_HANDLE session, const struct wrap_driver *driver,
                 CK_OBJECT_HANDLE kek, struct slice blob, EVP_PKEY *public, bool extractable,
                 CK_OBJECT_HANDLE *out);

/* ---- transport.c: an AES key known to the HSM and to this process ---- */

enum transport_way {
    TRANSPORT_IN,  /* unwraps only */
    TRANSPORT_OUT, /* wraps only */
};

/* Begins to make the RSA key of this process, when there is none. CH_ESYS. */
int transport_begin(struct hsm *h);
/* Waits until it is made: the key, or NULL when there is none. Borrowed. */
EVP_PKEY *transport_wait(struct hsm *h);
/* The AES key alone, not yet known to the process. */
CK_RV transport_key_make(struct hsm *h, CK_SESSION_HANDLE session, enum transport_way way,
                         CK_OBJECT_HANDLE *out);
CK_RV transport_open(struct hsm *h, CK_SESSION_HANDLE session, enum transport_way way,
                     struct transport *out);
void transport_close(struct hsm *h, CK_SESSION_HANDLE session, struct transport *t);
/*
 * The transport key inwards of a session of the pool: made when it is first wanted, and made anew
 * after so many uses or a failure. It is the caller's for as long as the session is.
 */
CK_RV transport_keep(struct hsm *h, CK_SESSION_HANDLE session, struct transport **out);
/* RFC 5649 in the process under the transport key. CH_EINTEGRITY when the blob does not open. */
int transport_wrap(const struct transport *t, struct slice clear, struct buf *blob);
int transport_unwrap(const struct transport *t, struct slice blob, struct secret **clear);

/* ---- lru.c: unwrapped subscriber keys ---- */

struct lru_entry;
struct lru;
struct lru *lru_new(unsigned size);
void lru_free(struct lru *lru);
/* The entry for a tag whose bound bytes have that digest, held until lru_put; NULL on a miss. */
struct lru_entry *lru_get(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE],
                          const uint8_t digest[32]);
/*
 * Adds a handle, held until lru_put. evicted receives a handle to destroy, or
 * CK_INVALID_HANDLE. When the key is there already, or all are held, the new handle comes
 * back in evicted, and *out is the old entry or NULL.
 */
void lru_add(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE], const uint8_t digest[32],
             CK_OBJECT_HANDLE handle, struct lru_entry **out, CK_OBJECT_HANDLE *evicted);
CK_OBJECT_HANDLE lru_handle(const struct lru_entry *entry);
/* Lets go; returns a handle to destroy when the entry was removed while it was held. */
CK_OBJECT_HANDLE lru_put(struct lru *lru, struct lru_entry *entry);
/* Takes the entry of a tag out; the handle to destroy, or CK_INVALID_HANDLE. */
CK_OBJECT_HANDLE lru_remove(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE]);
/* Forgets all without destroying: their sessions are gone. Nothing may be held. */
void lru_clear(struct lru *lru);
unsigned lru_count(struct lru *lru);

/* ---- stock.c: RSA pairs made ahead ---- */

struct stock;

struct stock_pair {
    CK_OBJECT_HANDLE private_key;
    struct buf spki; /* owned */
};

int stock_open(struct hsm *h, const unsigned size[KEY_ALG_COUNT]);
/* Stops the threads and forgets the pairs. */
void stock_close(struct hsm *h);
/* Takes a pair; false when there is none. Caller holds module.lock shared. */
bool stock_take(struct hsm *h, enum key_alg alg, struct stock_pair *out);
/* Forgets all pairs: their sessions are gone. Caller holds module.lock exclusively. */
void stock_clear(struct hsm *h);
unsigned stock_count(struct hsm *h, enum key_alg alg);

/* ---- findings.c ---- */

/* Sets what the last self test of this very token, module and program found. False when that is not known. */
bool findings_recall(struct hsm *h);
void findings_note(struct hsm *h);

/* ---- selftest.c ---- */

/*
 * Does each operation once with session objects and fills in h->capabilities, h->wrap and
 * the transport key. 0 also when much is missing; CH_EHSM, CH_EPIN when the token is lost.
 */
int selftest_run(struct hsm *h);

/* ---- the HSM ---- */

struct hsm {
    struct module *module;
    CK_FUNCTION_LIST_PTR p11;
    struct token_identity identity;
    struct secret *pin; /* NULL: pin_file is read at each login */
    char *pin_file;
    enum pin_tries pin_tries; /* after a refusal */
    char *fsync_folder;

    /* Under module.lock: read shared, changed exclusively. */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE anchor;
    uint64_t generation; /* of the module, that our sessions belong to */
    uint64_t epoch;      /* of all handles; grows with each recovery */
    bool lost;           /* no token at the moment */
    int lost_code;       /* CH_EHSM, or CH_EPIN: the PIN was refused */
    unsigned backoff_ms;
    int64_t retry_at;    /* monotonic ms; when lost */
    int64_t general_at;  /* of the last re-initialization for a general error */
    struct secret *refused_pin;
    bool has_anchor_name;
    struct hsm_name anchor_name;

    struct session_pool sessions;
    struct keeper keepers[KEEPERS];
    atomic_uint keeper_next;
    sem_t signers;
    pthread_mutex_t create_lock;
    pthread_mutex_t resolve_lock;
    struct key_table keys;
    struct lru *lru; /* NULL when switched off */
    struct stock *stock;

    EVP_MD *md[3]; /* by enum hash_alg; fetched once, which a hot path notices */
    pthread_mutex_t transport_lock; /* of the three below */
    bool transport_making;          /* the thread is to be joined */
    pthread_t transport_thread;
    EVP_PKEY *transport_key; /* RSA of this process; transport_wait gives it */
    struct hsm_notes notes;
    CK_MECHANISM_TYPE oaep_hash;
    const struct wrap_driver *wrap; /* NULL when the token cannot */
    bool rsa_decrypts;              /* an RSA key of the token signs only when it may decrypt: TPMs */
    bool unwrap_template;           /* the token takes CKA_UNWRAP_TEMPLATE */
    struct hsm_capabilities capabilities;
};

#endif
