/*
 * challenge.h - what the owner of a domain is asked to do: a CNAME record, an HTTP redirect, or a
 * mail to one of five addresses. Records and redirects are derived, by the HSM, from account and
 * domain alone: who asks again for a name, in whatever region, is shown the same record (user
 * guide of ACM, "DNS validation").
 */
#ifndef CHANCERY_DOMAIN_CHALLENGE_H
#define CHANCERY_DOMAIN_CHALLENGE_H

#include "ca/core.h"
#include "ca/domain/name.h"

#include <jansson.h>

#define CHALLENGE_SIZE 512

struct challenge {
    char name[CHALLENGE_SIZE];  /* name of the record, or the URL that redirects */
    char value[CHALLENGE_SIZE]; /* what it points to */
};

/*
 * The CNAME record of a name in lower case: "_<32 hex>.<name without *.>." to
 * "_<32 hex>.<10 letters>.<[domains] dns_suffix>.". CH_EHSM, CH_ENOMEM.
 */
int challenge_dns(struct core *core, const char *account, const char *name, struct challenge *out);

/* The redirect of a name that is no wildcard; its target lies in the region. CH_EHSM, CH_ENOMEM. */
int challenge_http(struct core *core, const struct scope *scope, const char *name,
                   struct challenge *out);

/* What stands at the redirect's target: 64 hex digits. CH_EHSM, CH_ENOMEM. */
int challenge_http_token(struct core *core, const char *account, const char *name,
                         char out[CHALLENGE_SIZE]);

/* The URL of that target in a region, for a path of the public plane. */
void challenge_http_target(const struct config *config, const char *region, const char *path,
                           char out[CHALLENGE_SIZE]);

/*
 * What follows the @ of the addresses for a name: the validation domain, if it is another than the
 * name; else the name without a leading "*." or "www." (which stays where a public suffix would be
 * all that is left).
 */
void challenge_mail_domain(const char *name, const char *validation_domain, char out[DOMAIN_SIZE]);

/* The five addresses at a domain, as a new JSON list; NULL when out of memory. */
json_t *challenge_emails(const char *mail_domain);

#endif
