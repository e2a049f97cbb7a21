/*
 * search_internal.h - between the files of the search: search.c merges sorted streams into a page,
 * search_match.c tells whether a condition is true of a facet or a row, search_find.c finds the few
 * rows that a selective condition can be true for, search_facets.c reads the facets of the scope.
 */
#ifndef CHANCERY_STORE_SEARCH_INTERNAL_H
#define CHANCERY_STORE_SEARCH_INTERNAL_H

#include "ca/store/query.h"
#include "ca/store/search.h"

/* What a page may cost; tests make the bounds smaller. */
struct search_bounds {
    uint32_t found;  /* rows found by conditions, sorted in memory; above, streams are cheaper */
    uint32_t looked; /* rows looked at in streams */
};
extern struct search_bounds search_bounds;

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_MAYBE };

/* One facet of the scope. */
struct search_facet {
    int64_t facet;
    bool stale;       /* issued, and some of its rows have run out since */
    enum truth truth; /* of the query's condition */
    uint32_t group;
};

struct search {
    struct store_tx *tx;
    const struct certificate_query *query;
    int64_t scope;
    struct search_facet *facets; /* in ascending order */
    size_t facet_count;
    unsigned part_searches;
    enum condition_kind served; /* dates that the order itself serves; CONDITION_AND: none */
};

/* Columns of ST_SEARCH_ROW. */
enum search_column {
    COLUMN_SCOPE,
    COLUMN_FACET,
    COLUMN_CREATED_AT,
    COLUMN_NOT_AFTER,
    COLUMN_NOT_BEFORE,
    COLUMN_ISSUED_AT,
    COLUMN_IMPORTED_AT,
    COLUMN_REVOKED_AT,
    COLUMN_ID,
    COLUMN_COMMON,
    COLUMN_NAMES,
    COLUMN_SERIAL
};

/* A row that is looked at: the query stands on it. */
struct search_row {
    struct query q;
    int64_t stored_facet;
    int64_t facet; /* with EXPIRED if it has run out */
};

#define RANKS 0x80000000 /* ranks are below */

/*
 * The group of a facet's rows in the order: rows without what the order needs come last, in
 * RANK_ABSENT; of the others, that of the query's rank.
 */
uint32_t search_group(const struct certificate_query *query, enum facet_field needs, int64_t facet);

/* Reads and judges all facets of the scope into s; the caller frees s->facets. CH_ENOMEM, CH_EIO. */
int search_facets(struct search *s, enum facet_field needs);

enum truth match_facet(const struct condition *c, const struct search_facet *facet);

/* CH_ENOMEM. */
int match_row(const struct condition *c, struct search_row *row, bool *yes);

/* One octet is enough for both: '.' in lower case. */
char match_lower(char c);

/*
 * The rows that the condition may be true for, among facets of TRUTH_MAYBE, each once, ascending;
 * *all when they are too many or no index tells. *numbers is to be freed, whatever is returned.
 */
int find_rows(struct search *s, const struct condition *c, int64_t **numbers, size_t *count, bool *all);

/* The same for every row of the facets that are not TRUTH_NO. */
int find_facet_rows(struct search *s, int64_t **numbers, size_t *count, bool *all);

#endif
