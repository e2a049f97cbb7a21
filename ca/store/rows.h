/*
 * rows.h - the rows of the store as structs, and the named statements on them.
 *
 * Conventions: texts are char *, owned by the row, NULL = SQL NULL; bytes are struct
 * buf; times are microseconds since 1970, 0 = none. `*_row_free` frees what a row
 * owns and zeroes it ({0} is fine). insert: CH_EEXISTS on a duplicate key. get: fills a
 * zeroed row, CH_ENOTFOUND. (account, region) is part of every key. Lists use keyset
 * pages: `after` is the key of the last row seen ("" = from the start); visit returns
 * 0 to go on or anything else to stop (which list then returns).
 */
#ifndef CHANCERY_STORE_ROWS_H
#define CHANCERY_STORE_ROWS_H

#include "ca/store/store.h"
#include "firmware/base/algorithm.h"
#include "firmware/base/buf.h"

#define ROW_ACCOUNT_SIZE 13
#define ROW_REGION_SIZE 33
#define ROW_UUID_SIZE 37

/* Whose: the first part of every key. */
struct scope {
    char account[ROW_ACCOUNT_SIZE];
    char region[ROW_REGION_SIZE];
};

/* ---- accounts, users, access keys ---- */
struct account_row {
    char account[ROW_ACCOUNT_SIZE];
    char *name;
    int64_t created_at;
};
int store_account_insert(struct store_tx *tx, const struct account_row *row);
int store_account_first(struct store_tx *tx, char account[ROW_ACCOUNT_SIZE]);
int store_account_get(struct store_tx *tx, const char *account, struct account_row *out);
void account_row_free(struct account_row *row);

struct user_row {
    char account[ROW_ACCOUNT_SIZE];
    char *name;
    char *id; /* AIDA... */
    bool administrator;
    int64_t created_at;
};
int store_user_insert(struct store_tx *tx, const struct user_row *row);
int store_user_get(struct store_tx *tx, const char *account, const char *name,
                   struct user_row *out);
void user_row_free(struct user_row *row);

struct access_key_row {
    char *id; /* AKIA... */
    char account[ROW_ACCOUNT_SIZE];
    char *user;
    struct buf sealed_secret;
    bool active;
    int64_t created_at;
};
int store_access_key_insert(struct store_tx *tx, const struct access_key_row *row);
int store_access_key_get(struct store_tx *tx, const char *id, struct access_key_row *out);
int store_access_key_count(struct store_tx *tx, const char *account, const char *user,
                           uint32_t *out);
int store_access_key_set_active(struct store_tx *tx, const char *id, bool active);
void access_key_row_free(struct access_key_row *row);

/* ---- keys of the system: KEKs, MAC keys, the management CA ---- */
/*
 * name: "binding", "seal", "management-ca", "kek/<account>/<region>/export/1"; hsm_id: 16 octets;
 * spki and certificate only for pairs.
 */
struct system_key_row {
    char *name;
    uint8_t hsm_id[16];
    char *kind;
    struct buf spki;
    struct buf certificate;
    int64_t created_at;
};
int store_system_key_insert(struct store_tx *tx, const struct system_key_row *row);
int store_system_key_get(struct store_tx *tx, const char *name, struct system_key_row *out);
int store_system_key_get_by_id(struct store_tx *tx, const uint8_t hsm_id[16],
                               struct system_key_row *out);
int store_system_key_set_certificate(struct store_tx *tx, const char *name,
                                     struct slice certificate);
/* 0 also when there is none. */
int store_system_key_remove(struct store_tx *tx, const char *name);
void system_key_row_free(struct system_key_row *row);

/* ---- wrapping keys (KEKs), seen as what they wrap and for how long ---- */
/*
 * Rows of system_keys with the kinds kek-export and kek-no-export. A family is "kek/<account>/<region>/<class>";
 * its keys are "<family>/1", "<family>/2" and so on. Times are 0 until they come.
 */
