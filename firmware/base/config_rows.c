#include "firmware/base/config_rows.h"

#include "firmware/base/log.h"
#include "firmware/base/pin.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY ((int64_t)86400)
#define QUOTA_MOST INT64_C(1000000000000)

/* ---- what texts must look like ---- */

static const char *check_address(const char *text)
{
    struct in6_addr room;
    bool ok = inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1;
    return ok ? NULL : "not an IPv4 or IPv6 address";
}

static const char *check_path(const char *text)
{
    return text[0] == '/' ? NULL : "not an absolute path";
}

static const char *check_environment(const char *text)
{
    const char *equals = strchr(text, '=');
    bool ok = text[0] == '\0' || (equals != NULL && equals != text);
    return ok ? NULL : "not of the form NAME=value";
}

static const char *check_regions(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-,";
    size_t len = strlen(text);
    bool ok = strspn(text, allowed) == len && text[0] != ',' && text[len - 1] != ',' &&
              strstr(text, ",,") == NULL;
    return ok ? NULL : "not a comma-separated list of regions such as us-east-1";
}

/* Names of domains, comma-separated, in lower case. */
static const char *check_domains(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.,";
    size_t len = strlen(text);
    bool ok = len == 0 || (strspn(text, allowed) == len && strchr(",.", text[0]) == NULL &&
                           strchr(",.", text[len - 1]) == NULL && strstr(text, ",,") == NULL &&
                           strstr(text, "..") == NULL);
    return ok ? NULL : "not a comma-separated list of domain names in lower case";
}

static const char *check_domain(const char *text)
{
    return strchr(text, ',') == NULL && check_domains(text) == NULL
               ? NULL
               : "not a domain name in lower case";
}

static const char *check_buckets(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.,";
    return strspn(text, allowed) == strlen(text) ? NULL
                                                 : "not a comma-separated list of bucket names";
}

static const char *check_trust_create(const char *text)
{
    return strcmp(text, "start") == 0 || strcmp(text, "demand") == 0 ? NULL
                                                                      : "neither start nor demand";
}

static const char *check_ct_failure(const char *text)
{
    return strcmp(text, "wait") == 0 || strcmp(text, "issue") == 0 ? NULL : "neither wait nor issue";
}

/* X.520 ub-organization-name; with "Root CA 1 xxxxxxxx" it is to fit into a common name, too. */
static const char *check_organization(const char *text)
{
    return strlen(text) <= 40 ? NULL : "longer than 40 octets";
}

static const char *check_country(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return strlen(text) == 2 && strspn(text, letters) == 2 ? NULL : "not two capital letters";
}

static const char *check_oids(const char *text)
{
    size_t len = strlen(text);
    bool ok = strspn(text, "0123456789.,") == len && text[0] >= '0' && text[0] <= '2' &&
              text[1] == '.' && strchr(",.", text[len - 1]) == NULL && strstr(text, ",,") == NULL &&
              strstr(text, "..") == NULL;
    return ok ? NULL : "not a comma-separated list of OIDs such as 2.23.140.1.2.1";
}

/* The groups are those of ca/duties/rule.c. */
static const char *check_approvals(const char *text)
{
    static const char *const groups[] = {"authorities", "authority-certificates", "export",
                                         "hsm", "identities", "policies"};
    while (*text != '\0') {
        size_t len = strcspn(text, ","), i = 0;
        while (i < COUNT(groups) && (strlen(groups[i]) != len || memcmp(groups[i], text, len) != 0))
            i++;
        if (i == COUNT(groups) || (text[len] == ',' && text[len + 1] == '\0'))
            return "not a comma-separated list of authorities, authority-certificates, export, hsm, "
                   "identities, policies";
        text += len + (text[len] == ',');
    }
    return NULL;
}

static const char *check_exceptions(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:=,";
    return strspn(text, allowed) == strlen(text)
               ? NULL
               : "not a comma-separated list such as acm:RequestCertificate=50";
}

static const char *check_url(const char *text)
{
    static const char scheme[] = "http://";
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.:[]";
    size_t len = strlen(text);
    size_t lead = sizeof scheme - 1;
    bool ok = len == 0 || (len > lead && strncmp(text, scheme, lead) == 0 &&
                           strspn(text + lead, allowed) == len - lead);
    return ok ? NULL : "not of the form http://name or http://name:port, in lower case";
}

/* Addresses, each with @port or without; for stubs each behind "zone=". */
static const char *check_servers(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._:@=,";
    return strspn(text, allowed) == strlen(text) ? NULL : "not a comma-separated list of servers";
}

