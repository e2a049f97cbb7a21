#include "ca/pca/general_name.h"

#include "ca/members.h"
#include "ca/pca/subject.h"

static const struct name_row {
    const char *member;
    enum pki_general_kind kind;
    const char *text;   /* member of the structure; NULL = the member is the text itself */
    const char *detail; /* another, or NULL */
} name_rows[] = {
    {"OtherName", PKI_NAME_OTHER, "Value", "TypeId"},
    {"Rfc822Name", PKI_NAME_MAIL, NULL, NULL},
    {"DnsName", PKI_NAME_DNS, NULL, NULL},
    {"DirectoryName", PKI_NAME_DIRECTORY, NULL, NULL},
    {"EdiPartyName", PKI_NAME_EDI, "PartyName", "NameAssigner"},
    {"UniformResourceIdentifier", PKI_NAME_URI, NULL, NULL},
    {"IpAddress", PKI_NAME_IP, NULL, NULL},
    {"RegisteredId", PKI_NAME_REGISTERED_ID, NULL, NULL},
};

/* The row of the one member that a GeneralName has; NULL for none or several. */
static const struct name_row *name_row_of(const json_t *in)
{
    const struct name_row *found = NULL;
    for (size_t i = 0; i < sizeof name_rows / sizeof name_rows[0]; i++) {
        if (json_object_get(in, name_rows[i].member) == NULL)
            continue;
        if (found != NULL)
            return NULL;
        found = &name_rows[i];
    }
    return found;
}

int pca_general_name_read(const json_t *in, const char *what, struct pki_general_name *name,
                          struct buf *directory, struct api_error *error)
{
    const struct name_row *row = name_row_of(in);
    if (row == NULL)
        return api_fail(error, "InvalidArgsException", "%s must be of exactly one kind.", what);
    const json_t *value = json_object_get(in, row->member);
    name->kind = row->kind;
    if (row->kind == PKI_NAME_DIRECTORY) {
        int rc = pca_subject_build(value, directory, error);
        name->directory = buf_slice(directory);
        return rc;
    }
    name->text = row->text == NULL ? json_string_value(value) : member_text(value, row->text);
    name->detail = row->detail == NULL ? NULL : member_text(value, row->detail);
    if (name->text == NULL || (row->kind == PKI_NAME_OTHER && name->detail == NULL))
        return api_fail(error, "InvalidArgsException", "%s %s is incomplete.", what, row->member);
    return 0;
}
