#include "ca/domain/challenge.h"

#include "ca/domain/suffix.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* The purposes keep these MACs apart from everything else that the seal key is used for. */
#define DNS_PURPOSE "chancery dns validation 1"
#define HTTP_PURPOSE "chancery http validation 1"
#define TOKEN_PURPOSE "chancery http token 1"
#define HALF (HSM_TAG_SIZE / 2)
#define LABEL_LETTERS ((size_t)10)
#define FOLDER_OCTETS ((size_t)6)

static int tag_make(struct core *core, const char *purpose, const char *account, const char *base,
                    uint8_t tag[HSM_TAG_SIZE])
{
    struct buf message = {0};
    int rc = buf_printf(&message, "%s\n%s\n%s", purpose, account, base);
    if (rc == 0)
        rc = hsm_mac(core->hsm, core->seal, buf_slice(&message), tag);
    buf_free(&message);
    return rc;
}

/* Ten letters that follow from the tag; they need not be secret, nor all of its strength. */
static int letters_make(const uint8_t tag[HSM_TAG_SIZE], char out[LABEL_LETTERS + 1])
{
    uint8_t digest[32];
    if (EVP_Digest(tag, HSM_TAG_SIZE, digest, NULL, EVP_sha256(), NULL) != 1)
        return CH_ENOMEM;
    for (size_t i = 0; i < LABEL_LETTERS; i++)
        out[i] = (char)('a' + digest[i] % 26);
    out[LABEL_LETTERS] = '\0';
    return 0;
}

int challenge_dns(struct core *core, const char *account, const char *name, struct challenge *out)
{
    uint8_t tag[HSM_TAG_SIZE];
    char first[2 * HALF + 1], second[2 * HALF + 1], letters[LABEL_LETTERS + 1];
    const char *base = domain_base(name);
    memset(out, 0, sizeof *out);
    int rc = tag_make(core, DNS_PURPOSE, account, base, tag);
    if (rc == 0)
        rc = letters_make(tag, letters);
    if (rc != 0)
        return rc;
    hex_encode(tag, HALF, first);
    hex_encode(tag + HALF, HALF, second);
    snprintf(out->name, sizeof out->name, "_%s.%s.", first, base);
    snprintf(out->value, sizeof out->value, "_%s.%s.%s.", second, letters,
             core->config->domains_dns_suffix);
    return 0;
}

static void host_make(const struct config *config, const char *region, char *out, size_t size)
{
    if (config->domains_redirect_host[0] != '\0')
        snprintf(out, size, "%s", config->domains_redirect_host);
    else
        snprintf(out, size, "validation.%s.%s", region, config->domains_dns_suffix);
}

int challenge_http(struct core *core, const struct scope *scope, const char *name,
                   struct challenge *out)
{
    uint8_t tag[HSM_TAG_SIZE];
    char file[2 * HALF + 1], folder[2 * FOLDER_OCTETS + 1];
    char host[CONFIG_TEXT_MAX + ROW_REGION_SIZE + 16];
    memset(out, 0, sizeof *out);
    PRECOND(!domain_is_wildcard(name));
    int rc = tag_make(core, HTTP_PURPOSE, scope->account, name, tag);
    if (rc != 0)
        return rc;
    hex_encode(tag, HALF, file);
    hex_encode(tag + HALF, FOLDER_OCTETS, folder);
    host_make(core->config, scope->region, host, sizeof host);
    snprintf(out->name, sizeof out->name, "http://%s/.well-known/pki-validation/%s.txt", name,
             file);
    snprintf(out->value, sizeof out->value, "https://%s/%s/.well-known/pki-validation/%s.txt",
             host, folder, file);
    return 0;
}

int challenge_http_token(struct core *core, const char *account, const char *name,
                         char out[CHALLENGE_SIZE])
{
    uint8_t tag[HSM_TAG_SIZE];
    out[0] = '\0';
    int rc = tag_make(core, TOKEN_PURPOSE, account, name, tag);
    if (rc == 0)
        hex_encode(tag, sizeof tag, out);
    return rc;
}

void challenge_http_target(const struct config *config, const char *region, const char *path,
                           char out[CHALLENGE_SIZE])
{
    char host[CONFIG_TEXT_MAX + ROW_REGION_SIZE + 16];
    host_make(config, region, host, sizeof host);
    snprintf(out, CHALLENGE_SIZE, "https://%s%s", host, path);
}

/* ---- mail ---- */

void challenge_mail_domain(const char *name, const char *validation_domain, char out[DOMAIN_SIZE])
{
    const char *domain = validation_domain;
    if (strcmp(name, validation_domain) == 0) {
        const char *parent = domain_parent(name);
        bool leading = domain_is_wildcard(name) || strncmp(name, "www.", 4) == 0;
        domain = leading && !suffix_is_public(parent) ? parent : domain_base(name);
    }
    snprintf(out, DOMAIN_SIZE, "%s", domain);
}

json_t *challenge_emails(const char *mail_domain)
{
    static const char *const users[] = {"admin", "administrator", "hostmaster", "postmaster",
                                        "webmaster"};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
        if (json_array_append_new(list, json_sprintf("%s@%s", users[i], mail_domain)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}
