/*
 * principal_ids.h - principals in the policies of roles and authorities are kept by the id of the user or role that they name,
 * as in AWS: who is deleted and made again under the same name has another id, and gets nothing of what the former had.
 */
#ifndef CHANCERY_IAM_PRINCIPAL_IDS_H
#define CHANCERY_IAM_PRINCIPAL_IDS_H

#include "ca/iam/iam.h"

#define PRINCIPAL_TEXT_SIZE 256 /* of what is said of one in an error */

/*
 * The document, which policy_parse has taken, as it is kept: in Principal and NotPrincipal the ARN of each user and role
 * gives way to its id. The caller frees *out. CH_ENOTFOUND when there is no such user or role, or id: then it is in who.
 */
int principal_ids_bind(struct store_tx *tx, const char *document, char **out,
                       char who[PRINCIPAL_TEXT_SIZE]);

/* As it is shown: ids are ARNs again; those of whom there is nobody any more stay ids. The caller frees *out. */
int principal_ids_show(struct store_tx *tx, const char *document, char **out);

#endif
