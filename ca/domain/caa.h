/*
 * caa.h - Certification Authority Authorization, RFC 8659: what the owner of a domain says about who
 * may issue for it; Baseline Requirements 3.2.2.8.
 */
#ifndef CHANCERY_DOMAIN_CAA_H
#define CHANCERY_DOMAIN_CAA_H

#include "firmware/base/buf.h"

#define CAA_VALUE_MAX 512

/* One record: RFC 8659 4.1. */
struct caa_record {
    bool critical;
    struct slice tag, value; /* borrowed from the RDATA */
};

/* Reads RDATA. CH_EINVAL when it is damaged. */
int caa_parse(struct slice rdata, struct caa_record *out);

/* As in a zone file: 0 issue "amazon.com"; octets that are not printable as \DDD. */
int caa_print(const struct caa_record *record, struct buf *out);

/*
 * Does the value of an issue or issuewild property name one of the issuers (comma-separated, lower
 * case)? One that does not follow the grammar of RFC 8659 4.2 names nobody.
 */
bool caa_value_names(struct slice value, const char *issuers);

enum caa_verdict { CAA_ALLOWS, CAA_FORBIDS };

/*
 * Judges the relevant record set (RFC 8659 3; none: count 0) for a name, with or without wildcard. *which is
 * the record that forbids, or count when it is the lack of one that allows.
 */
enum caa_verdict caa_judge(const struct slice *rdata, size_t count, bool wildcard,
                           const char *issuers, size_t *which);

#endif
