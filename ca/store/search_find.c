/*
 * The few rows that a condition can be true for, found by the indexes of ids, serial numbers, names,
 * parts of names, and dates. What is found may be wrong (a row was deleted, a part lies across two
 * names): each row is matched afterwards. What is not found is certainly false.
 */
#include "ca/store/search_internal.h"

#include <stdlib.h>
#include <string.h>

#define ENOUGH 64         /* so few that no other condition need be asked */
#define PART_SEARCHES 8   /* a query asks so often for parts of names */
#define PART_CHARACTERS 3 /* the index of parts knows three characters and more */
#define PARTS_MAX 48      /* of one value; more would not make it more selective */

struct rows {
    int64_t *at;
    size_t count;
    bool all;
};

static int number_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void rows_drop(struct rows *rows)
{
    free(rows->at);
    *rows = (struct rows){.all = true};
}

static int rows_room(struct rows *rows)
{
    if (rows->at != NULL)
        return 0;
    rows->at = malloc((search_bounds.found + 1) * sizeof(*rows->at));
    return rows->at == NULL ? CH_ENOMEM : 0;
}

static void rows_settle(struct rows *rows)
{
    size_t kept = 0;
    if (rows->count > 1)
        qsort(rows->at, rows->count, sizeof(*rows->at), number_compare);
    for (size_t i = 0; i < rows->count; i++)
        if (kept == 0 || rows->at[kept - 1] != rows->at[i])
            rows->at[kept++] = rows->at[i];
    rows->count = kept;
}

/* Adds what the query finds; ?3 of each such statement is how many at most. */
static int rows_take(struct rows *rows, struct query *q)
{
    int rc = q->error == 0 ? rows_room(rows) : 0;
    while (rc == 0 && rows->at != NULL && rows->count <= search_bounds.found && query_next(q))
        rows->at[rows->count++] = sqlite3_column_int64(q->st, 0);
    int end = query_close(q);
    if (rc == 0)
        rc = end;
    if (rows->count > search_bounds.found)
        rows_drop(rows);
    return rc;
}

static void find_open(struct search *s, struct query *q, enum statement_id id, int64_t facet,
                      const struct rows *rows)
{
    query_open(q, s->tx, id);
    query_put_int(q, s->scope);
    query_put_int(q, facet);
    query_put_int(q, (int64_t)(search_bounds.found + 1 - rows->count));
}

/* ---- one condition ---- */

static int find_id(struct search *s, const struct condition *c, struct rows *rows)
{
    struct query q;
    find_open(s, &q, ST_SEARCH_ID, 0, rows);
    query_put_uuid(&q, c->text);
    return rows_take(rows, &q);
}

static int find_serial(struct search *s, const struct condition *c, struct rows *rows)
{
    uint8_t octets[64];
    size_t count = 0;
    for (const char *at = c->text; *at != '\0' && count < sizeof octets; at += at[2] == ':' ? 3 : 2)
        if (strlen(at) < 2 || hex_decode(at, 2, octets + count++) != 0)
            return 0;
    struct query q;
    find_open(s, &q, ST_SEARCH_SERIAL, 0, rows);
    query_put_bytes(&q, slice_of(octets, count));
    return rows_take(rows, &q);
}

static int find_name(struct search *s, const struct condition *c, struct rows *rows)
{
    char *name = strdup(c->text);
    if (name == NULL)
        return CH_ENOMEM;
    for (char *at = name; *at != '\0'; at++)
        *at = match_lower(*at);
    struct query q;
    find_open(s, &q, ST_SEARCH_NAME, 0, rows);
    query_put_text(&q, name);
    int rc = rows_take(rows, &q);
    free(name);
    return rc;
}

static size_t character_size(const char *at)
{
    size_t size = 1;
    while (((unsigned char)at[size] & 0xc0) == 0x80)
        size++;
    return size;
}

