/*
 * lint_kit.h - a good TBSCertificate of each template, and ways to change it.
 */
#ifndef CHANCERY_TESTS_LINT_KIT_H
#define CHANCERY_TESTS_LINT_KIT_H

#include "ca/pki/lint.h"
#include "tests/unit/pki_kit.h"

#define ROOT "RootCACertificate/V1"
#define SUB "SubordinateCACertificate_PathLen0/V1"
#define LEAF "EndEntityCertificate/V1"

#define BYTES(...)                                                                                 \
    ((struct slice){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

/* For the group: makes and frees the root that issues. */
int lint_kit_setup(void **state);
int lint_kit_teardown(void **state);

/* Appends the TBS of that template, which keeps every rule. */
void lint_good_tbs(const char *profile, struct buf *der);

/* Replaces the contents of a string. */
void lint_put(ASN1_STRING *field, struct slice der);

/* Extensions by NID; set is drop and add. */
void lint_drop_extension(PKI_TBS *tbs, int nid);
void lint_add_extension(PKI_TBS *tbs, int nid, int critical, struct slice value);
void lint_set_extension(PKI_TBS *tbs, int nid, int critical, struct slice value);
void lint_set_critical(PKI_TBS *tbs, int nid, int critical);

/* A subject of one attribute; type is a V_ASN1_*. */
void lint_set_subject(PKI_TBS *tbs, int nid, int type, const char *value);

/* A subjectAltName of one name; type is a GEN_* that is a string. */
void lint_set_name(PKI_TBS *tbs, int type, struct slice value);

#endif
