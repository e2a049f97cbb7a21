/*
 * ops_kit.h - for tests of operations: a provisioned appliance in a temporary folder, with a
 * real SoftHSM token, a real store and the key maker; calls go through the contract and the
 * bindings, as dispatch does it, and answers are checked against the contract.
 */
#ifndef CHANCERY_TESTS_OPS_KIT_H
#define CHANCERY_TESTS_OPS_KIT_H

#include "ca/core.h"
#include "ca/pki/pki.h"
#include "ca/policy/policy.h"
#include "ca/request.h"

#define OPS_REGION "us-east-1"

struct ops {
    char state[256];
    struct config config;
    struct core core;
    char account[ROW_ACCOUNT_SIZE];
    struct policy_set *everything, *nothing; /* what callers may */
    bool stranger;                 /* calls come from a user without rights */
    const char *region;            /* of the calls; OPS_REGION */
    int64_t ahead;                 /* of the machine's clock, microseconds; see ops_clock_ahead */
    char text[API_ERROR_TEXT_MAX]; /* of the last refusal */
};

/* The appliance of this test program; made by ops_setup. */
extern struct ops ops;

/* Group set-up and tear-down for cmocka. */
int ops_setup(void **state);
int ops_teardown(void **state);

/* Stops the appliance and opens it again on the same state, as after a restart. */
void ops_restart(void);

/* The key maker is started by ops_setup; these stop and start it alone. */
void ops_maker_stop(void);
void ops_maker_start(void);

/* What a call came to. */
struct ops_answer {
    int code;
    json_t *out;
    struct api_error error;
};
/* Safe from many threads; service is "acm" or "acm-pca"; takes in over. */
void ops_call(const char *service, const char *operation, json_t *in, struct ops_answer *answer);
void ops_answer_free(struct ops_answer *answer);

/* Calls with json_pack's format and expects success; the caller owns the answer. */
json_t *ops_ok(const char *service, const char *operation, const char *format, ...);

/* Expects that error type; its text is then in ops.text. */
void ops_refused(const char *type, const char *service, const char *operation, const char *format,
                 ...);

/* The clock of the appliance goes so many microseconds ahead of the machine's, until clock_replace(NULL). */
void ops_clock_ahead(int64_t us);

/* Compares the compact JSON text of value, members sorted. */
void ops_assert_json(const json_t *value, const char *expected);

/* The text of a member, which must be there. Borrowed. */
const char *ops_text(const json_t *object, const char *member);

/* ---- authorities ---- */

/* Makes a CA with that key and signing algorithm and waits for its CSR; the ARN must be freed. */
char *ops_authority(const char *type, const char *key_alg, const char *sig_alg, const char *name);

/* Signs the CSR of `arn` by `issuer` (itself for a root) for that many days, imports it, and so
 * makes it ACTIVE. */
void ops_authority_activate(const char *arn, const char *issuer, const char *sig_alg,
                            const char *template_name, int days);

/* Both: an ACTIVE root. */
char *ops_root(const char *key_alg, const char *sig_alg, const char *name);

/* ---- certificates ---- */

/* Base64 of a PEM CSR for a fresh key: "EC" or "RSA"; subject "/CN=..." or "/", DNS name or NULL.
 * The caller frees. */
char *ops_csr(const char *key, const char *subject, const char *dns);

/* Base64 of text. The caller frees. */
char *ops_base64(const char *text);

/* IssueCertificate with EndEntityCertificate/V1 for 30 days; the ARN must be freed. */
char *ops_issue(const char *authority, const char *sig_alg, const char *csr);

/* GetCertificate of ACM-PCA. The caller owns it. */
json_t *ops_get(const char *authority, const char *certificate);

/* First certificate of a PEM text, parsed. */
struct pki_certificate *ops_parse(const char *pem);

/* What `openssl verify` says to certificate and chain, whose last one is trusted. */
bool ops_openssl_verifies(const char *certificate, const char *chain);

/* RequestCertificate with the members of in, which it takes over; the ARN must be freed. */
char *ops_request_with(json_t *in);

/* The Certificate of DescribeCertificate. The caller owns it. */
json_t *ops_describe(const char *arn);

/* An ACM private certificate; the ARN must be freed. */
char *ops_request(const char *authority, const char *key_alg, const char *domain);

/* Waits until the key maker has nothing left to do. */
void ops_wait(void);

#endif
