/*
 * Pages of certificates. The facets of the scope (some dozens, skipped through in their index) are judged
 * first. Each facet that the condition lets through is a sorted stream; a page is the merge of
 * these streams. Where the condition depends on the row, either the few rows that it can be true
 * for are found by other indexes and sorted in memory, as one more stream, or the rows of the stream
 * are looked at one by one, up to a bound.
 */
#include "ca/store/search_internal.h"

#include "ca/store/certificates.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 32         /* keys of a stream fetched at once */
#define ANY_FACET (-1)

struct search_bounds search_bounds = {.found = 5000, .looked = 10000};

enum value_kind { VALUE_NUMBER, VALUE_TEXT, VALUE_ID };

static const struct order {
    enum statement_id up, down;
    enum search_column column;
    enum value_kind kind;
    enum facet_field needs; /* rows without it come last; FACET_TYPE, which all have: none do */
} orders[ORDERS] = {
    [ORDER_CREATION] = {ST_PAGE_CREATION_UP, ST_PAGE_CREATION_DOWN, COLUMN_CREATED_AT, VALUE_NUMBER,
                        FACET_TYPE},
    [ORDER_NOT_AFTER] = {ST_PAGE_END_UP, ST_PAGE_END_DOWN, COLUMN_NOT_AFTER, VALUE_NUMBER,
                         FACET_HAS_VALIDITY},
    [ORDER_NOT_BEFORE] = {ST_PAGE_BEGIN_UP, ST_PAGE_BEGIN_DOWN, COLUMN_NOT_BEFORE, VALUE_NUMBER,
                          FACET_HAS_VALIDITY},
    [ORDER_ISSUE] = {ST_PAGE_ISSUE_UP, ST_PAGE_ISSUE_DOWN, COLUMN_ISSUED_AT, VALUE_NUMBER,
                     FACET_HAS_ISSUE},
    [ORDER_IMPORT] = {ST_PAGE_IMPORT_UP, ST_PAGE_IMPORT_DOWN, COLUMN_IMPORTED_AT, VALUE_NUMBER,
                      FACET_HAS_IMPORT},
    [ORDER_REVOCATION] = {ST_PAGE_REVOCATION_UP, ST_PAGE_REVOCATION_DOWN, COLUMN_REVOKED_AT,
                          VALUE_NUMBER, FACET_HAS_REVOCATION},
    [ORDER_COMMON_NAME] = {ST_PAGE_COMMON_NAME_UP, ST_PAGE_COMMON_NAME_DOWN, COLUMN_COMMON,
                           VALUE_TEXT, FACET_HAS_COMMON_NAME},
    [ORDER_ARN] = {ST_PAGE_ID_UP, ST_PAGE_ID_DOWN, COLUMN_ID, VALUE_ID, FACET_TYPE},
};

struct key {
    uint32_t group;
    int64_t value;
    char *text; /* of VALUE_TEXT, and the hex of VALUE_ID */
    int64_t number;
    int64_t facet; /* in a stream of all facets */
};

struct stream {
    int64_t facet; /* or ANY_FACET */
    uint32_t group;
    enum certificate_order order;
    bool look; /* the condition is to be tried on each row */
    bool opened, ended;
    size_t at, count;
    struct key *keys; /* BATCH of them, or all that were found */
};

struct page {
    struct search s;
    struct stream *streams;
    size_t count;
    uint32_t looked, given;
    bool full;
};

static bool is_descending(const struct page *p, uint32_t group)
{
    return p->s.query->descending && group != RANK_ABSENT;
}

static int key_compare(const struct page *p, const struct key *a, const struct key *b)
{
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    int order = (a->value > b->value) - (a->value < b->value);
    if (a->text != NULL && b->text != NULL)
        order = sqlite3_stricmp(a->text, b->text);
    if (order == 0)
        order = (a->number > b->number) - (a->number < b->number);
    return is_descending(p, a->group) ? -order : order;
}

