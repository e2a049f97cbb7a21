#include "firmware/base/message.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the catalogue: fields of each message in wire order, then a row a message ---- */

#define TEXT_MAX ((size_t)4096)
#define HEADER_VALUE_MAX ((size_t)16 * 1024)
#define PEM_MAX ((size_t)64 * 1024)
#define CSR_MAX ((size_t)8192)
#define FACTS_MAX ((size_t)64 * 1024)
#define URL_MAX ((size_t)2048)
#define DOMAIN_MAX ((size_t)320)
#define SMALL ((size_t)16)

#define FIELD(message, field, kind, max) {#field, kind, offsetof(struct message, field), max}

static const struct message_field ready_fields[] = {
    FIELD(msg_ready, role, FIELD_U32, 0),
};
static const struct message_field wire_fields[] = {
    FIELD(msg_wire, peer, FIELD_U32, 0),
};
static const struct message_field pin_refused_fields[] = {
    FIELD(msg_pin_refused, tries, FIELD_U32, 0),
};
static const struct message_field call_fields[] = {
    FIELD(msg_call, method, FIELD_TEXT, 16),
    FIELD(msg_call, path, FIELD_TEXT, 8192),
    FIELD(msg_call, query, FIELD_TEXT, 16384),
    FIELD(msg_call, peer, FIELD_TEXT, 64),
    FIELD(msg_call, headers, FIELD_PAIRS, HEADER_VALUE_MAX),
    FIELD(msg_call, body, FIELD_BYTES, MESSAGE_BODY_MAX),
};
static const struct message_field call_reply_fields[] = {
    FIELD(msg_call_reply, status, FIELD_U32, 0),
    FIELD(msg_call_reply, headers, FIELD_PAIRS, HEADER_VALUE_MAX),
    FIELD(msg_call_reply, body, FIELD_BYTES, MESSAGE_BODY_MAX),
};
static const struct message_field tls_certify_fields[] = {
    FIELD(msg_tls_certify, csr, FIELD_BYTES, CSR_MAX),
};
static const struct message_field tls_certified_fields[] = {
    FIELD(msg_tls_certified, result, FIELD_U32, 0),
    FIELD(msg_tls_certified, chain, FIELD_TEXT, PEM_MAX),
    FIELD(msg_tls_certified, not_before, FIELD_U64, 0),
    FIELD(msg_tls_certified, not_after, FIELD_U64, 0),
};
static const struct message_field sign_in_fields[] = {
    FIELD(msg_sign_in, peer, FIELD_TEXT, 64),
    FIELD(msg_sign_in, user_agent, FIELD_TEXT, 1024),
    FIELD(msg_sign_in, body, FIELD_BYTES, SIGN_IN_MAX),
};
static const struct message_field signed_in_fields[] = {
    FIELD(msg_signed_in, status, FIELD_U32, 0),
    FIELD(msg_signed_in, id, FIELD_TEXT, 40),
    FIELD(msg_signed_in, body, FIELD_BYTES, HEADER_VALUE_MAX),
};
static const struct message_field fetch_fields[] = {
    FIELD(msg_fetch, path, FIELD_TEXT, PUBLIC_PATH_MAX),
};
static const struct message_field fetched_fields[] = {
    FIELD(msg_fetched, status, FIELD_U32, 0),
    FIELD(msg_fetched, content_type, FIELD_TEXT, 64),
    FIELD(msg_fetched, max_age, FIELD_U32, 0),
    FIELD(msg_fetched, modified, FIELD_U64, 0),
    FIELD(msg_fetched, etag, FIELD_TEXT, 80),
    FIELD(msg_fetched, body, FIELD_BYTES, PUBLIC_BODY_MAX),
};
static const struct message_field ocsp_fields[] = {
    FIELD(msg_ocsp, request, FIELD_BYTES, PUBLIC_REQUEST_MAX),
};
static const struct message_field ocsp_answer_fields[] = {
    FIELD(msg_ocsp_answer, status, FIELD_U32, 0),
    FIELD(msg_ocsp_answer, cacheable, FIELD_U32, 0),
    FIELD(msg_ocsp_answer, this_update, FIELD_U64, 0),
    FIELD(msg_ocsp_answer, next_update, FIELD_U64, 0),
    FIELD(msg_ocsp_answer, tag, FIELD_U64, 0),
    FIELD(msg_ocsp_answer, body, FIELD_BYTES, PUBLIC_BODY_MAX),
};
static const struct message_field forget_fields[] = {
    FIELD(msg_forget, tag, FIELD_U64, 0),
    FIELD(msg_forget, all, FIELD_U32, 0),
};
static const struct message_field approve_fields[] = {
    FIELD(msg_approve, decides, FIELD_U32, 0),
    FIELD(msg_approve, form, FIELD_TEXT, 1024),
};
static const struct message_field approved_fields[] = {
    FIELD(msg_approved, status, FIELD_U32, 0),
    FIELD(msg_approved, page, FIELD_TEXT, 8192),
};
static const struct message_field look_up_fields[] = {
    FIELD(msg_look_up, question, FIELD_U32, 0),
    FIELD(msg_look_up, name, FIELD_TEXT, DOMAIN_MAX),
    FIELD(msg_look_up, until, FIELD_TEXT, DOMAIN_MAX),
    FIELD(msg_look_up, timeout_ms, FIELD_U32, 0),
};
static const struct message_field looked_up_fields[] = {
    FIELD(msg_looked_up, views, FIELD_BYTES, OUTBOUND_ANSWER_MAX),
};
static const struct message_field http_fields[] = {
    FIELD(msg_http, method, FIELD_TEXT, 8),
    FIELD(msg_http, url, FIELD_TEXT, URL_MAX),
    FIELD(msg_http, headers, FIELD_PAIRS, TEXT_MAX),
    FIELD(msg_http, body, FIELD_BYTES, OUTBOUND_BODY_MAX),
    FIELD(msg_http, timeout_ms, FIELD_U32, 0),
    FIELD(msg_http, answer_max, FIELD_U32, 0),
    FIELD(msg_http, guarded, FIELD_U32, 0),
    FIELD(msg_http, perspective, FIELD_U32, 0),
    FIELD(msg_http, sigv4, FIELD_TEXT, 256),
    FIELD(msg_http, user, FIELD_TEXT, 256),
    FIELD(msg_http, password, FIELD_TEXT, 256),
};
static const struct message_field http_answer_fields[] = {
    FIELD(msg_http_answer, failure, FIELD_U32, 0),
    FIELD(msg_http_answer, why, FIELD_TEXT, OUTBOUND_WHY_MAX),
    FIELD(msg_http_answer, status, FIELD_U32, 0),
    FIELD(msg_http_answer, location, FIELD_TEXT, URL_MAX),
    FIELD(msg_http_answer, address, FIELD_TEXT, 64),
    FIELD(msg_http_answer, resolver, FIELD_TEXT, 64),
    FIELD(msg_http_answer, perspectives, FIELD_U32, 0),
    FIELD(msg_http_answer, body, FIELD_BYTES, OUTBOUND_ANSWER_MAX),
};
static const struct message_field mail_fields[] = {
    FIELD(msg_mail, from, FIELD_TEXT, 320),
    FIELD(msg_mail, to, FIELD_TEXT, 2048),
    FIELD(msg_mail, text, FIELD_BYTES, OUTBOUND_ANSWER_MAX),
    FIELD(msg_mail, user, FIELD_TEXT, 256),
    FIELD(msg_mail, password, FIELD_TEXT, 256),
    FIELD(msg_mail, timeout_ms, FIELD_U32, 0),
};
static const struct message_field mail_answer_fields[] = {
    FIELD(msg_mail_answer, failure, FIELD_U32, 0),
    FIELD(msg_mail_answer, status, FIELD_U32, 0),
    FIELD(msg_mail_answer, why, FIELD_TEXT, OUTBOUND_WHY_MAX),
};
static const struct message_field status_fields[] = {
    FIELD(msg_status, detail, FIELD_U32, 0),
};
static const struct message_field status_reply_fields[] = {
    FIELD(msg_status_reply, facts, FIELD_PAIRS, TEXT_MAX),
};
static const struct message_field user_add_fields[] = {
    FIELD(msg_user_add, account, FIELD_TEXT, 12),
    FIELD(msg_user_add, name, FIELD_TEXT, 256),
    FIELD(msg_user_add, administrator, FIELD_U32, 0),
};
static const struct message_field account_fields[] = {
    FIELD(msg_account, account, FIELD_TEXT, 12),
    FIELD(msg_account, name, FIELD_TEXT, 256),
    FIELD(msg_account, policy_name, FIELD_TEXT, 128),
    FIELD(msg_account, document, FIELD_TEXT, 8192),
};
static const struct message_field account_reply_fields[] = {
    FIELD(msg_account_reply, result, FIELD_U32, 0),
    FIELD(msg_account_reply, text, FIELD_TEXT, TEXT_MAX),
    FIELD(msg_account_reply, account, FIELD_TEXT, 12),
};
static const struct message_field user_added_fields[] = {
    FIELD(msg_user_added, result, FIELD_U32, 0),
    FIELD(msg_user_added, text, FIELD_TEXT, TEXT_MAX),
    FIELD(msg_user_added, account, FIELD_TEXT, 12),
    FIELD(msg_user_added, access_key_id, FIELD_TEXT, 128),
    FIELD(msg_user_added, secret_access_key, FIELD_TEXT, 128),
};

