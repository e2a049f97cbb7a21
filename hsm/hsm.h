/*
 * hsm.h - the owner's HSM, through PKCS#11. No CK_ type leaves this folder.
 *
 * One struct hsm is one module and one token: an anchor session that is open for
 * ever, a pool of sessions that heal themselves, cached handles with an epoch, a
 * capability set measured at start. All functions are safe from many threads unless
 * said otherwise. A lost HSM gives CH_EHSM while it is lost; calls work again
 * when it is back, without a restart. "Not found" is CH_ENOTFOUND only when the
 * token is certainly the right one (label, serial and the anchor key are there).
 */
#ifndef CHANCERY_HSM_H
#define CHANCERY_HSM_H

#include "firmware/base/algorithm.h"
#include "firmware/base/buf.h"
#include "firmware/base/pin.h"

#include <stdbool.h>
#include <stdio.h>

struct hsm;     /* module + token */
struct hsm_key; /* a key of the token; lives as long as its struct hsm */

#define HSM_ID_SIZE 16
#define HSM_LABEL_MAX 128
#define HSM_TAG_SIZE 32

/* A PIN that came with the start, and what the token said when it refused it. */
struct hsm_pin {
    struct secret *pin;   /* NULL: the PIN file of the configuration is read at each login */
    enum pin_tries tries; /* set by hsm_open when it fails with CH_EPIN */
};

/*
 * Where the findings of the self test are kept, one line of text, so that a token that is known is
 * tested briefly. read: 0, CH_ENOTFOUND when there are none. Called from hsm_open alone.
 */
struct hsm_notes {
    int (*read)(void *context, struct buf *text);
    int (*write)(void *context, const char *text);
    void *context;
};

struct hsm_config {
    const char *module;       /* path */
    const char *init_args;    /* C_Initialize pReserved string for NSS, or NULL */
    const char *token_label;
    const char *token_serial; /* NULL or "" = by label alone */
    struct hsm_pin *pin;      /* NULL, or it must outlive hsm_open; its PIN goes before pin_file */
    const char *pin_file;     /* NULL when there is a PIN */
    const char *fsync_folder; /* folder to fsync after a token object is made, or NULL */
    unsigned sessions;        /* pool size, 0 = 32 */
    unsigned signers;         /* threads at once inside C_Sign, 0 = processors */
    unsigned unwrapped_keys;  /* LRU size, 0 = none */
    unsigned pool_size[KEY_ALG_COUNT]; /* RSA pairs made ahead, by key type */
    struct hsm_notes notes;            /* without functions: each start tests at length */
};

/* What the start-up self test found to work, each operation done once. */
struct hsm_capabilities {
    bool rsa, ec, p521, pss, aes, hmac, random;
    bool wrap_private;   /* RFC 5649 of private keys, round trip, attributes honoured */
    bool export_key;     /* a wrapped private key can be brought out for export */
    unsigned key_algs;   /* bits 1u << enum key_alg that can be CA keys */
    char wrap_format[16];/* "kwp-210a", "kwp-210b", "none" */
    const char *custody; /* "hsm" (subscriber keys born and wrapped in the HSM) or "ca-keys-only" */
};

/*
 * Loads the module, finds the token, logs in, runs the self test, starts the RSA
 * pool threads. 0; CH_EINVAL (no such module, not PKCS#11), CH_ENOTFOUND (no such token),
 * CH_EPIN (never retried), CH_EHSM. The reason is logged. Never fork afterwards.
 */
int hsm_open(const struct hsm_config *config, struct hsm **out);
void hsm_close(struct hsm *h);

/* The measured set; borrowed. */
const struct hsm_capabilities *hsm_capabilities(const struct hsm *h);

/* "SoftHSM slot ID 0x1f" style identity for status: model, label, serial. Writes at most size octets with NUL. */
void hsm_describe(const struct hsm *h, char *out, size_t size);

