/*
 * The own log as others read it: RFC 6962 4.3 to 4.8 below /ct/v1/, and the log in the two forms in
 * which clients are told of logs. Entries come from core alone, so there is no add-chain.
 */
#include "ca/ct/base64_text.h"
#include "ca/ct/ct.h"
#include "ca/public.h"
#include "ca/trust/trust.h"
#include "firmware/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_MAX 512
#define ENTRIES_MAX 32 /* in one answer */
#define BODY_MAX ((size_t)60 * 1024)
#define FOREVER (24 * 3600) /* seconds that caches may keep what never changes */
#define MERGE_DELAY 86400

struct query {
    char path[TARGET_MAX];
    char *parameters; /* into path; "" = none */
    struct core *core;
    json_t *out;
    uint32_t max_age;
};

/* ---- parameters ---- */

/* "+" stays itself: the values are base64. CH_EINVAL: a percent sign without two digits. */
static int unescape(const char *from, size_t len, char *to)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t octet = 0;
        if (from[i] != '%') {
            *to++ = from[i];
            continue;
        }
        if (i + 2 >= len || hex_decode(from + i + 1, 2, &octet) != 0 || octet < 0x20)
            return CH_EINVAL;
        *to++ = (char)octet;
        i += 2;
    }
    *to = '\0';
    return 0;
}

/* The value of a parameter; CH_EINVAL also when it is not there. */
static int parameter(const struct query *q, const char *name, char value[TARGET_MAX])
{
    size_t len = strlen(name);
    for (const char *at = q->parameters; *at != '\0';) {
        size_t part = strcspn(at, "&");
        if (part > len && strncmp(at, name, len) == 0 && at[len] == '=')
            return unescape(at + len + 1, part - len - 1, value);
        at += part + (at[part] == '&');
    }
    return CH_EINVAL;
}

static int parameter_number(const struct query *q, const char *name, int64_t *out)
{
    char text[TARGET_MAX];
    char *end = NULL;
    int rc = parameter(q, name, text);
    if (rc != 0 || text[0] < '0' || text[0] > '9')
        return CH_EINVAL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' ? 0 : CH_EINVAL;
}

/* ---- pieces of answers ---- */

static int put(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0 ? 0 : CH_ENOMEM;
}

