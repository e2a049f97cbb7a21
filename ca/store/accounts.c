/* Accounts, their users, the users' access keys. */
#include "ca/store/cells.h"

static const struct cell account_cells[] = {
    CELL_OF(CELL_CHARS, struct account_row, account, ROW_ACCOUNT_SIZE),
    CELL(CELL_TEXT, struct account_row, name),
    CELL(CELL_INT64, struct account_row, created_at),
};

static const struct cell user_cells[] = {
    CELL_OF(CELL_CHARS, struct user_row, account, ROW_ACCOUNT_SIZE),
    CELL(CELL_TEXT, struct user_row, name),
    CELL(CELL_TEXT, struct user_row, id),
    CELL(CELL_BOOL, struct user_row, administrator),
    CELL(CELL_INT64, struct user_row, created_at),
};

static const struct cell access_key_cells[] = {
    CELL(CELL_TEXT, struct access_key_row, id),
    CELL_OF(CELL_CHARS, struct access_key_row, account, ROW_ACCOUNT_SIZE),
    CELL(CELL_TEXT, struct access_key_row, user),
    CELL(CELL_BYTES, struct access_key_row, sealed_secret),
    CELL(CELL_BOOL, struct access_key_row, active),
    CELL(CELL_INT64, struct access_key_row, created_at),
};

int store_account_insert(struct store_tx *tx, const struct account_row *row)
{
    struct query q;
    query_open(&q, tx, ST_ACCOUNT_INSERT);
    cells_put(&q, account_cells, CELL_COUNT(account_cells), row);
    return query_run(&q);
}

int store_account_first(struct store_tx *tx, char account[ROW_ACCOUNT_SIZE])
{
    static const struct cell first[] = {{CELL_CHARS, 0, ROW_ACCOUNT_SIZE}};
    struct query q;
    query_open(&q, tx, ST_ACCOUNT_FIRST);
    return cells_get_one(&q, first, CELL_COUNT(first), account, ROW_ACCOUNT_SIZE);
}

int store_account_get(struct store_tx *tx, const char *account, struct account_row *out)
{
    struct query q;
    query_open(&q, tx, ST_ACCOUNT_GET);
    query_put_text(&q, account);
    return cells_get_one(&q, account_cells, CELL_COUNT(account_cells), out, sizeof(*out));
}

void account_row_free(struct account_row *row)
{
    cells_free(account_cells, CELL_COUNT(account_cells), row, sizeof(*row));
}

int store_user_insert(struct store_tx *tx, const struct user_row *row)
{
    struct query q;
    query_open(&q, tx, ST_USER_INSERT);
    query_put_text(&q, row->account);
    query_put_text(&q, row->name);
    query_put_text(&q, row->id);
    query_put_int(&q, row->created_at);
    int r = query_run(&q);
    if (r != 0 || !row->administrator)
        return r;
    query_open(&q, tx, ST_USER_MAKE_ADMINISTRATOR);
    query_put_text(&q, row->id);
    return query_run(&q);
}

int store_user_get(struct store_tx *tx, const char *account, const char *name, struct user_row *out)
{
    struct query q;
    query_open(&q, tx, ST_USER_GET);
    query_put_text(&q, account);
    query_put_text(&q, name);
    return cells_get_one(&q, user_cells, CELL_COUNT(user_cells), out, sizeof(*out));
}

void user_row_free(struct user_row *row)
{
    cells_free(user_cells, CELL_COUNT(user_cells), row, sizeof(*row));
}

int store_access_key_insert(struct store_tx *tx, const struct access_key_row *row)
{
    struct query q;
    query_open(&q, tx, ST_ACCESS_KEY_INSERT);
    cells_put(&q, access_key_cells, CELL_COUNT(access_key_cells), row);
    return query_run(&q);
}

int store_access_key_get(struct store_tx *tx, const char *id, struct access_key_row *out)
{
    struct query q;
    query_open(&q, tx, ST_ACCESS_KEY_GET);
    query_put_text(&q, id);
    return cells_get_one(&q, access_key_cells, CELL_COUNT(access_key_cells), out, sizeof(*out));
}

int store_access_key_count(struct store_tx *tx, const char *account, const char *user,
                           uint32_t *out)
{
    *out = 0;
    int64_t count = 0;
    struct query q;
    query_open(&q, tx, ST_ACCESS_KEY_COUNT);
    query_put_text(&q, account);
    query_put_text(&q, user);
    int r = query_number(&q, &count);
    *out = (uint32_t)count;
    return r;
}

int store_access_key_set_active(struct store_tx *tx, const char *id, bool active)
{
    struct query q;
    query_open(&q, tx, ST_ACCESS_KEY_SET_ACTIVE);
    query_put_text(&q, id);
    query_put_int(&q, active);
    return query_run_changing(&q);
}

void access_key_row_free(struct access_key_row *row)
{
    cells_free(access_key_cells, CELL_COUNT(access_key_cells), row, sizeof(*row));
}
