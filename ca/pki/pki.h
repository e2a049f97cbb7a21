/*
 * pki.h - X.509 and nothing else: no accounts, no SQL, no HSM. Everything is built and
 * parsed with OpenSSL's own templates; what is signed is handed out as bytes and the
 * signature handed back in.
 *
 * Reasons: functions that judge what came from outside write why (a sentence for the caller of the
 * API, with the clause it rests on) into `struct pki_reason`.
 */
#ifndef CHANCERY_PKI_PKI_H
#define CHANCERY_PKI_PKI_H

#include "firmware/base/algorithm.h"
#include "firmware/base/buf.h"
#include "firmware/base/error.h"
#include "firmware/base/secret.h"

#include <stdbool.h>
#include <stdint.h>

struct pki_reason { char text[512]; };

#define PKI_SERIAL_SIZE 20
#define PKI_SERIAL_TEXT_SIZE 60 /* "0a:1b:..." with NUL */

/* ---- names (name.c) ---- */

/* One attribute of a distinguished name: OID in dotted form and UTF-8 value. */
struct pki_attribute { const char *oid; const char *value; };

/*
 * DER of a Name with the attributes in this order, one an RDN: PrintableString for
 * countryName, serialNumber and dnQualifier, IA5String for domainComponent and
 * emailAddress, else UTF8String (RFC 5280 4.1.2.4). CH_EINVAL when an OID or a
 * value cannot be encoded.
 */
int pki_name_build(const struct pki_attribute *attributes, size_t count, struct buf *der);

/* A Name with one more attribute at its end, the others as they are. Errors as pki_name_build. */
int pki_name_append(struct slice name, const struct pki_attribute *attribute, struct buf *der);

/* "C=AU,ST=Some-State,CN=localhost": encoded order, commas without blanks, as ACM answers Subject. */
int pki_name_text(struct slice der, struct buf *text);

/*
 * RFC 2253: last attribute first, by keyword for CN, L, ST, O, OU, C, STREET, DC and UID, otherwise by
 * OID with the DER of the value in hex, as Java writes names and audit reports of AWS have them.
 */
int pki_name_text_2253(struct slice der, struct buf *text);

/* The first common name of a Name, as UTF-8; nothing is appended when there is none. CH_EINVAL. */
int pki_name_common_name(struct slice der, struct buf *text);

/* The organization of a Name, else its common name, else ""; as ACM answers Issuer. */
int pki_name_issuer_text(struct slice der, struct buf *text);

/*
 * Calls visit for each attribute of a Name, in order, with its dotted OID and its value as UTF-8. CH_EINVAL
 * when der is no Name or a value is no text; else what visit returned.
 */
int pki_name_each(struct slice der, int (*visit)(void *context, const char *oid, struct slice value), void *context);

/* ---- keys (key.c) ---- */

/* The type of a SubjectPublicKeyInfo; KEY_ALG_NONE for what the table does not have. */
enum key_alg pki_key_alg(struct slice spki);

/* SHA-1 of the key bits: subject key identifier, RFC 5280 4.2.1.2 method (1). */
int pki_key_id(struct slice spki, uint8_t id[20]);

/* Verifies a signature over message: 0, CH_EINTEGRITY, CH_EINVAL. */
int pki_verify(struct slice spki, enum sig_alg alg, struct slice message, struct slice signature);

/* A public key opened for many signatures; threads may share it. */
struct pki_verifier;
/* CH_EINVAL when spki is no usable key. */
int pki_verifier_new(struct slice spki, struct pki_verifier **out);
/* As pki_verify. A P-256 key that was asked often gets a table (150 KiB) that halves the work. */
int pki_verifier_check(struct pki_verifier *v, enum sig_alg alg, struct slice message, struct slice signature);
void pki_verifier_free(struct pki_verifier *v);

/* PKCS#8 DER -> "-----BEGIN ENCRYPTED PRIVATE KEY-----", PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018). */
int pki_key_encrypt(const struct secret *pkcs8, const struct secret *passphrase, struct buf *pem);

/* ---- certification requests (csr.c) ---- */

struct pki_csr;

/*
 * Parses a CSR, PEM or DER, of at most 32 KiB; checks its version, its key (type and strength: RSA
 * 2048..8192 with a sane exponent, P-256/384/521), and its signature (proof of possession,
 * RFC 2986). CH_EINVAL with the reason.
 */
