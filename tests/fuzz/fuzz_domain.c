/*
 * Target functions: domain_fold, domain_fault, policy_refusal, challenge_mail_domain,
 * validation_domain_fits
 *
 * The first line is a name, the second a validation domain. A name without fault stays without
 * fault when it is folded again, and the address of a good name is a good name, too.
 */
#include "ca/domain/challenge.h"
#include "ca/domain/name.h"
#include "ca/domain/policy.h"
#include "ca/domain/validation.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void judge(const char *name, const char *validation_domain)
{
    static struct config config;
    char mail_domain[DOMAIN_SIZE], again[DOMAIN_SIZE];
    if (config.manage_port == 0)
        config_defaults(&config);
    const char *reason = policy_refusal(&config, name);
    if (domain_fault(name) != NULL) {
        must(strcmp(reason, "INVALID_PUBLIC_DOMAIN") == 0);
        return;
    }
    must(domain_fold(name, again) == 0 && strcmp(again, name) == 0);
    must(domain_is_within(name, domain_base(name)) && validation_domain_fits(name, name));
    challenge_mail_domain(name, name, mail_domain);
    must(domain_fault(mail_domain) == NULL && domain_is_within(name, mail_domain));
    if (validation_domain_fits(name, validation_domain))
        must(strcmp(name, validation_domain) == 0 ||
             domain_is_within(domain_base(name), validation_domain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[1024] = {0};
    char name[DOMAIN_SIZE], validation_domain[DOMAIN_SIZE] = "";
    memcpy(text, data, size < sizeof text ? size : sizeof text - 1);
    char *second = strchr(text, '\n');
    if (second != NULL)
        *second++ = '\0';
    if (second != NULL && domain_fold(second, validation_domain) != 0)
        validation_domain[0] = '\0';
    if (domain_fold(text, name) == 0)
        judge(name, validation_domain);
    return 0;
}
