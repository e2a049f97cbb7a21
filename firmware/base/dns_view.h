/*
 * dns_view.h - what one resolver said to one question of the DNS, as outbound reports it to
 * core: a list of views, each written and read by the two halves below.
 *
 * A look-up is asked of every resolver, and may take several questions there: the links of a
 * chain of CNAMEs, or the names that RFC 8659 3 climbs. The views of one resolver stand together,
 * in the order in which they were asked. Core judges them; outbound only looks.
 */
#ifndef CHANCERY_BASE_DNS_VIEW_H
#define CHANCERY_BASE_DNS_VIEW_H

#include "firmware/base/buf.h"

#define DNS_NAME_SIZE 1025 /* a name in text, each of its octets escaped, and its NUL */
#define DNS_CHAIN_MAX 6    /* CNAMEs that are followed: one more than may count */
#define DNS_RECORDS_MAX 32
#define DNS_RECORD_MAX ((size_t)4096)
#define DNS_RESOLVERS_MAX 8

enum dns_question {
    DNS_CNAME_CHAIN = 1, /* CNAME at the name, then at where it points, and so on */
    DNS_CAA_CLIMB = 2,   /* CAA at the name, then at its parents, until there is one: RFC 8659 3 */
    DNS_MX = 3,
    DNS_NS = 4,          /* the authoritative servers of the zone that begins at the name */
    DNS_QUESTIONS
};

enum dns_type { DNS_TYPE_A = 1, DNS_TYPE_NS = 2, DNS_TYPE_CNAME = 5, DNS_TYPE_MX = 15, DNS_TYPE_AAAA = 28, DNS_TYPE_CAA = 257 };

enum dns_state {
    DNS_FOUND,     /* records */
    DNS_NO_RECORD, /* the name is there, such a record is not */
    DNS_NXDOMAIN,  /* the name is not there */
    DNS_BOGUS,     /* DNSSEC says that the answer is not genuine; why has the reason */
    DNS_FAILED,    /* SERVFAIL and other refusals */
    DNS_TIMED_OUT,
    DNS_STATES
};

struct dns_view {
    struct slice resolver; /* its address, or "recursion" */
    struct slice name;     /* what was asked for, without a final dot */
    uint32_t type;
    uint32_t state;
    uint32_t secure; /* 1 = signed, and the signatures are good */
    struct slice why;
    uint32_t count;
    struct slice records[DNS_RECORDS_MAX]; /* names in text (of MX after preference and blank), CAA as RDATA */
};

/* Appends. CH_ELIMIT when the buf's bound is reached (then nothing is written), CH_EINVAL, CH_ENOMEM. */
int dns_view_put(struct buf *b, const struct dns_view *view);

/*
 * Reads the first view of *rest, which moves on; slices borrow from it. CH_ENOTFOUND at the end,
 * CH_EPROTO when malformed.
 */
int dns_view_take(struct slice *rest, struct dns_view *out);

/* "NXDOMAIN", "SERVFAIL", ...: the state for people. */
const char *dns_state_text(uint32_t state);

/*
 * Are two names in text the same: letters of either case, with or without a final dot; with
 * `loose` also when just one of them has an underscore in front (user guide of ACM, "DNS provider
 * prohibits underscore").
 */
bool dns_name_equal(struct slice a, struct slice b, bool loose);

/*
 * A name in wire form (not compressed) as text without a final dot, octets other than printable
 * ones escaped as \DDD (RFC 1035 5.1); the root is ".". CH_EINVAL when malformed.
 */
int dns_name_from_wire(struct slice wire, char out[DNS_NAME_SIZE]);

#endif
