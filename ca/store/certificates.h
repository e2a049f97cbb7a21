/*
 * certificates.h - the cells of a certificate row, for the two files that read it.
 */
#ifndef CHANCERY_STORE_CERTIFICATES_H
#define CHANCERY_STORE_CERTIFICATES_H

#include "ca/store/cells.h"

#define CERTIFICATE_CELLS 37
#define CERTIFICATE_SUMMARY_CELLS (CERTIFICATE_CELLS - 1) /* all but the chain */

extern const struct cell certificate_cells[CERTIFICATE_CELLS];

/* Appends the certificate that the column holds, or the number of. */
int certificate_der(struct query *q, int column, struct buf *out);

#endif