static const struct message_field secret_set_fields[] = {
    FIELD(msg_secret_set, name, FIELD_TEXT, 16),
    FIELD(msg_secret_set, user, FIELD_TEXT, 256),
    FIELD(msg_secret_set, password, FIELD_TEXT, 256),
};
static const struct message_field secret_set_reply_fields[] = {
    FIELD(msg_secret_set_reply, result, FIELD_U32, 0),
};
static const struct message_field key_rotate_fields[] = {
    FIELD(msg_key_rotate, account, FIELD_TEXT, 12),
    FIELD(msg_key_rotate, region, FIELD_TEXT, 32),
    FIELD(msg_key_rotate, class, FIELD_TEXT, 16),
};
static const struct message_field key_rotated_fields[] = {
    FIELD(msg_key_rotated, result, FIELD_U32, 0),
    FIELD(msg_key_rotated, count, FIELD_U32, 0),
    FIELD(msg_key_rotated, text, FIELD_TEXT, TEXT_MAX),
};

static const struct message_field trust_fields[] = {
    FIELD(msg_trust, verb, FIELD_TEXT, 32),
    FIELD(msg_trust, family, FIELD_TEXT, 16),
};
static const struct message_field trust_reply_fields[] = {
    FIELD(msg_trust_reply, result, FIELD_U32, 0),
    FIELD(msg_trust_reply, text, FIELD_TEXT, PEM_MAX),
};

