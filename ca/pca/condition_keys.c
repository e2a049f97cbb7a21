/* ACM-PCA's condition keys. */
#include "ca/arn.h"
#include "ca/auth/condition.h"
#include "ca/members.h"

#include <string.h>

#define TEMPLATE_FORM "arn:aws:acm-pca:::"

/*
 * The template that will be used, written in one way: whatever partition a caller names, a policy
 * sees the same template. The default is that of IssueCertificate, and the one ACM uses.
 */
static int template_arn(const struct condition *c, struct slice rest, struct policy_values *out)
{
    const char *text = member_text(c->r->in, "TemplateArn");
    struct arn arn;
    struct buf whole = {0};
    (void)rest;
    if (strcmp(c->action, "acm-pca:IssueCertificate") != 0)
        return 0;
    if (text == NULL)
        return policy_values_put_text(out, TEMPLATE_FORM "template/EndEntityCertificate/V1");
    if (arn_parse(text, &arn) != 0)
        return policy_values_put_text(out, text);
    int rc = buf_put_text(&whole, TEMPLATE_FORM);
    if (rc == 0)
        rc = buf_put_slice(&whole, arn.resource);
    if (rc == 0)
        rc = policy_values_put(out, buf_slice(&whole));
    buf_free(&whole);
    return rc;
}

static const struct condition_key rows[] = {
    {"acm-pca:templatearn", template_arn},
};

const struct condition_table pca_condition_keys = {"acm-pca:", rows, sizeof rows / sizeof rows[0]};