struct kek_row {
    char *name;
    uint8_t hsm_id[16];
    char *kind;
    int64_t created_at;
    int64_t replaced_at;  /* wraps no new keys since */
    int64_t rewrap_at;    /* when there is work to do with it; INT64_MAX = never again */
    int64_t rewrap_after; /* how far the rewrapping of its keys has come; see store_key_list_of_kek */
    int64_t emptied_at;   /* wraps no key at all since */
    int64_t destroyed_at; /* not to be used since, and gone from the token when rewrap_at is INT64_MAX */
};
/* The key of that family that wraps new keys: the oldest that is not replaced. */
int store_kek_current(struct store_tx *tx, const char *family, struct kek_row *out);
/* A replaced one with work to do at now; and when the next has. CH_ENOTFOUND: none. */
int store_kek_due(struct store_tx *tx, int64_t now, struct kek_row *out);
int store_kek_due_at(struct store_tx *tx, int64_t *out);
/* When the oldest that is not replaced was made. CH_ENOTFOUND: there is none. */
int store_kek_oldest(struct store_tx *tx, int64_t *out);
/* All of them by name, at most limit after that name. */
int store_kek_list(struct store_tx *tx, const char *after, uint32_t limit,
                   int (*visit)(void *context, const struct kek_row *row), void *context);
/* CH_ENOTFOUND when it is replaced already. */
int store_kek_replace(struct store_tx *tx, const char *name, int64_t now);
/* Writes rewrap_at, rewrap_after, emptied_at and destroyed_at. */
int store_kek_progress(struct store_tx *tx, const struct kek_row *row);
/* How many keys are wrapped by it. */
int store_kek_holds(struct store_tx *tx, const uint8_t hsm_id[16], uint64_t *out);
void kek_row_free(struct kek_row *row);

/* Small facts of the appliance: "node", "anchor", "created". */
int store_setting_put(struct store_tx *tx, const char *name, const char *value);
int store_setting_get(struct store_tx *tx, const char *name, char **out);

/* ---- ACM-PCA: authorities ---- */
struct authority_row {
    struct scope scope;
    char id[ROW_UUID_SIZE];
    char *type;   /* ROOT, SUBORDINATE */
    char *status; /* CREATING, PENDING_CERTIFICATE, ACTIVE, DISABLED, DELETED, EXPIRED, FAILED */
    char *failure_reason;
    char *usage_mode;
    char *key_storage;
    char *configuration; /* CertificateAuthorityConfiguration, JSON as accepted */
    char *revocation;    /* RevocationConfiguration, JSON as accepted, or NULL */
    char *idempotency_token;
    struct buf request_hash; /* SHA-256 of the accepted request, for idempotency */
    uint8_t key_id[16];      /* id in the HSM of the pair */
    struct buf spki;
    struct buf csr;         /* DER */
    struct buf certificate; /* DER */
    char *chain;            /* PEM as imported, or NULL */
    char *serial;           /* lower-case hex, bytes joined by colons */
    int64_t not_before, not_after;
    int64_t created_at, state_changed_at, restorable_until;
};
int store_authority_insert(struct store_tx *tx, const struct authority_row *row);
int store_authority_get(struct store_tx *tx, const struct scope *scope, const char *id,
                        struct authority_row *out);
/* By id alone, whose ever it is: for what is public. */
int store_authority_get_any(struct store_tx *tx, const char *id, struct authority_row *out);
/* Newest not deleted authority of the scope with that token, created at or after since. */
int store_authority_by_token(struct store_tx *tx, const struct scope *scope, const char *token,
                             int64_t since, struct authority_row *out);
/* CREATING -> PENDING_CERTIFICATE with key and CSR; CH_ESTATE when it is not CREATING. */
int store_authority_set_key(struct store_tx *tx, const struct authority_row *row);
/*
 * PENDING_CERTIFICATE or ACTIVE -> ACTIVE with certificate, chain, serial, dates; DISABLED and run out at
 * state_changed_at -> DISABLED with them. CH_ESTATE otherwise.
 */
int store_authority_set_certificate(struct store_tx *tx, const struct authority_row *row);
int store_authority_set_status(struct store_tx *tx, const struct scope *scope, const char *id,
                               const char *status, const char *failure_reason, int64_t now);
/*
 * row is as it was read before; all answer CH_ESTATE when it is no longer so. Sets the status; NULL
 * revocation leaves that as it is.
 */
int store_authority_update(struct store_tx *tx, const struct authority_row *row, const char *status,
                           const char *revocation, int64_t now);
/* -> DELETED, restorable before that time; CREATING and FAILED ones are not. */
int store_authority_delete(struct store_tx *tx, const struct authority_row *row,
                           int64_t restorable_until, int64_t now);
