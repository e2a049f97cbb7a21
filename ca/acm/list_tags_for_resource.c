/*
 * ListTagsForResource: as ListTagsForCertificate, by ResourceArn.
 */
#include "ca/acm/acm.h"

#include "ca/acm/tagging.h"
#include "ca/arn.h"
#include "ca/members.h"

int acm_list_tags_for_resource(struct request *r)
{
    char id[ROW_UUID_SIZE];
    int rc = tagging_resource(r, id);
    if (rc == 0)
        rc = tagging_list(r, id);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, member_text(r->in, "ResourceArn")) : rc;
}
