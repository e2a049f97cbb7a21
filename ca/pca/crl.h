/*
 * crl.h - the CRLs of authorities: which there are, when each is made anew, and how the files are
 * found that are published.
 *
 * A CRL is wanted with each revocation and at half of its life; the job makes it, one after the other, and
 * publishes it by renaming a file: STATE/public/crl/<authority>.crl, or <authority>/<part>.crl for one
 * of the 256 parts of a PARTITIONED one. A part comes into being with the first revocation in it, or when
 * somebody fetches it.
 */
#ifndef CHANCERY_PCA_CRL_H
#define CHANCERY_PCA_CRL_H

#include "ca/core.h"

#define CRL_JOB "crl"
#define CRL_ETAG_SIZE 41

/* ---- in a write unit ---- */

/*
 * The authority got its certificate, another revocation configuration, or is back from deletion: its CRLs
 * are wanted anew, when it has some. Wake CRL_JOB after the commit.
 */
int crl_configured(struct store_tx *tx, const struct scope *scope, const char *authority,
                   int64_t now);

/* issued was revoked: the CRL that it belongs to is wanted anew, when its authority has CRLs. */
int crl_revoked(struct store_tx *tx, const struct issued_row *issued, int64_t now);

/* ---- the job (ca/jobs/schedule.h) ---- */
int crl_job_due(struct core *core, int64_t *at);
int crl_job_run(struct core *core, int64_t now);

/* ---- what is published ---- */

struct crl_file {
    int fd;              /* of a regular file, opened for reading; the caller closes it */
    int64_t modified;    /* thisUpdate, seconds */
    int64_t next_update; /* seconds */
    char etag[CRL_ETAG_SIZE];
};

/*
 * Opens the CRL at the path of a URL: ".../<authority>.crl" or ".../<authority>/<part>.crl", whatever
 * CustomCname and CustomPath put before. A part that is not there yet is made, which is waited for. CH_ENOTFOUND;
 * anything else: not now.
 */
int crl_open(struct core *core, const char *path, struct crl_file *out);

/* ---- between crl.c and crl_build.c ---- */

/* Where the file is in the folder of published files; with_folder also makes the folders. CH_ELIMIT, CH_EIO. */
int crl_path(const struct core *core, const struct crl_row *row, bool with_folder,
             char out[CORE_PATH_MAX]);

/* Makes the CRL of a row and publishes it. Any failure leaves the published one, and the row due. */
int crl_build(struct core *core, const struct authority_row *authority, const struct crl_row *row,
              int64_t now);

#endif
