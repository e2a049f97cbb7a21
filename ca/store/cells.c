#include "ca/store/cells.h"

#include "ca/store/shared.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 13

/* The place of a word is its number in the database: words are added at the end, never moved. */
static const char *const words[WORD_LISTS][WORDS_MAX] = {
    [WORDS_CERTIFICATE_TYPE] = {NULL, "PRIVATE", "AMAZON_ISSUED", "IMPORTED"},
    [WORDS_CERTIFICATE_STATUS] = {NULL, "PENDING_VALIDATION", "ISSUED", "INACTIVE", "EXPIRED",
                                  "VALIDATION_TIMED_OUT", "REVOKED", "FAILED"},
    [WORDS_ISSUED_STATE] = {NULL, "INTENT", "ISSUED", "FAILED"},
    [WORDS_REVOCATION_REASON] = {NULL, "UNSPECIFIED", "KEY_COMPROMISE", "CA_COMPROMISE",
                                 "AFFILIATION_CHANGED", "SUPERCEDED", "SUPERSEDED",
                                 "CESSATION_OF_OPERATION", "CERTIFICATE_HOLD", "REMOVE_FROM_CRL",
                                 "PRIVILEGE_WITHDRAWN", "A_A_COMPROMISE"},
    [WORDS_RENEWAL_STATUS] = {NULL, "PENDING_AUTO_RENEWAL", "PENDING_VALIDATION", "SUCCESS",
                              "FAILED"},
    [WORDS_VALIDATION_METHOD] = {NULL, "EMAIL", "DNS", "HTTP"},
    [WORDS_DOMAIN_STATUS] = {NULL, "PENDING_VALIDATION", "SUCCESS", "FAILED"},
};

int word_number(enum word_list list, const char *word)
{
    for (int i = 1; word != NULL && i < WORDS_MAX && words[list][i] != NULL; i++)
        if (strcmp(words[list][i], word) == 0)
            return i;
    return 0;
}

const char *word_text(enum word_list list, int number)
{
    return number < 1 || number >= WORDS_MAX ? NULL : words[list][number];
}

int word_count(enum word_list list)
{
    int count = 0;
    while (count + 1 < WORDS_MAX && words[list][count + 1] != NULL)
        count++;
    return count;
}

/* ---- one pair of functions a kind: member to parameter, column to member ---- */

static char *text_at(const void *member)
{
    char *text;
    memcpy(&text, member, sizeof(text));
    return text;
}

static int text_to(void *member, char *text)
{
    memcpy(member, &text, sizeof(text));
    return text == NULL ? CH_ENOMEM : 0;
}

static void put_chars(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_text(q, member);
}

static int get_chars(struct query *q, int column, const struct cell *cell, void *member)
{
    struct slice text = query_get_bytes(q, column);
    if (text.len >= cell->detail)
        return CH_EINTEGRITY;
    if (text.len > 0)
        memcpy(member, text.data, text.len);
    return 0;
}

static void put_text(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_text(q, text_at(member));
}

static int get_text(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    char *text = NULL;
    int r = query_get_text(q, column, &text);
    memcpy(member, &text, sizeof(text));
    return r;
}

static void put_or_none(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    const char *text = text_at(member);
    query_put_text(q, text == NULL ? "" : text);
}

static int get_or_none(struct query *q, int column, const struct cell *cell, void *member)
{
    return query_get_bytes(q, column).len == 0 ? 0 : get_text(q, column, cell, member);
}

static void put_shared(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    const char *text = text_at(member);
    int64_t number = 0;
    if (text == NULL || q->own_texts || q->error != 0) {
        query_put_text(q, text);
        return;
    }
    q->error = shared_put(q->tx, text, &number);
    query_put_int(q, number);
}

static int get_shared(struct query *q, int column, const struct cell *cell, void *member)
{
    if (sqlite3_column_type(q->st, column) != SQLITE_INTEGER)
        return get_text(q, column, cell, member);
    char *text = NULL;
    int r = shared_get(q->tx, sqlite3_column_int64(q->st, column), &text);
    memcpy(member, &text, sizeof(text));
    return r;
}

static void put_bytes(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    const struct buf *bytes = member;
    if (bytes->len == 0)
        query_put_null(q);
    else
        query_put_bytes(q, buf_slice(bytes));
}

static int get_bytes(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    return buf_put_slice(member, query_get_bytes(q, column));
}

static void put_fixed(struct query *q, const struct cell *cell, const void *member)
{
    query_put_bytes(q, slice_of(member, cell->detail));
}