static int part_put(struct buf *out, const char *at, size_t len)
{
    int rc = buf_put_text(out, "\"");
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = buf_put(out, at[i] == '"' ? "\"\"" : at + i, at[i] == '"' ? 2 : 1);
    return rc == 0 ? buf_put_text(out, "\" ") : rc;
}

/* "exa" "xam" "amp" ...: all of them must be there. out stays empty for a value that is too short. */
static int parts_of(const char *text, struct buf *out)
{
    const char *start[PART_CHARACTERS + 1] = {0};
    size_t seen = 0;
    int rc = 0;
    for (const char *at = text; rc == 0 && seen < PARTS_MAX; seen++) {
        memmove(start, start + 1, PART_CHARACTERS * sizeof(start[0]));
        start[PART_CHARACTERS] = at;
        if (seen >= PART_CHARACTERS)
            rc = part_put(out, start[0], (size_t)(at - start[0]));
        if (*at == '\0')
            break;
        at += character_size(at);
    }
    return rc;
}

/* Rows whose names the index does not know yet may have the part, too. */
static int find_part(struct search *s, const struct condition *c, struct rows *rows)
{
    struct buf parts = {0};
    struct query q;
    int rc = parts_of(c->text, &parts);
    if (rc == 0 && (parts.len == 0 || s->part_searches++ >= PART_SEARCHES)) {
        rows_drop(rows);
        return 0;
    }
    if (rc == 0) {
        find_open(s, &q, ST_SEARCH_PARTS, 0, rows);
        query_put_text(&q, buf_text(&parts));
        rc = rows_take(rows, &q);
    }
    if (rc == 0 && !rows->all) {
        find_open(s, &q, ST_SEARCH_QUEUE, 0, rows);
        rc = rows_take(rows, &q);
    }
    buf_free(&parts);
    return rc;
}

static int find_range(struct search *s, enum statement_id id, int64_t facet, int64_t from,
                      int64_t to, struct rows *rows)
{
    struct query q;
    find_open(s, &q, id, facet, rows);
    query_put_int(&q, from);
    query_put_int(&q, to);
    return rows_take(rows, &q);
}

static int find_dates(struct search *s, const struct condition *c, struct rows *rows)
{
    enum statement_id id = c->kind == CONDITION_NOT_AFTER ? ST_SEARCH_END : ST_SEARCH_BEGIN;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->facet_count && !rows->all; i++)
        if (s->facets[i].truth == TRUTH_MAYBE &&
            facet_get(s->facets[i].facet, FACET_HAS_VALIDITY) != 0)
            rc = find_range(s, id, s->facets[i].facet, c->from, c->to, rows);
    return rc;
}

/* True for no facet at all but for rows that have run out, as EXPIRED does for a while: those. */
static int find_run_out(struct search *s, const struct condition *c, struct rows *rows)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->facet_count && !rows->all; i++) {
        struct search_facet present = s->facets[i];
        present.stale = false;
        if (present.truth != TRUTH_MAYBE || match_facet(c, &s->facets[i]) == TRUTH_NO)
            continue;
        if (match_facet(c, &present) == TRUTH_NO)
            rc = find_range(s, ST_SEARCH_END, present.facet, 1, s->query->now - 1, rows);
        else
            rows_drop(rows);
    }
    return rc;
}

static int find_leaf(struct search *s, const struct condition *c, struct rows *rows)
{
    if (c->kind == s->served) {
        rows_drop(rows);
        return 0;
    }
    switch (c->kind) {
    case CONDITION_ID:
        return find_id(s, c, rows);
    case CONDITION_SERIAL:
        return find_serial(s, c, rows);
    case CONDITION_COMMON_NAME:
    case CONDITION_NAME:
        return c->contains ? find_part(s, c, rows) : find_name(s, c, rows);
    case CONDITION_NOT_AFTER:
    case CONDITION_NOT_BEFORE:
        return find_dates(s, c, rows);
    default:
        return find_run_out(s, c, rows);
    }
}

/* ---- conditions of conditions ---- */

