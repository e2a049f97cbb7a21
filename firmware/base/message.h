/*
 * message.h - the catalogue of every message between two processes, and its codec.
 *
 * One row a message: number, sender, receiver, reply, maximum size, fields. The
 * decoder refuses by that row before it allocates or reads a field; what is not in
 * the row for that sender and receiver is CH_EPROTO and ends the channel. No message
 * carries a digest to be signed.
 *
 * On the wire: u32 payload length, u16 type, u16 zero, u64 id (all little-endian),
 * then the fields in order: integers little-endian, TEXT and BYTES as u32 length
 * and bytes, PAIRS as u32 count and count x (TEXT name, TEXT value). Decoding
 * copies nothing: slices point into the frame. Trailing bytes are CH_EPROTO.
 */
#ifndef CHANCERY_BASE_MESSAGE_H
#define CHANCERY_BASE_MESSAGE_H

#include "firmware/base/buf.h"

#define MESSAGE_HEADER_SIZE 16
#define MESSAGE_PAIRS_MAX 64
#define MESSAGE_PAIR_NAME_MAX ((size_t)256)
#define MESSAGE_BODY_MAX ((size_t)4 * 1024 * 1024)
#define MESSAGE_SIZE_MAX (MESSAGE_BODY_MAX + (size_t)128 * 1024)

/* Of the public plane: path of a request, its body, and the body of an answer that is no file. */
#define PUBLIC_PATH_MAX ((size_t)8192)
#define PUBLIC_REQUEST_MAX ((size_t)8192)
#define SIGN_IN_MAX ((size_t)4096) /* octets of the body of a sign-in */
#define CT_LOGS_MAX ((size_t)256 * 1024) /* octets of a list of logs */
#define PUBLIC_BODY_MAX ((size_t)64 * 1024)

/* Of what outbound is told and tells. */
#define OUTBOUND_BODY_MAX ((size_t)256 * 1024)
#define OUTBOUND_ANSWER_MAX ((size_t)64 * 1024)
#define OUTBOUND_WHY_MAX ((size_t)512)

enum role {
    ROLE_CHANCERYD,
    ROLE_CORE,
    ROLE_FRONT_MANAGE,
    ROLE_FRONT_PUBLIC,
    ROLE_OUTBOUND,
    ROLE_OPERATOR, /* the chancery command, over core's operator socket */
    ROLE_COUNT
};

/* Requests are even, their replies odd; explicit numbers never change meaning. */
enum message_type {
    MSG_READY = 2,        /* child -> chanceryd: confined and serving */
    MSG_WIRE = 4,         /* chanceryd -> child: the attached descriptor leads to peer */
    MSG_PIN_REFUSED = 6,  /* core -> chanceryd: the token does not take the PIN; core ends */
    MSG_CALL = 16,        /* front manage -> core: an API call as it was signed */
    MSG_CALL_REPLY = 17,
    MSG_TLS_CERTIFY = 18, /* front manage -> core: certify the front's own TLS key */
    MSG_TLS_CERTIFIED = 19,
    MSG_SIGN_IN = 20,     /* front manage -> core: account, user and password, for temporary credentials */
    MSG_SIGNED_IN = 21,
    MSG_FETCH = 48,       /* front public -> core: something published */
    MSG_FETCHED = 49,     /* with a descriptor when it is a file */
    MSG_OCSP = 50,        /* front public -> core: an OCSP request */
    MSG_OCSP_ANSWER = 51,
    MSG_FORGET = 52,      /* core -> front public: kept answers that are true no longer */
    MSG_APPROVE = 54,     /* front public -> core: the page of approval by mail, or what its form says */
    MSG_APPROVED = 55,
    MSG_LOOK_UP = 64,     /* core -> outbound: ask the DNS */
    MSG_LOOKED_UP = 65,
    MSG_HTTP = 66,        /* core -> outbound: one exchange with an HTTP server; with a descriptor when that is the body */
    MSG_HTTP_ANSWER = 67,
    MSG_MAIL = 68,        /* core -> outbound: hand one mail to the relay */
    MSG_MAIL_ANSWER = 69,
    MSG_STATUS = 32,      /* operator -> core */
    MSG_STATUS_REPLY = 33,
    MSG_USER_ADD = 34,    /* operator -> core */
    MSG_USER_ADDED = 35,
    MSG_KEY_ROTATE = 36,  /* operator -> core: new wrapping keys */
    MSG_KEY_ROTATED = 37,
    MSG_ACCOUNT = 40,     /* operator -> core: an account, or a service control policy of one */
    MSG_ACCOUNT_REPLY = 41,
    MSG_TRUST = 38,       /* operator -> core: the trust services */
    MSG_TRUST_REPLY = 39,
    MSG_VALIDATION = 56,  /* operator -> core: what public certificates wait for */
    MSG_VALIDATION_REPLY = 57,
    MSG_SECRET_SET = 44,  /* operator -> core: user and password for a server of others */
    MSG_SECRET_SET_REPLY = 45,
    MSG_CT_LOGS = 42,     /* operator -> core: logs of certificate transparency */
    MSG_CT_LOGS_REPLY = 43,
    MSG_APPROVAL = 46,    /* operator -> core: requests that wait for a second principal */
    MSG_APPROVAL_REPLY = 47,
    MSG_AUDIT = 58,       /* operator -> core: verify the audit trail */
    MSG_AUDIT_REPLY = 59,
};

