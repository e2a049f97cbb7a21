/* Small facts of the appliance, and the keys of the system. */
#include "ca/store/cells.h"

static const struct cell system_key_cells[] = {
    CELL(CELL_TEXT, struct system_key_row, name),
    CELL_OF(CELL_FIXED, struct system_key_row, hsm_id, 16),
    CELL(CELL_TEXT, struct system_key_row, kind),
    CELL(CELL_BYTES, struct system_key_row, spki),
    CELL(CELL_BYTES, struct system_key_row, certificate),
    CELL(CELL_INT64, struct system_key_row, created_at),
};

int store_setting_put(struct store_tx *tx, const char *name, const char *value)
{
    struct query q;
    query_open(&q, tx, ST_SETTING_PUT);
    query_put_text(&q, name);
    query_put_text(&q, value);
    return query_run(&q);
}

int store_setting_get(struct store_tx *tx, const char *name, char **out)
{
    static const struct cell value[] = {{CELL_TEXT, 0, 0}};
    struct query q;
    query_open(&q, tx, ST_SETTING_GET);
    query_put_text(&q, name);
    return cells_get_one(&q, value, CELL_COUNT(value), out, sizeof(*out));
}

int store_system_key_insert(struct store_tx *tx, const struct system_key_row *row)
{
    struct query q;
    query_open(&q, tx, ST_SYSTEM_KEY_INSERT);
    cells_put(&q, system_key_cells, CELL_COUNT(system_key_cells), row);
    return query_run(&q);
}

int store_system_key_get(struct store_tx *tx, const char *name, struct system_key_row *out)
{
    struct query q;
    query_open(&q, tx, ST_SYSTEM_KEY_GET);
    query_put_text(&q, name);
    return cells_get_one(&q, system_key_cells, CELL_COUNT(system_key_cells), out, sizeof(*out));
}

int store_system_key_get_by_id(struct store_tx *tx, const uint8_t hsm_id[16],
                               struct system_key_row *out)
{
    struct query q;
    query_open(&q, tx, ST_SYSTEM_KEY_GET_BY_ID);
    query_put_bytes(&q, slice_of(hsm_id, 16));
    return cells_get_one(&q, system_key_cells, CELL_COUNT(system_key_cells), out, sizeof(*out));
}

int store_system_key_set_certificate(struct store_tx *tx, const char *name,
                                     struct slice certificate)
{
    struct query q;
    query_open(&q, tx, ST_SYSTEM_KEY_SET_CERTIFICATE);
    query_put_text(&q, name);
    query_put_bytes(&q, certificate);
    return query_run_changing(&q);
}

int store_system_key_remove(struct store_tx *tx, const char *name)
{
    struct query q;
    query_open(&q, tx, ST_SYSTEM_KEY_REMOVE);
    query_put_text(&q, name);
    return query_run(&q);
}

void system_key_row_free(struct system_key_row *row)
{
    cells_free(system_key_cells, CELL_COUNT(system_key_cells), row, sizeof(*row));
}
