/*
 * RemoveTagsFromCertificate: with a value, a tag goes only when it has that value.
 */
#include "ca/acm/acm.h"

#include "ca/acm/tagging.h"
#include "ca/arn.h"
#include "ca/members.h"
#include "ca/tags.h"

int acm_remove_tags_from_certificate(struct request *r)
{
    char id[ROW_UUID_SIZE];
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, id);
    if (rc == 0)
        rc = tags_check(r, json_object_get(r->in, "Tags"));
    if (rc == 0)
        rc = tagging_remove(r, id);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