struct message_pair {
    struct slice name;
    struct slice value;
};

struct message_pairs {
    uint32_t count;
    struct message_pair pair[MESSAGE_PAIRS_MAX];
};

struct msg_ready {
    uint32_t role; /* enum role of the sender */
};

struct msg_wire {
    uint32_t peer; /* enum role at the other end of the attached descriptor */
};

struct msg_pin_refused {
    uint32_t tries; /* enum pin_tries: what the token says of those that are left */
};

/* Method, path and query exactly as received, not decoded; header names lower-case, in order of arrival. */
struct msg_call {
    struct slice method;
    struct slice path;
    struct slice query; /* without the '?'; empty when absent */
    struct slice peer;  /* "192.0.2.1" or "2001:db8::1", without a port */
    struct message_pairs headers;
    struct slice body;
};

struct msg_call_reply {
    uint32_t status; /* HTTP */
    struct message_pairs headers;
    struct slice body;
};

struct msg_tls_certify {
    struct slice csr; /* DER; only its key and its signature are used */
};

struct msg_tls_certified {
    uint32_t result;    /* 0, or a positive CH_E* */
    struct slice chain; /* PEM, leaf first */
    uint64_t not_before;
    uint64_t not_after; /* seconds since 1970 */
};

/* What a person gave, as it came: the one request that nobody signed. */
struct msg_sign_in {
    struct slice peer;       /* as in msg_call */
    struct slice user_agent; /* for the record */
    struct slice body;       /* JSON, see ca/iam/sign_in.h */
};

struct msg_signed_in {
    uint32_t status;    /* HTTP */
    struct slice id;    /* of the request */
    struct slice body;  /* JSON */
};

struct msg_fetch {
    struct slice path; /* as in the request line; with the query for what takes one */
};

struct msg_fetched {
    uint32_t status; /* HTTP: 200, 400, 404, 503; the rest counts with 200 only */
    struct slice content_type;
    uint32_t max_age;  /* seconds that caches may keep it */
    uint64_t modified; /* seconds since 1970; 0 = not told */
    struct slice etag; /* with its quotes; empty = none */
    struct slice body; /* empty when a descriptor is attached: then it is the body */
};

struct msg_ocsp {
    struct slice request; /* DER OCSPRequest */
};

struct msg_ocsp_answer {
    uint32_t status;      /* HTTP: 200, or 503 */
    uint32_t cacheable;   /* 1 = the same octets get the same answer until next_update */
    uint64_t this_update; /* seconds since 1970 */
    uint64_t next_update;
    uint64_t tag;         /* of what it speaks of; see msg_forget */
    struct slice body;    /* DER OCSPResponse */
};

/* Kept answers with that tag are true no longer. */
struct msg_forget {
    uint64_t tag;
    uint32_t all; /* 1 = whatever the tag */
};

struct msg_look_up {
    uint32_t question; /* enum dns_question, dns_view.h */
    struct slice name;  /* without a final dot */
    struct slice until; /* a chain that comes here, loosely, is not followed further; empty = none */
    uint32_t timeout_ms;
};

struct msg_looked_up {
    struct slice views; /* what each resolver said, dns_view.h; empty when there was no time or memory */
};

