/* ACM's condition keys: what a requested certificate will be (user guide of ACM, "Use condition keys with ACM"). */
#include "ca/acm/certificate.h"
#include "ca/auth/condition.h"
#include "ca/domain/name.h"
#include "ca/members.h"

#include <string.h>

static bool is_request(const struct condition *c)
{
    return strcmp(c->action, "acm:RequestCertificate") == 0;
}

static bool is_private(const struct condition *c)
{
    return member_text(c->r->in, "CertificateAuthorityArn") != NULL;
}

static int text_or(const struct condition *c, const char *member, const char *otherwise,
                   struct policy_values *out)
{
    const char *text = member_text(c->r->in, member);
    return policy_values_put_text(out, text == NULL ? otherwise : text);
}

static int validation_method(const struct condition *c, struct slice rest,
                             struct policy_values *out)
{
    (void)rest;
    return is_request(c) && !is_private(c) ? text_or(c, "ValidationMethod", "EMAIL", out) : 0;
}

static int key_algorithm(const struct condition *c, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return is_request(c) ? text_or(c, "KeyAlgorithm", "RSA_2048", out) : 0;
}

static int certificate_authority(const struct condition *c, struct slice rest,
                                 struct policy_values *out)
{
    (void)rest;
    return is_request(c) ? text_or(c, "CertificateAuthorityArn", NULL, out) : 0;
}

static int transparency_logging(const struct condition *c, struct slice rest,
                                struct policy_values *out)
{
    const char *text =
        member_text_in(c->r->in, "Options", "CertificateTransparencyLoggingPreference");
    (void)rest;
    return is_request(c) ? policy_values_put_text(out, text == NULL ? "ENABLED" : text) : 0;
}

static int export_option(const struct condition *c, struct slice rest, struct policy_values *out)
{
    const char *text = member_text_in(c->r->in, "Options", "Export");
    (void)rest;
    if (!is_request(c))
        return 0;
    if (is_private(c))
        text = certificate_export_option(json_object_get(c->r->in, "Options"));
    return policy_values_put_text(out, text == NULL ? "DISABLED" : text);
}

/* As they will stand in the certificate: in lower case. */
static int name_put(const char *text, struct policy_values *out)
{
    char name[DOMAIN_SIZE];
    if (text == NULL)
        return 0;
    return policy_values_put_text(out, domain_fold(text, name) == 0 ? name : text);
}

static int domain_names(const struct condition *c, struct slice rest, struct policy_values *out)
{
    const json_t *others = json_object_get(c->r->in, "SubjectAlternativeNames");
    (void)rest;
    if (!is_request(c))
        return 0;
    int rc = name_put(member_text(c->r->in, "DomainName"), out);
    for (size_t i = 0; i < json_array_size(others) && rc == 0; i++)
        rc = name_put(json_string_value(json_array_get(others, i)), out);
    return rc;
}

static const struct condition_key rows[] = {
    {"acm:validationmethod", validation_method},
    {"acm:domainnames", domain_names},
    {"acm:keyalgorithm", key_algorithm},
    {"acm:certificatetransparencylogging", transparency_logging},
    {"acm:certificateauthority", certificate_authority},
    {"acm:export", export_option},
};

const struct condition_table acm_condition_keys = {"acm:", rows, sizeof rows / sizeof rows[0]};