int pki_csr_parse(struct slice input, struct pki_csr **out, struct pki_reason *why);
struct slice pki_csr_subject(const struct pki_csr *csr); /* DER Name; may be the empty sequence */
struct slice pki_csr_spki(const struct pki_csr *csr);
/* DER of the extension with that OID inside extensionRequest (the OCTET STRING's contents); empty when absent. */
struct slice pki_csr_extension(const struct pki_csr *csr, const char *oid, bool *critical);
void pki_csr_free(struct pki_csr *csr);

/* DER CertificationRequestInfo to be signed for subject and key, asking for CA:TRUE, the given key usage (bits as enum pki_key_usage, 0 = none) and subjectInfoAccess (DER, empty = none). */
int pki_csr_info_build(struct slice subject, struct slice spki, bool ca, unsigned key_usage, struct slice subject_info, struct buf *info);
/* Info and signature -> DER CSR. */
int pki_csr_finish(struct slice info, enum sig_alg alg, struct slice signature, struct buf *der);

/* ---- certificates to be made (profile.c, tbs.c, lint.c) ---- */

enum pki_key_usage { /* bit n of RFC 5280 4.2.1.3 */
    PKI_KU_DIGITAL_SIGNATURE = 1u << 0, PKI_KU_NON_REPUDIATION = 1u << 1,
    PKI_KU_KEY_ENCIPHERMENT = 1u << 2, PKI_KU_DATA_ENCIPHERMENT = 1u << 3,
    PKI_KU_KEY_AGREEMENT = 1u << 4, PKI_KU_KEY_CERT_SIGN = 1u << 5,
    PKI_KU_CRL_SIGN = 1u << 6, PKI_KU_ENCIPHER_ONLY = 1u << 7, PKI_KU_DECIPHER_ONLY = 1u << 8,
};

/* Where a template lets further names and extensions come from; bits of pki_profile.passthrough. */
enum pki_passthrough { PKI_FROM_API = 1u << 0, PKI_FROM_CSR = 1u << 1 };

/*
 * A certificate template: what it fixes. Rows of one table (profile.c). What a template fixes wins over
 * the call, and the call over the CSR.
 */
struct pki_profile {
    const char *name;          /* "EndEntityCertificate/V1" */
    bool ca;
    int path_length;           /* -1 = none */
    bool constraints_critical; /* basicConstraints; those of a CA always are */
    unsigned key_usage;        /* critical; 0 = not fixed */
    const char *const *extended_key_usage; /* OIDs, NULL-terminated; NULL = not fixed */
    bool extended_key_usage_critical;
    bool self_signed;          /* root: issuer = subject, no authority key identifier */
    bool names_from_csr;       /* subjectAltName is taken from the CSR */
    bool blank;                /* AWS's Blank...: basicConstraints alone are judged by the template */
    bool pointers;             /* has what struct pki_pointers says */
    bool no_check;             /* has id-pkix-ocsp-nocheck, RFC 6960 4.2.2.2.1 */
    unsigned passthrough;      /* enum pki_passthrough; 0 = none */
    bool public_trust;         /* judged by the Baseline Requirements; policies and CT come as extras */
    bool precertificate;       /* has the poison of RFC 6962 3.1 */
};
/* Finds by "RootCACertificate/V1" and the like; NULL when unknown. */
const struct pki_profile *pki_profile_find(const char *name);
/* The profile of private certificates that ACM requests itself: serverAuth and clientAuth. */
const struct pki_profile *pki_profile_acm_private(void);
/* Those of the authorities that issue public certificates: roots, and what stands below them. */
const struct pki_profile *pki_profile_trust_root(void);
const struct pki_profile *pki_profile_trust_cross(void);
const struct pki_profile *pki_profile_trust_intermediate(void);
/*
 * The profile of public certificates for keys of that algorithm: serverAuth alone (CA/Browser Forum BR
 * 7.1.2.7); or of the precertificate that logs see before (RFC 6962 3.1).
 */
const struct pki_profile *pki_profile_public(enum key_alg alg, bool precertificate);
/* The profile of the certificates by which the appliance itself answers OCSP for an authority. */
const struct pki_profile *pki_profile_ocsp_responder(void);