/* Redirects are reported, never followed. */
struct msg_http {
    struct slice method; /* GET, POST, PUT */
    struct slice url;
    struct message_pairs headers;
    struct slice body;       /* empty when a descriptor is attached: then that file is the body, for PUT */
    uint32_t timeout_ms;
    uint32_t answer_max;     /* octets of the answer's body that are of interest; more of them is a failure */
    uint32_t guarded;        /* 1 = somebody from outside chose the URL: no address of ours or of a private network */
    uint32_t perspective;    /* with guarded: which resolver tells the addresses, from 0 */
    struct slice sigv4;      /* "aws:amz:us-east-1:s3", or empty: not signed */
    struct slice user;       /* access key, with sigv4 */
    struct slice password;   /* secret of it */
};

struct msg_http_answer {
    uint32_t failure; /* 0 = there was an answer; else a positive CH_E* */
    struct slice why; /* in words, for people */
    uint32_t status;  /* HTTP */
    struct slice location; /* of a redirect, which was not followed */
    struct slice address;  /* who answered */
    struct slice resolver; /* with guarded: who told the address */
    uint32_t perspectives; /* with guarded: so many resolvers there are */
    struct slice body;
};

/* To the relay of the configuration. */
struct msg_mail {
    struct slice from, to; /* addresses alone; of `to` several, with commas between them */
    struct slice text;     /* header and body, lines ended by CR LF */
    struct slice user, password; /* for the relay, or empty */
    uint32_t timeout_ms;
};

struct msg_mail_answer {
    uint32_t failure; /* 0 = the relay has taken it; else a positive CH_E* */
    uint32_t status;  /* last reply code of SMTP, 0 = none */
    struct slice why;
};

struct msg_status {
    uint32_t detail; /* 0 = summary */
};

struct msg_status_reply {
    struct message_pairs facts; /* what a person reads: "token", "issued", ... */
};

struct msg_user_add {
    struct slice account; /* 12 digits, or empty for the first account */
    struct slice name;      /* empty: a key of the account's root principal */
    uint32_t administrator; /* 1 = all rights in the account, 0 = none */
};

/* Empty policy_name: make an account. Else put that service control policy, or take it away when document is empty. */
struct msg_account {
    struct slice account; /* 12 digits, or empty for a number of the appliance's choice */
    struct slice name;    /* of the account */
    struct slice policy_name;
    struct slice document;
};

struct msg_account_reply {
    uint32_t result; /* 0, or a positive CH_E* */
    struct slice text; /* why not */
    struct slice account;
};

struct msg_user_added {
    uint32_t result; /* 0, or a positive CH_E* */
    struct slice text; /* why not */
    struct slice account;
    struct slice access_key_id;
    struct slice secret_access_key;
};

/* Which families of wrapping keys; an empty text is all. */
struct msg_key_rotate {
    struct slice account;
    struct slice region;
    struct slice class; /* "export", "no-export" */
};

struct msg_key_rotated {
    uint32_t result;   /* 0, or a positive CH_E* */
    uint32_t count;    /* families that have a new key, also when the result is not 0 */
    struct slice text; /* why not */
};

/* What is asked of the trust services: ca/trust/command.h. */
struct msg_trust {
    struct slice verb;
    struct slice family; /* "" = all */
};

struct msg_trust_reply {
    uint32_t result;   /* 0, or a positive CH_E* */
    struct slice text; /* to be printed; why not */
};

struct msg_validation {
    struct slice verb;    /* list, show, check: ca/domain/desk.h */
    struct slice account; /* of list: "" = all */
    uint64_t after;       /* of list: where the page before ended */
    struct slice arn;     /* of show and check */
    struct slice domain;  /* of check: "" = all */
};

struct msg_validation_reply {
    uint32_t result;   /* 0, or a positive CH_E* */
    struct slice text; /* JSON; why not */
};

struct msg_audit {
    struct message_pairs kept; /* record number: chain value in hex, as a log has it */
};

struct msg_audit_reply {
    uint32_t result;   /* 0, or -CH_E* */
    struct slice text; /* what was found */
};

struct msg_approval {
    struct slice verb;   /* "list", "list all", "show", "approve", "deny" */
    struct slice id;     /* empty for lists */
    struct slice reason; /* of a decision; may be empty */
};

struct msg_approval_reply {
    uint32_t result;   /* 0, or -CH_E* */
    struct slice text; /* what to print, or why not */
};

struct msg_ct_logs {
    uint32_t change;   /* 1: list takes the place of what was there, "" = none; 0: what is there? */
    struct slice list; /* JSON, see ca/ct/ct.h */
};

