/* Tests of firmware/base/message.c: the catalogue as a whole, then every way to be malformed. */
#include "firmware/base/message.h"

#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ROOM (MESSAGE_SIZE_MAX + 4096)

static uint8_t letters[ROOM]; /* 'a' throughout: stands for any text */
static uint8_t anything[ROOM];

static int bytes_fill(void **state)
{
    (void)state;
    memset(letters, 'a', sizeof letters);
    for (size_t i = 0; i < sizeof anything; i++)
        anything[i] = (uint8_t)(i * 7);
    return 0;
}

static enum role lowest(unsigned bits)
{
    return (enum role)__builtin_ctz(bits);
}

static const struct message_row *row_of(enum message_type type)
{
    const struct message_row *row = message_row_find((uint16_t)type);
    assert_non_null(row);
    return row;
}

/* ---- filling any message from its row ---- */

static void pairs_set(struct message_pairs *pairs, uint32_t count, size_t name, size_t value)
{
    pairs->count = count;
    for (uint32_t i = 0; i < count && i < MESSAGE_PAIRS_MAX; i++) {
        pairs->pair[i].name = slice_of(letters, name);
        pairs->pair[i].value = slice_of(letters, value);
    }
}

/* Gives field i of the message len octets (or the number len); pairs get two of half that length. */
static void field_set(const struct message_row *row, size_t i, size_t len, union message_any *out)
{
    char *at = (char *)out + row->fields[i].offset;
    switch (row->fields[i].kind) {
    case FIELD_U32:
        *(uint32_t *)at = (uint32_t)len | 0x80000000u;
        break;
    case FIELD_U64:
        *(uint64_t *)at = (uint64_t)len | UINT64_C(0xfe00000000000000);
        break;
    case FIELD_TEXT:
        *(struct slice *)at = slice_of(letters, len);
        break;
    case FIELD_BYTES:
        *(struct slice *)at = slice_of(anything, len);
        break;
    case FIELD_PAIRS:
        pairs_set((struct message_pairs *)at, 2, len / 2, len / 2);
        break;
    }
}

static bool has_length(enum field_kind kind)
{
    return kind == FIELD_TEXT || kind == FIELD_BYTES;
}

static void message_fill(const struct message_row *row, size_t len, union message_any *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < row->field_count; i++) {
        size_t max = row->fields[i].max;
        field_set(row, i, max != 0 && len > max ? max : len, out);
    }
}

static void pairs_must_equal(const struct message_pairs *a, const struct message_pairs *b)
{
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        assert_true(slice_equal(a->pair[i].name, b->pair[i].name));
        assert_true(slice_equal(a->pair[i].value, b->pair[i].value));
    }
}

static void fields_must_equal(const struct message_row *row, const union message_any *a,
                              const union message_any *b)
{
    for (size_t i = 0; i < row->field_count; i++) {
        const char *x = (const char *)a + row->fields[i].offset;
        const char *y = (const char *)b + row->fields[i].offset;
        if (row->fields[i].kind == FIELD_U32)
            assert_memory_equal(x, y, 4);
        else if (row->fields[i].kind == FIELD_U64)
            assert_memory_equal(x, y, 8);
        else if (row->fields[i].kind == FIELD_PAIRS)
            pairs_must_equal((const struct message_pairs *)x, (const struct message_pairs *)y);
        else
            assert_true(slice_equal(*(const struct slice *)x, *(const struct slice *)y));
    }
}

/* Judges and decodes a whole frame as the receiver of its row would. */
static int frame_decode(const struct buf *frame, const struct message_row *row,
                        struct message_header *header, union message_any *out)
{
    assert_true(frame->len >= MESSAGE_HEADER_SIZE);
    int e = message_header_decode(frame->data, lowest(row->senders), lowest(row->receivers),
                                  header);
    struct slice payload = slice_of(frame->data + MESSAGE_HEADER_SIZE,
                                    frame->len - MESSAGE_HEADER_SIZE);
    return e != 0 ? e : message_decode(header, payload, out);
}

