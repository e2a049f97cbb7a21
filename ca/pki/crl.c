#include "ca/pki/crl.h"

#include "ca/pki/extension.h"
#include "ca/pki/sigalg.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TAG_SEQUENCE 0x30
#define TAG_INTEGER 0x02
#define TAG_BITS 0x03
#define TAG_UTC_TIME 0x17
#define TAG_GENERALIZED_TIME 0x18
#define TAG_EXTENSIONS 0xa0 /* [0] EXPLICIT */
#define REMOVE_FROM_CRL 8
#define REASON_MAX 10
#define HEADER_MAX 10

/* Tag and length (X.690 8.1.3) of an element whose contents come in pieces. */
static int header_put(uint8_t tag, uint64_t len, struct buf *out)
{
    uint8_t octets[HEADER_MAX];
    size_t n = 0;
    octets[n++] = tag;
    if (len < 0x80) {
        octets[n++] = (uint8_t)len;
        return buf_put(out, octets, n);
    }
    int size = 1;
    while (size < 8 && len >> (8 * size) != 0)
        size++;
    octets[n++] = (uint8_t)(0x80 | size);
    for (int i = size - 1; i >= 0; i--)
        octets[n++] = (uint8_t)(len >> (8 * i));
    return buf_put(out, octets, n);
}

static int element_put(uint8_t tag, const void *contents, size_t len, struct buf *out)
{
    int r = header_put(tag, len, out);
    return r == 0 ? buf_put(out, contents, len) : r;
}

/* ---- entries ---- */

/* An element in a room that is large enough for any entry, so that a million of them allocate nothing. */
struct room {
    uint8_t octets[64];
    size_t len;
};

static void room_put(struct room *room, uint8_t tag, const void *contents, size_t len)
{
    room->octets[room->len++] = tag;
    room->octets[room->len++] = (uint8_t)len;
    memcpy(room->octets + room->len, contents, len);
    room->len += len;
}

/* RFC 5280 5.1.2.4 to 5.1.2.6: UTCTime through the year 2049. */
static int room_put_time(struct room *room, int64_t at)
{
    char text[64];
    struct tm tm;
    time_t when = (time_t)at;
    if (gmtime_r(&when, &tm) == NULL || tm.tm_year < 50 || tm.tm_year > 8099)
        return CH_EINVAL;
    bool utc = tm.tm_year < 150;
    int n = snprintf(text, sizeof text, "%0*d%02d%02d%02d%02d%02dZ", utc ? 2 : 4,
                     utc ? tm.tm_year % 100 : tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                     tm.tm_hour, tm.tm_min, tm.tm_sec);
    room_put(room, utc ? TAG_UTC_TIME : TAG_GENERALIZED_TIME, text, (size_t)n);
    return 0;
}

static int time_put(int64_t at, struct buf *out)
{
    struct room room = {.len = 0};
    int r = room_put_time(&room, at);
    return r == 0 ? buf_put(out, room.octets, room.len) : r;
}

/* As few octets as a positive number needs. */
static void room_put_serial(struct room *room, const uint8_t serial[PKI_SERIAL_SIZE])
{
    uint8_t octets[PKI_SERIAL_SIZE + 1] = {0};
    size_t at = 1;
    memcpy(octets + 1, serial, PKI_SERIAL_SIZE);
    while (at < PKI_SERIAL_SIZE && octets[at] == 0)
        at++;
    if ((octets[at] & 0x80) != 0)
        at--;
    room_put(room, TAG_INTEGER, octets + at, sizeof octets - at);
}

/* crlEntryExtensions with reasonCode, which is not critical (5.3.1); unspecified is left out. */
static void room_put_reason(struct room *room, uint32_t reason)
{
    const uint8_t extension[] = {0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d,
                                 0x15, 0x04, 0x03, 0x0a, 0x01, (uint8_t)reason};
    if (reason != 0)
        room_put(room, TAG_SEQUENCE, extension, sizeof extension);
}

int pki_crl_entry_put(const struct pki_crl_entry *entry, struct buf *out)
{
    struct room room = {.len = 0};
    if (entry->reason > REASON_MAX || entry->reason == REMOVE_FROM_CRL)
        return CH_EINVAL;
    room_put_serial(&room, entry->serial);
    int r = room_put_time(&room, entry->revoked_at);
    if (r != 0)
        return r;
    room_put_reason(&room, entry->reason);
    return element_put(TAG_SEQUENCE, room.octets, room.len, out);
}

/* ---- the list around them ---- */