static int get_fixed(struct query *q, int column, const struct cell *cell, void *member)
{
    struct slice bytes = query_get_bytes(q, column);
    if (bytes.len != cell->detail)
        return CH_EINTEGRITY;
    memcpy(member, bytes.data, bytes.len);
    return 0;
}

static void put_uuid(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_uuid(q, member);
}

static int get_hex(struct query *q, int column, char digits[33])
{
    struct slice octets = query_get_bytes(q, column);
    if (octets.len != 16)
        return CH_EINTEGRITY;
    hex_encode(octets.data, octets.len, digits);
    return 0;
}

static int get_uuid(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    char digits[33];
    int r = get_hex(q, column, digits);
    if (r != 0)
        return r;
    const char *from = digits;
    char *to = member;
    for (size_t i = 0; i < sizeof(groups); i++) {
        if (i > 0)
            *to++ = '-';
        memcpy(to, from, groups[i]);
        to += groups[i];
        from += groups[i];
    }
    *to = '\0';
    return 0;
}

static void put_hex_id(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_hex_id(q, member);
}

static int get_hex_id(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    return get_hex(q, column, member);
}

static void put_hex_ref(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    const char *id = text_at(member);
    if (id != NULL && !hex_id_is_valid(id) && q->error == 0)
        q->error = CH_EINVAL;
    query_put_hex_id(q, id);
}

static int get_hex_ref(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    char digits[33];
    if (sqlite3_column_type(q->st, column) == SQLITE_NULL)
        return 0;
    int r = get_hex(q, column, digits);
    return r == 0 ? text_to(member, strdup(digits)) : r;
}

#define COLONS_MAX 64 /* octets of a serial number; 20 at most in a good certificate */

static void put_colons(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    const char *text = text_at(member);
    uint8_t octets[COLONS_MAX];
    if (text == NULL) {
        query_put_null(q);
        return;
    }
    size_t count = (strlen(text) + 1) / 3;
    bool ok = strlen(text) == 3 * count - 1 && count <= COLONS_MAX;
    for (size_t i = 0; ok && i < count; i++)
        ok = hex_decode(text + 3 * i, 2, octets + i) == 0 &&
             text[3 * i + 2] == (i + 1 < count ? ':' : '\0');
    if (!ok && q->error == 0)
        q->error = CH_EINVAL;
    query_put_copy(q, slice_of(octets, count));
}

static int get_colons(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    struct slice octets = query_get_bytes(q, column);
    if (octets.len == 0)
        return 0;
    char *text = malloc(3 * octets.len);
    for (size_t i = 0; text != NULL && i < octets.len; i++) {
        hex_encode(octets.data + i, 1, text + 3 * i);
        text[3 * i + 2] = i + 1 < octets.len ? ':' : '\0';
    }
    return text_to(member, text);
}

static void put_int64(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_int(q, *(const int64_t *)member);
}

static int get_int64(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    *(int64_t *)member = sqlite3_column_int64(q->st, column);
    return 0;
}

static void put_uint32(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_int(q, *(const uint32_t *)member);
}

static int get_uint32(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    *(uint32_t *)member = (uint32_t)sqlite3_column_int64(q->st, column);
    return 0;
}

static void put_bool(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_int(q, *(const bool *)member);
}

static int get_bool(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    *(bool *)member = sqlite3_column_int64(q->st, column) != 0;
    return 0;
}

static void put_alg(struct query *q, const struct cell *cell, const void *member)
{
    (void)cell;
    query_put_int(q, *(const enum key_alg *)member);
}

static int get_alg(struct query *q, int column, const struct cell *cell, void *member)
{
    (void)cell;
    int64_t alg = sqlite3_column_int64(q->st, column);
    if (alg < 0 || alg >= KEY_ALG_COUNT)
        return CH_EINTEGRITY;
    *(enum key_alg *)member = (enum key_alg)alg;
    return 0;
}

static void put_word(struct query *q, const struct cell *cell, const void *member)
{
    int number = word_number((enum word_list)cell->detail, text_at(member));
    if (number == 0 && q->error == 0)
        q->error = CH_EINVAL;
    query_put_int(q, number);
}

static int get_word(struct query *q, int column, const struct cell *cell, void *member)
{
    int64_t number = sqlite3_column_int64(q->st, column);
    if (number < 1 || number > word_count((enum word_list)cell->detail))
        return CH_EINTEGRITY;
    return text_to(member, strdup(words[cell->detail][number]));
}