/* 0 when the token answers now (a cheap session and token check), CH_EHSM otherwise. */
int hsm_ping(struct hsm *h);

/* Octets from the token's generator (C_GenerateRandom). */
int hsm_random(struct hsm *h, void *out, size_t len);

/* ---- keys of the token: CA pairs and system secrets ---- */

/* The name of a token object: label for people, id for the store. */
struct hsm_name {
    char label[HSM_LABEL_MAX];
    uint8_t id[HSM_ID_SIZE];
};

enum hsm_secret_kind {
    HSM_SECRET_KEK_EXPORT,    /* AES-256, WRAP+UNWRAP; its keys may be exported */
    HSM_SECRET_KEK_NO_EXPORT, /* AES-256, WRAP+UNWRAP, unwrapped keys are not extractable */
    HSM_SECRET_MAC,           /* HMAC-SHA-256, SIGN+VERIFY */
};

/*
 * Makes a pair as token objects: sensitive, not extractable, signing only (to a TPM, RSA signing is
 * decrypting, so there it may do both). Objects are fsynced. spki receives the DER SubjectPublicKeyInfo. CH_EEXISTS when the
 * name is in use, CH_EUNSUPPORTED, CH_EHSM. A half-made pair is removed again.
 */
int hsm_pair_generate(struct hsm *h, const struct hsm_name *name, enum key_alg alg,
                      struct buf *spki);

/*
 * Finds the private key and proves, by signing, that it belongs to spki. Cached: the
 * second call costs a hash look-up. CH_ENOTFOUND, CH_EINTEGRITY (another key), CH_EHSM.
 */
int hsm_pair_find(struct hsm *h, const struct hsm_name *name, struct slice spki,
                  struct hsm_key **out);

/* Destroys both halves and forgets the cached handle. 0 also when nothing is there. */
int hsm_pair_destroy(struct hsm *h, const struct hsm_name *name);

/*
 * Calls visit for each private key of the token whose label begins with prefix, with
 * public_found telling whether its public half is there too; for reconciliation at start.
 */
int hsm_pair_list(struct hsm *h, const char *prefix,
                  void (*visit)(void *context, const struct hsm_name *name, bool public_found),
                  void *context);

int hsm_secret_generate(struct hsm *h, const struct hsm_name *name, enum hsm_secret_kind kind);
int hsm_secret_find(struct hsm *h, const struct hsm_name *name, enum hsm_secret_kind kind,
                    struct hsm_key **out);

/* Destroys the secret of that name and kind and forgets the cached handle. 0 also when nothing is there. */
int hsm_secret_destroy(struct hsm *h, const struct hsm_name *name, enum hsm_secret_kind kind);

/*
 * Names the key that proves that this is our token and not an empty folder: from now on
 * a search that misses is only believed when this key is found. At provisioning, once.
 */
void hsm_anchor_set(struct hsm *h, const struct hsm_name *name);

/*
 * Hashes message and signs it; sig receives what goes into an X.509 BIT STRING (ECDSA
 * as DER Ecdsa-Sig-Value; PSS with a salt as long as the hash). message is what the
 * caller built itself (TBS, CSR info): there is no entry for a ready digest.
 */
int hsm_sign(struct hsm *h, struct hsm_key *key, enum sig_alg alg, struct slice message,
             struct buf *sig);

/*
 * HMAC-SHA-256 by the token, over message behind a label of this function's own: no
 * message that a caller can choose gives the tag of a wrapped key or the key of a seal.
 * At most 1 MiB.
 */
int hsm_mac(struct hsm *h, struct hsm_key *key, struct slice message, uint8_t tag[HSM_TAG_SIZE]);

/*
 * Seals a small secret for the store: a key derived by the token's HMAC from
 * (label, context) encrypts with AES-256-GCM. context must be the same at unsealing
 * (row key), so a sealed value moved to another row is CH_EINTEGRITY.
 */
int hsm_seal(struct hsm *h, struct hsm_key *mac, struct slice context, struct slice clear,
             struct buf *sealed);
