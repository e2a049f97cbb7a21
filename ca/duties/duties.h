/*
 * duties.h - separation of duties: named operations take effect only after a second principal has
 * approved them. Off unless [approval] of the configuration names groups of operations.
 *
 * A call of such an operation is authenticated, checked and authorized as always, and then not acted
 * on but recorded, and refused with the id of its request. Who repeats the very same call after the
 * approval has it done once: the approval is used up in the transaction of the effect. Every row
 * carries a MAC of the HSM, so that who can write the database can still not approve.
 */
#ifndef CHANCERY_DUTIES_DUTIES_H
#define CHANCERY_DUTIES_DUTIES_H

#include "ca/request.h"
#include "ca/store/approvals.h"
#include "firmware/base/config.h"

#define DUTIES_JOB "approvals"
#define DUTIES_OPERATOR "operator" /* who asks or decides through the operator's socket */
#define DUTIES_REASON_MAX 512

/* ---- the rule (rule.c) ---- */

/* Does the configuration want a second principal for service ("acm-pca") and operation? */
bool duties_apply(const struct config *config, const char *service, const char *operation);

/* ---- a call (ask.c) ---- */

/* An approved request that a call uses up. */
struct duties_use {
    struct approval_row row; /* as it is to become: USED */
    uint8_t before[32];      /* the tag that it has until then */
};

/*
 * Between authorize and the handler. 0: nothing is wanted, or r->approval is what was approved. CH_EAPI
 * with AccessDeniedException otherwise: the request is then in the store and the refusal recorded.
 */
int duties_check(struct request *r);

/* Uses r->approval up; inside the unit of the effect, before it. CH_EAPI when somebody was faster. */
int duties_use(struct store_tx *tx, struct request *r);

void duties_free(struct duties_use *use); /* NULL is fine */

/* ---- a command of the operator (operator.c) ---- */

/*
 * The same for "trust roll-over root" and others that work on the HSM. 0: it may begin, and what was approved is
 * used up. CH_EDENIED with why: it waits. parameters are taken over.
 */
int duties_check_operator(struct core *core, const char *command, json_t *parameters,
                          char why[512]);

/* ---- decisions (decide.c) ---- */

struct duties_decision {
    const char *id;
    const char *account;      /* of the decider; NULL: any */
    const char *by;           /* ARN, or DUTIES_OPERATOR */
    const char *by_id;        /* AIDA..., AROA..., DUTIES_OPERATOR */
    const char *by_origin;    /* the user behind a role; "" = none is known */
    bool approve;
    const char *reason;       /* NULL = none */
    int64_t now;
};

/* What came of it; a refusal has a word of its own. */
enum duties_verdict { DUTIES_DONE, DUTIES_MISSING, DUTIES_SAME, DUTIES_LATE };

/*
 * Reads the request, judges and prepares. *verdict tells why it cannot be; row is then what there is. On
 * DUTIES_DONE row is as it is to become, to be written by duties_decide_unit. CH_EINTEGRITY: the row
 * was altered behind our back.
 */
int duties_decide(struct core *core, const struct duties_decision *d, struct duties_use *out,
                  enum duties_verdict *verdict);

/* A store_unit for a struct duties_use. CH_ENOTFOUND: it was decided meanwhile. */
int duties_decide_unit(struct store_tx *tx, void *context);

/* The user behind r's principal, through however many roles; "" when it is not known. */
const char *duties_origin(const struct request *r);

/* ---- rows (record.c) ---- */

/* The MAC over all members of the row but number and tag. The errors of hsm_mac. */
int duties_tag(struct core *core, const struct approval_row *row, uint8_t tag[32]);

/* CH_EINTEGRITY, and a line in the log, when the row does not have its tag. */
int duties_verify(struct core *core, const struct approval_row *row);

/* The MAC over who calls what with which parameters. */
int duties_digest(struct core *core, const char *const *parts, size_t count, uint8_t digest[32]);

/* Gives a new row id, times and tag. */
int duties_row_new(struct core *core, struct approval_row *row, int64_t now);

/* One request as members: what the API answers and the command prints. NULL: no memory. */
json_t *duties_describe(const struct approval_row *row, int64_t now);

/* PENDING, APPROVED, DENIED, USED or EXPIRED, by the clock. */
const char *duties_status(const struct approval_row *row, int64_t now);

/* ---- `chancery approval` (command.c) ---- */

/* verb: list, list all, show, approve, deny. The answer, or why not, is put into out. */
int duties_command(struct core *core, const char *verb, const char *id, const char *reason,
                   struct buf *out);

/* ---- the job (expire.c) ---- */

int duties_job_due(struct core *core, int64_t *at);
int duties_job_run(struct core *core, int64_t now);

#endif
