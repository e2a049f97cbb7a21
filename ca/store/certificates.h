/*
 * certificates.h - the cells of a certificate row, for the two files that read it.
 */
#ifndef CHANCERY_STORE_CERTIFICATES_H
#define CHANCERY_STORE_CERTIFICATES_H

#include "ca/store/cells.h"

#define CERTIFICATE_CELLS 36
#define CERTIFICATE_SUMMARY_CELLS (CERTIFICATE_CELLS - 1) /* all but the chain */

extern const struct cell certificate_cells[CERTIFICATE_CELLS];

#endif
