#include "ca/pca/subject.h"

#include "ca/pki/pki.h"

#define ATTRIBUTES_MAX 150

/* JSON member -> attribute type (X.520, RFC 4519), in encoded order. */
static const struct member_row {
    const char *member;
    const char *oid;
} member_rows[] = {
    {"Country", "2.5.4.6"},
    {"Organization", "2.5.4.10"},
    {"OrganizationalUnit", "2.5.4.11"},
    {"DistinguishedNameQualifier", "2.5.4.46"},
    {"State", "2.5.4.8"},
    {"CommonName", "2.5.4.3"},
    {"SerialNumber", "2.5.4.5"},
    {"Locality", "2.5.4.7"},
    {"Title", "2.5.4.12"},
    {"Surname", "2.5.4.4"},
    {"GivenName", "2.5.4.42"},
    {"Initials", "2.5.4.43"},
    {"Pseudonym", "2.5.4.65"},
    {"GenerationQualifier", "2.5.4.44"},
};

#define MEMBER_COUNT (sizeof member_rows / sizeof member_rows[0])

static size_t members_collect(const json_t *subject, struct pki_attribute *attributes)
{
    size_t count = 0;
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        const char *value = json_string_value(json_object_get(subject, member_rows[i].member));
        /* An empty attribute value is not allowed in DER names: X.520 bounds begin at 1. */
        if (value != NULL && value[0] != '\0')
            attributes[count++] = (struct pki_attribute){member_rows[i].oid, value};
    }
    return count;
}

static size_t custom_collect(const json_t *custom, struct pki_attribute *attributes)
{
    size_t count = json_array_size(custom);
    for (size_t i = 0; i < count && i < ATTRIBUTES_MAX; i++) {
        const json_t *one = json_array_get(custom, i);
        attributes[i].oid = json_string_value(json_object_get(one, "ObjectIdentifier"));
        attributes[i].value = json_string_value(json_object_get(one, "Value"));
    }
    return count < ATTRIBUTES_MAX ? count : ATTRIBUTES_MAX;
}

int pca_subject_build(const json_t *subject, struct buf *der, struct api_error *error)
{
    struct pki_attribute attributes[ATTRIBUTES_MAX];
    const json_t *custom = json_object_get(subject, "CustomAttributes");
    size_t count = members_collect(subject, attributes);

    if (custom != NULL && count > 0)
        return api_fail(error, "InvalidArgsException",
                        "CustomAttributes cannot be combined with the standard attributes of a "
                        "subject.");
    if (custom != NULL)
        count = custom_collect(custom, attributes);
    if (count == 0)
        return api_fail(error, "InvalidArgsException",
                        "The subject must have at least one attribute (RFC 5280 4.1.2.6).");
    int rc = pki_name_build(attributes, count, der);
    if (rc == CH_EINVAL)
        return api_fail(
            error, "InvalidArgsException",
            "The subject holds an object identifier or a value that cannot be encoded.");
    return rc;
}
