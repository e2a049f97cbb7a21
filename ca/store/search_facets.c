/*
 * The facets of a scope, each judged once for a search: a few dozen, skipped through in their index,
 * however many rows have them.
 */
#include "ca/store/search_internal.h"

#include <stdlib.h>

uint32_t search_group(const struct certificate_query *query, enum facet_field needs, int64_t facet)
{
    uint32_t rank = query->rank == NULL ? 0 : query->rank(query->rank_context, facet);
    if (facet_get(facet, needs) == 0 || rank == RANK_ABSENT)
        return RANK_ABSENT;
    return query->descending ? RANKS - rank : rank;
}

static int is_stale(struct search *s, int64_t facet, bool *stale)
{
    *stale = false;
    if (!facet_is_issued(facet) || facet_get(facet, FACET_HAS_VALIDITY) == 0)
        return 0;
    int64_t number;
    struct query q;
    query_open(&q, s->tx, ST_FACET_STALE);
    query_put_int(&q, s->scope);
    query_put_int(&q, facet);
    query_put_int(&q, s->query->now);
    int rc = query_number(&q, &number);
    *stale = rc == 0;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int facet_add(struct search *s, enum facet_field needs, int64_t number)
{
    struct search_facet facet = {.facet = number, .truth = TRUTH_YES};
    int rc = is_stale(s, number, &facet.stale);
    if (rc != 0)
        return rc;
    if (s->facet_count % 64 == 0) {
        struct search_facet *more =
            realloc(s->facets, (s->facet_count + 64) * sizeof *s->facets);
        if (more == NULL)
            return CH_ENOMEM;
        s->facets = more;
    }
    facet.group = search_group(s->query, needs, number);
    if (s->query->where != NULL)
        facet.truth = match_facet(s->query->where, &facet);
    s->facets[s->facet_count++] = facet;
    return 0;
}

int search_facets(struct search *s, enum facet_field needs)
{
    int64_t last = INT64_MIN;
    int rc = 0;
    while (rc == 0) {
        struct query q;
        query_open(&q, s->tx, ST_FACET_NEXT);
        query_put_int(&q, s->scope);
        query_put_int(&q, last);
        rc = query_number(&q, &last);
        if (rc == 0)
            rc = facet_add(s, needs, last);
    }
    return rc == CH_ENOTFOUND ? 0 : rc;
}