/* DELETED -> what it was before. CH_ESTATE also when it cannot be restored at now. */
int store_authority_restore(struct store_tx *tx, const struct authority_row *row, int64_t now);
/* When the next DELETED one can no longer be restored while its key still exists. CH_ENOTFOUND. */
int store_authority_destroy_next(struct store_tx *tx, int64_t *at);
/* The first one that this was so for at now. CH_ENOTFOUND. */
int store_authority_destroy_first(struct store_tx *tx, int64_t now, struct authority_row *out);
/* From here on nothing restores it, whatever the clock says; then its key may be destroyed. */
int store_authority_condemn(struct store_tx *tx, const struct authority_row *row, int64_t now);
/* Its key is destroyed; its permissions go. */
int store_authority_destroyed(struct store_tx *tx, const struct authority_row *row, int64_t now);
/*
 * Pages over a scope by (created_at, id); after_created/after_id = key of the last seen, 0 and ""
 * at first. Without those that can no longer be restored at now.
 */
int store_authority_list(struct store_tx *tx, const struct scope *scope, int64_t now,
                         int64_t after_created, const char *after_id, uint32_t limit,
                         int (*visit)(void *context, const struct authority_row *row),
                         void *context);
/* All authorities that wait for their key, in every scope; for start and the key maker. */
int store_authority_list_creating(struct store_tx *tx,
                                  int (*visit)(void *context, const struct authority_row *row),
                                  void *context);
/* All authorities that have a certificate and were not deleted for good, in every scope; goes over all. */
int store_authority_list_certified(struct store_tx *tx,
                                   int (*visit)(void *context, const struct authority_row *row),
                                   void *context);
/*
 * When the OCSP responder of an authority is renewed next (0 = now, STORE_OCSP_NEVER = it has none);
 * the earliest time of all, and the first whose time has come: CH_ENOTFOUND.
 */
#define STORE_OCSP_NEVER INT64_C(-1)
int store_ocsp_renewal_set(struct store_tx *tx, const struct scope *scope, const char *authority,
                           int64_t at);
int store_ocsp_renewal_next(struct store_tx *tx, int64_t *at);
int store_ocsp_renewal_first(struct store_tx *tx, int64_t now, struct authority_row *out);
void authority_row_free(struct authority_row *row);
/* CH_ENOMEM; copy is zeroed then. */
int authority_row_copy(const struct authority_row *row, struct authority_row *copy);

/* Who besides the owner may use a CA. */
struct permission_row {
    struct scope scope;
    char authority[ROW_UUID_SIZE];
    char *principal;
    char *source_account;
    char *actions; /* JSON list */
    int64_t created_at;
};
int store_permission_insert(struct store_tx *tx, const struct permission_row *row);
int store_permission_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                         const char *principal, const char *source_account,
                         struct permission_row *out);
int store_permission_remove(struct store_tx *tx, const struct scope *scope, const char *authority,
                            const char *principal, const char *source_account);
/* Pages by (principal, source account); "" and "" at first. */
int store_permission_list(struct store_tx *tx, const struct scope *scope, const char *authority,
                          const char *after_principal, const char *after_account, uint32_t limit,
                          int (*visit)(void *context, const struct permission_row *row),
                          void *context);
void permission_row_free(struct permission_row *row);

/* The policy of an authority: text that was judged before. CH_ENOTFOUND: no such authority, or it has none. */
int store_authority_policy_put(struct store_tx *tx, const struct scope *scope,
                               const char *authority, const char *policy, int64_t now);
int store_authority_policy_get(struct store_tx *tx, const struct scope *scope,
                               const char *authority, char **out);
int store_authority_policy_remove(struct store_tx *tx, const struct scope *scope,
                                  const char *authority);
/* Those of other accounts in the scope's region that have a policy, oldest first; after_id "" at first. */
int store_authority_list_shared(struct store_tx *tx, const struct scope *scope,
                                const char *after_id,
                                int (*visit)(void *context, const struct authority_row *row),
                                void *context);

