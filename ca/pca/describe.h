/*
 * describe.h - a CertificateAuthority as Describe and List answer it.
 */
#ifndef CHANCERY_PCA_DESCRIBE_H
#define CHANCERY_PCA_DESCRIBE_H

#include "ca/request.h"

/* Fills object from row at now (microseconds). CH_ENOMEM, CH_EINTEGRITY for damaged JSON in the
 * row. */
int authority_describe(const struct authority_row *row, int64_t now, json_t *object);

#endif