static const char *check_networks(const char *text)
{
    static const char allowed[] = "abcdef0123456789.:/,";
    return strspn(text, allowed) == strlen(text)
               ? NULL
               : "not a comma-separated list of networks such as 10.0.0.0/8";
}

static const char *check_relay(const char *text)
{
    bool ok = text[0] == '\0' || strncmp(text, "smtp://", 7) == 0 ||
              strncmp(text, "smtps://", 8) == 0;
    return ok ? NULL : "not of the form smtp://name:port or smtps://name:port";
}

static const char *check_endpoint(const char *text)
{
    bool ok = text[0] == '\0' || strncmp(text, "http://", 7) == 0 ||
              strncmp(text, "https://", 8) == 0;
    size_t len = strlen(text);
    return ok && (len == 0 || text[len - 1] != '/') ? NULL
                                                    : "not a URL such as https://s3.example.com";
}

static const char *check_mail_address(const char *text)
{
    const char *at = strchr(text, '@');
    return at != NULL && at != text && at[1] != '\0' && strpbrk(text, " <>,;\"") == NULL
               ? NULL
               : "not a mail address";
}

static const char *check_log_level(const char *text)
{
    enum log_level level;
    return log_level_from_name(text, &level) == 0 ? NULL : "not one of error, warn, info, debug";
}

static const char *check_pin_source(const char *text)
{
    enum pin_source source;
    return pin_source_find(text, &source) == 0 ? NULL : "not one of file, credential, console";
}

static const char *check_credential(const char *text)
{
    return pin_credential_name_is_good(text) ? NULL : "not the name of a credential";
}

/* ---- the rows ---- */

#define TEXT(section, key, standard, min, check, meaning)                                          \
    {#section, #key, KIND_TEXT, offsetof(struct config, section##_##key), standard, min,           \
     CONFIG_TEXT_MAX - 1, check, meaning}
#define NUMBER(section, key, standard, min, max, meaning)                                          \
    {#section, #key,    KIND_NUMBER, offsetof(struct config, section##_##key), standard, min, max, \
     NULL,     meaning}
#define DURATION(section, key, standard, min, max, meaning)                                        \
    {#section, #key, KIND_DURATION, offsetof(struct config, section##_##key), standard, min, max,  \
     NULL, meaning}
#define BOOL(section, key, standard, meaning)                                                      \
    {#section, #key,    KIND_BOOL, offsetof(struct config, section##_##key), standard, 0, 1,       \
     NULL,     meaning}

