/*
 * renewal.h - managed renewal of certificates, here of private ones: same ARN, new key pair, new
 * certificate. It is attempted when RenewCertificate asks for it and 60 days before the
 * end; the certificate that is there goes on until the new one is stored, in one commit.
 *
 * A renewal that does not succeed stays PENDING_AUTO_RENEWAL with its reason and is tried again,
 * less and less often. After 72 hours it is FAILED and begins anew at the next of 60, 45, 30, 15, 7, 3
 * and 1 days before the end. (ACM user guide, managed renewal.)
 */
#ifndef CHANCERY_ACM_RENEWAL_H
#define CHANCERY_ACM_RENEWAL_H

#include "ca/acm/private.h"

/*
 * When the certificate is to be renewed by itself (microseconds): 60 days before its end (public ones:
 * renewal_public.h), or now when that is past; 0 when it is not eligible.
 */
int64_t renewal_due(const struct certificate_row *row, int64_t now);

/* In a write unit, after row has become eligible or is so no longer: puts it on the list or takes
 * it off. A renewal under way is left alone. */
int renewal_plan(struct store_tx *tx, const struct certificate_row *row, int64_t now);

/* In a write unit: the renewal of an ISSUED row begins now; the job does the rest. CH_ENOMEM. */
int renewal_begin(struct store_tx *tx, struct certificate_row *row, int64_t now);

/* A renewal has begun and is neither done nor given up. */
bool renewal_is_pending(const struct certificate_row *row);

/*
 * In a write unit: the signed certificate and the new key of w take the place of those that are there, and it
 * is told: all or nothing. *old_key (zeroed before) is the key that went; after the commit
 * renewal_key_forget. CH_ESTATE: no longer ISSUED.
 */
int renewal_complete(struct store_tx *tx, struct private_work *w, struct key_row *old_key,
                     int64_t now);
void renewal_key_forget(struct core *core, const struct key_row *old_key);

/*
 * One attempt for a certificate that is due. 0 when it was renewed, when it needs no renewal any more,
 * and when the next attempt is noted; other codes: the store failed.
 */
int renewal_attempt(struct core *core, const struct scope *scope, const char *id);

#endif