static void frame_must_be_refused(const struct buf *frame, const struct message_row *row)
{
    struct message_header header;
    union message_any out, zero;
    memset(&zero, 0, sizeof zero);
    memset(&out, 0xff, sizeof out);
    int e = frame_decode(frame, row, &header, &out);
    assert_int_equal(e, CH_EPROTO);
    if (header.type != 0)
        assert_memory_equal(&out, &zero, sizeof out);
}

/* ---- the catalogue ---- */

static void numbers_are_unique_and_requests_even_replies_odd(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(message_row_find((uint16_t)rows[i].type), &rows[i]);
        if (rows[i].reply == 0)
            continue;
        const struct message_row *reply = row_of((enum message_type)rows[i].reply);
        assert_int_equal(rows[i].type % 2, 0);
        assert_int_equal(reply->type, rows[i].type + 1);
        assert_int_equal(reply->senders, rows[i].receivers);
        assert_int_equal(reply->receivers, rows[i].senders);
    }
}

static void every_row_is_whole(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(rows[i].senders, 0);
        assert_int_not_equal(rows[i].receivers, 0);
        assert_true(rows[i].senders < 1u << ROLE_COUNT && rows[i].receivers < 1u << ROLE_COUNT);
        assert_int_equal(rows[i].senders & rows[i].receivers, 0);
        assert_true(rows[i].size_max <= MESSAGE_SIZE_MAX);
        assert_true(rows[i].struct_size <= sizeof(union message_any));
        assert_true(strlen(rows[i].name) > 0);
        for (size_t f = 0; f < rows[i].field_count; f++) {
            const struct message_field *field = &rows[i].fields[f];
            assert_true(field->offset < rows[i].struct_size);
            assert_int_equal(field->max == 0,
                             field->kind == FIELD_U32 || field->kind == FIELD_U64);
        }
    }
}

static void no_message_carries_a_digest(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < rows[i].field_count; f++) {
            assert_null(strstr(rows[i].fields[f].name, "digest"));
            assert_null(strstr(rows[i].fields[f].name, "hash"));
        }
}

static void nobody_but_core_and_chanceryd_is_ever_a_receiver_of_a_front(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        if ((rows[i].senders & (1u << ROLE_FRONT_MANAGE | 1u << ROLE_FRONT_PUBLIC)) != 0)
            assert_int_equal(rows[i].receivers & ~(1u << ROLE_CORE | 1u << ROLE_CHANCERYD), 0);
}

static void unknown_numbers_have_no_row(void **state)
{
    (void)state;
    assert_null(message_row_find(0));
    assert_null(message_row_find(1));
    assert_null(message_row_find(UINT16_MAX));
    assert_int_equal(message_encode((enum message_type)1, 0, &(struct msg_ready){0},
                                    &(struct buf){0}),
                     CH_EINVAL);
}

static void roles_have_names(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++)
        assert_non_null(role_name((enum role)role));
    assert_string_equal(role_name(ROLE_FRONT_MANAGE), "front-manage");
    assert_null(role_name(ROLE_COUNT));
    assert_null(role_name((enum role)1000));
}

/* ---- round trips ---- */

static void round_trip(const struct message_row *row, size_t len)
{
    union message_any in, out;
    struct message_header header;
    struct buf frame = {0};
    message_fill(row, len, &in);
    assert_int_equal(message_encode(row->type, UINT64_C(0x0123456789abcdef), &in, &frame), 0);
    assert_int_equal(frame_decode(&frame, row, &header, &out), 0);
    assert_int_equal(header.type, row->type);
    assert_int_equal(header.id, UINT64_C(0x0123456789abcdef));
    assert_int_equal(header.length, frame.len - MESSAGE_HEADER_SIZE);
    fields_must_equal(row, &in, &out);
    buf_free(&frame);
}

static void every_message_survives_the_trip(void **state)
{
    static const size_t lengths[] = {0, 1, 2, 12, 100};
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
            round_trip(&rows[i], lengths[l]);
}