const struct config_row config_rows[] = {
    TEXT(manage, address, "0.0.0.0", 1, check_address,
         "Address on which the API and the console are served."),
    NUMBER(manage, port, "8443", 1, 65535, "TCP port of the API and the console."),
    TEXT(manage, names, "localhost,127.0.0.1,::1", 1, NULL,
         "Names and addresses in the TLS certificate of the API, comma-separated."),
    DURATION(manage, certificate_lifetime, "90d", 3600, 825 * DAY,
             "Lifetime of that certificate; it is renewed when a third is left."),
    NUMBER(manage, connections, "12000", 1, 19000, "Connections at most at once."),
    NUMBER(manage, connections_per_address, "0", 0, 19000,
           "Connections at most from one address; 0 = no limit of its own."),
    DURATION(manage, idle_timeout, "300s", 1, 3600,
             "A connection without a request is closed after this time."),
    DURATION(manage, request_timeout, "30s", 1, 600,
             "Time for header and body of one request to arrive."),
    TEXT(public, address, "0.0.0.0", 1, check_address,
         "Address on which OCSP and CRLs are served."),
    NUMBER(public, port, "8080", 0, 65535, "TCP port of OCSP and CRLs; 0 = off."),
    TEXT(public, url, "", 0, check_url,
         "Where relying parties reach the public plane, as put into certificates: "
         "http://name[:port]; empty = the first of manage.names and the port above."),
    NUMBER(public, connections, "12000", 1, 19000, "Connections at most at once."),
    NUMBER(public, connections_per_address, "0", 0, 19000,
           "Connections at most from one address; 0 = no limit of its own."),
    DURATION(public, idle_timeout, "60s", 1, 3600,
             "A connection without a request is closed after this time."),
    DURATION(public, request_timeout, "10s", 1, 600,
             "Time for header and body of one request to arrive."),
    TEXT(crl, buckets, "", 0, check_buckets,
         "Names that CrlConfiguration.S3BucketName may have, comma-separated. With [s3] endpoint "
         "each CRL is put there, too; without, somebody must take it there from the public plane; empty = none, and a request with a bucket is refused."),
    NUMBER(core, workers, "32", 1, 256, "Threads that act on API calls."),
    TEXT(core, regions, "us-east-1", 1, check_regions,
         "Regions that the appliance answers for, comma-separated; the first is the usual one."),
    DURATION(core, clock_skew, "300s", 1, 3600,
             "How far the date of a signed request may be from the own clock."),
    NUMBER(sign_in, attempts, "10", 1, 1000,
           "Wrong passwords and codes of a user in a window; then the user is locked until it ends."),
    NUMBER(sign_in, attempts_per_address, "100", 1, 100000,
           "Wrong ones from one address (of IPv6: from one /64) in a window; then it is locked."),
    DURATION(sign_in, window, "15m", 1, DAY, "That window, which begins with the first wrong one."),
    NUMBER(sign_in, at_once, "4", 1, 64,
           "Passwords that are tried at once, 32 MiB each; others are told to try again."),
    DURATION(sign_in, session, "12h", 900, INT64_C(36) * 3600,
             "How long whoever signed in stays signed in."),
    TEXT(domains, top_level, "", 0, check_domains,
         "Top-level domains that count as public beside those of the Public Suffix List, "
         "comma-separated."),
    TEXT(domains, forbidden, "amazonaws.com,cloudfront.net,elasticbeanstalk.com", 0, check_domains,
         "Domains for which, and below which, no public certificate is given, comma-separated."),
    TEXT(domains, review, "", 0, check_domains,
         "Domains for which, and below which, a public certificate needs additional verification, "
         "comma-separated."),
    TEXT(domains, dns_suffix, "acm-validations.aws", 1, check_domain,
         "Domain to which the CNAME records of DNS validation point."),
    TEXT(domains, redirect_host, "", 0, check_domain,
         "Host to which the redirects of HTTP validation point; empty = validation.REGION. and the "
         "domain above."),
    TEXT(trust, create, "start", 1, check_trust_create,
         "When the authorities that issue public certificates are made: start = in the background after "
         "the first start, demand = with the first certificate that needs them."),
    TEXT(trust, organization, "Chancery", 1, check_organization,
         "Organization in the names of those authorities; for those made from now on."),
    TEXT(trust, country, "XX", 2, check_country,
         "Country in their names, two letters (ISO 3166; XX = none); likewise."),
    NUMBER(trust, intermediates, "3", 1, 16,
           "Authorities of each family of keys that issue at the same time."),
    DURATION(trust, validity, "395d", DAY, 395 * DAY, "Validity of public certificates."),
    TEXT(trust, policies, "2.23.140.1.2.1", 1, check_oids,
         "Policies that public certificates name, OIDs, comma-separated; the default says that the "
         "domain was validated."),
    BOOL(ct, embedded, "yes",
         "Public certificates are put into a log that the appliance keeps itself (RFC 6962)."),
    NUMBER(ct, operators, "1", 0, 8,
           "Logs of so many operators must have signed a timestamp for a public certificate; the own log "
           "counts as one; 0 = no timestamps."),
    TEXT(ct, failure, "wait", 1, check_ct_failure,
         "When too few logs answer: wait = the certificate is not issued until they do, issue = it is "
         "issued without timestamps."),
    DURATION(ct, timeout, "10s", 1, 60, "A log must answer within."),
    TEXT(domains, caa_names, "amazon.com,amazontrust.com,awstrust.com,amazonaws.com", 0, check_domains,
         "Issuer names in CAA records that allow the appliance to issue, comma-separated; empty = only "
         "domains without such records."),
    NUMBER(domains, checks, "256", 1, 4096, "Domains that are looked at at once, of all accounts."),
    NUMBER(domains, checks_per_server, "32", 1, 4096,
           "Of those, names at once that ask the same authoritative servers, as NS records tell."),
    NUMBER(domains, checks_per_second, "100", 0, 100000,
           "Looks a second at the same authoritative servers; accounts take turns; 0 = no limit."),
    TEXT(outbound, resolvers, "", 0, check_servers,
         "Resolvers that are asked, as ADDRESS or ADDRESS@PORT, comma-separated, 8 at most: with several "
         "each is a point of view of its own, for records and for the addresses of web servers; empty = the own resolver asks the servers of each domain."),
    NUMBER(outbound, quorum, "0", 0, 8, "So many resolvers must agree; 0 = all."),
    TEXT(outbound, trust_anchor, "/usr/share/dns/root.key", 1, NULL,
         "File with the keys that DNSSEC starts from, as DS or DNSKEY records; relative to the state folder "
         "unless absolute."),
    TEXT(outbound, stubs, "", 0, check_servers,
         "Domains whose servers are told here, as DOMAIN=ADDRESS or DOMAIN=ADDRESS@PORT, comma-separated."),
    TEXT(outbound, unsigned, "", 0, check_domains,
         "Domains whose records count as unsigned although DNSSEC says otherwise, comma-separated."),
    TEXT(outbound, allowed_networks, "", 0, check_networks,
         "Private networks, or own addresses, in which web servers of domains may stand, such as 10.0.0.0/8, "
         "comma-separated; others are never connected to because a domain says so."),
    NUMBER(outbound, workers, "384", 1, 512,
           "Jobs that outbound works on at once; a quarter of that is kept free of looks at domains."),
    TEXT(outbound, trust, "", 0, NULL,
         "PEM file with authorities that TLS servers may have beside those of the system; relative to the "
         "state folder unless absolute; empty = none."),
    TEXT(mail, relay, "", 0, check_relay,
         "Mail server that takes the mails: smtp://name:port or smtps://name:port; empty = no mail is sent. "
         "Its user and password: chancery secret set mail."),
    BOOL(mail, starttls, "yes", "With smtp://, the relay must offer TLS; no = mail may go in the clear."),
    TEXT(mail, from, "no-reply@acm-validations.aws", 3, check_mail_address, "Sender of the mails."),
    TEXT(s3, endpoint, "", 0, check_endpoint,
         "S3-compatible store for CRLs and audit reports, buckets named in the path; empty = none. "
         "Its keys: chancery secret set s3."),
    TEXT(s3, region, "us-east-1", 1, check_regions, "Region in signatures for that store."),
    TEXT(hsm, module, "/usr/lib/softhsm/libsofthsm2.so", 1, check_path,
         "Path of the PKCS#11 module."),
    TEXT(hsm, init_args, "", 0, NULL,
         "Text handed to C_Initialize, for modules that want one (NSS); empty = none."),
    TEXT(hsm, environment, "", 0, check_environment,
         "NAME=value in the environment of the module (SOFTHSM2_CONF=...); empty = none."),
    TEXT(hsm, token_label, "chancery", 1, NULL, "Label of the token."),
    TEXT(hsm, token_serial, "", 0, NULL, "Serial number of the token; empty = by label alone."),
    TEXT(hsm, pin_source, "file", 1, check_pin_source,
         "Where the user PIN comes from: file (pin_file), credential (pin_credential, which "
         "systemd hands over), console (a person types it when chanceryd starts)."),
    TEXT(hsm, pin_file, "secrets/pin", 1, NULL,
         "File with the user PIN, closed to others (mode 0600 or 0640); relative to the state folder "
         "unless absolute."),
    TEXT(hsm, pin_credential, "hsm-pin", 1, check_credential,
         "Name of the systemd credential with the user PIN: NAME of LoadCredential=NAME:FILE."),
    TEXT(hsm, writable, "", 0, NULL,
         "Folder that the module writes to, made durable after each new token key; relative to the "
         "state folder unless absolute; empty = none."),
    BOOL(hsm, network, "no",
         "The module reaches its HSM over the network: allows sockets in core."),
    NUMBER(hsm, signers, "0", 0, 256,
           "Threads at once inside the module's signing; 0 = one for each processor."),
    NUMBER(hsm, sessions, "32", 1, 1024, "Sessions with the token at most."),
    NUMBER(hsm, unwrapped_keys, "1000", 0, 100000,
           "Unwrapped subscriber keys kept ready in the token; 0 = none."),
    NUMBER(hsm, pool_rsa_2048, "16", 0, 1024, "RSA 2048 keys made ahead; 0 = none."),
    NUMBER(hsm, pool_rsa_3072, "4", 0, 1024, "RSA 3072 keys made ahead; 0 = none."),
    NUMBER(hsm, pool_rsa_4096, "2", 0, 1024, "RSA 4096 keys made ahead; 0 = none."),
    NUMBER(quota, certificates, "1000000", 0, QUOTA_MOST,
           "Public certificates of an account in a region at once; 0 = no limit. AWS: 2500."),
    NUMBER(quota, certificates_per_year, "10000000", 0, QUOTA_MOST,
           "Public certificates requested in 365 days; 0 = no limit. AWS: 5000."),
    NUMBER(quota, imports, "1000000", 0, QUOTA_MOST,
           "Imported certificates of an account in a region at once; 0 = no limit. AWS: 2500."),
    NUMBER(quota, imports_per_year, "10000000", 0, QUOTA_MOST,
           "Certificates imported in 365 days; 0 = no limit. AWS: 5000."),
    NUMBER(quota, names, "100", 1, 100, "Domain names of one requested certificate. AWS: 10."),
    NUMBER(quota, authorities, "10000", 0, QUOTA_MOST,
           "Authorities of an account in a region; 0 = no limit. AWS: 200."),
    NUMBER(quota, issued, "1000000000", 0, QUOTA_MOST,
           "Certificates of one authority, ever; 0 = no limit. AWS: 1000000."),
    NUMBER(quota, waiting, "200", 0, QUOTA_MOST,
           "Private certificates of an account in a region that wait for an RSA key at once; beyond it "
           "the caller is told to slow down; 0 = no limit."),
    NUMBER(rate, percent, "0", 0, 1000000,
           "Calls a second of an account in a region, for each operation, in percent of AWS's own "
           "rates; 0 = no limit."),
    TEXT(rate, exceptions, "", 0, check_exceptions,
         "Operations with rates of their own, such as acm:RequestCertificate=50 (calls a second; "
         "0 = no limit), comma-separated; empty = none."),
    DURATION(hsm, kek_rotation, "365d", 0, 3650 * DAY,
             "Age at which a wrapping key is replaced, and the keys that it wraps are wrapped anew; 0 = "
             "only by chancery key rotate."),
    NUMBER(audit, checkpoint_records, "1000", 1, 1000000,
           "A checkpoint of the audit trail is signed after so many records."),
    DURATION(audit, checkpoint_interval, "5m", 1, 7 * DAY,
             "A record waits no longer than this for a signed checkpoint that covers it."),
    TEXT(approval, operations, "", 0, check_approvals,
         "Operations that take effect only after a second principal has approved them, as groups, "
         "comma-separated: authorities (CAs made, deleted, restored), authority-certificates (imported "
         "into CAs), policies (of CAs and of IAM), identities (users and what they sign in with), export "
         "(private keys of certificates), hsm (chancery key rotate, trust make, trust roll-over); empty "
         "= off."),
    DURATION(approval, expiry, "24h", 1, 30 * DAY,
             "A request for approval must be approved, and the call repeated, within this."),
    TEXT(reports, buckets, "", 0, check_buckets,
         "Names that S3BucketName of an audit report may have, comma-separated; each is a folder below "
         "reports in the state folder, where the reports are written; empty = none, and reports are "
         "refused."),
    TEXT(weak_keys, folder, "", 0, NULL,
         "Folder with lists of RSA keys that are refused, 20 hexadecimal digits a line as in "
         "openssl-blacklist; relative to the state folder unless absolute; empty = none."),
    TEXT(store, path, "store/chancery.db", 1, NULL,
         "The database; relative to the state folder unless absolute."),
    TEXT(user, front, "_chancery-front", 1, NULL,
         "Unix user of the processes that face the network (when started as root)."),
    TEXT(user, core, "_chancery-core", 1, NULL,
         "Unix user of the process that uses the HSM (when started as root)."),
    TEXT(user, outbound, "_chancery-outbound", 1, NULL,
         "Unix user of the process that calls out (when started as root)."),
    TEXT(log, level, "info", 1, check_log_level,
         "Least grave lines logged: error, warn, info, debug."),
};