/* Reports about what an authority issued and revoked. */
struct audit_report_row {
    struct scope scope;
    char authority[ROW_UUID_SIZE];
    char id[ROW_UUID_SIZE];
    char *bucket;
    char *format; /* JSON, CSV */
    char *status; /* CREATING, SUCCESS, FAILED */
    int64_t created_at;
    int64_t length;          /* octets of the file so far */
    struct buf after_serial; /* the last serial number in it */
};
int store_audit_report_insert(struct store_tx *tx, const struct audit_report_row *row);
int store_audit_report_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                           const char *id, struct audit_report_row *out);
/* The newest of that authority asked for after since, but FAILED ones. CH_ENOTFOUND. */
int store_audit_report_latest(struct store_tx *tx, const struct scope *scope,
                              const char *authority, int64_t since, struct audit_report_row *out);
/* The oldest that is CREATING, of whatever scope. CH_ENOTFOUND. */
int store_audit_report_next(struct store_tx *tx, struct audit_report_row *out);
/* Puts status, length and after_serial into one that is CREATING; 0 also when it is not. */
int store_audit_report_progress(struct store_tx *tx, const struct audit_report_row *row);
/* What a report says of a certificate. */
struct audit_report_line {
    char id[33];
    uint8_t serial[20];
    int64_t not_before, not_after, issued_at, revoked_at; /* 0 = not revoked */
    char *template_name;
    struct buf certificate; /* DER */
    uint32_t reason;        /* CRLReason */
};
/* Certificates that its authority issued, by serial number, after row->after_serial. */
int store_audit_report_lines(struct store_tx *tx, const struct audit_report_row *row,
                             uint32_t limit,
                             int (*visit)(void *context, const struct audit_report_line *line),
                             void *context);
void audit_report_row_free(struct audit_report_row *row);

/* ---- certificates issued by an authority (ACM-PCA's own view), and the intent before them ---- */
struct issued_row {
    struct scope scope;
    char authority[ROW_UUID_SIZE];
    char id[33];        /* 32 hex digits of the certificate ARN */
    uint8_t serial[20]; /* big-endian, padded in front with zeros; unique for each authority */
    char *state;        /* INTENT, ISSUED, FAILED */
    char *template_name;
    char *idempotency_token;
    struct buf request_hash;
    struct buf certificate; /* DER; empty while INTENT */
    int64_t not_before, not_after, created_at, issued_at;
};
/* Commits the intent; CH_EEXISTS when the serial is taken. */
/*
 * Its authority must be there: CH_ENOTFOUND. Also takes a row that is ISSUED with its certificate
 * at once.
 */
int store_issued_insert(struct store_tx *tx, const struct issued_row *row);
int store_issued_complete(struct store_tx *tx,
                          const struct issued_row *row); /* INTENT -> ISSUED; CH_ESTATE otherwise */
int store_issued_fail(struct store_tx *tx, const struct scope *scope, const char *authority,
                      const char *id);
int store_issued_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                     const char *id, struct issued_row *out);
/* Newest with that token that did not fail, created at or after since. */
int store_issued_by_token(struct store_tx *tx, const struct scope *scope, const char *authority,
                          const char *token, int64_t since, struct issued_row *out);
int store_issued_by_serial(struct store_tx *tx, const struct scope *scope, const char *authority,
                           const uint8_t serial[20], struct issued_row *out);
/* All intents without a certificate, in every scope; for reconciliation at start. */
int store_issued_list_intents(struct store_tx *tx,
                              int (*visit)(void *context, const struct issued_row *row),
                              void *context);
/* How many certificates were issued, in every scope. */
int store_issued_count(struct store_tx *tx, uint64_t *out);
void issued_row_free(struct issued_row *row);

/* ---- revocations: the one record from which CRLs and OCSP answers are made ---- */
/*
 * A row is written once and stays as it is: a certificate that is on hold stays revoked.
 * authority, serial and number are what an increment of a CRL needs; number grows with each
 * revocation of the whole store, so within one authority it has gaps.
 */
struct revocation_row {
    struct scope scope;
    char authority[ROW_UUID_SIZE];
    uint8_t serial[20]; /* as issued_row has it */
    uint32_t reason;    /* CRLReason, RFC 5280 5.3.1: 0 unspecified ... 10 aACompromise */
    int64_t revoked_at;
    /* Filled by get and list, not looked at by insert. */
    char issued_id[33]; /* issued_row.id */
    int64_t not_after;  /* of the certificate */
    int64_t number;     /* place in the order of revocation, from 1 */
};
/*
 * CH_ENOTFOUND when the authority has not issued that serial number (an intent is not enough),
 * CH_EEXISTS when it is revoked already.
 */
