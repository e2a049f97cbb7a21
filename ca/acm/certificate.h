/*
 * certificate.h - an ACM certificate as the operations see it.
 */
#ifndef CHANCERY_ACM_CERTIFICATE_H
#define CHANCERY_ACM_CERTIFICATE_H

#include "ca/request.h"
#include "hsm/hsm.h"

/* Reads the certificate that r->in's CertificateArn names. CH_EAPI with InvalidArnException or
 * ResourceNotFoundException. */
int certificate_load(struct request *r, struct certificate_row *out);

/* Its status at now (microseconds): an ISSUED certificate that has run out is EXPIRED. Borrowed or
 * static. */
const char *certificate_status(const struct certificate_row *row, int64_t now);
bool certificate_status_is(const struct certificate_row *row, int64_t now, const char *status);

/* ELIGIBLE or INELIGIBLE for renewal: not imported, exported since it was issued or in use, and still
 * valid. */
const char *certificate_renewal(const struct certificate_row *row, int64_t now);

/* "RSA-2048", "EC-prime256v1": answers have a hyphen where requests have an underscore. */
int certificate_key_name(const struct certificate_row *row, char out[32]);

/* What its options say of Export; "ENABLED" when they say nothing, as private keys may leave. */
const char *certificate_export_option(const json_t *options);

/* The certificate and, unless there is none, its chain, as PEM into r->out; each ends with a
 * newline. */
int certificate_pem_put(struct request *r, const struct certificate_row *row);

/* CH_EAPI with RequestInProgressException. */
int certificate_pending(struct request *r);

/* CH_EAPI with ResourceInUseException when something uses the certificate, else 0. */
int certificate_check_unused(struct request *r, const struct certificate_row *row);

/* ---- its wrapped key ---- */

/* Takes spki and blob over from wrapped. CH_ENOMEM. */
int certificate_key_row(const struct certificate_row *row, struct hsm_wrapped *wrapped,
                        struct key_row *out);

/* A view for the HSM; borrows from row: not to be freed. CH_EINTEGRITY when the row holds no such
 * format. */
int certificate_key_view(const struct key_row *row, struct hsm_wrapped *out);

#endif