const size_t config_row_count = COUNT(config_rows);
_Static_assert(COUNT(config_rows) <= CONFIG_ROWS_MAX, "config.c notes which rows it saw");

const struct config_section config_sections[] = {
    {"manage", "The management plane: API and console over TLS."},
    {"public", "The public plane: OCSP and CRLs over HTTP."},
    {"crl", "Certificate revocation lists."},
    {"core", "The process that decides and signs."},
    {"sign_in", "Signing in to the console with user name and password."},
    {"domains", "Names in public certificates."},
    {"trust", "The appliance's own authorities, which issue public certificates."},
    {"ct", "Certificate transparency of public certificates."},
    {"outbound", "The process that calls out: DNS, HTTP, mail."},
    {"mail", "Mails to the owners of domains."},
    {"s3", "Where copies of CRLs and audit reports go."},
    {"hsm", "The PKCS#11 module and its token."},
    {"quota", "How much an account may have in a region."},
    {"rate", "How often an account may call."},
    {"audit", "The audit trail."},
    {"approval", "Separation of duties: what needs a second principal."},
    {"reports", "Audit reports of authorities."},
    {"weak_keys", "Keys that everybody can have."},
    {"store", "Where certificates are recorded."},
    {"user", "Who the processes are."},
    {"log", "What is logged."},
};
const size_t config_section_count = COUNT(config_sections);
