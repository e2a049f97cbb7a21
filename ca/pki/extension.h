/*
 * extension.h - the X.509 extensions that ca/pki writes and understands. Private to ca/pki.
 */
#ifndef CHANCERY_PKI_EXTENSION_H
#define CHANCERY_PKI_EXTENSION_H

#include "ca/pki/der.h"

enum pki_extension_id {
    PKI_EXT_ALT_NAME,
    PKI_EXT_BASIC_CONSTRAINTS,
    PKI_EXT_AUTHORITY_KEY_ID,
    PKI_EXT_SUBJECT_KEY_ID,
    PKI_EXT_KEY_USAGE,
    PKI_EXT_EXTENDED_KEY_USAGE,
    PKI_EXT_BASE, /* those above are in every use; the rest is decoded for judging alone */
    PKI_EXT_POLICIES = PKI_EXT_BASE,
    PKI_EXT_POLICY_MAPPINGS,
    PKI_EXT_POLICY_CONSTRAINTS,
    PKI_EXT_INHIBIT_ANY_POLICY,
    PKI_EXT_NAME_CONSTRAINTS,
    PKI_EXT_ISSUER_ALT_NAME,
    PKI_EXT_CRL_POINTS,
    PKI_EXT_AUTHORITY_INFO,
    PKI_EXT_SUBJECT_INFO,
    PKI_EXT_OCSP_NO_CHECK,
    PKI_EXT_COUNT
};

/* What a list of extensions says. */
struct pki_extensions {
    /*
     * Decoded: GENERAL_NAMES, BASIC_CONSTRAINTS, AUTHORITY_KEYID, ASN1_OCTET_STRING,
     * ASN1_BIT_STRING, EXTENDED_KEY_USAGE, CERTIFICATEPOLICIES, POLICY_MAPPINGS,
     * POLICY_CONSTRAINTS, ASN1_INTEGER, NAME_CONSTRAINTS, GENERAL_NAMES, CRL_DIST_POINTS,
     * AUTHORITY_INFO_ACCESS twice, ASN1_NULL; NULL = absent.
     */
    void *value[PKI_EXT_COUNT];
    bool critical[PKI_EXT_COUNT];
    bool duplicate;                 /* an OID, known or not, is there twice */
    X509_EXTENSION *malformed;      /* a known one that is not what it says; borrowed */
    X509_EXTENSION *alien_critical; /* critical and unknown; borrowed */
};

/* More extensions than this in one list are not looked at. */
#define PKI_EXTENSIONS_MAX 256

/*
 * Decodes a list (NULL = none). What is wrong with it is noted for the caller to judge.
 * 0, or CH_ELIMIT with an empty result. The list must outlive the result.
 */
int pki_extensions_read(const STACK_OF(X509_EXTENSION) * list, struct pki_extensions *out);
/* The same for those after PKI_EXT_BASE, too; an unknown one is malformed when it is no DER. */
int pki_extensions_read_all(const STACK_OF(X509_EXTENSION) * list, struct pki_extensions *out);
void pki_extensions_free(struct pki_extensions *e);

/* The bits of a KeyUsage as enum pki_key_usage; 0 for NULL. */
unsigned pki_key_usage_bits(const ASN1_BIT_STRING *bits);

/* pathLenConstraint: -1 = none, INT_MAX when it is larger than that; CH_EINVAL when negative. */
int pki_path_length_get(const BASIC_CONSTRAINTS *constraints, int *length);

/*
 * The extension with that OID, NULL when absent; value gets the contents of its OCTET STRING.
 * Borrowed from the list.
 */
X509_EXTENSION *pki_extension_find(const STACK_OF(X509_EXTENSION) * list, const char *oid,
                                   struct slice *value);

/* The dotted form of the extension's OID. */
void pki_extension_oid(X509_EXTENSION *extension, char oid[64]);

/* Each appends one extension to the list: 0, CH_EINVAL, CH_ENOMEM. */
int pki_extension_add(STACK_OF(X509_EXTENSION) * list, int nid, bool critical, struct slice der);
int pki_extension_add_value(STACK_OF(X509_EXTENSION) * list, enum pki_extension_id id,
                            bool critical, const void *value);
int pki_extension_add_basic_constraints(STACK_OF(X509_EXTENSION) * list, bool ca, int path_length,
                                        bool critical);
int pki_extension_add_key_usage(STACK_OF(X509_EXTENSION) * list, unsigned bits, bool critical);
int pki_extension_add_extended_key_usage(STACK_OF(X509_EXTENSION) * list, const char *const *oids,
                                         bool critical);
int pki_extension_add_subject_key_id(STACK_OF(X509_EXTENSION) * list, struct slice id);
int pki_extension_add_authority_key_id(STACK_OF(X509_EXTENSION) * list, struct slice id);
int pki_extension_add_alt_name(STACK_OF(X509_EXTENSION) * list, struct slice der, bool critical);
/* pointers.c; each appends nothing when the pointers say nothing of it. */
int pki_extension_add_crl_points(STACK_OF(X509_EXTENSION) * list,
                                 const struct pki_pointers *pointers);
int pki_extension_add_authority_info(STACK_OF(X509_EXTENSION) * list,
                                     const struct pki_pointers *pointers);

/* A GeneralName that is a URI; NULL without memory. */
GENERAL_NAME *pki_general_name_uri(const char *uri);

/* What a CSR asks for; NULL = nothing. Borrowed. */
const STACK_OF(X509_EXTENSION) * pki_csr_extensions(const struct pki_csr *csr);

/* extras.c: the list, borrowed; NULL for NULL. */
const STACK_OF(X509_EXTENSION) * pki_extras_list(const struct pki_extras *extras);

#endif
