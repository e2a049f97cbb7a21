/*
 * known_keys.h - hashes of RSA keys whose private halves everybody can have, such as those that Debian's OpenSSL
 * made from 2006 to 2008 (CVE-2008-0166): ten octets a key, as the package openssl-blacklist listed them.
 */
#ifndef CHANCERY_PKI_KNOWN_KEYS_H
#define CHANCERY_PKI_KNOWN_KEYS_H

#include <openssl/bn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define KNOWN_KEY_SIZE 10          /* the last 80 bits of SHA-1 of "Modulus=HEX\n" */
#define KNOWN_KEYS_MAX 4000000u    /* 40 MB; all lists of openssl-blacklist have some three million */

/* Zeroed: an empty list. */
struct known_keys {
    uint8_t (*hashes)[KNOWN_KEY_SIZE];
    size_t count, room;
};

/*
 * Adds what the file lists: 20 hexadecimal digits a line; empty lines and those that begin with # say nothing.
 * CH_EINVAL for another line, CH_ELIMIT beyond KNOWN_KEYS_MAX: *line says which one, counted from 1. CH_EIO,
 * CH_ENOMEM. What was added before a fault stays.
 */
int known_keys_read(struct known_keys *list, FILE *file, size_t *line);

/* The hash by which a modulus is listed: of `openssl rsa -modulus`. CH_ENOMEM. */
int known_keys_hash(const BIGNUM *modulus, uint8_t out[KNOWN_KEY_SIZE]);

/*
 * From now on pki_key_check_strength refuses what is in the list. Takes the list over, sorts it and leaves *list
 * empty; the list that was used before is freed. Only while no other thread checks keys: at the start.
 */
void known_keys_use(struct known_keys *list);

/* Is it in the list in use? */
bool known_keys_have(const uint8_t hash[KNOWN_KEY_SIZE]);

void known_keys_free(struct known_keys *list);

#endif
