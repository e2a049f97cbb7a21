/*
 * revocation_configuration.h - RevocationConfiguration of an authority: what of it is accepted, and
 * what it puts into certificates and CRLs.
 */
#ifndef CHANCERY_PCA_REVOCATION_CONFIGURATION_H
#define CHANCERY_PCA_REVOCATION_CONFIGURATION_H

#include "ca/core.h"
#include "ca/pki/pki.h"
#include "ca/request.h"

#define REVOCATION_URL_SIZE 800 /* scheme, names and paths at their longest, with NUL */
#define REVOCATION_NAME_SIZE 254

/*
 * Judges what Create- and UpdateCertificateAuthority bring as RevocationConfiguration (NULL is fine) beyond
 * the contract's bounds. CH_EAPI: InvalidArgsException, or ValidationException for a bucket.
 */
int revocation_configuration_check(struct request *r, const json_t *revocation);

/* An accepted configuration. */
struct revocation_config {
    bool crl;         /* CrlConfiguration.Enabled */
    bool partitioned; /* CrlType PARTITIONED */
    bool omit;        /* OmitExtension: certificates do not say where the CRL is */
    int64_t days;     /* ExpirationInDays */
    char cname[REVOCATION_NAME_SIZE];
    char path[REVOCATION_NAME_SIZE]; /* CustomPath without slashes at its ends */
    bool has_path;
    bool ocsp; /* OcspConfiguration.Enabled */
    char ocsp_cname[REVOCATION_NAME_SIZE];
};

/* Of authority_row.revocation; NULL means that nothing is enabled. CH_EINTEGRITY. */
int revocation_config_read(const char *json, struct revocation_config *out);

/*
 * CrlConfiguration.S3BucketName and the canned ACL of S3ObjectAcl (PUBLIC_READ by default) of an accepted configuration;
 * false when there is no bucket.
 */
bool revocation_bucket(const char *json, char bucket[256], char acl[32]);

/* The part of the CRLs that a certificate belongs to: CRL_COMPLETE or the last octet of its serial number. */
int64_t revocation_config_part(const struct revocation_config *c, const uint8_t serial[20]);

/* What certificates and critical CRL extensions say: where that part of authority id's CRL is. */
void revocation_crl_url(const struct config *config, const struct revocation_config *c,
                        const char *id, int64_t part, char url[REVOCATION_URL_SIZE]);

/* struct pki_pointers with the texts that it borrows. */
struct revocation_pointers {
    char crl[REVOCATION_URL_SIZE];
    char ocsp[REVOCATION_URL_SIZE];
    char ca_issuers[REVOCATION_URL_SIZE];
    const char *points[2];
};

/*
 * Fills out for a certificate of the authority with that serial number: cRLDistributionPoints, OCSP and the
 * authority's own certificate, as far as enabled. *pointers borrows from room. CH_EINTEGRITY.
 */
int revocation_pointers_fill(const struct config *config, const struct authority_row *authority,
                             const uint8_t serial[20], struct revocation_pointers *room,
                             struct pki_pointers *pointers);

#endif
