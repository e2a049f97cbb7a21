/*
 * Policy documents as callers give them.
 */
#include "ca/iam/policy.h"

#include "ca/members.h"

#include <ctype.h>

size_t iam_document_size(const char *text)
{
    size_t size = 0;
    for (; *text != '\0'; text++)
        size += isspace((unsigned char)*text) == 0;
    return size;
}

int iam_document_check(struct request *r, const char *member, enum policy_form form)
{
    json_t *json = json_loads(member_text(r->in, member), JSON_REJECT_DUPLICATES, NULL);
    bool fine = json_is_object(json) && form != POLICY_FORM_RESOURCE;
    json_decref(json);
    if (fine)
        return 0;
    return api_fail(&r->error, "MalformedPolicyDocumentException", "Syntax errors in policy.");
}
