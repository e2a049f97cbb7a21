/*
 * kek.h - rotation of wrapping keys: a family (account, region, class) gets a new KEK, which wraps
 * all new keys; the job "kek-rotation" (ca/jobs/kek_rotation.c) brings the old ones over and then
 * destroys the old KEK in the HSM.
 */
#ifndef CHANCERY_CA_KEK_H
#define CHANCERY_CA_KEK_H

#include "ca/core.h"

/* "kek/<account>/<region>/<class>/<generation>", taken apart. */
struct kek_name {
    struct scope scope;
    char class[16]; /* "export", "no-export" */
    char family[96];
    unsigned generation;
};
/* CH_EINTEGRITY for another form. */
int kek_name_parse(const char *name, struct kek_name *out);

/*
 * Replaces one KEK by a new one and says so in the audit trail; the job is woken. CH_ESTATE when it is not
 * the current one of its family any more. After an interruption at any point a repetition goes on.
 */
int kek_rotate(struct core *core, const struct kek_row *row);

/* Which families; an empty text is all. */
struct kek_filter {
    const char *account, *region, *class;
};

/* Rotates each family that there is; how many, in *count, also when one failed. CH_ENOTFOUND: there is none. */
int kek_rotate_all(struct core *core, const struct kek_filter *filter, unsigned *count);

/* Rotates those that were made at `before` or earlier (microseconds). */
int kek_rotate_aged(struct core *core, int64_t before);

/* What status tells. */
struct kek_summary {
    unsigned current, replaced; /* KEKs; replaced: those still in the token */
    uint64_t left;              /* keys that replaced ones still wrap */
};
int kek_summarize(struct core *core, struct kek_summary *out);

/* Writes an audit record about a KEK; inside a writing unit. */
int kek_record(struct store_tx *tx, const char *event, const struct kek_row *row, int64_t now);

#endif