static void every_field_may_be_as_long_as_its_maximum(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < rows[i].field_count; f++) {
            union message_any in, out;
            struct message_header header;
            struct buf frame = {0};
            memset(&in, 0, sizeof in);
            if (rows[i].fields[f].kind == FIELD_PAIRS)
                pairs_set((struct message_pairs *)((char *)&in + rows[i].fields[f].offset), 1,
                          MESSAGE_PAIR_NAME_MAX, rows[i].fields[f].max);
            else
                field_set(&rows[i], f, rows[i].fields[f].max, &in);
            assert_int_equal(message_encode(rows[i].type, 1, &in, &frame), 0);
            assert_int_equal(frame_decode(&frame, &rows[i], &header, &out), 0);
            fields_must_equal(&rows[i], &in, &out);
            buf_free(&frame);
        }
}

static void all_pairs_survive_the_trip(void **state)
{
    (void)state;
    static union message_any in, out;
    struct message_header header;
    struct buf frame = {0};
    in.call.headers.count = MESSAGE_PAIRS_MAX;
    for (size_t i = 0; i < MESSAGE_PAIRS_MAX; i++) {
        in.call.headers.pair[i].name = slice_of(letters, i + 1);
        in.call.headers.pair[i].value = slice_of(letters, 2 * i);
    }
    assert_int_equal(message_encode(MSG_CALL, 1, &in, &frame), 0);
    assert_int_equal(frame_decode(&frame, row_of(MSG_CALL), &header, &out), 0);
    pairs_must_equal(&in.call.headers, &out.call.headers);
    buf_free(&frame);
}

static void the_wire_format_is_little_endian_and_fixed(void **state)
{
    static const uint8_t want[] = {16,   0,    0,    0,    34,   0,    0,    0,    /* length, type */
                                   0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* id */
                                   2,    0,    0,    0,    '4',  '2',              /* account */
                                   2,    0,    0,    0,    'j',  'o',              /* name */
                                   1,    0,    0,    0};                           /* administrator */
    (void)state;
    struct buf frame = {0};
    struct msg_user_add add = {
        .account = slice_text("42"), .name = slice_text("jo"), .administrator = 1};
    assert_int_equal(message_encode(MSG_USER_ADD, UINT64_C(0x0102030405060708), &add, &frame), 0);
    assert_int_equal(frame.len, sizeof want);
    assert_memory_equal(frame.data, want, sizeof want);
    buf_free(&frame);
}

static void decoded_slices_point_into_the_payload(void **state)
{
    (void)state;
    struct buf frame = {0};
    struct message_header header;
    union message_any out;
    struct msg_user_add add = {.name = slice_text("jo")};
    assert_int_equal(message_encode(MSG_USER_ADD, 1, &add, &frame), 0);
    assert_int_equal(frame_decode(&frame, row_of(MSG_USER_ADD), &header, &out), 0);
    assert_ptr_equal(out.user_add.name.data, frame.data + frame.len - 2 - sizeof(uint32_t));
    buf_free(&frame);
}

static void encoding_appends_behind_what_is_there(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_int_equal(buf_put_text(&out, "before"), 0);
    assert_int_equal(message_encode(MSG_READY, 1, &(struct msg_ready){.role = 1}, &out), 0);
    assert_int_equal(out.len, 6 + MESSAGE_HEADER_SIZE + 4);
    assert_memory_equal(out.data, "before", 6);
    buf_free(&out);
}

/* ---- what the encoder refuses ---- */

static void encode_must_fail(enum message_type type, const void *message, int error)
{
    struct buf out = {0};
    assert_int_equal(buf_put_text(&out, "x"), 0);
    assert_int_equal(message_encode(type, 1, message, &out), error);
    assert_true(slice_is(buf_slice(&out), "x"));
    buf_free(&out);
}

static void a_field_over_its_maximum_is_not_encoded(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < rows[i].field_count; f++) {
            union message_any in;
            if (!has_length(rows[i].fields[f].kind))
                continue;
            memset(&in, 0, sizeof in);
            field_set(&rows[i], f, rows[i].fields[f].max + 1, &in);
            encode_must_fail(rows[i].type, &in, CH_ELIMIT);
        }
}