/*
 * Where to ask whether the certificate still holds, and for its issuer: absolute URLs, NULL = none.
 * They come from the authority's revocation configuration. A template without `pointers` ignores them.
 */
struct pki_pointers {
    const char *const *crl; /* cRLDistributionPoints: places of one CRL, RFC 5280 4.2.1.13; NULL-terminated, NULL = no extension */
    const char *ocsp;       /* authorityInfoAccess id-ad-ocsp, RFC 5280 4.2.2.1 */
    const char *ca_issuers; /* authorityInfoAccess id-ad-caIssuers */
};

/* ---- what a request adds to its template (extras.c, general_names.c) ---- */

/* Extensions from outside a template, in order, each OID once. */
struct pki_extras;
struct pki_extras *pki_extras_new(void); /* NULL: no memory */
void pki_extras_free(struct pki_extras *extras);

/*
 * Appends an extension whose contents are value. CH_EEXISTS when the OID is there, CH_EINVAL when it
 * is none or value is empty, CH_ELIMIT over PKI_EXTENSIONS_MAX.
 */
int pki_extras_add(struct pki_extras *extras, const char *oid, bool critical, struct slice value);

/* keyUsage of bits (enum pki_key_usage), not critical. Errors as pki_extras_add, also without a bit. */
int pki_extras_add_key_usage(struct pki_extras *extras, unsigned bits);

/* extKeyUsage of dotted OIDs, NULL-terminated, not critical. Errors as pki_extras_add. */
int pki_extras_add_purposes(struct pki_extras *extras, const char *const *oids);

/* A certificate policy and the URIs of its practice statements (RFC 5280 4.2.1.4). */
struct pki_policy { const char *oid; const char *cps[20]; size_t cps_count; };
/* certificatePolicies, not critical. Errors as pki_extras_add. */
int pki_extras_add_policies(struct pki_extras *extras, const struct pki_policy *policies, size_t count);

/* A GeneralName of RFC 5280 4.2.1.6. */
enum pki_general_kind {
    PKI_NAME_OTHER, PKI_NAME_MAIL, PKI_NAME_DNS, PKI_NAME_DIRECTORY,
    PKI_NAME_EDI, PKI_NAME_URI, PKI_NAME_IP, PKI_NAME_REGISTERED_ID,
};
struct pki_general_name {
    enum pki_general_kind kind;
    const char *text;       /* mail, DNS, URI, IP address or OID in text form; value of an otherName, partyName */
    const char *detail;     /* OID of an otherName's type; nameAssigner or NULL */
    struct slice directory; /* DER Name */
};
/*
 * DER GeneralNames in this order. An otherName's value becomes a UTF8String, as do the parts of an
 * ediPartyName. CH_EINVAL with the index of the name that cannot be encoded in *bad, or for none.
 */
int pki_general_names_build(const struct pki_general_name *names, size_t count, struct buf *der, size_t *bad);

/* An AccessDescription of RFC 5280 4.2.2: a method by its dotted OID, and where. */
struct pki_access { const char *method; struct pki_general_name location; };
/* DER of authorityInfoAccess or subjectInfoAccess in this order. Errors as pki_general_names_build. */
int pki_info_access_build(const struct pki_access *list, size_t count, struct buf *der, size_t *bad);

/* Appends what the CSR asks for and extras does not have, verbatim. */
int pki_extras_add_request(struct pki_extras *extras, const struct pki_csr *csr);

/* True when there is an extension with that OID. extras may be NULL. */
bool pki_extras_has(const struct pki_extras *extras, const char *oid);

/* Everything that goes into a TBSCertificate. */
struct pki_tbs_spec {
    const struct pki_profile *profile;
    uint8_t serial[PKI_SERIAL_SIZE]; /* big-endian, leading zeros are dropped */
    enum sig_alg sig_alg;
    struct slice issuer;       /* DER Name; of the CA certificate (or of the subject, for a root) */
    struct slice issuer_key_id;/* its subjectKeyIdentifier, 20 octets as a rule; empty for a root */
    struct slice subject;      /* DER Name */
    struct slice spki;
    int64_t not_before, not_after; /* seconds; UTCTime until 2049, GeneralizedTime after */
    struct slice subject_alt_name; /* DER GeneralNames, or empty; critical when subject is empty */
    struct pki_pointers pointers;
    /* Or NULL. What the template fixes is left out; a subjectAltName here replaces the one above. */
    const struct pki_extras *extras;
};

