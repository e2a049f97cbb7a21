#include "ca/pca/revocation_configuration.h"

#include "ca/members.h"

#include <stdio.h>
#include <string.h>

/* ---- what is refused ---- */

static bool has_protocol(const char *name)
{
    return strstr(name, "://") != NULL;
}

/* A comma-separated list of the configuration. */
static bool list_has(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; *at != '\0';) {
        size_t n = strcspn(at, ",");
        if (n == len && memcmp(at, name, len) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

static int check_cname(struct request *r, const char *member, const char *name)
{
    if (name == NULL || !has_protocol(name))
        return 0;
    return api_fail(&r->error, "InvalidArgsException",
                    "%s must not include a protocol prefix such as http:// or https://.", member);
}

static int check_bucket(struct request *r, const char *bucket)
{
    if (bucket == NULL || list_has(r->core->config->crl_buckets, bucket))
        return 0;
    return api_fail(&r->error, "ValidationException",
                    "Permission error with your S3 bucket '%s'. Check that your bucket policy, "
                    "encryption settings, S3 Block Public Access settings, and global account "
                    "permissions are configured correctly. For more information, check the service "
                    "documentation.",
                    bucket);
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Certificates must name a place that somebody serves. */
static int check_place(struct request *r, const char *member, const char *cname)
{
    const struct config *c = r->core->config;
    if (is_set(cname) || c->public_port != 0 || c->public_url[0] != '\0')
        return 0;
    return api_fail(&r->error, "InvalidArgsException",
                    "The public plane of this appliance is off: %s is needed.", member);
}

static bool omits(const json_t *crl)
{
    const json_t *points = json_object_get(crl, "CrlDistributionPointExtensionConfiguration");
    return json_is_true(json_object_get(points, "OmitExtension"));
}

static int check_crl(struct request *r, const json_t *crl)
{
    const char *cname = member_text(crl, "CustomCname");
    if (!json_is_true(json_object_get(crl, "Enabled")))
        return 0;
    if (json_object_get(crl, "ExpirationInDays") == NULL)
        return api_fail(&r->error, "InvalidArgsException",
                        "ExpirationInDays is required when the CRL is enabled.");
    if (omits(crl) && is_set(cname))
        return api_fail(&r->error, "InvalidArgsException",
                        "OmitExtension cannot be enabled with a CustomCname.");
    int rc = check_bucket(r, member_text(crl, "S3BucketName"));
    return rc == 0 && !omits(crl) ? check_place(r, "CustomCname", cname) : rc;
}

static int check_ocsp(struct request *r, const json_t *ocsp)
{
    if (!json_is_true(json_object_get(ocsp, "Enabled")))
        return 0;
    return check_place(r, "OcspCustomCname", member_text(ocsp, "OcspCustomCname"));
}

int revocation_configuration_check(struct request *r, const json_t *revocation)
{
    const json_t *crl = json_object_get(revocation, "CrlConfiguration");
    const json_t *ocsp = json_object_get(revocation, "OcspConfiguration");
    int rc = check_cname(r, "CustomCname", member_text(crl, "CustomCname"));
    if (rc == 0)
        rc = check_cname(r, "OcspCustomCname", member_text(ocsp, "OcspCustomCname"));
    if (rc == 0)
        rc = check_crl(r, crl);
    return rc == 0 ? check_ocsp(r, ocsp) : rc;
}

/* ---- what it says ---- */

static void text_take(const json_t *object, const char *member, char out[REVOCATION_NAME_SIZE])
{
    const char *text = member_text(object, member);
    snprintf(out, REVOCATION_NAME_SIZE, "%s", text == NULL ? "" : text);
}

static void crl_take(const json_t *crl, struct revocation_config *out)
{
    const char *type = member_text(crl, "CrlType");
    const char *path = member_text(crl, "CustomPath");
    out->crl = json_is_true(json_object_get(crl, "Enabled"));
    out->partitioned = type != NULL && strcmp(type, "PARTITIONED") == 0;
    out->omit = omits(crl);
    out->days = json_integer_value(json_object_get(crl, "ExpirationInDays"));
    text_take(crl, "CustomCname", out->cname);
    out->has_path = path != NULL && path[0] != '\0';
    if (out->has_path && strcmp(path, "/") != 0)
        text_take(crl, "CustomPath", out->path);
}

int revocation_config_read(const char *json, struct revocation_config *out)
{
    *out = (struct revocation_config){0};
    if (json == NULL)
        return 0;
    json_t *all = json_loads(json, 0, NULL);
    const json_t *ocsp = json_object_get(all, "OcspConfiguration");
    crl_take(json_object_get(all, "CrlConfiguration"), out);
    out->ocsp = json_is_true(json_object_get(ocsp, "Enabled"));
    text_take(ocsp, "OcspCustomCname", out->ocsp_cname);
    bool sound = json_is_object(all) && (!out->crl || out->days > 0);
    json_decref(all);
    return sound ? 0 : CH_EINTEGRITY;
}

int64_t revocation_config_part(const struct revocation_config *c, const uint8_t serial[20])
{
    return c->partitioned ? serial[PKI_SERIAL_SIZE - 1] : CRL_COMPLETE;
}

/* ---- where things are ---- */

/* "http://name", without a slash at its end. */
static void base_url(const struct config *config, const char *cname, char url[REVOCATION_URL_SIZE])
{
    if (cname[0] != '\0')
        snprintf(url, REVOCATION_URL_SIZE, "http://%s", cname);
    else if (config->public_url[0] != '\0')
        snprintf(url, REVOCATION_URL_SIZE, "%s", config->public_url);
    else
        snprintf(url, REVOCATION_URL_SIZE, "http://%.*s:%lld",
                 (int)strcspn(config->manage_names, ","), config->manage_names,
                 (long long)config->public_port);
    for (size_t len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
        url[len - 1] = '\0';
}

void revocation_crl_url(const struct config *config, const struct revocation_config *c,
                        const char *id, int64_t part, char url[REVOCATION_URL_SIZE])
{
    const char *path = c->has_path ? c->path : "crl";
    char name[8] = "";
    base_url(config, c->cname, url);
    size_t len = strlen(url);
    if (part != CRL_COMPLETE)
        snprintf(name, sizeof name, "/%02x", (unsigned)part & 0xffU);
    snprintf(url + len, REVOCATION_URL_SIZE - len, "%s%s/%s%s.crl", path[0] == '\0' ? "" : "/",
             path, id, name);
}

static void info_fill(const struct config *config, const struct revocation_config *c,
                      const char *id, struct revocation_pointers *room)
{
    base_url(config, c->ocsp_cname, room->ocsp);
    if (c->ocsp_cname[0] == '\0')
        snprintf(room->ocsp + strlen(room->ocsp), REVOCATION_URL_SIZE - strlen(room->ocsp),
                 "/ocsp");
    base_url(config, "", room->ca_issuers);
    size_t len = strlen(room->ca_issuers);
    snprintf(room->ca_issuers + len, REVOCATION_URL_SIZE - len, "/ca/%s.cer", id);
}

int revocation_pointers_fill(const struct config *config, const struct authority_row *authority,
                             const uint8_t serial[20], struct revocation_pointers *room,
                             struct pki_pointers *pointers)
{
    struct revocation_config c;
    *pointers = (struct pki_pointers){0};
    int rc = revocation_config_read(authority->revocation, &c);
    if (rc == 0 && c.crl && !c.omit) {
        revocation_crl_url(config, &c, authority->id, revocation_config_part(&c, serial),
                           room->crl);
        room->points[0] = room->crl;
        room->points[1] = NULL;
        pointers->crl = room->points;
    }
    if (rc == 0 && c.ocsp) {
        info_fill(config, &c, authority->id, room);
        pointers->ocsp = room->ocsp;
        bool served = config->public_port != 0 || config->public_url[0] != '\0';
        pointers->ca_issuers = served ? room->ca_issuers : NULL;
    }
    return rc;
}

bool revocation_bucket(const char *json, char bucket[256], char acl[32])
{
    json_t *all = json == NULL ? NULL : json_loads(json, 0, NULL);
    const json_t *crl = json_object_get(all, "CrlConfiguration");
    const char *name = member_text(crl, "S3BucketName");
    const char *canned = member_text(crl, "S3ObjectAcl");
    bool owner = canned != NULL && strcmp(canned, "BUCKET_OWNER_FULL_CONTROL") == 0;
    snprintf(bucket, 256, "%s", name == NULL ? "" : name);
    snprintf(acl, 32, "%s", owner ? "bucket-owner-full-control" : "public-read");
    json_decref(all);
    return bucket[0] != '\0';
}
