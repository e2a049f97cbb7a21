/*
 * audit.h - the head of the audit chain, which the writer keeps in memory.
 */
#ifndef CHANCERY_STORE_AUDIT_H
#define CHANCERY_STORE_AUDIT_H

#include "ca/store/query.h"

/*
 * Reads the last record and checks that it is chained to the one before. An empty trail
 * has sequence 0 and a chain value of zeros. CH_EINTEGRITY.
 */
int audit_head_read(struct connection *c, struct audit_head *out);

#endif