static const struct message_field validation_fields[] = {
    FIELD(msg_validation, verb, FIELD_TEXT, 16),
    FIELD(msg_validation, account, FIELD_TEXT, 12),
    FIELD(msg_validation, after, FIELD_U64, 0),
    FIELD(msg_validation, arn, FIELD_TEXT, 256),
    FIELD(msg_validation, domain, FIELD_TEXT, DOMAIN_MAX),
};
static const struct message_field validation_reply_fields[] = {
    FIELD(msg_validation_reply, result, FIELD_U32, 0),
    FIELD(msg_validation_reply, text, FIELD_TEXT, MESSAGE_BODY_MAX),
};

static const struct message_field audit_fields[] = {
    FIELD(msg_audit, kept, FIELD_PAIRS, 64),
};
static const struct message_field audit_reply_fields[] = {
    FIELD(msg_audit_reply, result, FIELD_U32, 0),
    FIELD(msg_audit_reply, text, FIELD_TEXT, TEXT_MAX),
};

static const struct message_field approval_fields[] = {
    FIELD(msg_approval, verb, FIELD_TEXT, 16),
    FIELD(msg_approval, id, FIELD_TEXT, 36),
    FIELD(msg_approval, reason, FIELD_TEXT, 512),
};
static const struct message_field approval_reply_fields[] = {
    FIELD(msg_approval_reply, result, FIELD_U32, 0),
    FIELD(msg_approval_reply, text, FIELD_TEXT, 2 * PEM_MAX),
};