static void put_word_or_none(struct query *q, const struct cell *cell, const void *member)
{
    if (text_at(member) == NULL)
        query_put_int(q, 0);
    else
        put_word(q, cell, member);
}

static int get_word_or_none(struct query *q, int column, const struct cell *cell, void *member)
{
    return sqlite3_column_int64(q->st, column) == 0 ? 0 : get_word(q, column, cell, member);
}

enum owns { OWNS_NOTHING, OWNS_TEXT, OWNS_BYTES };

static const struct {
    void (*put)(struct query *q, const struct cell *cell, const void *member);
    int (*get)(struct query *q, int column, const struct cell *cell, void *member);
    enum owns owns;
} kinds[CELL_KINDS] = {
    [CELL_CHARS] = {put_chars, get_chars, OWNS_NOTHING},
    [CELL_TEXT] = {put_text, get_text, OWNS_TEXT},
    [CELL_OR_NONE] = {put_or_none, get_or_none, OWNS_TEXT},
    [CELL_SHARED] = {put_shared, get_shared, OWNS_TEXT},
    [CELL_BYTES] = {put_bytes, get_bytes, OWNS_BYTES},
    [CELL_FIXED] = {put_fixed, get_fixed, OWNS_NOTHING},
    [CELL_UUID] = {put_uuid, get_uuid, OWNS_NOTHING},
    [CELL_HEX_ID] = {put_hex_id, get_hex_id, OWNS_NOTHING},
    [CELL_HEX_REF] = {put_hex_ref, get_hex_ref, OWNS_TEXT},
    [CELL_COLONS] = {put_colons, get_colons, OWNS_TEXT},
    [CELL_INT64] = {put_int64, get_int64, OWNS_NOTHING},
    [CELL_UINT32] = {put_uint32, get_uint32, OWNS_NOTHING},
    [CELL_BOOL] = {put_bool, get_bool, OWNS_NOTHING},
    [CELL_ALG] = {put_alg, get_alg, OWNS_NOTHING},
    [CELL_WORD] = {put_word, get_word, OWNS_TEXT},
    [CELL_WORD_OR_NONE] = {put_word_or_none, get_word_or_none, OWNS_TEXT},
};

void cells_put(struct query *q, const struct cell *cells, size_t count, const void *row)
{
    for (size_t i = 0; i < count && q->error == 0; i++)
        kinds[cells[i].kind].put(q, &cells[i], (const uint8_t *)row + cells[i].offset);
}

int cells_get(struct query *q, const struct cell *cells, size_t count, void *row)
{
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++)
        r = kinds[cells[i].kind].get(q, (int)i, &cells[i], (uint8_t *)row + cells[i].offset);
    return r;
}

void cells_free(const struct cell *cells, size_t count, void *row, size_t size)
{
    if (row == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        void *member = (uint8_t *)row + cells[i].offset;
        if (kinds[cells[i].kind].owns == OWNS_TEXT)
            free(text_at(member));
        else if (kinds[cells[i].kind].owns == OWNS_BYTES)
            buf_free(member);
    }
    memset(row, 0, size);
}

/* Each member that owns is nulled first, so that cells_free may end a copy that failed midway. */
static int member_copy(enum owns owns, const void *member, void *copy)
{
    int r = 0;
    if (owns == OWNS_TEXT) {
        char *text = text_at(member);
        memset(copy, 0, sizeof(text));
        r = text == NULL ? 0 : text_to(copy, strdup(text));
    } else if (owns == OWNS_BYTES) {
        memset(copy, 0, sizeof(struct buf));
        r = buf_put_slice(copy, buf_slice(member));
    }
    return r;
}

int cells_copy(const struct cell *cells, size_t count, const void *row, void *copy, size_t size)
{
    int r = 0;
    memcpy(copy, row, size);
    for (size_t i = 0; i < count; i++) {
        size_t at = cells[i].offset;
        int failed = member_copy(kinds[cells[i].kind].owns, (const uint8_t *)row + at,
                                 (uint8_t *)copy + at);
        r = r == 0 ? failed : r;
    }
    if (r != 0)
        cells_free(cells, count, copy, size);
    return r;
}

int cells_get_one(struct query *q, const struct cell *cells, size_t count, void *row, size_t size)
{
    memset(row, 0, size);
    int r = query_row(q);
    if (r == 0)
        r = cells_get(q, cells, count, row);
    if (r != 0)
        cells_free(cells, count, row, size);
    query_close(q);
    return r;
}
