/*
 * cells.h - how the members of a row struct lie in the columns of a statement, as a
 * table: one cell a member, in the order of the parameters or result columns.
 */
#ifndef CHANCERY_STORE_CELLS_H
#define CHANCERY_STORE_CELLS_H

#include "ca/store/query.h"

#include <stddef.h>

enum cell_kind {
    CELL_CHARS,   /* char[detail], a text */
    CELL_TEXT,    /* char *, NULL = SQL NULL */
    CELL_OR_NONE, /* char *, NULL = empty text: for members of a key */
    CELL_SHARED,  /* char *, kept once in shared_texts unless the query has own_texts */
    CELL_BYTES,   /* struct buf, empty = SQL NULL */
    CELL_FIXED,   /* uint8_t[detail] */
    CELL_UUID,    /* char[ROW_UUID_SIZE], 16 octets */
    CELL_HEX_ID,  /* char[33], 16 octets */
    CELL_HEX_REF, /* char *, the same or NULL */
    CELL_COLONS,  /* char *, colon hex kept as octets, or NULL */
    CELL_INT64,   /* int64_t */
    CELL_UINT32,  /* uint32_t */
    CELL_BOOL,    /* bool */
    CELL_ALG,     /* enum key_alg */
    CELL_WORD,    /* char *, kept as its number in word list `detail` */
    CELL_WORD_OR_NONE, /* the same, NULL = 0 */
    CELL_KINDS
};

/* Words kept as small numbers; the migrations say which. */
enum word_list {
    WORDS_CERTIFICATE_TYPE,
    WORDS_CERTIFICATE_STATUS,
    WORDS_ISSUED_STATE,
    WORDS_REVOCATION_REASON,
    WORDS_RENEWAL_STATUS,
    WORDS_VALIDATION_METHOD,
    WORDS_DOMAIN_STATUS,
    WORD_LISTS
};

struct cell {
    enum cell_kind kind;
    size_t offset;
    size_t detail;
};

#define CELL(kind, type, member)                                                                   \
    {                                                                                              \
        kind, offsetof(type, member), 0                                                            \
    }
#define CELL_OF(kind, type, member, detail)                                                        \
    {                                                                                              \
        kind, offsetof(type, member), detail                                                       \
    }
#define CELL_COUNT(cells) (sizeof(cells) / sizeof((cells)[0]))

/*
 * Binds the members as the next parameters. CH_EINVAL (in the query) for an unknown word or bad
 * hex.
 */
void cells_put(struct query *q, const struct cell *cells, size_t count, const void *row);

/*
 * Fills the members from the columns 0 ... of the present row; on failure the caller frees the row.
 */
int cells_get(struct query *q, const struct cell *cells, size_t count, void *row);

/* Frees what the members own and zeroes the whole row of size octets. */
void cells_free(const struct cell *cells, size_t count, void *row, size_t size);

/* A copy of the row of size octets, members owned by it. CH_ENOMEM; nothing to free then. */
int cells_copy(const struct cell *cells, size_t count, const void *row, void *copy, size_t size);

/* Reads the only row into a zeroed struct and closes. CH_ENOTFOUND; nothing to free on failure. */
int cells_get_one(struct query *q, const struct cell *cells, size_t count, void *row, size_t size);

/* Number of a word of the list, 0 when there is no such word; how many words the list has. */
int word_number(enum word_list list, const char *word);
int word_count(enum word_list list);

/* The word with that number; NULL when there is none. */
const char *word_text(enum word_list list, int number);

#endif
