/*
 * request.h - one API call on its way through core: what came, who asks, what is
 * answered, and the one transaction in which it acts and is recorded.
 */
#ifndef CHANCERY_CA_REQUEST_H
#define CHANCERY_CA_REQUEST_H

#include "ca/contract/contract.h"
#include "ca/store/rows.h"
#include "firmware/base/message.h"

struct core;
struct policy_set; /* ca/policy/policy.h */
struct rest_route; /* ca/rest.h */
struct duties_use; /* ca/duties/duties.h */

enum principal_kind { PRINCIPAL_USER, PRINCIPAL_ROLE, PRINCIPAL_ROOT };

/* Who asks; filled by authentication. */
struct principal {
    enum principal_kind kind;
    char account[ROW_ACCOUNT_SIZE];
    char arn[640];          /* arn:aws:iam::<account>:user<path><name>, or of a session of a role:
                               arn:aws:sts::<account>:assumed-role/<role>/<session> */
    char user_name[65];     /* of the user, or of the role; root has none */
    char user_id[33];       /* AIDA... or AROA..., of root the account's number */
    char access_key_id[129];
    char role_arn[640];     /* of a session of a role: arn:aws:iam::<account>:role<path><role> */
    int64_t number;         /* of the user or role in the store */
    const struct policy_set *policies; /* borrowed: who has no user or role in the store; NULL: what is there */
    json_t *session;        /* temporary credentials: what their token says (ca/sts/token.h); else NULL. Never changed */
};

struct request {
    struct core *core;
    const struct msg_call *call;
    char id[ROW_UUID_SIZE]; /* x-amzn-RequestId */
    int64_t now;            /* microseconds; the one time of this request */
    struct principal principal;
    struct scope scope;     /* principal's account and the credential's region */
    const struct rest_route *route; /* NULL: a call by X-Amz-Target */
    const struct service *service;
    const struct operation *operation;
    json_t *in;             /* checked by the contract */
    json_t *out;            /* the answer; a new object, the handler fills it */
    struct api_error error;
    bool recorded;          /* the audit record is committed */
    bool read_only;         /* of the operation's binding; for the record */
    bool query;             /* spoken in the query protocol: a form, answered in XML */
    json_t *form;           /* parsed, in the query protocol */
    char owner[ROW_ACCOUNT_SIZE]; /* another account, whose resource the call was allowed to use; or "" */
    char approval_id[ROW_UUID_SIZE]; /* the request for approval that this call is about, or "" */
    struct duties_use *approval; /* an approval that the call uses up with what it does, or NULL */
    int64_t mfa_at;         /* a code of multi-factor authentication came with this very call; seconds */
};

/* 0 with r->out filled, or CH_EAPI with r->error set, or another CH_E* (becomes a 5xx). */
typedef int (*request_handler)(struct request *r);

/* How an operation acts; the tables in the operations.c of ca/acm, ca/pca and ca/chancery. */
struct operation_binding {
    const char *name;
    request_handler handler;
    const char *resource_member; /* input member that holds the resource ARN, or NULL */
    const char *resource_form;   /* when there is no such member: the last part of the ARN with its wildcard, or NULL for no resource */
    bool read_only;
};

/*
 * Runs unit and appends the audit record of r in the same transaction: an operation
 * whose record cannot be written does not happen. Handlers that change
 * something call it exactly once, last; for those that do not, the dispatcher records.
 */
int request_commit(struct request *r, store_unit unit, void *context);

/* Appends the audit record of r alone: for calls that change nothing, refused ones included. */
int request_record(struct request *r);

/* Reads; as store_read on r's store. */
int request_read(struct request *r, store_unit unit, void *context);

/* ARN of this scope: "arn:aws:<service>:<region>:<account>:<resource>" into out. */
void request_arn(const struct request *r, const char *service, const char *resource, char *out,
                 size_t size);

/* The first value of a header of the call (name in lower case), blanks at its ends cut off; empty when absent. */
struct slice request_header(const struct msg_call *call, const char *name);

#endif