static void keys_free(struct stream *stream)
{
    for (size_t i = stream->at; i < stream->count; i++)
        free(stream->keys[i].text);
    stream->at = stream->count = 0;
}

/* The value of a key from a column of the row at hand. */
static int key_read(struct query *q, int column, enum value_kind kind, struct key *key)
{
    char hex[33];
    if (kind == VALUE_NUMBER) {
        key->value = sqlite3_column_int64(q->st, column);
        return 0;
    }
    if (kind == VALUE_TEXT)
        return query_get_text(q, column, &key->text);
    struct slice id = query_get_bytes(q, column);
    if (id.len != 16)
        return CH_EINTEGRITY;
    hex_encode(id.data, id.len, hex);
    key->text = strdup(hex);
    return key->text == NULL ? CH_ENOMEM : 0;
}

/* ---- streams from an index ---- */

/* What the order's own condition says of the values, for streams that it would otherwise pass over. */
static void bounds_of(const struct condition *c, enum condition_kind kind, int64_t *from,
                      int64_t *to)
{
    if (c == NULL)
        return;
    for (size_t i = 0; c->kind == CONDITION_AND && i < c->count; i++)
        bounds_of(&c->parts[i], kind, from, to);
    if (c->kind != kind)
        return;
    *from = c->from > *from ? c->from : *from;
    *to = c->to < *to ? c->to : *to;
}

static void stream_bounds(const struct page *p, const struct stream *stream, int64_t *from,
                          int64_t *to)
{
    *from = INT64_MIN;
    *to = INT64_MAX;
    if (stream->order == ORDER_NOT_AFTER)
        bounds_of(p->s.query->where, CONDITION_NOT_AFTER, from, to);
    if (stream->order == ORDER_NOT_BEFORE)
        bounds_of(p->s.query->where, CONDITION_NOT_BEFORE, from, to);
}

/* The place from which nothing is left out. */
static void put_start(struct query *q, const struct page *p, const struct stream *stream)
{
    static const uint8_t beyond_all[17] = {[0 ... 16] = 0xff};
    bool down = is_descending(p, stream->group);
    int64_t from;
    int64_t to;
    stream_bounds(p, stream, &from, &to);
    if (orders[stream->order].kind == VALUE_NUMBER) {
        query_put_int(q, down ? to : from);
        query_put_int(q, down ? INT64_MAX : INT64_MIN);
        return;
    }
    if (down) /* SQLite has octets behind all texts */
        query_put_bytes(q, slice_of(beyond_all, sizeof beyond_all));
    else if (orders[stream->order].kind == VALUE_TEXT)
        query_put_text(q, "");
    else
        query_put_bytes(q, slice_of(beyond_all, 0));
    query_put_int(q, INT64_MIN);
}

static void put_key(struct query *q, const struct stream *stream, int64_t value, const char *text,
                    int64_t number)
{
    switch (orders[stream->order].kind) {
    case VALUE_NUMBER:
        query_put_int(q, value);
        break;
    case VALUE_TEXT:
        query_put_text_copy(q, text);
        break;
    default:
        query_put_hex_id(q, text);
    }
    query_put_int(q, number);
}

static void put_place(struct query *q, const struct page *p, const struct stream *stream,
                      const struct key *last)
{
    const struct certificate_place *after = p->s.query->after;
    if (last->number != 0)
        put_key(q, stream, last->value, last->text, last->number);
    else if (after != NULL && after->group == stream->group)
        put_key(q, stream, after->value, after->text, after->number);
    else
        put_start(q, p, stream);
}