int store_revocation_insert(struct store_tx *tx, const struct revocation_row *row);
int store_revocation_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                         const uint8_t serial[20], struct revocation_row *out);
/*
 * Of one authority, in order of revocation: those with number > after (0 = from the start), at
 * most limit. Also certificates that have run out: whoever leaves them out looks at not_after. The
 * rows own nothing: a visitor may copy them.
 */
int store_revocation_list(struct store_tx *tx, const struct scope *scope, const char *authority,
                          int64_t after, uint32_t limit,
                          int (*visit)(void *context, const struct revocation_row *row),
                          void *context);
/* ---- CRLs ---- */
#define CRL_COMPLETE INT64_C(-1)   /* the part that has all serial numbers; else 0..255: see below */
#define CRL_ALL_PARTS INT64_C(-2)  /* for store_crl_want_known */
/*
 * A CRL that an authority has. A part other than CRL_COMPLETE has the certificates whose serial number ends
 * with that octet. wishes grows with whatever makes the published one out of date.
 */
struct crl_row {
    struct scope scope;
    char authority[ROW_UUID_SIZE];
    int64_t part;
    int64_t number; /* cRLNumber taken last; 0 = none */
    int64_t wishes;
    int64_t this_update, next_update; /* of the published one; 0 = none yet */
    int64_t rest_until;
    int64_t due_at;
};
/* To be made at now, or when it has rested; the row comes into being. CH_ENOTFOUND: no such authority. */
int store_crl_want(struct store_tx *tx, const struct scope *scope, const char *authority,
                   int64_t part, int64_t now);
/* The same for one that is there, or for CRL_ALL_PARTS; 0 also when there is none. */
int store_crl_want_known(struct store_tx *tx, const struct scope *scope, const char *authority,
                         int64_t part, int64_t now);
/* When the next is due, in every scope; CH_ENOTFOUND: there is none. By index. */
int store_crl_next(struct store_tx *tx, int64_t *at);
/* The one that is due longest at now. CH_ENOTFOUND. */
int store_crl_due(struct store_tx *tx, int64_t now, struct crl_row *out);
int store_crl_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                  int64_t part, struct crl_row *out);
/* Takes row->number before anybody sees it. CH_ENOTFOUND when that or a higher one was taken. */
int store_crl_take_number(struct store_tx *tx, const struct crl_row *row);
/*
 * It is published: this_update, next_update, rest_until and, unless wishes has grown since row was
 * read, due_at of row; else it is due at rest_until. CH_ENOTFOUND.
 */
int store_crl_published(struct store_tx *tx, const struct crl_row *row);
/* Writes due_at. CH_ENOTFOUND. */
int store_crl_delay(struct store_tx *tx, const struct crl_row *row);

/* What of a revocation a CRL needs; number is that of revocation_row. */
struct crl_entry_row {
    int64_t number;
    uint8_t serial[20];
    uint32_t reason;
    int64_t revoked_at;
    int64_t not_after; /* of the certificate */
};
/* The revocations of that part, with number > after, in order, at most limit; as store_revocation_list. */
int store_crl_entries(struct store_tx *tx, const struct crl_row *row, int64_t after,
                      uint32_t limit,
                      int (*visit)(void *context, const struct crl_entry_row *entry), void *context);

