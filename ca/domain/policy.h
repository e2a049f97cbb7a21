/*
 * policy.h - for which names a public certificate can be had at all. What fails here fails in
 * the certificate, not in the request: ACM answers RequestCertificate and then shows the
 * certificate as FAILED (user guide of ACM, "Certificate request fails").
 */
#ifndef CHANCERY_DOMAIN_POLICY_H
#define CHANCERY_DOMAIN_POLICY_H

#include "firmware/base/config.h"

/*
 * The FailureReason for a name in lower case, NULL when there is none: INVALID_PUBLIC_DOMAIN (not a
 * name of the public DNS, or a wildcard over a whole public suffix: Baseline Requirements 3.2.2.6),
 * DOMAIN_NOT_ALLOWED ([domains] forbidden), ADDITIONAL_VERIFICATION_REQUIRED ([domains] review).
 */
const char *policy_refusal(const struct config *config, const char *name);

#endif