static const struct message_field ct_logs_fields[] = {
    FIELD(msg_ct_logs, change, FIELD_U32, 0),
    FIELD(msg_ct_logs, list, FIELD_BYTES, CT_LOGS_MAX),
};
static const struct message_field ct_logs_reply_fields[] = {
    FIELD(msg_ct_logs_reply, result, FIELD_U32, 0),
    FIELD(msg_ct_logs_reply, text, FIELD_TEXT, PEM_MAX),
};

#define CHANCERYD (1u << ROLE_CHANCERYD)
#define CORE (1u << ROLE_CORE)
#define MANAGE (1u << ROLE_FRONT_MANAGE)
#define PUBLIC (1u << ROLE_FRONT_PUBLIC)
#define OUTBOUND (1u << ROLE_OUTBOUND)
#define OPERATOR (1u << ROLE_OPERATOR)
#define CHILDREN (CORE | MANAGE | PUBLIC | OUTBOUND)

#define ROW(number, name, senders, receivers, reply, size_max)                                     \
    ROW_WITH(number, name, senders, receivers, reply, size_max, DESCRIPTOR_NEVER)
#define ROW_WITH(number, name, senders, receivers, reply, size_max, descriptor)                    \
    {number,     #name, senders, receivers, reply, size_max, sizeof(struct msg_##name), name##_fields, \
     COUNT(name##_fields), descriptor}

static const struct message_row rows[] = {
    ROW(MSG_READY, ready, CHILDREN, CHANCERYD, 0, SMALL),
    ROW_WITH(MSG_WIRE, wire, CHANCERYD, CHILDREN, 0, SMALL, DESCRIPTOR_ALWAYS),
    ROW(MSG_PIN_REFUSED, pin_refused, CORE, CHANCERYD, 0, SMALL),
    ROW(MSG_CALL, call, MANAGE, CORE, MSG_CALL_REPLY, MESSAGE_SIZE_MAX),
    ROW(MSG_CALL_REPLY, call_reply, CORE, MANAGE, 0, MESSAGE_SIZE_MAX),
    ROW(MSG_TLS_CERTIFY, tls_certify, MANAGE, CORE, MSG_TLS_CERTIFIED, CSR_MAX + SMALL),
    ROW(MSG_TLS_CERTIFIED, tls_certified, CORE, MANAGE, 0, PEM_MAX + 4 * SMALL),
    ROW(MSG_SIGN_IN, sign_in, MANAGE, CORE, MSG_SIGNED_IN, SIGN_IN_MAX + 1280),
    ROW(MSG_SIGNED_IN, signed_in, CORE, MANAGE, 0, HEADER_VALUE_MAX + 128),
    ROW(MSG_FETCH, fetch, PUBLIC, CORE, MSG_FETCHED, PUBLIC_PATH_MAX + SMALL),
    ROW_WITH(MSG_FETCHED, fetched, CORE, PUBLIC, 0, PUBLIC_BODY_MAX + 256, DESCRIPTOR_MAYBE),
    ROW(MSG_OCSP, ocsp, PUBLIC, CORE, MSG_OCSP_ANSWER, PUBLIC_REQUEST_MAX + SMALL),
    ROW(MSG_OCSP_ANSWER, ocsp_answer, CORE, PUBLIC, 0, PUBLIC_BODY_MAX + 4 * SMALL),
    ROW(MSG_FORGET, forget, CORE, PUBLIC, 0, SMALL),
    ROW(MSG_APPROVE, approve, PUBLIC, CORE, MSG_APPROVED, 1024 + SMALL),
    ROW(MSG_APPROVED, approved, CORE, PUBLIC, 0, 8192 + SMALL),
    ROW(MSG_LOOK_UP, look_up, CORE, OUTBOUND, MSG_LOOKED_UP, 2 * DOMAIN_MAX + SMALL),
    ROW(MSG_LOOKED_UP, looked_up, OUTBOUND, CORE, 0, OUTBOUND_ANSWER_MAX + SMALL),
    ROW_WITH(MSG_HTTP, http, CORE, OUTBOUND, MSG_HTTP_ANSWER, OUTBOUND_BODY_MAX + FACTS_MAX,
             DESCRIPTOR_MAYBE),
    ROW(MSG_HTTP_ANSWER, http_answer, OUTBOUND, CORE, 0, OUTBOUND_ANSWER_MAX + 4096),
    ROW(MSG_MAIL, mail, CORE, OUTBOUND, MSG_MAIL_ANSWER, OUTBOUND_ANSWER_MAX + 4096),
    ROW(MSG_MAIL_ANSWER, mail_answer, OUTBOUND, CORE, 0, 1024),
    ROW(MSG_STATUS, status, OPERATOR, CORE, MSG_STATUS_REPLY, SMALL),
    ROW(MSG_STATUS_REPLY, status_reply, CORE, OPERATOR, 0, FACTS_MAX),
    ROW(MSG_USER_ADD, user_add, OPERATOR, CORE, MSG_USER_ADDED, 512),
    ROW(MSG_USER_ADDED, user_added, CORE, OPERATOR, 0, 8192),
    ROW(MSG_ACCOUNT, account, OPERATOR, CORE, MSG_ACCOUNT_REPLY, 9216),
    ROW(MSG_ACCOUNT_REPLY, account_reply, CORE, OPERATOR, 0, 8192),
    ROW(MSG_SECRET_SET, secret_set, OPERATOR, CORE, MSG_SECRET_SET_REPLY, 1024),
    ROW(MSG_SECRET_SET_REPLY, secret_set_reply, CORE, OPERATOR, 0, SMALL),
    ROW(MSG_KEY_ROTATE, key_rotate, OPERATOR, CORE, MSG_KEY_ROTATED, 128),
    ROW(MSG_KEY_ROTATED, key_rotated, CORE, OPERATOR, 0, 8192),
    ROW(MSG_TRUST, trust, OPERATOR, CORE, MSG_TRUST_REPLY, 128),
    ROW(MSG_TRUST_REPLY, trust_reply, CORE, OPERATOR, 0, PEM_MAX + SMALL),
    ROW(MSG_VALIDATION, validation, OPERATOR, CORE, MSG_VALIDATION_REPLY, 1024),
    ROW(MSG_VALIDATION_REPLY, validation_reply, CORE, OPERATOR, 0, MESSAGE_SIZE_MAX),
    ROW(MSG_AUDIT, audit, OPERATOR, CORE, MSG_AUDIT_REPLY, 8192),
    ROW(MSG_AUDIT_REPLY, audit_reply, CORE, OPERATOR, 0, 8192),
    ROW(MSG_APPROVAL, approval, OPERATOR, CORE, MSG_APPROVAL_REPLY, 1024),
    ROW(MSG_APPROVAL_REPLY, approval_reply, CORE, OPERATOR, 0, 2 * PEM_MAX + SMALL),
    ROW(MSG_CT_LOGS, ct_logs, OPERATOR, CORE, MSG_CT_LOGS_REPLY, CT_LOGS_MAX + SMALL),
    ROW(MSG_CT_LOGS_REPLY, ct_logs_reply, CORE, OPERATOR, 0, PEM_MAX + SMALL),
};

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_CHANCERYD] = "chanceryd",       [ROLE_CORE] = "core",
    [ROLE_FRONT_MANAGE] = "front-manage", [ROLE_FRONT_PUBLIC] = "front-public",
    [ROLE_OUTBOUND] = "outbound",         [ROLE_OPERATOR] = "operator",
};

