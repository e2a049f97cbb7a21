/*
 * private.h - how a private certificate of ACM comes into being: its CA is asked whether
 * it may, its key is born in the HSM and wrapped, the certificate signed; used by
 * RequestCertificate, by renewal and, for what had to wait, by the key maker.
 */
#ifndef CHANCERY_ACM_PRIVATE_H
#define CHANCERY_ACM_PRIVATE_H

#include "ca/core.h"
#include "ca/issue.h"
#include "ca/pca/revocation_configuration.h"

#define PRIVATE_VALIDITY_SECONDS (INT64_C(395) * 24 * 3600)

/* One certificate under way. Order and intent point into it: it must not be copied. */
struct private_work {
    struct core *core;
    struct certificate_row row;
    struct authority_row authority;
    struct key_row key;
    struct buf subject, names;
    struct issue_order order;
    struct revocation_pointers pointers; /* what order.pointers borrows */
    struct issued_row intent;
};
void private_work_free(struct private_work *w);

/*
 * Asks whether the CA of w->row can issue it now (microseconds): reads the authority, makes the
 * order, and fills subject, issuer and signature algorithm of the row. 0 with *reason NULL: yes; 0
 * with a FailureReason of ACM: no, for ever. Other codes: cannot be told now.
 */
int private_prepare(struct private_work *w, int64_t now, const char **reason);

/*
 * Has the owner of the CA let ACM issue from it (CreatePermission)? After private_prepare. This is
 * what counts when nobody asks, as at a renewal.
 */
int private_is_permitted(struct private_work *w, bool *permitted);

/* Is the CA another account's? After private_prepare. */
bool private_is_shared(const struct private_work *w);

/*
 * Does the policy of a CA of another account let ACM issue for the certificate's account: as
 * its service-linked role AWSServiceRoleForCertificateManager?
 */
int private_sharing_allows(struct private_work *w, bool *permitted);

/* Subject and names of the order, from the row; w->authority is whose order it is. CH_ENOMEM. */
int private_order_names(struct private_work *w);

/* Makes and wraps the key. CH_EBUSY when none is ready and wait is false; CH_EUNSUPPORTED; CH_EHSM.
 */
int private_key_make(struct private_work *w, bool wait);

/* Fills w->intent; needs the key. The caller commits it. */
int private_intend(struct private_work *w);

/* Fills and commits w->intent. */
int private_intend_now(struct private_work *w);

/*
 * Signs the committed intent and fills in w->row what issuance gives a certificate, in place of what it had
 * of an earlier one. Nothing is stored, and on failure the intent is given up. *reason as from
 * private_prepare, NULL when the failure passes; then the code is not 0.
 */
int private_sign(struct private_work *w, const char **reason);

/* Everything that issuance adds to the row, read from the signed w->intent. */
int private_row_issue(struct private_work *w);

/*
 * Signs the committed intent and stores key, certificate and ISSUED in one commit; or FAILED,
 * when the certificate can never be. When the HSM or the disk fails, the intent is
 * given up and the row stays as it is, for the key maker.
 */
int private_finish(struct private_work *w);

/* All of the above for a certificate that waits in the store. 0 also when it waits no longer. */
int private_make(struct core *core, const struct scope *scope, const char *id);

#endif