/* ---- ACM: certificates ---- */
struct certificate_row {
    struct scope scope;
    char id[ROW_UUID_SIZE];
    char *domain; /* first name */
    char *names;  /* JSON list: SubjectAlternativeNames as answered */
    char *type;   /* PRIVATE, AMAZON_ISSUED, IMPORTED */
    char *status; /* PENDING_VALIDATION, ISSUED, FAILED, ... */
    char *failure_reason;
    enum key_alg key_alg;
    char *key_usages;          /* JSON list of names, once issued; NULL before */
    char *extended_key_usages; /* JSON list of {Name, OID}; NULL before */
    char *options;             /* JSON: CertificateOptions as answered */
    char *managed_by;
    char *authority_arn; /* of the private CA */
    char *issued_id;     /* id of the issued_row, NULL before */
    char *idempotency_token;
    struct buf request_hash;
    struct buf certificate; /* DER */
    char *chain;            /* PEM, leaf's issuer first */
    char *serial;           /* colon hex */
    char *subject, *issuer; /* as answered */
    char *signature_algorithm;
    int64_t not_before, not_after, created_at, issued_at, imported_at, exported_at;
    uint32_t in_use; /* how many associations */
    int64_t revoked_at;
    char *revocation_reason; /* as asked for, NULL = not revoked */
    char *renewal_status;    /* PENDING_AUTO_RENEWAL, ..., NULL = never renewed */
    char *renewal_reason;    /* FailureReason while it does not succeed, or NULL */
    int64_t renewal_updated_at;
    int64_t renewal_started_at; /* of the attempts under way */
    int64_t renew_at;           /* when the next attempt is due; 0 = not eligible */
    char *validation_method;    /* of the first name: EMAIL, DNS, HTTP; NULL = none */
};
/* The wrapped key of a certificate, a row of its own: written and deleted with it. */
struct key_row {
    struct scope scope;
    char certificate[ROW_UUID_SIZE];
    uint32_t version;
    char *format;
    uint8_t kek_id[16];
    enum key_alg alg;
    struct buf spki;
    struct buf blob;
    uint8_t tag[32];
};

int store_certificate_insert(struct store_tx *tx, const struct certificate_row *row);
int store_certificate_get(struct store_tx *tx, const struct scope *scope, const char *id,
                          struct certificate_row *out);
int store_certificate_by_token(struct store_tx *tx, const struct scope *scope, const char *token,
                               int64_t since, struct certificate_row *out);
/*
 * PENDING_VALIDATION -> ISSUED: issued_at and every member from key_usages on that issuance
 * adds; CH_ESTATE otherwise. After store_issued_complete the DER is not stored a second time.
 */
int store_certificate_set_issued(struct store_tx *tx, const struct certificate_row *row);
/*
 * A new import in the place of an IMPORTED certificate whose imported_at is `before`: ISSUED, with the
 * names, imported_at and every member from key_usages on. CH_ESTATE when another import came first or it is no
 * imported one.
 */
int store_certificate_set_imported(struct store_tx *tx, const struct certificate_row *row,
                                   int64_t before);
int store_certificate_set_failed(struct store_tx *tx, const struct scope *scope, const char *id,
                                 const char *reason);
int store_certificate_set_exported(struct store_tx *tx, const struct scope *scope, const char *id,
                                   int64_t now);
/* Replaces CertificateOptions (JSON). CH_ENOTFOUND. */
int store_certificate_set_options(struct store_tx *tx, const struct scope *scope, const char *id,
                                  const char *options);
/*
 * ISSUED -> REVOKED, for a RevocationReason of ACM; a renewal under way becomes FAILED. CH_ESTATE.
 */
int store_certificate_set_revoked(struct store_tx *tx, const struct scope *scope, const char *id,
                                  const char *reason, int64_t now);
/*
 * The renewal_* members and renew_at of an ISSUED certificate, as row has them. CH_ESTATE, also
 * when it is gone.
 */
int store_certificate_set_renewal(struct store_tx *tx, const struct certificate_row *row);
/*
 * An ISSUED certificate gets another: issued_at and every member from key_usages on, as
 * store_certificate_set_issued; then the renewal_* members as above. CH_ESTATE.
 */
int store_certificate_set_renewed(struct store_tx *tx, const struct certificate_row *row);
int store_certificate_set_renew_at(struct store_tx *tx, const struct scope *scope, const char *id,
                                   int64_t at);
/* The earliest renew_at of all scopes; CH_ENOTFOUND when nothing is to be renewed. By index. */
int store_certificate_renewal_next(struct store_tx *tx, int64_t *at);
/* Those that are due at now, in every scope, the longest due first. */
int store_certificate_renewal_list(struct store_tx *tx, int64_t now, uint32_t limit,
                                   int (*visit)(void *context, const struct scope *scope,
                                                const char *id),
                                   void *context);
/*
 * The earliest NotAfter of an ISSUED certificate, and the earliest creation of a public one that
 * waits for its validation, in every scope. CH_ENOTFOUND when there is none. By index.
 */
