/*
 * search.h - lists and searches of the certificates of a scope: a tree of conditions, an order, and
 * keyset pages. What a page costs does not grow with the number of certificates.
 */
#ifndef CHANCERY_STORE_SEARCH_H
#define CHANCERY_STORE_SEARCH_H

#include "ca/store/facets.h"
#include "ca/store/rows.h"

enum condition_kind {
    CONDITION_AND, /* of none: true */
    CONDITION_OR,  /* of none: false */
    CONDITION_NOT, /* of one part */
    CONDITION_FACET,
    CONDITION_ID,          /* text: UUID of the ARN */
    CONDITION_SERIAL,      /* text: colon hex */
    CONDITION_COMMON_NAME, /* text; letters of ASCII are compared without their case */
    CONDITION_NAME,        /* the same of any alternative name */
    CONDITION_NOT_AFTER,   /* from .. to, both included, microseconds */
    CONDITION_NOT_BEFORE
};

/* What is absent in a certificate makes a condition on it false. */
struct condition {
    enum condition_kind kind;
    struct condition *parts; /* owned */
    size_t count;
    enum facet_field field;
    unsigned any;  /* of FACET: 1 << value for each value that will do; of a set, its bits */
    char *text;    /* owned */
    bool contains; /* text need only be a part */
    int64_t from, to;
};

/* Frees what the condition owns; {0} is fine. */
void condition_clear(struct condition *c);

enum certificate_order {
    ORDER_CREATION,
    ORDER_NOT_AFTER,
    ORDER_NOT_BEFORE,
    ORDER_ISSUE,
    ORDER_IMPORT,
    ORDER_REVOCATION,
    ORDER_COMMON_NAME,
    ORDER_ARN,
    ORDERS
};

/* Where a page ended. */
struct certificate_place {
    uint32_t group;
    int64_t value;
    char *text; /* owned; NULL but for names and ARNs */
    int64_t number;
};

#define RANK_ABSENT UINT32_MAX

/*
 * Order: by rank, then by what order says, then as they came. Rows without the value, or of
 * RANK_ABSENT, are last whichever the direction, in order of creation.
 */
struct certificate_query {
    const struct condition *where; /* NULL: all */
    enum certificate_order order;
    /* below 2^31 or RANK_ABSENT; NULL: all are equal */
    uint32_t (*rank)(const void *rank_context, int64_t facet);
    const void *rank_context;
    bool descending;
    bool whole;  /* rows with their certificate (DER) */
    int64_t now; /* an issued certificate that has run out by then counts as EXPIRED */
    const struct certificate_place *after; /* NULL: from the first */
    uint32_t limit;
};

struct certificate_page {
    bool more;                     /* perhaps: rows may be left behind `last` */
    struct certificate_place last; /* when more */
};

/*
 * Calls visit for each row of the page, without the chain. A page may be short, even empty, and have
 * more: what no index serves is looked for in a bounded number of rows. Status EXPIRED of a row
 * that has run out is for the caller to see. CH_ENOMEM, CH_EINTEGRITY, or what visit returned.
 */
int store_certificate_search(struct store_tx *tx, const struct scope *scope,
                             const struct certificate_query *query,
                             int (*visit)(void *context, const struct certificate_row *row),
                             void *context, struct certificate_page *page);

/*
 * Makes known to CONTAINS the names of up to limit certificates that were written since the last
 * call, and forgets those that are gone; until then the search looks through them one by one.
 */
int store_names_learn(struct store_tx *tx, uint32_t limit);

/* Is there anything for store_names_learn? */
int store_names_waiting(struct store_tx *tx, bool *waiting);

#endif