static void a_text_with_a_nul_is_not_encoded(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < rows[i].field_count; f++) {
            union message_any in;
            if (rows[i].fields[f].kind != FIELD_TEXT)
                continue;
            memset(&in, 0, sizeof in);
            *(struct slice *)((char *)&in + rows[i].fields[f].offset) = slice_of("a\0b", 3);
            encode_must_fail(rows[i].type, &in, CH_EINVAL);
        }
}

static void pairs_out_of_bounds_are_not_encoded(void **state)
{
    (void)state;
    static struct msg_call_reply m;
    pairs_set(&m.headers, MESSAGE_PAIRS_MAX + 1, 1, 1);
    encode_must_fail(MSG_CALL_REPLY, &m, CH_ELIMIT);
    pairs_set(&m.headers, 1, MESSAGE_PAIR_NAME_MAX + 1, 1);
    encode_must_fail(MSG_CALL_REPLY, &m, CH_ELIMIT);
    pairs_set(&m.headers, 1, 1, 16 * 1024 + 1);
    encode_must_fail(MSG_CALL_REPLY, &m, CH_ELIMIT);
    pairs_set(&m.headers, 1, 1, 1);
    m.headers.pair[0].name = slice_of("\0", 1);
    encode_must_fail(MSG_CALL_REPLY, &m, CH_EINVAL);
    pairs_set(&m.headers, 1, 1, 1);
    m.headers.pair[0].value = slice_of("\0", 1);
    encode_must_fail(MSG_CALL_REPLY, &m, CH_EINVAL);
}

static void a_message_over_the_maximum_of_its_row_is_not_encoded(void **state)
{
    (void)state;
    static struct msg_call m;
    pairs_set(&m.headers, MESSAGE_PAIRS_MAX, 8, 16 * 1024);
    m.body = slice_of(anything, MESSAGE_BODY_MAX);
    encode_must_fail(MSG_CALL, &m, CH_ELIMIT);
}

static void a_buf_that_is_too_small_is_left_alone(void **state)
{
    (void)state;
    struct buf out = {.cap_max = MESSAGE_HEADER_SIZE + 3};
    assert_int_equal(message_encode(MSG_READY, 1, &(struct msg_ready){0}, &out), CH_ELIMIT);
    assert_int_equal(out.len, 0);
    out.cap_max++;
    assert_int_equal(message_encode(MSG_READY, 1, &(struct msg_ready){0}, &out), 0);
    buf_free(&out);
}

/* ---- what the header decoder refuses ---- */

static void header_put(uint8_t bytes[MESSAGE_HEADER_SIZE], uint32_t length, uint16_t type)
{
    memset(bytes, 0, MESSAGE_HEADER_SIZE);
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(length >> (8 * i));
    bytes[4] = (uint8_t)type;
    bytes[5] = (uint8_t)(type >> 8);
}

static void only_the_row_says_who_may_send_what_to_whom(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (unsigned from = 0; from < ROLE_COUNT; from++)
            for (unsigned to = 0; to < ROLE_COUNT; to++) {
                uint8_t bytes[MESSAGE_HEADER_SIZE];
                struct message_header header;
                bool allowed = (rows[i].senders >> from & 1) != 0 &&
                               (rows[i].receivers >> to & 1) != 0;
                header_put(bytes, 0, (uint16_t)rows[i].type);
                assert_int_equal(message_header_decode(bytes, (enum role)from, (enum role)to,
                                                       &header),
                                 allowed ? 0 : CH_EPROTO);
                assert_int_equal(header.type, allowed ? rows[i].type : 0);
            }
}

static void unknown_types_are_refused(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        uint8_t bytes[MESSAGE_HEADER_SIZE];
        struct message_header header;
        if (message_row_find((uint16_t)type) != NULL)
            continue;
        header_put(bytes, 0, (uint16_t)type);
        assert_int_equal(message_header_decode(bytes, ROLE_FRONT_MANAGE, ROLE_CORE, &header),
                         CH_EPROTO);
    }
}