static int stream_read(struct page *p, struct stream *stream, struct query *q)
{
    int64_t from;
    int64_t to;
    bool down = is_descending(p, stream->group);
    int rc = 0;
    stream_bounds(p, stream, &from, &to);
    while (rc == 0 && stream->count < BATCH && query_next(q)) {
        struct key key = {.group = stream->group, .number = sqlite3_column_int64(q->st, 1)};
        rc = key_read(q, 0, orders[stream->order].kind, &key);
        if (stream->facet == ANY_FACET)
            key.facet = sqlite3_column_int64(q->st, 2);
        if (orders[stream->order].kind == VALUE_NUMBER && (down ? key.value < from : key.value > to))
            break;
        if (rc == 0)
            stream->keys[stream->count++] = key;
    }
    return rc;
}

static int stream_fill(struct page *p, struct stream *stream, const struct key *last)
{
    const struct order *order = &orders[stream->order];
    struct query q;
    if (stream->keys == NULL)
        stream->keys = calloc(BATCH, sizeof *stream->keys);
    if (stream->keys == NULL)
        return CH_ENOMEM;
    query_open(&q, p->s.tx, is_descending(p, stream->group) ? order->down : order->up);
    query_put_int(&q, p->s.scope);
    query_put_int(&q, stream->facet);
    put_place(&q, p, stream, last);
    query_put_int(&q, BATCH);
    stream->at = stream->count = 0;
    int rc = stream_read(p, stream, &q);
    stream->ended = stream->count < BATCH;
    int end = query_close(&q);
    return rc != 0 ? rc : end;
}

/* ---- rows ---- */

/* facet may be ANY_FACET. */
static int row_open(struct page *p, int64_t number, int64_t facet, struct search_row *row,
                    bool *there)
{
    query_open(&row->q, p->s.tx, facet == ANY_FACET ? ST_SEARCH_ROW : ST_SEARCH_LOOK);
    query_put_int(&row->q, number);
    if (facet != ANY_FACET)
        query_put_int(&row->q, facet);
    int rc = query_row(&row->q);
    *there = rc == 0 && sqlite3_column_int64(row->q.st, COLUMN_SCOPE) == p->s.scope;
    if (!*there)
        return rc == CH_ENOTFOUND ? 0 : rc;
    int64_t end = sqlite3_column_int64(row->q.st, COLUMN_NOT_AFTER);
    row->stored_facet = row->facet = sqlite3_column_int64(row->q.st, COLUMN_FACET);
    if (facet_is_issued(row->facet) && end > 0 && end < p->s.query->now)
        row->facet = facet_run_out(row->facet);
    return 0;
}

static int row_close(struct search_row *row, int rc)
{
    int end = query_close(&row->q);
    row->q.error = 0;
    return rc != 0 || end == CH_ENOTFOUND ? rc : end;
}

static int row_fits(struct page *p, int64_t number, int64_t facet, bool *yes)
{
    struct search_row row = {0};
    bool there = false;
    *yes = false;
    int rc = row_open(p, number, facet, &row, &there);
    if (rc == 0 && there && p->s.query->where != NULL)
        rc = match_row(p->s.query->where, &row, yes);
    return row_close(&row, rc);
}

/* ---- rows that were found, as a stream in memory ---- */

static const struct search_facet *facet_of(const struct page *p, int64_t facet)
{
    size_t low = 0;
    size_t high = p->s.facet_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->s.facets[middle].facet < facet)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->s.facet_count && p->s.facets[low].facet == facet ? &p->s.facets[low] : NULL;
}

/* A facet whose rows have no value of the order is in order of creation. */
static enum certificate_order order_of(const struct page *p, const struct search_facet *facet)
{
    const struct certificate_query *query = p->s.query;
    return facet->group == RANK_ABSENT ? ORDER_CREATION : query->order;
}

static bool is_behind(const struct page *p, const struct key *key)
{
    const struct certificate_place *after = p->s.query->after;
    if (after == NULL)
        return true;
    struct key place = {.group = after->group, .value = after->value, .text = after->text,
                        .number = after->number};
    return key_compare(p, key, &place) > 0;
}