static json_t *path_json(const merkle_hash *path, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, ct_base64_json(slice_of(path[i], MERKLE_HASH))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The size of the last signed head: nothing beyond it is told. */
static int size_signed(struct store_tx *tx, int64_t *size)
{
    struct ct_head_row head = {0};
    int rc = store_ct_head_last(tx, &head);
    *size = head.size;
    ct_head_row_free(&head);
    return rc;
}

/* ---- the questions ---- */

static int get_sth(struct store_tx *tx, struct query *q)
{
    struct ct_head_row head = {0};
    struct buf signature = {0};
    int rc = store_ct_head_last(tx, &head);
    if (rc == 0)
        rc = pki_ct_signature_put(buf_slice(&head.signature), &signature);
    if (rc == 0)
        rc = put(q->out, "tree_size", json_integer(head.size));
    if (rc == 0)
        rc = put(q->out, "timestamp", json_integer(head.at));
    if (rc == 0)
        rc = put(q->out, "sha256_root_hash", ct_base64_json(slice_of(head.root, MERKLE_HASH)));
    if (rc == 0)
        rc = put(q->out, "tree_head_signature", ct_base64_json(buf_slice(&signature)));
    buf_free(&signature);
    ct_head_row_free(&head);
    q->max_age = 0;
    return rc;
}

static int get_consistency(struct store_tx *tx, struct query *q)
{
    merkle_hash path[MERKLE_PATH_MAX];
    struct merkle tree = ct_log_tree(tx);
    int64_t first = 0, second = 0, size = 0;
    size_t count = 0;
    int rc = parameter_number(q, "first", &first);
    if (rc == 0)
        rc = parameter_number(q, "second", &second);
    if (rc == 0)
        rc = size_signed(tx, &size);
    if (rc == 0 && (second > size || first > second))
        rc = CH_EINVAL;
    if (rc == 0 && first > 0) /* every tree begins with the empty one */
        rc = merkle_consistency(&tree, (uint64_t)first, (uint64_t)second, path, &count);
    return rc == 0 ? put(q->out, "consistency", path_json(path, count)) : rc;
}

static int get_proof(struct store_tx *tx, struct query *q)
{
    merkle_hash path[MERKLE_PATH_MAX];
    struct merkle tree = ct_log_tree(tx);
    char text[TARGET_MAX];
    struct buf hash = {0};
    int64_t number = 0, wanted = 0, size = 0;
    size_t count = 0;
    int rc = parameter(q, "hash", text);
    if (rc == 0)
        rc = ct_base64_take(text, MERKLE_HASH, &hash);
    if (rc == 0)
        rc = parameter_number(q, "tree_size", &wanted);
    if (rc == 0)
        rc = size_signed(tx, &size);
    if (rc == 0 && (hash.len != MERKLE_HASH || wanted > size))
        rc = CH_EINVAL;
    if (rc == 0)
        rc = store_ct_entry_find(tx, hash.data, &number);
    if (rc == 0)
        rc = merkle_inclusion(&tree, (uint64_t)number, (uint64_t)wanted, path, &count);
    if (rc == 0)
        rc = put(q->out, "leaf_index", json_integer(number));
    if (rc == 0)
        rc = put(q->out, "audit_path", path_json(path, count));
    buf_free(&hash);
    return rc;
}

static int entry_put(const struct ct_entry_row *row, json_t *out)
{
    int rc = put(out, "leaf_input", ct_base64_json(buf_slice(&row->leaf)));
    return rc == 0 ? put(out, "extra_data", ct_base64_json(buf_slice(&row->extra))) : rc;
}

/* As many as fit into an answer, but one at least: who asks for more goes on from there. */
static int get_entries(struct store_tx *tx, struct query *q)
{
    int64_t start = 0, end = 0, size = 0;
    size_t octets = 0;
    json_t *list = json_array();
    int rc = parameter_number(q, "start", &start);
    if (rc == 0)
        rc = parameter_number(q, "end", &end);
    if (rc == 0)
        rc = size_signed(tx, &size);
    if (rc == 0 && (start > end || start >= size))
        rc = CH_EINVAL;
    for (int64_t i = start; rc == 0 && i <= end && i < size && i < start + ENTRIES_MAX; i++) {
        struct ct_entry_row row = {0};
        json_t *entry = json_object();
        rc = store_ct_entry_get(tx, i, &row);
        octets += (row.leaf.len + row.extra.len) * 4 / 3 + 64;
        bool fits = octets <= BODY_MAX || i == start;
        if (rc == 0)
            rc = entry_put(&row, entry);
        if (rc == 0 && fits && json_array_append(list, entry) != 0)
            rc = CH_ENOMEM;
        json_decref(entry);
        ct_entry_row_free(&row);
        if (!fits)
            break;
    }
    if (rc == 0)
        rc = put(q->out, "entries", json_incref(list));
    json_decref(list);
    return rc;
}

static int get_entry_and_proof(struct store_tx *tx, struct query *q)
{
    merkle_hash path[MERKLE_PATH_MAX];
    struct merkle tree = ct_log_tree(tx);
    struct ct_entry_row row = {0};
    int64_t index = 0, wanted = 0, size = 0;
    size_t count = 0;
    int rc = parameter_number(q, "leaf_index", &index);
    if (rc == 0)
        rc = parameter_number(q, "tree_size", &wanted);
    if (rc == 0)
        rc = size_signed(tx, &size);
    if (rc == 0 && (index >= wanted || wanted > size))
        rc = CH_EINVAL;
    if (rc == 0)
        rc = store_ct_entry_get(tx, index, &row);
    if (rc == 0)
        rc = entry_put(&row, q->out);
    if (rc == 0)
        rc = merkle_inclusion(&tree, (uint64_t)index, (uint64_t)wanted, path, &count);
    if (rc == 0)
        rc = put(q->out, "audit_path", path_json(path, count));
    ct_entry_row_free(&row);
    return rc;
}

static int root_add(void *context, struct slice der)
{
    return json_array_append_new(context, ct_base64_json(der)) == 0 ? 0 : CH_ENOMEM;
}

/* ---- what does not come from the log's own tables ---- */

static int get_roots(struct query *q)
{
    struct buf pem = {0};
    json_t *list = json_array();
    int rc = trust_bundle_put(q->core, &pem);
    if (rc == 0 && pem.len > 0)
        rc = pki_pem_each(buf_slice(&pem), 256, root_add, list);
    if (rc == 0)
        rc = put(q->out, "certificates", json_incref(list));
    json_decref(list);
    buf_free(&pem);
    return rc;
}

/* Where the log is, for the lists of clients. */
static void base_url(const struct config *c, char url[CONFIG_TEXT_MAX + 32])
{
    if (c->public_url[0] != '\0')
        snprintf(url, CONFIG_TEXT_MAX + 32, "%s", c->public_url);
    else
        snprintf(url, CONFIG_TEXT_MAX + 32, "http://%.*s:%lld", (int)strcspn(c->manage_names, ","),
                 c->manage_names, (long long)c->public_port);
    for (size_t len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
        url[len - 1] = '\0';
    snprintf(url + strlen(url), 2, "/");
}

/* Version 3 of the list of logs that browsers use. */
static int get_log_list(struct query *q)
{
    uint8_t id[PKI_CT_HASH];
    char url[CONFIG_TEXT_MAX + 32];
    struct buf spki = {0};
    int rc = ct_log_key(q->core, &spki);
    if (rc == 0)
        rc = pki_ct_hash(buf_slice(&spki), id);
    base_url(q->core->config, url);
    json_t *log = json_pack("{s:s,s:s,s:i}", "description", "Chancery log", "url", url, "mmd",
                            MERGE_DELAY);
    json_t *operators = json_pack("[{s:s,s:[],s:[O]}]", "name", CT_OWN_OPERATOR, "email", "logs",
                                  log);
    if (rc == 0)
        rc = put(log, "log_id", ct_base64_json(slice_of(id, sizeof id)));
    if (rc == 0)
        rc = put(log, "key", ct_base64_json(buf_slice(&spki)));
    if (rc == 0)
        rc = put(q->out, "operators", json_incref(operators));
    json_decref(operators);
    json_decref(log);
    buf_free(&spki);
    return rc;
}

/* What SSL_CTX_set_ctlog_list_file of OpenSSL reads. */
static int fetch_openssl(struct core *core, struct publication *out)
{
    struct buf spki = {0};
    int rc = ct_log_key(core, &spki);
    json_t *key = rc == 0 ? ct_base64_json(buf_slice(&spki)) : NULL;
    if (rc == 0)
        rc = key == NULL ? CH_ENOMEM
                         : buf_printf(&out->body,
                                      "enabled_logs = chancery\n\n[chancery]\n"
                                      "description = Chancery log\nkey = %s\n",
                                      json_string_value(key));
    out->content_type = "text/plain";
    out->max_age = FOREVER;
    json_decref(key);
    buf_free(&spki);
    return rc;
}

/* ---- the paths ---- */

static const struct {
    const char *path;
    int (*read)(struct store_tx *tx, struct query *q); /* in a reading unit; NULL: */
    int (*make)(struct query *q);
} paths[] = {
    {"/ct/v1/get-sth", get_sth, NULL},
    {"/ct/v1/get-sth-consistency", get_consistency, NULL},
    {"/ct/v1/get-proof-by-hash", get_proof, NULL},
    {"/ct/v1/get-entries", get_entries, NULL},
    {"/ct/v1/get-entry-and-proof", get_entry_and_proof, NULL},
    {"/ct/v1/get-roots", NULL, get_roots},
    {"/ct/log_list.json", NULL, get_log_list},
};

struct unit {
    struct query *q;
    int (*read)(struct store_tx *tx, struct query *q);
};

static int unit(struct store_tx *tx, void *context)
{
    struct unit *u = context;
    return u->read(tx, u->q);
}

static int answer(struct query *q, struct publication *out)
{
    int rc = CH_ENOTFOUND;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(paths[i].path, q->path) == 0)
            rc = paths[i].read != NULL
                     ? store_read(q->core->store, unit, &(struct unit){q, paths[i].read})
                     : paths[i].make(q);
    char *text = rc == 0 ? json_dumps(q->out, JSON_COMPACT) : NULL;
    if (rc == 0)
        rc = text == NULL ? CH_ENOMEM : buf_put_text(&out->body, text);
    out->content_type = "application/json";
    out->max_age = q->max_age;
    free(text);
    return rc;
}

int ct_fetch(struct core *core, struct slice target, struct publication *out)
{
    struct query q = {.core = core, .max_age = FOREVER};
    if (target.len >= sizeof q.path || memchr(target.data, '\0', target.len) != NULL)
        return CH_ENOTFOUND;
    memcpy(q.path, target.data, target.len);
    q.parameters = strchr(q.path, '?');
    if (q.parameters != NULL)
        *q.parameters++ = '\0';
    else
        q.parameters = q.path + target.len;
    if (strcmp(q.path, "/ct/log_list.cnf") == 0)
        return fetch_openssl(core, out);
    q.out = json_object();
    int rc = q.out == NULL ? CH_ENOMEM : answer(&q, out);
    json_decref(q.out);
    return rc;
}
