/*
 * ListTagsForCertificate: all tags, at most 50, so there are no pages.
 */
#include "ca/acm/acm.h"

#include "ca/acm/tagging.h"
#include "ca/arn.h"
#include "ca/members.h"

int acm_list_tags_for_certificate(struct request *r)
{
    char id[ROW_UUID_SIZE];
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, id);
    if (rc == 0)
        rc = tagging_list(r, id);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