static void a_length_over_the_row_is_refused_before_the_payload(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[MESSAGE_HEADER_SIZE];
        struct message_header header;
        enum role from = lowest(rows[i].senders), to = lowest(rows[i].receivers);
        header_put(bytes, (uint32_t)rows[i].size_max, (uint16_t)rows[i].type);
        assert_int_equal(message_header_decode(bytes, from, to, &header), 0);
        header_put(bytes, (uint32_t)rows[i].size_max + 1, (uint16_t)rows[i].type);
        assert_int_equal(message_header_decode(bytes, from, to, &header), CH_EPROTO);
        header_put(bytes, UINT32_MAX, (uint16_t)rows[i].type);
        assert_int_equal(message_header_decode(bytes, from, to, &header), CH_EPROTO);
    }
}

static void reserved_bits_are_refused(void **state)
{
    (void)state;
    for (int bit = 0; bit < 16; bit++) {
        uint8_t bytes[MESSAGE_HEADER_SIZE];
        struct message_header header;
        header_put(bytes, 4, MSG_READY);
        bytes[6 + bit / 8] = (uint8_t)(1u << bit % 8);
        assert_int_equal(message_header_decode(bytes, ROLE_CORE, ROLE_CHANCERYD, &header),
                         CH_EPROTO);
    }
}

/* ---- what the payload decoder refuses ---- */

static void payload_must_be_refused(enum message_type type, const void *payload, size_t len)
{
    const struct message_row *row = row_of(type);
    struct buf frame = {0};
    uint8_t header[MESSAGE_HEADER_SIZE];
    header_put(header, (uint32_t)len, (uint16_t)type);
    assert_int_equal(buf_put(&frame, header, sizeof header), 0);
    assert_int_equal(buf_put(&frame, payload, len), 0);
    frame_must_be_refused(&frame, row);
    buf_free(&frame);
}

static void every_truncation_of_every_message_is_refused(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        union message_any in;
        struct buf frame = {0};
        message_fill(&rows[i], 6, &in);
        assert_int_equal(message_encode(rows[i].type, 1, &in, &frame), 0);
        for (size_t len = 0; len < frame.len - MESSAGE_HEADER_SIZE; len++)
            payload_must_be_refused(rows[i].type, frame.data + MESSAGE_HEADER_SIZE, len);
        buf_free(&frame);
    }
}

static void trailing_bytes_are_refused(void **state)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        union message_any in;
        struct buf frame = {0};
        message_fill(&rows[i], 6, &in);
        assert_int_equal(message_encode(rows[i].type, 1, &in, &frame), 0);
        assert_int_equal(buf_put(&frame, "", 1), 0);
        payload_must_be_refused(rows[i].type, frame.data + MESSAGE_HEADER_SIZE,
                                frame.len - MESSAGE_HEADER_SIZE);
        buf_free(&frame);
    }
}

static void a_payload_of_another_length_than_the_header_said_is_refused(void **state)
{
    (void)state;
    union message_any out;
    struct message_header header = {.length = 4, .type = MSG_READY};
    assert_int_equal(message_decode(&header, slice_of("\1\0\0\0", 4), &out), 0);
    assert_int_equal(message_decode(&header, slice_of("\1\0\0\0\0", 5), &out), CH_EPROTO);
    assert_int_equal(message_decode(&header, slice_of("\1\0\0", 3), &out), CH_EPROTO);
    header.type = 3;
    assert_int_equal(message_decode(&header, slice_of("\1\0\0\0", 4), &out), CH_EPROTO);
}

static void a_text_with_a_nul_is_refused(void **state)
{
    (void)state;
    payload_must_be_refused(MSG_USER_ADD, "\0\0\0\0\3\0\0\0a\0b", 11);
}

static void a_field_over_its_maximum_is_refused(void **state)
{
    (void)state;
    payload_must_be_refused(MSG_USER_ADD, "\15\0\0\0" "1234567890123" "\0\0\0\0", 21);
    payload_must_be_refused(MSG_USER_ADD, "\377\377\377\377\0\0\0\0", 8);
}

