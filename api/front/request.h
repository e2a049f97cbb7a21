/*
 * request.h - one HTTP request as the front keeps it until core has answered:
 * what the caller sent, byte for byte, under fixed maxima. Knows no HTTP library.
 */
#ifndef CHANCERY_FRONT_REQUEST_H
#define CHANCERY_FRONT_REQUEST_H

#include "api/front/reply.h"
#include "firmware/base/message.h"

#define REQUEST_METHOD_MAX 32
/*
 * Below what the server's memory for a head holds (server.c), so that who sends too much is told so by a
 * refusal of ours, with its request id. A session token is 2 to 4 KiB.
 */
#define REQUEST_TARGET_MAX ((size_t)12 * 1024)
#define REQUEST_HEAD_MAX ((size_t)14 * 1024)

/* A part of the head, as an offset: the bytes move while they grow. */
struct request_part {
    uint32_t at;
    uint32_t len;
};

struct request {
    struct buf head; /* method, path, query, header names and values, one after the other */
    struct request_part method;
    struct request_part path;
    struct request_part query;
    struct request_part header[MESSAGE_PAIRS_MAX][2]; /* name, value */
    uint32_t header_count;
    struct buf body; /* bounded by its cap_max */
};

/* An empty request, whose body may have body_max octets. request_free may follow at any time. */
void request_init(struct request *r, size_t body_max);

/*
 * Takes the raw target ("/a%20b?x=1") and splits it at the first '?'; nothing is decoded.
 * CH_EINVAL when it is empty or has a control character or a blank, CH_ELIMIT, CH_ENOMEM.
 */
int request_set_target(struct request *r, struct slice target);

/* Takes the method. CH_EINVAL when it is not an HTTP token, CH_ELIMIT, CH_ENOMEM. */
int request_set_method(struct request *r, struct slice method);

/*
 * Appends a header; the name is lower-cased, the value kept. CH_EINVAL for a name that
 * is not a token or a value with a control character other than the tab, CH_ELIMIT
 * for more than MESSAGE_PAIRS_MAX or an overlong head, CH_ENOMEM.
 */
int request_add_header(struct request *r, struct slice name, struct slice value);

/* Appends to the body. CH_ELIMIT over body_max (body unchanged), CH_ENOMEM. */
int request_add_body(struct request *r, struct slice part);

/*
 * Judges a complete head before any of the body is read: the announced length, and
 * framing headers that contradict each other. REFUSAL_NONE when it may go on.
 */
enum refusal request_check_head(const struct request *r);

/* True when the path is exactly text, or the method is. */
bool request_path_is(const struct request *r, const char *text);
bool request_path_begins(const struct request *r, struct slice start);
bool request_method_is(const struct request *r, const char *text);

/* The path, and the first value of a header (name in lower case; empty when absent); borrowed. */
struct slice request_get_path(const struct request *r);
/* Without its question mark; empty when absent. */
struct slice request_get_query(const struct request *r);
struct slice request_get_header(const struct request *r, const char *name);

/* What core is told. Slices borrow from r and peer. */
void request_to_call(const struct request *r, struct slice peer, struct msg_call *out);

/* Wipes and frees; the struct is empty afterwards. */
void request_free(struct request *r);

#endif
