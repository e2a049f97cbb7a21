/*
 * scalar.h - values of conditions that are more than text: numbers, times, addresses. All
 * return CH_EINVAL for what is none.
 */
#ifndef CHANCERY_POLICY_SCALAR_H
#define CHANCERY_POLICY_SCALAR_H

#include "ca/policy/internal.h"

/* A decimal number with an optional sign and fraction. */
int scalar_number(struct slice text, double *out);

/* Seconds since 1970: digits alone, or a date of ISO 8601 (2026-11-23, 2026-11-23T13:17Z, …:00.5+01:00). */
int scalar_date(struct slice text, double *seconds);

/* "true" or "false" in any case. */
int scalar_truth(struct slice text, bool *out);

/* Base64; the octets live in the arena. CH_ENOMEM. */
int scalar_octets(struct arena *a, struct slice text, struct slice *out);

/* An address of IPv4 or IPv6, alone (prefix 128) or with a prefix length. IPv4 becomes ::ffff:a.b.c.d. */
int scalar_network(struct slice text, uint8_t address[16], unsigned *prefix);

bool scalar_same_bits(const uint8_t a[16], const uint8_t b[16], unsigned bits);

#endif
