/*
 * identity.h - the TLS key that the front makes for itself in memory, and the
 * certificate that core issues for it. The key never leaves the process.
 */
#ifndef CHANCERY_FRONT_IDENTITY_H
#define CHANCERY_FRONT_IDENTITY_H

#include "firmware/base/message.h"

#include <gnutls/abstract.h>

/* TLS 1.3 and 1.2, ephemeral elliptic curves, authenticated ciphers, nothing else. */
#define IDENTITY_PRIORITIES                                                                        \
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:"    \
    "+AEAD:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+GROUP-X25519:+GROUP-SECP256R1:"        \
    "+GROUP-SECP384R1:+COMP-NULL:+CTYPE-SRV-X509:+CTYPE-CLI-X509:%SERVER_PRECEDENCE:%NO_TICKETS"

#define IDENTITY_CHAIN_MAX 4

/* A key with its certificate chain; counted references, shared by the sessions that use it. */
struct identity;

/* A fresh P-256 key and a PKCS#10 request (DER); the caller frees both. CH_ENOMEM, CH_ESYS. */
int identity_new(struct identity **out, struct buf *csr);

/*
 * Takes the certificate that core issued. CH_EINTEGRITY when it is not for this key or
 * its dates make no sense, CH_EPROTO when it is no chain, or what core said.
 */
int identity_take_chain(struct identity *id, const struct msg_tls_certified *answer);

/* When a third of the lifetime is left; seconds since 1970. */
int64_t identity_renew_at(const struct identity *id);

/* The chain and the key, for a handshake; borrowed. Returns the number of certificates. */
unsigned identity_get_chain(struct identity *id, gnutls_pcert_st **chain, gnutls_privkey_t *key);

struct identity *identity_ref(struct identity *id);
void identity_unref(struct identity *id); /* NULL is fine; the last one wipes the key */

/* The identity that new handshakes get. Safe from many threads. */
void identity_install(struct identity *id); /* keeps a reference of its own; NULL: none any more */
struct identity *identity_current(void);    /* a new reference, or NULL */

#endif