/* Adds the row to the stream if the condition is true for it and it comes after the last page. */
static int found_add(struct page *p, struct stream *stream, int64_t number, enum truth only)
{
    struct search_row row = {0};
    struct key key = {.number = number};
    bool there = false;
    bool yes = false;
    int rc = row_open(p, number, ANY_FACET, &row, &there);
    const struct search_facet *facet =
        rc == 0 && there ? facet_of(p, row.stored_facet) : NULL;
    if (facet != NULL && (only == TRUTH_NO ? facet->truth != TRUTH_NO : facet->truth == only)) {
        const struct order *order = &orders[order_of(p, facet)];
        key.group = facet->group;
        rc = p->s.query->where == NULL ? 0 : match_row(p->s.query->where, &row, &yes);
        yes = yes || p->s.query->where == NULL;
        if (rc == 0 && yes)
            rc = key_read(&row.q, (int)order->column, order->kind, &key);
    }
    rc = row_close(&row, rc);
    if (rc == 0 && yes && is_behind(p, &key))
        stream->keys[stream->count++] = key;
    else
        free(key.text);
    return rc;
}

static void keys_sort(const struct page *p, struct key *keys, size_t count)
{
    /* qsort knows no context; a heap does, and needs no memory. */
    for (size_t n = count, i = count / 2; n > 1;) {
        struct key sinking;
        if (i > 0) {
            sinking = keys[--i];
        } else {
            sinking = keys[--n];
            keys[n] = keys[0];
        }
        size_t at = i;
        for (size_t child; (child = 2 * at + 1) < n; at = child) {
            if (child + 1 < n && key_compare(p, &keys[child + 1], &keys[child]) > 0)
                child++;
            if (key_compare(p, &keys[child], &sinking) <= 0)
                break;
            keys[at] = keys[child];
        }
        keys[at] = sinking;
    }
}