static int algorithm_put(enum sig_alg alg, struct buf *out)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();
    int r = algorithm == NULL ? CH_ENOMEM : pki_sig_alg_put(alg, algorithm);
    if (r == 0)
        r = pki_der_encode(algorithm, ASN1_ITEM_rptr(X509_ALGOR), out);
    X509_ALGOR_free(algorithm);
    return r;
}

static int number_add(STACK_OF(X509_EXTENSION) * list, int64_t number)
{
    struct buf der = {0};
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    int r = value != NULL && ASN1_INTEGER_set_int64(value, number) == 1 ? 0 : CH_ENOMEM;
    if (r == 0)
        r = pki_der_encode(value, ASN1_ITEM_rptr(ASN1_INTEGER), &der);
    if (r == 0)
        r = pki_extension_add(list, NID_crl_number, false, buf_slice(&der));
    ASN1_INTEGER_free(value);
    buf_free(&der);
    return r;
}

static int point_fill(ISSUING_DIST_POINT *point, const char *uri)
{
    GENERAL_NAME *name = pki_general_name_uri(uri);
    point->distpoint = DIST_POINT_NAME_new();
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    if (name == NULL || point->distpoint == NULL || names == NULL ||
        sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        GENERAL_NAMES_free(names);
        return CH_ENOMEM;
    }
    point->distpoint->type = 0;
    point->distpoint->name.fullname = names;
    return 0;
}

/* issuingDistributionPoint is critical, 5.2.5. */
static int point_add(STACK_OF(X509_EXTENSION) * list, const char *uri)
{
    if (uri == NULL)
        return 0;
    struct buf der = {0};
    ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();
    int r = point == NULL ? CH_ENOMEM : point_fill(point, uri);
    if (r == 0)
        r = pki_der_encode(point, ASN1_ITEM_rptr(ISSUING_DIST_POINT), &der);
    if (r == 0)
        r = pki_extension_add(list, NID_issuing_distribution_point, true, buf_slice(&der));
    ISSUING_DIST_POINT_free(point);
    buf_free(&der);
    return r;
}

static int extensions_put(const struct pki_crl_spec *spec, struct buf *out)
{
    struct buf der = {0};
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    int r = list == NULL ? CH_ENOMEM : pki_extension_add_authority_key_id(list, spec->issuer_key_id);
    if (r == 0)
        r = number_add(list, spec->number);
    if (r == 0)
        r = point_add(list, spec->uri);
    if (r == 0)
        r = pki_der_encode(list, ASN1_ITEM_rptr(X509_EXTENSIONS), &der);
    if (r == 0)
        r = element_put(TAG_EXTENSIONS, der.data, der.len, out);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    buf_free(&der);
    return r;
}

/* version (v2), signature, issuer, thisUpdate, nextUpdate. */
static int fields_put(const struct pki_crl_spec *spec, struct buf *out)
{
    static const uint8_t version = 1;
    int r = element_put(TAG_INTEGER, &version, 1, out);
    if (r == 0)
        r = algorithm_put(spec->sig_alg, out);
    if (r == 0)
        r = buf_put_slice(out, spec->issuer);
    if (r == 0)
        r = time_put(spec->this_update, out);
    return r == 0 ? time_put(spec->next_update, out) : r;
}

int pki_crl_frame(const struct pki_crl_spec *spec, uint64_t entries_len, struct buf *head,
                  struct buf *tail)
{
    struct buf fields = {0};
    size_t tail_before = tail->len;
    if (spec->issuer.len == 0 || spec->issuer_key_id.len == 0 || spec->number <= 0 ||
        spec->this_update >= spec->next_update)
        return CH_EINVAL;
    int r = fields_put(spec, &fields);
    /* an empty list of entries must be absent, 5.1.2.6 */
    if (r == 0 && entries_len > 0)
        r = header_put(TAG_SEQUENCE, entries_len, &fields);
    if (r == 0)
        r = extensions_put(spec, tail);
    if (r == 0)
        r = header_put(TAG_SEQUENCE, fields.len + entries_len + (tail->len - tail_before), head);
    if (r == 0)
        r = buf_put_slice(head, buf_slice(&fields));
    buf_free(&fields);
    return r;
}

int pki_crl_seal(enum sig_alg alg, struct slice signature, uint64_t tbs_len, struct buf *head,
                 struct buf *tail)
{
    static const uint8_t unused_bits = 0;
    size_t tail_before = tail->len;
    int r = algorithm_put(alg, tail);
    if (r == 0)
        r = header_put(TAG_BITS, 1 + signature.len, tail);
    if (r == 0)
        r = buf_put(tail, &unused_bits, 1);
    if (r == 0)
        r = buf_put_slice(tail, signature);
    return r == 0 ? header_put(TAG_SEQUENCE, tbs_len + (tail->len - tail_before), head) : r;
}