struct msg_ct_logs_reply {
    uint32_t result;   /* 0, or a positive CH_E* */
    struct slice text; /* to be printed; why not */
};

struct msg_secret_set {
    struct slice name; /* "s3", "mail" */
    struct slice user; /* empty = forget it */
    struct slice password;
};

struct msg_secret_set_reply {
    uint32_t result; /* 0, or a positive CH_E* */
};

struct msg_approve {
    uint32_t decides;  /* 1 = a form that was sent; 0 = the query of the link */
    struct slice form;
};

struct msg_approved {
    uint32_t status;   /* HTTP: 200, 503 */
    struct slice page; /* HTML */
};

/* Room for any decoded message. */
union message_any {
    struct msg_ready ready;
    struct msg_wire wire;
    struct msg_pin_refused pin_refused;
    struct msg_call call;
    struct msg_call_reply call_reply;
    struct msg_tls_certify tls_certify;
    struct msg_tls_certified tls_certified;
    struct msg_sign_in sign_in;
    struct msg_signed_in signed_in;
    struct msg_fetch fetch;
    struct msg_fetched fetched;
    struct msg_ocsp ocsp;
    struct msg_ocsp_answer ocsp_answer;
    struct msg_forget forget;
    struct msg_approve approve;
    struct msg_approved approved;
    struct msg_look_up look_up;
    struct msg_looked_up looked_up;
    struct msg_http http;
    struct msg_http_answer http_answer;
    struct msg_mail mail;
    struct msg_mail_answer mail_answer;
    struct msg_status status;
    struct msg_status_reply status_reply;
    struct msg_user_add user_add;
    struct msg_account account;
    struct msg_account_reply account_reply;
    struct msg_user_added user_added;
    struct msg_key_rotate key_rotate;
    struct msg_key_rotated key_rotated;
    struct msg_secret_set secret_set;
    struct msg_secret_set_reply secret_set_reply;
    struct msg_trust trust;
    struct msg_trust_reply trust_reply;
    struct msg_validation validation;
    struct msg_validation_reply validation_reply;
    struct msg_audit audit;
    struct msg_audit_reply audit_reply;
    struct msg_approval approval;
    struct msg_approval_reply approval_reply;
    struct msg_ct_logs ct_logs;
    struct msg_ct_logs_reply ct_logs_reply;
};

enum field_kind { FIELD_U32, FIELD_U64, FIELD_TEXT, FIELD_BYTES, FIELD_PAIRS };

struct message_field {
    const char *name;
    enum field_kind kind;
    size_t offset; /* in the struct of the message */
    size_t max;    /* octets of TEXT/BYTES and of each text of PAIRS; 0 for numbers */
};

/* Whether a descriptor comes along. */
enum message_descriptor { DESCRIPTOR_NEVER, DESCRIPTOR_ALWAYS, DESCRIPTOR_MAYBE };

struct message_row {
    enum message_type type;
    const char *name;
    unsigned senders;   /* bits 1u << enum role */
    unsigned receivers; /* likewise */
    int reply;          /* enum message_type, 0 = none */
    size_t size_max;    /* payload */
    size_t struct_size;
    const struct message_field *fields;
    size_t field_count;
    enum message_descriptor descriptor;
};

struct message_header {
    uint32_t length; /* of the payload */
    uint16_t type;
    uint64_t id; /* chosen by the asker, repeated by the reply */
};

/* The catalogue; NULL for a number that is not in it. */
const struct message_row *message_row_find(uint16_t type);
const struct message_row *message_rows(size_t *count);

/* "core", "front-manage", ...; NULL for a number outside the enum. */
const char *role_name(enum role role);

/*
 * Appends header and payload to out. TEXT must be free of NULs and every field
 * within its maximum: CH_EINVAL / CH_ELIMIT otherwise (out unchanged).
 */
int message_encode(enum message_type type, uint64_t id, const void *message, struct buf *out);

/*
 * Reads a header and judges it by the row for that sender and receiver: unknown
 * type, wrong direction, length over the row's maximum, reserved bits: CH_EPROTO.
 */
int message_header_decode(const uint8_t bytes[MESSAGE_HEADER_SIZE], enum role sender,
                          enum role receiver, struct message_header *out);

/* Decodes the payload of a judged header into *out; slices borrow from payload. CH_EPROTO when malformed. */
int message_decode(const struct message_header *header, struct slice payload,
                   union message_any *out);

#endif