static int stream_of_found(struct page *p, const int64_t *numbers, size_t count, enum truth only)
{
    struct stream *stream = &p->streams[p->count++];
    int rc = 0;
    *stream = (struct stream){.opened = true, .ended = true};
    if (count == 0)
        return 0;
    stream->keys = calloc(count, sizeof *stream->keys);
    if (stream->keys == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = found_add(p, stream, numbers[i], only);
    keys_sort(p, stream->keys, stream->count);
    return rc;
}

/* ---- which streams ---- */

static bool any_facet(const struct page *p, enum truth truth)
{
    for (size_t i = 0; i < p->s.facet_count; i++)
        if (p->s.facets[i].truth == truth)
            return true;
    return false;
}

static void streams_of(struct page *p, enum truth truth)
{
    const struct certificate_place *after = p->s.query->after;
    for (size_t i = 0; i < p->s.facet_count; i++) {
        const struct search_facet *facet = &p->s.facets[i];
        if (facet->truth != truth || (after != NULL && facet->group < after->group))
            continue;
        p->streams[p->count++] = (struct stream){.facet = facet->facet,
                                                 .group = facet->group,
                                                 .order = order_of(p, facet),
                                                 .look = truth == TRUTH_MAYBE};
    }
}

/* The order's own dates: its streams begin and end there, so nothing need be found by them. */
static enum condition_kind served_by_order(const struct page *p)
{
    struct stream stream = {.order = p->s.query->order};
    enum condition_kind kind =
        stream.order == ORDER_NOT_AFTER ? CONDITION_NOT_AFTER : CONDITION_NOT_BEFORE;
    int64_t from;
    int64_t to;
    stream_bounds(p, &stream, &from, &to);
    return from != INT64_MIN || to != INT64_MAX ? kind : CONDITION_AND;
}

static int streams_by_facet(struct page *p)
{
    int64_t *numbers = NULL;
    size_t count = 0;
    bool all = false;
    int rc = 0;
    p->s.served = served_by_order(p);
    streams_of(p, TRUTH_YES);
    if (any_facet(p, TRUTH_MAYBE))
        rc = find_rows(&p->s, p->s.query->where, &numbers, &count, &all);
    if (rc == 0 && all)
        streams_of(p, TRUTH_MAYBE);
    else if (rc == 0)
        rc = stream_of_found(p, numbers, count, TRUTH_MAYBE);
    free(numbers);
    return rc;
}

/* The order of ARNs has no facets: all rows are one stream, unless few come into question. */
static int stream_of_scope(struct page *p)
{
    int64_t *numbers = NULL;
    size_t count = 0;
    bool all = true;
    bool sure = !any_facet(p, TRUTH_NO) && !any_facet(p, TRUTH_MAYBE);
    int rc = 0;
    if (!sure && !any_facet(p, TRUTH_YES))
        rc = find_rows(&p->s, p->s.query->where, &numbers, &count, &all);
    if (rc == 0 && !sure && all) {
        free(numbers);
        numbers = NULL;
        rc = find_facet_rows(&p->s, &numbers, &count, &all);
    }
    if (rc == 0 && !all)
        rc = stream_of_found(p, numbers, count, TRUTH_NO);
    else if (rc == 0)
        p->streams[p->count++] =
            (struct stream){.facet = ANY_FACET,
                            .group = search_group(p->s.query, orders[ORDER_ARN].needs, 1),
                            .order = ORDER_ARN,
                            .look = !sure};
    free(numbers);
    return rc;
}

static int streams_make(struct page *p)
{
    p->streams = calloc(p->s.facet_count + 1, sizeof *p->streams);
    if (p->streams == NULL)
        return CH_ENOMEM;
    return p->s.query->order == ORDER_ARN ? stream_of_scope(p) : streams_by_facet(p);
}

/* ---- the merge ---- */

static const struct key *head(const struct stream *stream)
{
    return stream->at < stream->count ? &stream->keys[stream->at] : NULL;
}

/* Its index; p->count when all are at their end. */
static size_t first_opened(const struct page *p)
{
    size_t first = p->count;
    for (size_t i = 0; i < p->count; i++)
        if (head(&p->streams[i]) != NULL &&
            (first == p->count ||
             key_compare(p, head(&p->streams[i]), head(&p->streams[first])) < 0))
            first = i;
    return first;
}

/* Opens the streams of the next group when nothing that is open comes before it. */
static int groups_open(struct page *p, size_t first, bool *opened)
{
    static const struct key start = {0};
    uint32_t group = 0;
    bool closed = false;
    *opened = false;
    for (size_t i = 0; i < p->count; i++)
        if (!p->streams[i].opened && (!closed || p->streams[i].group < group)) {
            closed = true;
            group = p->streams[i].group;
        }
    if (!closed || (first < p->count && head(&p->streams[first])->group < group))
        return 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->count; i++)
        if (!p->streams[i].opened && p->streams[i].group == group) {
            p->streams[i].opened = true;
            rc = stream_fill(p, &p->streams[i], &start);
        }
    *opened = true;
    return rc;
}

static int first_stream(struct page *p, size_t *first)
{
    bool opened = true;
    int rc = 0;
    while (rc == 0 && opened) {
        *first = first_opened(p);
        rc = groups_open(p, *first, &opened);
    }
    return rc;
}

/* Takes the key of the stream; the caller frees its text. */
static int stream_take(struct page *p, struct stream *stream, struct key *key)
{
    *key = stream->keys[stream->at++];
    if (stream->at < stream->count || stream->ended)
        return 0;
    return stream_fill(p, stream, key);
}

static int der_read(struct page *p, int64_t number, struct buf *out)
{
    struct query q;
    query_open(&q, p->s.tx, ST_SEARCH_DER);
    query_put_int(&q, number);
    int rc = query_row(&q);
    if (rc == 0)
        rc = certificate_der(&q, 0, out);
    query_close(&q);
    return rc;
}

