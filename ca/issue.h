/*
 * issue.h - how a certificate comes into being, the only road to a CA's key:
 * intent -> TBS -> lint -> intent committed -> sign in the HSM -> verify -> store and answer in one
 * commit.
 */
#ifndef CHANCERY_CA_ISSUE_H
#define CHANCERY_CA_ISSUE_H

#include "ca/core.h"
#include "ca/pki/pki.h"

/* What to issue. All slices are the caller's. */
struct issue_order {
    /* ACTIVE, or PENDING_CERTIFICATE for its own root certificate. */
    const struct authority_row *authority;
    const struct pki_profile *profile;
    enum sig_alg sig_alg;
    struct slice subject; /* DER Name */
    struct slice spki;
    struct slice subject_alt_name; /* DER, or empty */
    int64_t not_before, not_after; /* seconds */
    const char *idempotency_token; /* or NULL */
    struct slice request_hash;     /* SHA-256, or empty */
    /*
     * What the authority's revocation configuration puts into its certificates: URLs that the
     * caller has built, borrowed until issue_sign returns. The profile says whether they are put in
     * (pki_profile.pointers), and they win over what the request brings. All NULL: none.
     */
    struct pki_pointers pointers;
    /* Extensions from the call and the CSR, or NULL; the profile says what of them is let in. */
    const struct pki_extras *extras;
    struct slice draft; /* what issue_draft built of this very order, or empty */
};

/*
 * May the authority issue this at now (microseconds)? CH_ESTATE: not in a state to issue;
 * CH_ELIMIT: the dates go beyond its own, or beyond what its usage mode allows; CH_EDENIED: the
 * path length of a certificate above; CH_EINVAL: signature algorithm, or a root certificate for a
 * foreign key. why says it.
 */
int issue_check(struct core *core, const struct issue_order *order, int64_t now,
                struct pki_reason *why);

/* Chooses id and serial (node octet and at least 127 random bits, RFC 5280 4.1.2.2) and fills the
 * intent. The caller commits it with store_issued_insert. */
int issue_intend(struct core *core, const struct issue_order *order, struct issued_row *intent);

/*
 * Builds and lints what issue_sign is to sign; the caller puts it into order->draft. Between
 * issue_intend and the commit of the intent, so that what is refused leaves nothing behind. Errors
 * as issue_sign, but for the HSM's.
 */
int issue_draft(struct core *core, const struct issue_order *order, const struct issued_row *intent,
                struct buf *tbs, struct pki_reason *why);

/* Builds and lints unless there is a draft, signs, verifies; fills intent->certificate, its dates
 * and state ISSUED. The caller commits it with store_issued_complete. As issue_check, which it
 * repeats; CH_EINVAL with the lint's reason; CH_EDENIED, too, for the name constraints of a
 * certificate above; CH_EHSM. */
int issue_sign(struct core *core, const struct issue_order *order, struct issued_row *intent,
               struct pki_reason *why);

/* Marks an intent that will not become a certificate; what fails here is left to the reconciliation
 * at start. */
void issue_abandon(struct core *core, const struct issued_row *intent);

#endif
