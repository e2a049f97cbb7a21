/*
 * Pages of certificates in order of (created_at, id). The index has status and key
 * algorithm before the order, so each pair of them is one sorted stream, and a page is
 * the merge of the streams that the filter lets through: a filter that fits few of a
 * million rows costs no more than one that fits all.
 */
#include "ca/store/certificates.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 16 /* keys of a stream fetched at once */
#define ID_OCTETS 16

struct key {
    int64_t created_at;
    int64_t number;
    uint8_t id[ID_OCTETS];
};

struct stream {
    int status;
    int key_alg;
    bool ended; /* nothing behind the keys at hand */
    uint32_t at, count;
    struct key keys[BATCH];
};

struct page {
    struct store_tx *tx;
    const struct certificate_filter *filter;
    int64_t scope;
    struct stream *streams;
    size_t count;
};

static bool status_fits(const struct certificate_filter *filter, int status)
{
    if (filter->status_count == 0)
        return true;
    for (size_t i = 0; i < filter->status_count; i++)
        if (word_number(WORDS_CERTIFICATE_STATUS, filter->statuses[i]) == status)
            return true;
    return false;
}

static bool key_alg_fits(const struct certificate_filter *filter, int alg)
{
    return filter->key_algs == 0 || (filter->key_algs >> alg & 1) != 0;
}

static int streams_make(struct page *page)
{
    int statuses = word_count(WORDS_CERTIFICATE_STATUS);
    page->streams = calloc((size_t)statuses * KEY_ALG_COUNT, sizeof(*page->streams));
    if (page->streams == NULL)
        return CH_ENOMEM;
    for (int status = 1; status <= statuses; status++)
        for (int alg = 0; alg < KEY_ALG_COUNT; alg++)
            if (status_fits(page->filter, status) && key_alg_fits(page->filter, alg))
                page->streams[page->count++] = (struct stream){.status = status, .key_alg = alg};
    return 0;
}

/* The place to go on from: behind the stream's last key, or where the caller left off. */
static void put_after(struct query *q, const struct page *page, const struct stream *stream)
{
    static const uint8_t beyond_all[ID_OCTETS + 1] = {[0 ... ID_OCTETS] = 0xff};
    const struct certificate_filter *filter = page->filter;
    if (stream->count > 0) {
        query_put_int(q, stream->keys[stream->count - 1].created_at);
        query_put_copy(q, slice_of(stream->keys[stream->count - 1].id, ID_OCTETS));
    } else if (filter->after_id != NULL && *filter->after_id != '\0') {
        query_put_int(q, filter->after_created);
        query_put_uuid(q, filter->after_id);
    } else {
        query_put_int(q, filter->descending ? INT64_MAX : INT64_MIN);
        query_put_bytes(q, slice_of(beyond_all, filter->descending ? sizeof(beyond_all) : 0));
    }
}

static int key_read(struct query *q, struct key *out)
{
    struct slice id = query_get_bytes(q, 1);
    if (id.len != ID_OCTETS)
        return CH_EINTEGRITY;
    memcpy(out->id, id.data, ID_OCTETS);
    out->created_at = sqlite3_column_int64(q->st, 0);
    out->number = sqlite3_column_int64(q->st, 2);
    return 0;
}

static int stream_fill(struct page *page, struct stream *stream)
{
    struct query q;
    query_open(&q, page->tx,
               page->filter->descending ? ST_CERTIFICATE_PAGE_DOWN : ST_CERTIFICATE_PAGE_UP);
    query_put_int(&q, page->scope);
    query_put_int(&q, stream->status);
    query_put_int(&q, stream->key_alg);
    put_after(&q, page, stream);
    query_put_int(&q, BATCH);
    stream->at = stream->count = 0;
    int r = 0;
    while (r == 0 && stream->count < BATCH && query_next(&q))
        r = key_read(&q, &stream->keys[stream->count++]);
    stream->ended = stream->count < BATCH;
    int end = query_close(&q);
    return r != 0 ? r : end;
}

static int key_compare(const struct key *a, const struct key *b)
{
    if (a->created_at != b->created_at)
        return a->created_at < b->created_at ? -1 : 1;
    return memcmp(a->id, b->id, ID_OCTETS);
}

/* The stream whose next key comes first, NULL when all are at their end. */
static struct stream *page_first(const struct page *page)
{
    struct stream *first = NULL;
    for (size_t i = 0; i < page->count; i++) {
        struct stream *s = &page->streams[i];
        if (s->at == s->count)
            continue;
        int order = first == NULL ? -1 : key_compare(&s->keys[s->at], &first->keys[first->at]);
        if (first == NULL || (page->filter->descending ? order > 0 : order < 0))
            first = s;
    }
    return first;
}

static int visit_one(struct page *page, int64_t number,
                     int (*visit)(void *context, const struct certificate_row *row), void *context)
{
    struct certificate_row row = {0};
    struct query q;
    query_open(&q, page->tx, ST_CERTIFICATE_SUMMARY);
    query_put_int(&q, number);
    int r = cells_get_one(&q, certificate_cells, CERTIFICATE_SUMMARY_CELLS, &row, sizeof(row));
    if (r == CH_ENOTFOUND) /* deleted by the visitor of a writing unit */
        return 0;
    if (r == 0)
        r = visit(context, &row);
    certificate_row_free(&row);
    return r;
}

static int page_walk(struct page *page,
                     int (*visit)(void *context, const struct certificate_row *row), void *context)
{
    int r = 0;
    for (size_t i = 0; i < page->count && r == 0; i++)
        r = stream_fill(page, &page->streams[i]);
    for (uint32_t seen = 0; r == 0 && seen < page->filter->limit; seen++) {
        struct stream *s = page_first(page);
        if (s == NULL)
            break;
        r = visit_one(page, s->keys[s->at++].number, visit, context);
        if (r == 0 && s->at == s->count && !s->ended)
            r = stream_fill(page, s);
    }
    return r;
}

int store_certificate_list(struct store_tx *tx, const struct scope *scope,
                           const struct certificate_filter *filter,
                           int (*visit)(void *context, const struct certificate_row *row),
                           void *context)
{
    struct page page = {.tx = tx, .filter = filter};
    struct query q;
    query_open(&q, tx, ST_SCOPE_FIND);
    query_put_scope(&q, scope);
    int r = query_number(&q, &page.scope);
    if (r != 0)
        return r == CH_ENOTFOUND ? 0 : r;
    r = streams_make(&page);
    if (r == 0)
        r = page_walk(&page, visit, context);
    free(page.streams);
    return r;
}
