/*
 * AddTagsToCertificate: at most 50 tags on a certificate; the same key again changes its value.
 */
#include "ca/acm/acm.h"

#include "ca/acm/tagging.h"
#include "ca/arn.h"
#include "ca/members.h"
#include "ca/tags.h"

int acm_add_tags_to_certificate(struct request *r)
{
    char id[ROW_UUID_SIZE];
    const char *arn = member_text(r->in, "CertificateArn");
    const json_t *tags = json_object_get(r->in, "Tags");
    int rc = arn_certificate_id(r, arn, id);
    if (rc == 0)
        rc = tags_check(r, tags);
    if (rc == 0)
        rc = tagging_put(r, id);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    return rc == CH_ELIMIT ? tags_too_many(r, tags) : rc;
}
