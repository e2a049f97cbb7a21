/*
 * entity.h - what users, groups and roles have in common: being made, listed, renamed, deleted.
 */
#ifndef CHANCERY_IAM_ENTITY_H
#define CHANCERY_IAM_ENTITY_H

#include "ca/iam/iam.h"

/*
 * A row for the entity that r's Create... names: name, path, a new id, the time, description and permissions
 * boundary. The boundary must be a policy that is there: NoSuchEntityException.
 */
int iam_row_draft(struct request *r, struct store_tx *tx, enum iam_kind kind, struct iam_row *out);

/* Visits a page of the account's entities of a kind, by PathPrefix and Marker, into the answer's member. */
int iam_list_entities(struct request *r, struct store_tx *tx, enum iam_kind kind,
                      iam_row_visit visit, const char *member);

/* New path and name (of that member), if given. EntityAlreadyExistsException. */
int iam_rename(struct request *r, struct store_tx *tx, struct iam_row *row, const char *member);

/* Deletes unless policies are left: DeleteConflictException. */
int iam_delete_entity(struct request *r, struct store_tx *tx, const struct iam_row *row);

#endif
