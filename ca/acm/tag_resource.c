/*
 * TagResource: as AddTagsToCertificate, by ResourceArn. Resources that have tags are certificates.
 */
#include "ca/acm/acm.h"

#include "ca/acm/tagging.h"
#include "ca/arn.h"
#include "ca/members.h"
#include "ca/tags.h"

int acm_tag_resource(struct request *r)
{
    char id[ROW_UUID_SIZE];
    const json_t *tags = json_object_get(r->in, "Tags");
    int rc = tagging_resource(r, id);
    if (rc == 0)
        rc = tags_check_as(r, tags, "ValidationException");
    if (rc == 0)
        rc = tagging_put(r, id);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, member_text(r->in, "ResourceArn"));
    return rc == CH_ELIMIT ? tags_too_many_as(r, tags, "ServiceQuotaExceededException") : rc;
}