int hsm_unseal(struct hsm *h, struct hsm_key *mac, struct slice context, struct slice sealed,
               struct secret **clear);

/* ---- subscriber keys: born in the HSM, kept wrapped in the store ---- */

/* What the store keeps of a wrapped key. blob and spki are owned (buf_free). */
struct hsm_wrapped {
    uint32_t version;      /* 1 */
    char format[16];       /* "kwp-210a", ... */
    uint8_t kek_id[HSM_ID_SIZE];
    enum key_alg alg;
    struct buf spki;       /* DER SubjectPublicKeyInfo */
    struct buf blob;
    uint8_t tag[HSM_TAG_SIZE]; /* HMAC over all of the above and the ARN */
};
void hsm_wrapped_free(struct hsm_wrapped *w);

/* The keys that wrap and bind. */
struct hsm_custody {
    struct hsm_key *kek;
    struct hsm_key *mac;
};

/*
 * Makes a pair inside the HSM, wraps it under the KEK, binds it to arn. RSA comes from
 * the pool; when that is empty: CH_EBUSY if !wait, else it is made now (seconds).
 */
int hsm_subscriber_generate(struct hsm *h, const struct hsm_custody *custody, enum key_alg alg,
                            struct slice arn, bool wait, struct hsm_wrapped *out);

/* Binds and wraps a PKCS#8 DER private key that came from outside. CH_EINVAL when it is no such key. */
int hsm_subscriber_import(struct hsm *h, const struct hsm_custody *custody, struct slice pkcs8,
                          struct slice arn, struct hsm_wrapped *out);

/* Signs with a wrapped key; the tag is checked before anything is unwrapped (CH_EINTEGRITY). Uses the LRU. */
int hsm_subscriber_sign(struct hsm *h, const struct hsm_custody *custody,
                        const struct hsm_wrapped *wrapped, struct slice arn, enum sig_alg alg,
                        struct slice message, struct buf *sig);

/*
 * Brings the private key out as PKCS#8 DER (RFC 5208 for RSA, with the curve in the
 * AlgorithmIdentifier and the public key for EC), checked against spki. Only for ExportCertificate.
 */
int hsm_subscriber_export(struct hsm *h, const struct hsm_custody *custody,
                          const struct hsm_wrapped *wrapped, struct slice arn,
                          struct secret **pkcs8);

/*
 * Wraps a wrapped key anew under another KEK of the same class, with its tag; the key is never outside the HSM. What comes
 * out was unwrapped again and has signed for its public key before it is given. CH_EUNSUPPORTED for a class whose
 * keys the token never lets go again, not even wrapped (HSM_SECRET_KEK_NO_EXPORT with CKA_UNWRAP_TEMPLATE);
 * CH_EINTEGRITY as hsm_subscriber_sign.
 */
int hsm_subscriber_rewrap(struct hsm *h, const struct hsm_custody *from,
                          const struct hsm_custody *to, const struct hsm_wrapped *wrapped,
                          struct slice arn, struct hsm_wrapped *out);

/* Forgets an unwrapped copy, after a delete. */
void hsm_subscriber_forget(struct hsm *h, const struct hsm_wrapped *wrapped);

/* ---- for provisioning and the doctor ---- */

/* Initialises a free slot of the module as token with that label and PIN (SoftHSM and modules that allow it); serial receives the new serial. */
int hsm_token_init(const char *module, const char *init_args, const char *label,
                   const struct secret *so_pin, const struct secret *pin, char *serial,
                   size_t serial_size);

/*
 * Says in plain words whether module and token can do all that Chancery needs: each
 * operation tried, speed of each, sessions, custody mode, and what is missing. Leaves
 * nothing behind on the token. Returns 0 when all is there, CH_EUNSUPPORTED
 * when something is missing, otherwise as hsm_open.
 */
int hsm_doctor(const struct hsm_config *config, FILE *out);

#endif
