/*
 * mac.h - SHA-256 and HMAC-SHA-256 for signatures of calls. The algorithms are fetched from OpenSSL
 * once: its own shortcuts look them up at every use, which costs more than the hashing.
 */
#ifndef CHANCERY_AUTH_MAC_H
#define CHANCERY_AUTH_MAC_H

#include "firmware/base/buf.h"

#define MAC_SIZE 32

/* 0 or CH_ENOMEM. Safe from any thread. */
int mac_sha256(struct slice data, uint8_t out[MAC_SIZE]);
int mac_hmac_sha256(struct slice key, struct slice data, uint8_t out[MAC_SIZE]);

#endif