static int find(struct search *s, const struct condition *c, struct rows *rows);

static bool is_cheap(const struct condition *c)
{
    return c->kind == CONDITION_ID || c->kind == CONDITION_SERIAL || c->kind == CONDITION_FACET ||
           ((c->kind == CONDITION_NAME || c->kind == CONDITION_COMMON_NAME) && !c->contains);
}

/* Any part will do: the one that finds least, the cheap ones asked first. */
static int find_and(struct search *s, const struct condition *c, struct rows *rows)
{
    int rc = 0;
    rows_drop(rows);
    for (int cheap = 1; cheap >= 0; cheap--) {
        for (size_t i = 0; rc == 0 && i < c->count; i++) {
            struct rows part = {0};
            if (is_cheap(&c->parts[i]) != (cheap == 1) || (!rows->all && rows->count <= ENOUGH))
                continue;
            rc = find(s, &c->parts[i], &part);
            if (rc == 0 && !part.all && (rows->all || part.count < rows->count)) {
                free(rows->at);
                *rows = part;
                part.at = NULL;
            }
            free(part.at);
        }
    }
    return rc;
}

static int find_or(struct search *s, const struct condition *c, struct rows *rows)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->count && !rows->all; i++) {
        struct rows part = {0};
        rc = find(s, &c->parts[i], &part);
        if (rc == 0)
            rc = rows_room(rows);
        if (rc == 0 && (part.all || rows->count + part.count > search_bounds.found))
            rows_drop(rows);
        else if (rc == 0 && part.count > 0)
            memcpy(rows->at + rows->count, part.at, part.count * sizeof(*part.at));
        rows->count += rows->all || rc != 0 ? 0 : part.count;
        rows_settle(rows);
        free(part.at);
    }
    return rc;
}

/* Whatever facets say for certain needs no rows. */
static enum truth of_all_facets(const struct search *s, const struct condition *c)
{
    bool yes = false;
    bool no = false;
    for (size_t i = 0; i < s->facet_count; i++) {
        if (s->facets[i].truth != TRUTH_MAYBE)
            continue;
        enum truth truth = match_facet(c, &s->facets[i]);
        yes = yes || truth != TRUTH_NO;
        no = no || truth != TRUTH_YES;
    }
    return !yes ? TRUTH_NO : no ? TRUTH_MAYBE : TRUTH_YES;
}

static int find(struct search *s, const struct condition *c, struct rows *rows)
{
    enum truth truth = of_all_facets(s, c);
    int rc = 0;
    *rows = (struct rows){.all = truth == TRUTH_YES || c->kind == CONDITION_NOT};
    if (truth == TRUTH_NO)
        *rows = (struct rows){0};
    if (truth != TRUTH_MAYBE || rows->all)
        return 0;
    if (c->kind == CONDITION_AND)
        rc = find_and(s, c, rows);
    else if (c->kind == CONDITION_OR)
        rc = find_or(s, c, rows);
    else
        rc = find_leaf(s, c, rows);
    rows_settle(rows);
    return rc;
}

static void hand_out(struct rows *rows, int64_t **numbers, size_t *count, bool *all)
{
    *numbers = rows->at;
    *count = rows->count;
    *all = rows->all;
}

int find_rows(struct search *s, const struct condition *c, int64_t **numbers, size_t *count, bool *all)
{
    struct rows rows = {0};
    int rc = find(s, c, &rows);
    hand_out(&rows, numbers, count, all);
    return rc;
}

int find_facet_rows(struct search *s, int64_t **numbers, size_t *count, bool *all)
{
    struct rows rows = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->facet_count && !rows.all; i++) {
        struct query q;
        if (s->facets[i].truth == TRUTH_NO)
            continue;
        find_open(s, &q, ST_SEARCH_FACET, s->facets[i].facet, &rows);
        rc = rows_take(&rows, &q);
    }
    rows_settle(&rows);
    hand_out(&rows, numbers, count, all);
    return rc;
}