static void a_field_that_reaches_into_the_next_is_refused(void **state)
{
    (void)state;
    payload_must_be_refused(MSG_USER_ADD, "\5\0\0\0" "a" "\0\0\0\0", 9);
}

static void pairs_out_of_bounds_are_refused(void **state)
{
    (void)state;
    struct buf p = {0};
    payload_must_be_refused(MSG_STATUS_REPLY, "\1\0\0\0", 4);
    payload_must_be_refused(MSG_STATUS_REPLY, "\377\377\377\377", 4);
    payload_must_be_refused(MSG_STATUS_REPLY, "\1\0\0\0\1\0\0\0\0\0\0\0\0", 13);
    payload_must_be_refused(MSG_STATUS_REPLY, "\1\0\0\0\0\0\0\0\1\0\0\0\0", 13);
    assert_int_equal(buf_put(&p, "\101\0\0\0", 4), 0);
    for (int i = 0; i < MESSAGE_PAIRS_MAX + 1; i++)
        assert_int_equal(buf_put(&p, "\0\0\0\0\0\0\0\0", 8), 0);
    payload_must_be_refused(MSG_STATUS_REPLY, p.data, p.len);
    buf_clear(&p);
    assert_int_equal(buf_put(&p, "\1\0\0\0\1\1\0\0", 8), 0);
    assert_int_equal(buf_put(&p, letters, MESSAGE_PAIR_NAME_MAX + 1), 0);
    assert_int_equal(buf_put(&p, "\0\0\0\0", 4), 0);
    payload_must_be_refused(MSG_STATUS_REPLY, p.data, p.len);
    buf_free(&p);
}

static void every_message_has_a_number_of_its_own(void **state)
{
    (void)state;
    size_t count;
    const struct message_row *rows = message_rows(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (rows[i].type == rows[k].type)
                fail_msg("%s and %s have the same number", rows[i].name, rows[k].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_has_a_number_of_its_own),
        cmocka_unit_test(numbers_are_unique_and_requests_even_replies_odd),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(no_message_carries_a_digest),
        cmocka_unit_test(nobody_but_core_and_chanceryd_is_ever_a_receiver_of_a_front),
        cmocka_unit_test(unknown_numbers_have_no_row),
        cmocka_unit_test(roles_have_names),
        cmocka_unit_test(every_message_survives_the_trip),
        cmocka_unit_test(every_field_may_be_as_long_as_its_maximum),
        cmocka_unit_test(all_pairs_survive_the_trip),
        cmocka_unit_test(the_wire_format_is_little_endian_and_fixed),
        cmocka_unit_test(decoded_slices_point_into_the_payload),
        cmocka_unit_test(encoding_appends_behind_what_is_there),
        cmocka_unit_test(a_field_over_its_maximum_is_not_encoded),
        cmocka_unit_test(a_text_with_a_nul_is_not_encoded),
        cmocka_unit_test(pairs_out_of_bounds_are_not_encoded),
        cmocka_unit_test(a_message_over_the_maximum_of_its_row_is_not_encoded),
        cmocka_unit_test(a_buf_that_is_too_small_is_left_alone),
        cmocka_unit_test(only_the_row_says_who_may_send_what_to_whom),
        cmocka_unit_test(unknown_types_are_refused),
        cmocka_unit_test(a_length_over_the_row_is_refused_before_the_payload),
        cmocka_unit_test(reserved_bits_are_refused),
        cmocka_unit_test(every_truncation_of_every_message_is_refused),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(a_payload_of_another_length_than_the_header_said_is_refused),
        cmocka_unit_test(a_text_with_a_nul_is_refused),
        cmocka_unit_test(a_field_over_its_maximum_is_refused),
        cmocka_unit_test(a_field_that_reaches_into_the_next_is_refused),
        cmocka_unit_test(pairs_out_of_bounds_are_refused),
    };
    return cmocka_run_group_tests(tests, bytes_fill, NULL);
}