/* Builds the DER of the TBSCertificate. CH_EINVAL with the reason. */
int pki_tbs_build(const struct pki_tbs_spec *spec, struct buf *tbs, struct pki_reason *why);

/* DER GeneralNames of DNS names. */
int pki_alt_names_build(const char *const *dns, size_t count, struct buf *der);

/*
 * Judges a final TBS by the lint rows (each cites its clause); CH_EINVAL names the first rule broken:
 * "<clause>: <what must be> [<id>]". profile NULL = the general rules only. That the issuer outlives
 * the certificate is for the caller to see to: the TBS does not say.
 */
int pki_lint(struct slice tbs, const struct pki_profile *profile, struct pki_reason *why);

/* ---- what the certificates above allow (constraints.c) ---- */

struct pki_certificate; /* below */
/* Path lengths and name constraints of a CA certificate and those above it, read once. Immutable. */
struct pki_constraints;
/*
 * issuer, then chain: PEM of the certificates above it up to the root, or NULL. CH_EINVAL when one cannot
 * be read.
 */
int pki_constraints_new(const struct pki_certificate *issuer, const char *chain, struct pki_constraints **out);
void pki_constraints_free(struct pki_constraints *constraints);
/* How many CAs may follow below the issuer, by all certificates together; -1 = any number (RFC 5280 6.1.4 (l), (m)). */
int pki_constraints_path_length(const struct pki_constraints *constraints);
/* True when some certificate has nameConstraints. */
bool pki_constraints_on_names(const struct pki_constraints *constraints);
/*
 * Are all names of a TBS within the name constraints (RFC 5280 4.2.1.10, 6.1.3 (b), (c))? CH_EDENIED with the
 * reason; also for a constrained kind of name that cannot be compared.
 */
int pki_constraints_check_names(const struct pki_constraints *constraints, struct slice tbs, enum sig_alg alg, struct pki_reason *why);
/*
 * The same of a finished path: the names of `end` and of the chain above it, its issuer first, against the name
 * constraints of every certificate further up. CH_EDENIED with the reason; CH_EINVAL when constraints cannot be read.
 */
int pki_constraints_check_path(const struct pki_certificate *end, struct pki_certificate *const *chain, size_t count, struct pki_reason *why);

/* TBS and signature -> DER certificate. */
int pki_certificate_finish(struct slice tbs, enum sig_alg alg, struct slice signature, struct buf *der);

/* ---- certificates that are there (certificate.c) ---- */

struct pki_certificate; /* parsed, immutable */
int pki_certificate_parse(struct slice der, struct pki_certificate **out, struct pki_reason *why);
void pki_certificate_free(struct pki_certificate *c);
struct slice pki_certificate_der(const struct pki_certificate *c);
struct slice pki_certificate_subject(const struct pki_certificate *c); /* DER Name */
struct slice pki_certificate_issuer(const struct pki_certificate *c);
struct slice pki_certificate_spki(const struct pki_certificate *c);
struct slice pki_certificate_key_id(const struct pki_certificate *c);  /* SKI extension value, empty when absent */
int64_t pki_certificate_not_before(const struct pki_certificate *c);   /* seconds */
int64_t pki_certificate_not_after(const struct pki_certificate *c);
void pki_certificate_serial(const struct pki_certificate *c, char text[PKI_SERIAL_TEXT_SIZE]); /* colon hex, whole bytes */
bool pki_certificate_is_ca(const struct pki_certificate *c);
/*
 * basicConstraints are there and critical, and nothing is critical that a CA certificate may not mark so here,
 * authorityInfoAccess, CRL pointers, policyConstraints and whatever is unknown. CH_EINVAL with the reason.
 */
