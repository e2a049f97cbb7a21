#include "ca/store/shared.h"

#include <stdlib.h>
#include <string.h>

static int shared_add(struct store_tx *tx, struct slice digest, const char *text, int64_t *number)
{
    struct query q;
    query_open(&q, tx, ST_SHARED_ADD);
    query_put_bytes(&q, digest);
    query_put_text(&q, text);
    int r = query_run(&q);
    if (r == 0)
        *number = sqlite3_last_insert_rowid(tx->c->db);
    return r;
}

int shared_put(struct store_tx *tx, const char *text, int64_t *number)
{
    uint8_t octets[DIGEST_SIZE] = {0};
    struct slice digest = slice_of(octets, sizeof(octets));
    int r = connection_digest(tx->c, slice_text(text), slice_of(NULL, 0), octets);
    if (r != 0)
        return r;
    struct query q;
    query_open(&q, tx, ST_SHARED_FIND);
    query_put_bytes(&q, digest);
    r = query_number(&q, number);
    return r == CH_ENOTFOUND ? shared_add(tx, digest, text, number) : r;
}

static int shared_read(struct store_tx *tx, int64_t number, char **text)
{
    struct query q;
    query_open(&q, tx, ST_SHARED_GET);
    query_put_int(&q, number);
    int r = query_row(&q);
    if (r == 0)
        r = query_get_text(&q, 0, text);
    query_close(&q);
    return r == CH_ENOTFOUND ? CH_EINTEGRITY : r;
}

/*
 * A page of a list asks for the same few texts again and again. The memo ends with the
 * unit: a number given in a unit that is undone may later mean another text.
 */
int shared_get(struct store_tx *tx, int64_t number, char **text)
{
    *text = NULL;
    size_t slot = (size_t)number % SHARED_MEMO_SIZE;
    if (tx->memo[slot].text == NULL || tx->memo[slot].number != number) {
        char *fresh = NULL;
        int r = shared_read(tx, number, &fresh);
        if (r != 0)
            return r;
        free(tx->memo[slot].text);
        tx->memo[slot].text = fresh;
        tx->memo[slot].number = number;
    }
    *text = strdup(tx->memo[slot].text);
    return *text == NULL ? CH_ENOMEM : 0;
}