int store_certificate_expiry_next(struct store_tx *tx, int64_t *not_after);
int store_certificate_timeout_next(struct store_tx *tx, int64_t *created_at);
/*
 * ISSUED -> EXPIRED for at most limit certificates with NotAfter before now; a renewal under way
 * becomes FAILED. PENDING_VALIDATION -> VALIDATION_TIMED_OUT for public ones created at or before
 * created_at. *count says how many.
 */
int store_certificate_expire(struct store_tx *tx, int64_t now, uint32_t limit, uint32_t *count);
int store_certificate_time_out(struct store_tx *tx, int64_t created_at, uint32_t limit,
                               uint32_t *count);
/* Those that store_certificate_time_out would change with the same arguments. */
int store_certificate_timeout_list(struct store_tx *tx, int64_t created_at, uint32_t limit,
                                   int (*visit)(void *context, const struct scope *scope,
                                                const char *id),
                                   void *context);
/* Deletes certificate, key and tags, and what is known of the validation of its names.
 * CH_ENOTFOUND. */
int store_certificate_delete(struct store_tx *tx, const struct scope *scope, const char *id);

/*
 * Private certificates that still wait to be issued, in every scope; for start and the key maker.
 */
int store_certificate_list_pending(struct store_tx *tx,
                                   int (*visit)(void *context, const struct certificate_row *row),
                                   void *context);
/* How many private certificates of the scope wait to be issued. */
int store_certificate_count_waiting(struct store_tx *tx, const struct scope *scope, uint64_t *out);
int store_certificate_count(struct store_tx *tx, const struct scope *scope, uint64_t *out);
void certificate_row_free(struct certificate_row *row);

/* Its certificate must be there: CH_ENOTFOUND. */
int store_key_insert(struct store_tx *tx, const struct key_row *row);
/* The same for a certificate that may have a key already, which is replaced. */
int store_key_replace(struct store_tx *tx, const struct key_row *row);
int store_key_get(struct store_tx *tx, const struct scope *scope, const char *certificate,
                  struct key_row *out);
/*
 * The keys that a KEK wraps, in every scope, at most limit, those after `after` (0 at first; visit gets what
 * to go on with).
 */
int store_key_list_of_kek(struct store_tx *tx, const uint8_t kek_id[16], int64_t after,
                          uint32_t limit,
                          int (*visit)(void *context, const struct key_row *row, int64_t number),
                          void *context);
/*
 * Puts blob, tag, KEK and format in place of those that had old_tag. 0 also when the row is gone or has another
 * tag by now.
 */
int store_key_rewrap(struct store_tx *tx, const struct key_row *row, const uint8_t old_tag[32]);
void key_row_free(struct key_row *row);

/* ---- files that are to be put into an object store ---- */
struct delivery_row {
    char *bucket, *key;
    char *source;     /* path of the file */
    char *acl;        /* canned ACL, or NULL */
    char *media_type;
    int64_t stamp;    /* when it was asked for */
    int64_t due_at;
    uint32_t attempts;
};
/* In the place of what was asked for under that key before. */
int store_delivery_put(struct store_tx *tx, const struct delivery_row *row);
/* What is due first, at whatever time. CH_ENOTFOUND. By index. */
int store_delivery_next(struct store_tx *tx, struct delivery_row *out);
/* Due at another time, or done: unless it has been asked for anew since. */
int store_delivery_delay(struct store_tx *tx, const struct delivery_row *row);
int store_delivery_done(struct store_tx *tx, const struct delivery_row *row);
void delivery_row_free(struct delivery_row *row);

/* ---- configuration of an account in a region ---- */
int store_configuration_put(struct store_tx *tx, const struct scope *scope,
                            int64_t days_before_expiry);
/* CH_ENOTFOUND when nothing was ever set. */
int store_configuration_get(struct store_tx *tx, const struct scope *scope,
                            int64_t *days_before_expiry);
/* A token given at or after since: the hash of its request. CH_ENOTFOUND. */
int store_configuration_token_get(struct store_tx *tx, const struct scope *scope,
                                  const char *token, int64_t since, struct buf *hash);
/* Notes a token, and forgets those given before since. */
int store_configuration_token_put(struct store_tx *tx, const struct scope *scope,
                                  const char *token, struct slice hash, int64_t now,
                                  int64_t since);

