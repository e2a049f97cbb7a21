/*
 * UntagResource: takes tags off by their keys, whatever their values; a key that is not there is no
 * fault.
 */
#include "ca/acm/acm.h"

#include "ca/acm/tagging.h"
#include "ca/arn.h"
#include "ca/members.h"
#include "ca/tags.h"

int acm_untag_resource(struct request *r)
{
    char id[ROW_UUID_SIZE];
    const json_t *keys = json_object_get(r->in, "TagKeys");
    int rc = tagging_resource(r, id);
    for (size_t i = 0; rc == 0 && i < json_array_size(keys); i++)
        rc = tags_check_key(r, json_string_value(json_array_get(keys, i)), "ValidationException");
    if (rc == 0)
        rc = tagging_remove_keys(r, id);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, member_text(r->in, "ResourceArn")) : rc;
}
