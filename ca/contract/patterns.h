/*
 * patterns.h - every pattern of the API, once, as the service writes it, because its
 * error texts repeat it letter by letter. PCRE2 reads them as they are: \uHHHH by
 * PCRE2_ALT_BSUX, \w as ASCII, \p{L} as Unicode. The whole value must match.
 */
#ifndef CHANCERY_CONTRACT_PATTERNS_H
#define CHANCERY_CONTRACT_PATTERNS_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>

#define PEM_LINES                                                                                  \
    "([A-Za-z0-9/+]{64}\\u000D?\\u000A)*[A-Za-z0-9/+]{1,64}={0,2}\\u000D?\\u000A"
#define PEM_BEGIN_CERTIFICATE "-{5}BEGIN CERTIFICATE-{5}\\u000D?\\u000A"
#define PEM_END_CERTIFICATE "-{5}END CERTIFICATE-{5}"
#define PEM_CERTIFICATE_BLOCK PEM_BEGIN_CERTIFICATE PEM_LINES PEM_END_CERTIFICATE
#define ACME_ENDPOINT                                                                              \
    "arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:acme-endpoint/[a-zA-Z0-9-]+"
#define ARN_RESOURCE "[\\w+=,.@-]+(/[\\w+=,.@-]+)*"
#define URI_SEGMENT "[-a-zA-Z0-9;?:@&=+$,%_.!~*()']+"

/* DOMAIN_NAME_OR_WILDCARD: the service prints it with anchors, its model has none. */
#define PATTERN_LIST(X)                                                                            \
    X(ACME_BINDING_ARN, ACME_ENDPOINT "/acme-external-account-binding/[a-zA-Z0-9-]+")              \
    X(ACME_DOMAIN_VALIDATION_ARN, ACME_ENDPOINT "/acme-domain-validation/[a-zA-Z0-9-]+")           \
    X(ACME_ENDPOINT_ARN, ACME_ENDPOINT)                                                            \
    X(ACM_ARN, "arn:[\\w+=/,.@-]+:acm:[\\w+=/,.@-]*:[0-9]+:" ARN_RESOURCE)                         \
    X(BASE64, "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")                    \
    X(CNAME, "[-a-zA-Z0-9;/?:@&=+$,%_.!~*()']*")                                                   \
    X(COUNTRY, "[A-Za-z]{2}")                                                                      \
    X(CRL_PATH, "(/|" URI_SEGMENT "(/" URI_SEGMENT ")*)")                                          \
    X(DIGITS, "[0-9]+")                                                                            \
    X(DOMAIN_NAME, "([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?")             \
    X(DOMAIN_NAME_OR_WILDCARD,                                                                     \
      "^(\\*\\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\\.)+"                                       \
      "((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])$")                                                     \
    X(HOSTED_ZONE_ID, "Z[A-Z0-9]+")                                                                \
    X(IAM_ALIAS, "^[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?$")                                        \
    X(IAM_DESCRIPTION, "[\\p{L}\\p{M}\\p{Z}\\p{S}\\p{N}\\p{P}]*")                                    \
    X(IAM_DIGITS, "[\\d]+")                                                                        \
    X(IAM_MARKER, "[\\u0020-\\u00FF]+")                                                            \
    X(IAM_NAME, "[\\w+=,.@-]+")                                                                    \
    X(IAM_PATH, "(\\u002F)|(\\u002F[\\u0021-\\u007F]+\\u002F)")                                      \
    X(IAM_PATH_PREFIX, "\\u002F[\\u0021-\\u007F]*")                                                \
    X(IAM_POLICY_PATH, "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/")                                           \
    X(IAM_POLICY_VERSION, "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")                                       \
    X(IAM_SERIAL, "[\\w+=/:,.@-]+")                                                                \
    X(IAM_TAG_KEY, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")                                              \
    X(IAM_TAG_VALUE, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")                                            \
    X(IAM_WORD, "[\\w]+")                                                                          \
    X(LATIN1, "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]*")                                           \
    X(LATIN1_SOME, "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")                                      \
    X(OID, "([0-2])\\.([0-9]|([0-3][0-9]))((\\.([0-9]+)){0,126})")                                 \
    X(PCA_ARN, "arn:[\\w+=/,.@-]+:acm-pca:[\\w+=/,.@-]*:[0-9]+:" ARN_RESOURCE)                     \
    X(PCA_ARN_ANY_ACCOUNT, "arn:[\\w+=/,.@-]+:acm-pca:[\\w+=/,.@-]*:[0-9]*:" ARN_RESOURCE)         \
    X(PEM_CERTIFICATE, PEM_CERTIFICATE_BLOCK "(\\u000D?\\u000A)?")                                 \
    X(PEM_CHAIN, "(" PEM_CERTIFICATE_BLOCK "\\u000D?\\u000A)*" PEM_CERTIFICATE_BLOCK               \
      "(\\u000D?\\u000A)?")                                                                        \
    X(PEM_PRIVATE_KEY, "-{5}BEGIN PRIVATE KEY-{5}\\u000D?\\u000A" PEM_LINES                        \
      "-{5}END PRIVATE KEY-{5}(\\u000D?\\u000A)?")                                                 \
    X(PRINCIPAL, "[^*]+")                                                                          \
    X(PRINTABLE, "[a-zA-Z0-9'()+-.?:/= ]*")                                                        \
    X(RESOURCE, "(arn:|[a-z][a-z0-9+.-]*://)[!-~]+")                                               \
    X(ROLE_ARN, "arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")                                           \
    X(S3_BUCKET, "[-a-zA-Z0-9._/]+")                                                               \
    X(SERIAL_NUMBER, "[0-9a-f]{2}(:[0-9a-f]{2}){1,19}")                                            \
    X(STS_ARN,                                                                                     \
      "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-"       \
      "\\u10FFFF]+")                                                                               \
    X(STS_DIGITS, "[\\d]*")                                                                        \
    X(STS_EXTERNAL_ID, "[\\w+=,.@:\\/-]*")                                                         \
    X(STS_NAME, "[\\w+=,.@-]*")                                                                    \
    X(STS_ROLE_ID, "[\\w+=,.@:-]*")                                                                \
    X(STS_SERIAL, "[\\w+=/:,.@-]*")                                                                \
    X(STS_WORD, "[\\w]*")                                                                          \
    X(TAG, "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)")                                                    \
    X(UUID_LIKE, "[a-z0-9]{8}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{12}")                   \
    X(WORD, "\\w+")

#define PATTERN_ENUM(name, text) PATTERN_##name,
enum pattern_id { PATTERN_NONE, PATTERN_LIST(PATTERN_ENUM) PATTERN_COUNT };
#undef PATTERN_ENUM

#define PATTERN_TEXT(name, text) extern const char pattern_text_##name[];
PATTERN_LIST(PATTERN_TEXT)
#undef PATTERN_TEXT

/* Compiles all of them; 0 or CH_ENOMEM. Not while others match. */
int patterns_compile(void);
void patterns_free(void);

/*
 * Does the whole text match? Text is valid UTF-8. A match that takes more work than any value of
 * legal length could need counts as none. data: room for one match, of the calling thread.
 */
bool pattern_matches(enum pattern_id id, const char *text, size_t len, pcre2_match_data *data);

#endif