int pki_certificate_check_critical(const struct pki_certificate *c, struct pki_reason *why);
int pki_certificate_path_length(const struct pki_certificate *c);     /* -1 = none */
unsigned pki_certificate_key_usage(const struct pki_certificate *c);  /* bits; 0 when absent */
/* DER of the extension with that OID (the OCTET STRING's contents), borrowed; empty when absent. */
struct slice pki_certificate_extension(const struct pki_certificate *c, const char *oid);
/* Writes up to max dotted OIDs (each at most 64 octets with NUL); returns how many there are. */
size_t pki_certificate_extended_key_usage(const struct pki_certificate *c, char (*oids)[64], size_t max);
/* 1, 2 or 3. */
int pki_certificate_version(const struct pki_certificate *c);
/* RFC 5280 4.1.2.2 wants serial numbers that are not; pki_certificate_serial writes them without sign. */
bool pki_certificate_serial_is_negative(const struct pki_certificate *c);
/* Is there a keyUsage, an extKeyUsage, whatever it says? */
bool pki_certificate_has_key_usage(const struct pki_certificate *c);
bool pki_certificate_has_extended_key_usage(const struct pki_certificate *c);
/* Octets of the longest OCSP address in authorityInfoAccess (RFC 5280 4.2.2.1); 0 when there is none. CH_EINVAL: malformed. */
int pki_certificate_ocsp_length(const struct pki_certificate *c, size_t *length);
/* Calls visit for each dNSName of the subjectAltName, in order. */
void pki_certificate_dns_names(const struct pki_certificate *c, void (*visit)(void *context, struct slice name), void *context);
/* A subjectAltName of a certificate. */
struct pki_alt_name {
    enum pki_general_kind kind;
    char oid[64];       /* of OTHER and REGISTERED_ID */
    struct slice value; /* text; of IP the octets, of DIRECTORY the DER Name, of OTHER the octets of its value */
};
/* Calls visit for each subjectAltName but ediPartyName and x400Address, in order; 0 or what visit returned. */
int pki_certificate_alt_names(const struct pki_certificate *c, int (*visit)(void *context, const struct pki_alt_name *name), void *context);
/* "SHA256WITHRSA" and the like; "" when unknown. */
const char *pki_certificate_signature_algorithm(const struct pki_certificate *c);
/* Was c issued by issuer: names match and the signature verifies. 0, CH_EINTEGRITY with the reason. */
int pki_certificate_issued_by(const struct pki_certificate *c, const struct pki_certificate *issuer, struct pki_reason *why);

/* ---- PEM (pem.c) ---- */

/* Appends one block with 64-character lines; final_newline as the API wants it. */
int pki_pem_put(const char *label, struct slice der, bool final_newline, struct buf *pem);
/* Calls visit with the DER of each CERTIFICATE block; text between blocks is ignored, a damaged block or none at all is CH_EINVAL, over max blocks CH_ELIMIT. */
int pki_pem_each(struct slice pem, size_t max, int (*visit)(void *context, struct slice der), void *context);

/* DER of a degenerate SignedData (RFC 5652 5) that holds the certificates of a PEM text. CH_EINVAL. */
int pki_pkcs7_bundle(struct slice pem, struct buf *der);

/*
 * Checks that chain (leaf's issuer first) certifies leaf: each one the next, CA flags, path lengths,
 * validity at `now`, no certificate twice; the last must be self-signed when complete is true.
 * The reason says which certificate (index) and which rule.
 */
int pki_chain_check(const struct pki_certificate *leaf, struct pki_certificate *const *chain, size_t count, int64_t now, bool complete, struct pki_reason *why);

/*
 * The same, and with CH_EINVAL the index of the certificate that is wrong, or has no issuer at its
 * place: -1 is the leaf.
 */
int pki_chain_judge(const struct pki_certificate *leaf, struct pki_certificate *const *chain, size_t count, int64_t now, bool complete, int *bad, struct pki_reason *why);

/* ---- names of servers (host_names.c) ---- */

/* DER GeneralNames of host names and IP addresses (text form): each becomes a dNSName or an iPAddress, RFC 5280 4.2.1.6. CH_EINVAL for none or an empty one. */
int pki_host_names_build(const char *const *names, size_t count, struct buf *der);

/* ---- memory (memory.c) ---- */

/*
 * Makes OpenSSL wipe all memory it frees, for itself and for a PKCS#11 module that uses it in this
 * process: pieces of keys must not stay behind. Before any other use of OpenSSL; CH_ESTATE when it is too late.
 */
int pki_memory_wipes(void);

#endif
