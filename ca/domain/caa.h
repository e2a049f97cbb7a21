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

/* Who wants to issue, for whom, by what proof. */
struct caa_asker {
    const char *issuers; /* our names, comma-separated, lower case */
    const char *account; /* 12 digits */
    const char *method;  /* label of the proof, see caa_method_label */
};

/*
 * The label of a validation method (DNS, EMAIL, HTTP) in validationmethods parameters: Baseline Requirements
 * 4.2.2.1.2, "ca-tbr-" and the number of the subsection of 3.2.2.4. Our methods are none of ACME's, so labels of
 * ACME are never ours. "" for another word.
 */
const char *caa_method_label(const char *method);

/*
 * Does the value of an issue or issuewild property allow it: name one of the issuers, and no parameter (RFC 8657)
 * keep this account or this method out? One that does not follow the grammar of RFC 8659 4.2 allows nobody.
 *   accounturi         exactly acct:<account>@<issuer>, the issuer being one of ours; given twice: nobody's
 *   validationmethods  a list of labels, case-insensitive; one that is damaged, or given twice: nobody's
 * Parameters of other names mean nothing.
 */
bool caa_value_allows(struct slice value, const struct caa_asker *asker);

enum caa_verdict { CAA_ALLOWS, CAA_FORBIDS };

/*
 * Judges the relevant record set (RFC 8659 3; none: count 0) for a name, with or without wildcard. *which is
 * the record that forbids, or count when it is the lack of one that allows.
 */
enum caa_verdict caa_judge(const struct slice *rdata, size_t count, bool wildcard,
                           const struct caa_asker *asker, size_t *which);

#endif
