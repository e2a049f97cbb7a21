/*
 * service_role.h - the service-linked role of ACM: as it ACM uses the shared authorities of other
 * accounts when nobody asks (user guide of ACM, "Use a service-linked role with ACM").
 */
#ifndef CHANCERY_AUTH_SERVICE_ROLE_H
#define CHANCERY_AUTH_SERVICE_ROLE_H

#include "ca/store/rows.h"

#define SERVICE_ROLE_NAME "AWSServiceRoleForCertificateManager"
#define SERVICE_ROLE_PATH "/aws-service-role/acm.amazonaws.com/"

/* Inside a write unit: makes the role in the account when it is not there; now in microseconds. */
int principal_service_role_ensure(struct store_tx *tx, const char *account, int64_t now);

#endif