/* ---- what uses a certificate; certificate_row.in_use counts along ---- */
#define ASSOCIATIONS_MAX 500 /* of a certificate: DescribeCertificate shows all of them */
/* CH_ENOTFOUND when there is no such certificate, CH_EEXISTS when the resource uses it already. */
int store_association_put(struct store_tx *tx, const struct scope *scope, const char *certificate,
                          const char *resource, int64_t now);
/* CH_ENOTFOUND when the resource does not use it. */
int store_association_remove(struct store_tx *tx, const struct scope *scope,
                             const char *certificate, const char *resource);
/* By resource, after the one last seen ("" = from the start). */
int store_association_list(struct store_tx *tx, const struct scope *scope, const char *certificate,
                           const char *after, uint32_t limit,
                           int (*visit)(void *context, const char *resource, int64_t created_at),
                           void *context);

/* ---- tags; resource is the whole ARN ---- */
int store_tag_put(struct store_tx *tx, const char *resource, const char *key, const char *value);
/*
 * value NULL removes whatever the value; otherwise only when it is equal. 0 also when nothing
 * matched.
 */
int store_tag_remove(struct store_tx *tx, const char *resource, const char *key, const char *value);
int store_tag_remove_all(struct store_tx *tx, const char *resource);
int store_tag_count(struct store_tx *tx, const char *resource, uint32_t *out);
int store_tag_list(struct store_tx *tx, const char *resource,
                   int (*visit)(void *context, const char *key, const char *value), void *context);

/* ---- what is used up of the quotas; the store counts by itself, and no answer takes a walk ---- */
enum usage { USAGE_PRIVATE, USAGE_AMAZON_ISSUED, USAGE_IMPORTED };

/* Certificates of that type that the scope holds now. */
int store_usage_held(struct store_tx *tx, const struct scope *scope, enum usage what,
                     uint64_t *out);
/* Those that came since then, deleted ones included; by whole days (UTC). */
int store_usage_since(struct store_tx *tx, const struct scope *scope, enum usage what,
                      int64_t since, uint64_t *out);
/* Authorities of the scope, but those that were deleted and can no longer be restored. */
int store_usage_authorities(struct store_tx *tx, const struct scope *scope, int64_t now,
                            uint64_t *out);
/* Certificates that the authority was ever asked to sign. */
int store_usage_issued(struct store_tx *tx, const struct scope *scope, const char *authority,
                       uint64_t *out);

/* ---- the audit trail ---- */
/*
 * Appends one record; the chain value SHA-256(previous chain value || record) is computed and
 * stored here, by the writer.
 */
int store_audit_append(struct store_tx *tx, int64_t at, struct slice record);
int store_audit_count(struct store_tx *tx, uint64_t *out);
/*
 * Walks the chain from the first record, and compares it with each checkpoint (not its signature); CH_EINTEGRITY with
 * the sequence number of the first bad one in *bad, which is one beyond the last when a checkpoint
 * covers records that are not there.
 */
int store_audit_verify(struct store_tx *tx, uint64_t *count, uint64_t *bad);
/* A checkpoint: what the chain came to, signed. */
struct checkpoint_row {
    int64_t sequence; /* of the last record that it covers */
    int64_t at;
    uint8_t chain[32];
    struct buf signature;
};
/* Sequence number and chain value of the last record; 0 and zeros before the first. For reading units: what is committed. */
int store_audit_head(struct store_tx *tx, uint64_t *sequence, uint8_t chain[32]);
/* The chain value of a record. CH_ENOTFOUND. */
int store_audit_chain(struct store_tx *tx, uint64_t sequence, uint8_t chain[32]);
/* CH_EEXISTS when that record has one already. */
int store_checkpoint_insert(struct store_tx *tx, const struct checkpoint_row *row);
/* CH_ENOTFOUND: there is none. */
int store_checkpoint_last(struct store_tx *tx, struct checkpoint_row *out);
int store_checkpoint_list(struct store_tx *tx, int64_t after, uint32_t limit,
                          int (*visit)(void *context, const struct checkpoint_row *row),
                          void *context);
/* When the record after that one was written. CH_ENOTFOUND. */
int store_audit_time_after(struct store_tx *tx, uint64_t sequence, int64_t *at);
void checkpoint_row_free(struct checkpoint_row *row);

int store_audit_list(struct store_tx *tx, uint64_t after, uint32_t limit,
                     int (*visit)(void *context, uint64_t sequence, int64_t at,
                                  struct slice record),
                     void *context);

#endif