static int row_give(struct page *p, int64_t number,
                    int (*visit)(void *context, const struct certificate_row *row), void *context)
{
    struct certificate_row row = {0};
    struct query q;
    query_open(&q, p->s.tx, ST_CERTIFICATE_SUMMARY);
    query_put_int(&q, number);
    int rc = cells_get_one(&q, certificate_cells, CERTIFICATE_SUMMARY_CELLS, &row, sizeof row);
    if (rc == CH_ENOTFOUND) /* deleted by the visitor of a writing unit */
        return 0;
    if (rc == 0 && p->s.query->whole)
        rc = der_read(p, number, &row.certificate);
    if (rc == 0)
        rc = visit(context, &row);
    certificate_row_free(&row);
    return rc;
}

static void place_set(struct certificate_place *place, struct key *key)
{
    free(place->text);
    *place = (struct certificate_place){key->group, key->value, key->text, key->number};
    key->text = NULL;
}

/* False when its facet alone says that the condition is not true of the row. */
static bool facet_may_fit(const struct page *p, const struct stream *stream, const struct key *key)
{
    if (stream->facet != ANY_FACET)
        return true;
    const struct search_facet *facet = facet_of(p, key->facet);
    return facet == NULL || facet->truth != TRUTH_NO;
}

/* One key of the merge: passed over, given, or found to be beyond the page. */
static int key_handle(struct page *p, const struct stream *stream, struct key *key, struct certificate_page *out,
                      int (*visit)(void *context, const struct certificate_row *row), void *context)
{
    bool yes = true;
    int rc = 0;
    if (stream->look) {
        p->looked++;
        yes = facet_may_fit(p, stream, key);
        rc = yes ? row_fits(p, key->number, stream->facet, &yes) : 0;
    }
    if (rc == 0 && yes && p->given == p->s.query->limit) {
        p->full = out->more = true;
        return 0;
    }
    if (rc == 0 && yes) {
        p->given++;
        rc = row_give(p, key->number, visit, context);
    }
    if (rc == 0)
        place_set(&out->last, key);
    if (rc == 0 && p->looked == search_bounds.looked)
        p->full = out->more = true;
    return rc;
}

static int page_walk(struct page *p, struct certificate_page *out,
                     int (*visit)(void *context, const struct certificate_row *row), void *context)
{
    int rc = 0;
    while (rc == 0 && !p->full) {
        struct key key = {0};
        size_t first = p->count;
        rc = first_stream(p, &first);
        if (rc != 0 || first == p->count)
            break;
        rc = stream_take(p, &p->streams[first], &key);
        if (rc == 0)
            rc = key_handle(p, &p->streams[first], &key, out, visit, context);
        free(key.text);
    }
    return rc;
}

static int scope_find(struct store_tx *tx, const struct scope *scope, int64_t *number)
{
    struct query q;
    query_open(&q, tx, ST_SCOPE_FIND);
    query_put_scope(&q, scope);
    return query_number(&q, number);
}

static void page_free(struct page *p)
{
    for (size_t i = 0; p->streams != NULL && i < p->count; i++) {
        keys_free(&p->streams[i]);
        free(p->streams[i].keys);
    }
    free(p->streams);
    free(p->s.facets);
}

int store_certificate_search(struct store_tx *tx, const struct scope *scope,
                             const struct certificate_query *query,
                             int (*visit)(void *context, const struct certificate_row *row),
                             void *context, struct certificate_page *page)
{
    struct page p = {.s = {.tx = tx, .query = query}};
    *page = (struct certificate_page){0};
    int rc = scope_find(tx, scope, &p.s.scope);
    if (rc != 0)
        return rc == CH_ENOTFOUND ? 0 : rc;
    rc = search_facets(&p.s, orders[query->order].needs);
    if (rc == 0)
        rc = streams_make(&p);
    if (rc == 0)
        rc = page_walk(&p, page, visit, context);
    page_free(&p);
    if (rc != 0 || !page->more) {
        free(page->last.text);
        page->last = (struct certificate_place){0};
    }
    return rc;
}
