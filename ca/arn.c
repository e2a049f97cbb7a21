#include "ca/arn.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define AUTHORITY_PREFIX "certificate-authority/"
#define CERTIFICATE_PREFIX "certificate/"
#define ISSUED_INFIX "/certificate/"

/* Cuts what stands before the next colon off *rest. */
static bool part_take(struct slice *rest, struct slice *part)
{
    const uint8_t *colon = rest->len == 0 ? NULL : memchr(rest->data, ':', rest->len);
    if (colon == NULL)
        return false;
    *part = slice_of(rest->data, (size_t)(colon - rest->data));
    *rest = slice_of(colon + 1, rest->len - part->len - 1);
    return true;
}

int arn_parse(const char *text, struct arn *out)
{
    struct slice rest = slice_text(text);
    struct slice prefix;
    memset(out, 0, sizeof *out);
    if (!part_take(&rest, &prefix) || !slice_is(prefix, "arn") ||
        !part_take(&rest, &out->partition) || !part_take(&rest, &out->service) ||
        !part_take(&rest, &out->region) || !part_take(&rest, &out->account))
        return CH_EINVAL;
    out->resource = rest;
    return out->partition.len == 0 || out->service.len == 0 || rest.len == 0 ? CH_EINVAL : 0;
}

static bool lower_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* 8-4-4-4-12 lower-case hex digits. */
static bool uuid_is(struct slice s)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (s.len != ROW_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (form[i] == 'x' ? !lower_hex(s.data[i]) : s.data[i] != '-')
            return false;
    return true;
}

/* What follows prefix in the resource; CH_EINVAL when it does not begin so. */
static int resource_tail(struct slice resource, const char *prefix, struct slice *tail)
{
    size_t n = strlen(prefix);
    if (resource.len <= n || memcmp(resource.data, prefix, n) != 0)
        return CH_EINVAL;
    *tail = slice_of(resource.data + n, resource.len - n);
    return 0;
}

/* CH_EINVAL: no such name; CH_ENOTFOUND: not of this scope, or no id of ours. */
static int id_find(const struct scope *scope, const char *text, const char *service,
                   const char *prefix, char id[ROW_UUID_SIZE])
{
    struct arn arn;
    struct slice tail;
    if (arn_parse(text, &arn) != 0 || !slice_is(arn.service, service) ||
        resource_tail(arn.resource, prefix, &tail) != 0 || memchr(tail.data, '/', tail.len) != NULL)
        return CH_EINVAL;
    if (!slice_is(arn.partition, "aws") || !slice_is(arn.region, scope->region) ||
        !slice_is(arn.account, scope->account) || !uuid_is(tail))
        return CH_ENOTFOUND;
    memcpy(id, tail.data, tail.len);
    id[tail.len] = '\0';
    return 0;
}

/* Recorded from AWS: ImportCertificate alone does not name the account. */
static bool names_no_account(const struct request *r)
{
    return r->operation != NULL && strcmp(r->operation->name, "ImportCertificate") == 0;
}

int arn_certificate_missing(struct request *r, const char *text)
{
    if (names_no_account(r))
        return api_fail(&r->error, "ResourceNotFoundException", "Could not find certificate %s.",
                        text);
    return api_fail(&r->error, "ResourceNotFoundException",
                    "Could not find certificate %s in account %s.", text, r->scope.account);
}

int arn_authority_missing(struct request *r, const char *text)
{
    return api_fail(&r->error, "ResourceNotFoundException",
                    "Could not find certificate authority %s in account %s.", text,
                    r->scope.account);
}

int arn_certificate_of_scope(const struct scope *scope, const char *text, char id[ROW_UUID_SIZE])
{
    return id_find(scope, text, "acm", CERTIFICATE_PREFIX, id);
}

int arn_certificate_id(struct request *r, const char *text, char id[ROW_UUID_SIZE])
{
    int rc = arn_certificate_of_scope(&r->scope, text, id);
    if (rc == CH_EINVAL)
        return api_fail(&r->error, "InvalidArnException", "Not a valid certificate arn: %s", text);
    return rc == 0 ? 0 : arn_certificate_missing(r, text);
}

int arn_authority_of_scope(const struct scope *scope, const char *text, char id[ROW_UUID_SIZE])
{
    return id_find(scope, text, "acm-pca", AUTHORITY_PREFIX, id);
}

int arn_authority_of_any(const struct scope *scope, const char *text, struct scope *owner,
                         char id[ROW_UUID_SIZE])
{
    struct arn arn;
    *owner = *scope;
    if (arn_parse(text, &arn) != 0)
        return CH_EINVAL;
    if (arn.account.len == sizeof owner->account - 1)
        memcpy(owner->account, arn.account.data, arn.account.len);
    return arn_authority_of_scope(owner, text, id);
}

int arn_authority_id(struct request *r, const char *text, char id[ROW_UUID_SIZE])
{
    int rc = arn_authority_of_scope(&r->scope, text, id);
    if (rc == CH_EINVAL)
        return api_fail(&r->error, "InvalidArnException", "Not a valid arn.");
    return rc == 0 ? 0 : arn_authority_missing(r, text);
}

int arn_issued_id(struct request *r, const char *authority, const char *text,
                  char id[ARN_ISSUED_ID_SIZE])
{
    size_t n = strlen(authority);
    const char *tail = text + n + strlen(ISSUED_INFIX);
    bool valid = strncmp(text, authority, n) == 0 &&
                 strncmp(text + n, ISSUED_INFIX, strlen(ISSUED_INFIX)) == 0 &&
                 strlen(tail) == ARN_ISSUED_ID_SIZE - 1;
    for (size_t i = 0; valid && tail[i] != '\0'; i++)
        valid = lower_hex((uint8_t)tail[i]);
    if (!valid)
        return api_fail(&r->error, "InvalidArnException", "Not a valid arn.");
    memcpy(id, tail, ARN_ISSUED_ID_SIZE);
    return 0;
}

void arn_certificate(const struct scope *scope, const char *id, char out[ARN_SIZE])
{
    snprintf(out, ARN_SIZE, "arn:aws:acm:%s:%s:" CERTIFICATE_PREFIX "%s", scope->region,
             scope->account, id);
}

void arn_authority(const struct scope *scope, const char *id, char out[ARN_SIZE])
{
    snprintf(out, ARN_SIZE, "arn:aws:acm-pca:%s:%s:" AUTHORITY_PREFIX "%s", scope->region,
             scope->account, id);
}

void arn_issued(const struct scope *scope, const char *authority, const char *id,
                char out[ARN_SIZE])
{
    snprintf(out, ARN_SIZE, "arn:aws:acm-pca:%s:%s:" AUTHORITY_PREFIX "%s" ISSUED_INFIX "%s",
             scope->region, scope->account, authority, id);
}

int arn_uuid_new(char out[ROW_UUID_SIZE])
{
    uint8_t b[16];
    char hex[33];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return CH_ESYS;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    hex_encode(b, sizeof b, hex);
    snprintf(out, ROW_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
    return 0;
}