const struct message_row *message_row_find(uint16_t type)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if ((uint16_t)rows[i].type == type)
            return &rows[i];
    return NULL;
}

const struct message_row *message_rows(size_t *count)
{
    *count = COUNT(rows);
    return rows;
}

const char *role_name(enum role role)
{
    return (unsigned)role < ROLE_COUNT ? role_names[role] : NULL;
}

/* ---- little-endian integers ---- */

static void number_put(uint8_t *at, uint64_t value, size_t octets)
{
    for (size_t i = 0; i < octets; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t number_read(const uint8_t *at, size_t octets)
{
    uint64_t value = 0;
    for (size_t i = 0; i < octets; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* ---- the writer; it has been measured before, so it cannot overrun ---- */

struct writer {
    uint8_t *at;
};

static void write_number(struct writer *w, uint64_t value, size_t octets)
{
    number_put(w->at, value, octets);
    w->at += octets;
}

static void write_slice(struct writer *w, struct slice s)
{
    write_number(w, s.len, 4);
    if (s.len > 0)
        memcpy(w->at, s.data, s.len);
    w->at += s.len;
}

/* ---- the reader; every step is checked against what is left ---- */

struct reader {
    const uint8_t *at;
    size_t left;
};

static int read_number(struct reader *r, size_t octets, uint64_t *out)
{
    *out = 0;
    if (r->left < octets)
        return CH_EPROTO;
    *out = number_read(r->at, octets);
    r->at += octets;
    r->left -= octets;
    return 0;
}

static int read_slice(struct reader *r, size_t max, bool text, struct slice *out)
{
    uint64_t len = 0;
    *out = (struct slice){0};
    if (read_number(r, 4, &len) != 0 || len > max || len > r->left)
        return CH_EPROTO;
    if (text && len > 0 && memchr(r->at, 0, (size_t)len) != NULL)
        return CH_EPROTO;
    *out = slice_of(r->at, (size_t)len);
    r->at += len;
    r->left -= (size_t)len;
    return 0;
}

/* ---- one function trio a kind of field: measure (and judge), write, read ---- */

static int slice_measure(struct slice s, size_t max, bool text, size_t *size)
{
    if (s.len > max)
        return CH_ELIMIT;
    if (text && s.len > 0 && memchr(s.data, 0, s.len) != NULL)
        return CH_EINVAL;
    *size += 4 + s.len;
    return 0;
}

static int u32_measure(const void *at, size_t max, size_t *size)
{
    (void)at, (void)max;
    *size += 4;
    return 0;
}

static void u32_write(struct writer *w, const void *at)
{
    write_number(w, *(const uint32_t *)at, 4);
}

static int u32_read(struct reader *r, size_t max, void *at)
{
    (void)max;
    uint64_t value = 0;
    int e = read_number(r, 4, &value);
    *(uint32_t *)at = (uint32_t)value;
    return e;
}

static int u64_measure(const void *at, size_t max, size_t *size)
{
    (void)at, (void)max;
    *size += 8;
    return 0;
}

static void u64_write(struct writer *w, const void *at)
{
    write_number(w, *(const uint64_t *)at, 8);
}

static int u64_read(struct reader *r, size_t max, void *at)
{
    (void)max;
    return read_number(r, 8, at);
}

static int text_measure(const void *at, size_t max, size_t *size)
{
    return slice_measure(*(const struct slice *)at, max, true, size);
}

static void slice_write(struct writer *w, const void *at)
{
    write_slice(w, *(const struct slice *)at);
}

static int text_read(struct reader *r, size_t max, void *at)
{
    return read_slice(r, max, true, at);
}

static int bytes_measure(const void *at, size_t max, size_t *size)
{
    return slice_measure(*(const struct slice *)at, max, false, size);
}

static int bytes_read(struct reader *r, size_t max, void *at)
{
    return read_slice(r, max, false, at);
}

static int pairs_measure(const void *at, size_t max, size_t *size)
{
    const struct message_pairs *pairs = at;
    if (pairs->count > MESSAGE_PAIRS_MAX)
        return CH_ELIMIT;
    *size += 4;
    int e = 0;
    for (uint32_t i = 0; e == 0 && i < pairs->count; i++) {
        e = slice_measure(pairs->pair[i].name, MESSAGE_PAIR_NAME_MAX, true, size);
        if (e == 0)
            e = slice_measure(pairs->pair[i].value, max, true, size);
    }
    return e;
}

static void pairs_write(struct writer *w, const void *at)
{
    const struct message_pairs *pairs = at;
    write_number(w, pairs->count, 4);
    for (uint32_t i = 0; i < pairs->count; i++) {
        write_slice(w, pairs->pair[i].name);
        write_slice(w, pairs->pair[i].value);
    }
}

static int pairs_read(struct reader *r, size_t max, void *at)
{
    struct message_pairs *pairs = at;
    int e = u32_read(r, 0, &pairs->count);
    if (e != 0 || pairs->count > MESSAGE_PAIRS_MAX)
        return CH_EPROTO;
    for (uint32_t i = 0; e == 0 && i < pairs->count; i++) {
        e = read_slice(r, MESSAGE_PAIR_NAME_MAX, true, &pairs->pair[i].name);
        if (e == 0)
            e = read_slice(r, max, true, &pairs->pair[i].value);
    }
    return e;
}

static const struct {
    int (*measure)(const void *at, size_t max, size_t *size);
    void (*write)(struct writer *w, const void *at);
    int (*read)(struct reader *r, size_t max, void *at);
} kinds[] = {
    [FIELD_U32] = {u32_measure, u32_write, u32_read},
    [FIELD_U64] = {u64_measure, u64_write, u64_read},
    [FIELD_TEXT] = {text_measure, slice_write, text_read},
    [FIELD_BYTES] = {bytes_measure, slice_write, bytes_read},
    [FIELD_PAIRS] = {pairs_measure, pairs_write, pairs_read},
};

static int payload_measure(const struct message_row *row, const void *message, size_t *size)
{
    *size = 0;
    for (size_t i = 0; i < row->field_count; i++) {
        const struct message_field *f = &row->fields[i];
        int e = kinds[f->kind].measure((const char *)message + f->offset, f->max, size);
        if (e != 0)
            return e;
    }
    return *size > row->size_max ? CH_ELIMIT : 0;
}

int message_encode(enum message_type type, uint64_t id, const void *message, struct buf *out)
{
    const struct message_row *row = message_row_find((uint16_t)type);
    size_t size = 0;
    PRECOND(message != NULL && out != NULL);
    if (row == NULL)
        return CH_EINVAL;
    int e = payload_measure(row, message, &size);
    if (e != 0)
        return e;
    size_t cap = out->cap_max == 0 ? BUF_MAX : out->cap_max;
    struct writer w = {.at = buf_reserve(out, MESSAGE_HEADER_SIZE + size)};
    if (w.at == NULL)
        return out->len + MESSAGE_HEADER_SIZE + size > cap ? CH_ELIMIT : CH_ENOMEM;
    write_number(&w, size, 4);
    write_number(&w, (uint64_t)row->type, 2);
    write_number(&w, 0, 2);
    write_number(&w, id, 8);
    for (size_t i = 0; i < row->field_count; i++) {
        const struct message_field *f = &row->fields[i];
        kinds[f->kind].write(&w, (const char *)message + f->offset);
    }
    out->len += MESSAGE_HEADER_SIZE + size;
    return 0;
}

int message_header_decode(const uint8_t bytes[MESSAGE_HEADER_SIZE], enum role sender,
                          enum role receiver, struct message_header *out)
{
    *out = (struct message_header){0};
    PRECOND((unsigned)sender < ROLE_COUNT && (unsigned)receiver < ROLE_COUNT);
    struct message_header header = {
        .length = (uint32_t)number_read(bytes, 4),
        .type = (uint16_t)number_read(bytes + 4, 2),
        .id = number_read(bytes + 8, 8),
    };
    const struct message_row *row = message_row_find(header.type);
    if (row == NULL || (row->senders & 1u << sender) == 0 || (row->receivers & 1u << receiver) == 0)
        return CH_EPROTO;
    if (number_read(bytes + 6, 2) != 0 || header.length > row->size_max)
        return CH_EPROTO;
    *out = header;
    return 0;
}

int message_decode(const struct message_header *header, struct slice payload,
                   union message_any *out)
{
    memset(out, 0, sizeof *out);
    const struct message_row *row = message_row_find(header->type);
    if (row == NULL || payload.len != header->length || payload.len > row->size_max)
        return CH_EPROTO;
    struct reader r = {.at = payload.data, .left = payload.len};
    int e = 0;
    for (size_t i = 0; e == 0 && i < row->field_count; i++) {
        const struct message_field *f = &row->fields[i];
        e = kinds[f->kind].read(&r, f->max, (char *)out + f->offset);
    }
    if (e == 0 && r.left != 0)
        e = CH_EPROTO;
    if (e != 0)
        memset(out, 0, sizeof *out);
    return e;
}
