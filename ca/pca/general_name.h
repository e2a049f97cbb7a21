/*
 * general_name.h - GeneralName of the API -> what ca/pki builds a GeneralName from.
 */
#ifndef CHANCERY_PCA_GENERAL_NAME_H
#define CHANCERY_PCA_GENERAL_NAME_H

#include "ca/contract/contract.h"
#include "ca/pki/pki.h"

/*
 * Reads the one kind that in has; its texts are borrowed from in, and the DER of a directory name is put
 * into directory, which must live as long as name. CH_EAPI with InvalidArgsException, which begins
 * with what ("A subject alternative name").
 */
int pca_general_name_read(const json_t *in, const char *what, struct pki_general_name *name,
                          struct buf *directory, struct api_error *error);

#endif
