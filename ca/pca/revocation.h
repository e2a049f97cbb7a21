/*
 * revocation.h - how a certificate is revoked, for both services: what ends up in the
 * table that CRLs and OCSP answers are made from.
 */
#ifndef CHANCERY_PCA_REVOCATION_H
#define CHANCERY_PCA_REVOCATION_H

#include "ca/store/rows.h"

/*
 * The CRLReason (RFC 5280 5.3.1) that a RevocationReason of ACM or AWS Private CA means. CH_EINVAL
 * for REMOVE_FROM_CRL, which takes back a hold and revokes nothing, and for what is no reason.
 */
int revocation_reason(const char *name, uint32_t *out);

/* What AWS Private CA calls that CRLReason; "UNSPECIFIED" for one that it has no name for. */
const char *revocation_reason_name(uint32_t reason);

/*
 * A serial number as callers write it, "0a:1b:2c" or "a1b2c" in either case, into the form of
 * issued_row.serial. CH_EINVAL: not hex, uneven between colons, or more than 20 octets.
 */
int revocation_serial(const char *text, uint8_t serial[20]);

/*
 * In a write unit: records that issued, which is ISSUED, is revoked, and that the CRL that it belongs
 * to is wanted anew; the caller wakes the job of crl.h after the commit. An authority of this appliance
 * whose certificate it is stays as it is, as with AWS: the CRL of the one above says it. CH_EEXISTS when it was
 * revoked before.
 */
int revocation_record(struct store_tx *tx, const struct issued_row *issued, uint32_t reason,
                      int64_t now);

#endif
