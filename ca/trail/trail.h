/*
 * trail.h - audit records, in the form that CloudTrail gives them: one JSON object a
 * call, compact, written in the transaction of what it records. No secret, no key
 * and no blob ever stands in a record.
 */
#ifndef CHANCERY_TRAIL_TRAIL_H
#define CHANCERY_TRAIL_TRAIL_H

#include "ca/request.h"

#define TRAIL_PARAMETERS_MAX 8192 /* octets of requestParameters and of responseElements; what is longer is left out and said to be */

/* Builds the record of a call in the caller's trail as it stands now: answered, or refused with r->error. */
int trail_record(const struct request *r, struct buf *out);

/*
 * Appends that record, and for the owner of another account's resource one with the same sharedEventID; inside
 * a write unit.
 */
int trail_append(struct store_tx *tx, const struct request *r);

/*
 * Appends requestParameters of r for a person who is to judge the call: with blobs, without what is
 * sensitive, "{}" for none. Text beyond 64 KiB is left out and said to be.
 */
int trail_parameters(const struct request *r, struct buf *out);

/* Something that the appliance or its operator did without an API call. */
struct trail_event {
    const char *name;    /* "CertifyManagementKey" */
    const char *source;  /* "acm.amazonaws.com" */
    const char *account; /* or NULL */
    const char *region;  /* or NULL */
    const char *owner;   /* of a resource that was used for it: gets the same, when another account; or NULL */
    int64_t at;          /* microseconds */
    json_t *details;     /* taken over; NULL is CH_ENOMEM */
};

/* Appends an event of type AwsServiceEvent, or two with one sharedEventID; inside a write unit. */
int trail_append_event(struct store_tx *tx, const struct trail_event *event);

#endif
