#include "ca/iam/sign_in_body.h"

#include "firmware/base/message.h"

#include <stddef.h>
#include <string.h>

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define AT(member) offsetof(struct sign_in_body, member)

/* Lengths as in IAM; a password has at most 128 characters, of two octets at most each. */
const struct sign_in_member sign_in_members[] = {
    {"account", true, 3, 63, DIGITS LOWER "-", AT(account)},
    {"userName", true, 1, 64, DIGITS LOWER UPPER "_+=,.@-", AT(user_name)},
    {"password", true, 1, 256, NULL, AT(password)},
    {"mfaCode", false, 6, 6, DIGITS, AT(code)},
    {"newPassword", false, 1, 256, NULL, AT(new_password)},
};
const size_t sign_in_member_count = sizeof sign_in_members / sizeof sign_in_members[0];

/* IAM's [\u0009\u000A\u000D\u0020-\u00FF]+ in UTF-8, which jansson has seen to. */
static bool is_password(const char *text)
{
    for (const uint8_t *c = (const uint8_t *)text; *c != '\0'; c++) {
        if (*c == 0xc2 || *c == 0xc3)
            c++;
        else if (*c >= 0x80 || (*c < 0x20 && strchr("\t\n\r", *c) == NULL))
            return false;
    }
    return true;
}

static bool fits(const struct sign_in_member *m, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (text == NULL || len < m->min || len > m->max || strlen(text) != len)
        return false;
    return m->allowed == NULL ? is_password(text) : strspn(text, m->allowed) == len;
}

static const struct sign_in_member *member_find(const char *name)
{
    for (size_t i = 0; i < sign_in_member_count; i++)
        if (strcmp(sign_in_members[i].name, name) == 0)
            return &sign_in_members[i];
    return NULL;
}

static int invalid(struct api_error *error, const char *name)
{
    return api_fail(error, "ValidationException", "The member %s is missing or not valid.", name);
}

/* The name of what is unknown is not said again: it is anything. */
static int members_take(struct sign_in_body *out, struct api_error *error)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(out->json, name, value) {
        const struct sign_in_member *m = member_find(name);
        if (m == NULL)
            return api_fail(error, "ValidationException", "There is a member that is not known.");
        if (!fits(m, value))
            return invalid(error, m->name);
        *(const char **)(void *)((char *)out + m->offset) = json_string_value(value);
    }
    return 0;
}

int sign_in_body_parse(struct slice body, struct sign_in_body *out, struct api_error *error)
{
    *out = (struct sign_in_body){.account = NULL};
    if (body.len > SIGN_IN_MAX)
        return api_fail(error, "RequestEntityTooLargeException",
                        "The request body is larger than this endpoint takes.");
    int rc = contract_parse(body, &out->json, error);
    if (rc == 0)
        rc = members_take(out, error);
    for (size_t i = 0; rc == 0 && i < sign_in_member_count; i++)
        if (sign_in_members[i].required &&
            json_object_get(out->json, sign_in_members[i].name) == NULL)
            rc = invalid(error, sign_in_members[i].name);
    return rc;
}

void sign_in_body_free(struct sign_in_body *body)
{
    json_decref(body->json);
    *body = (struct sign_in_body){.account = NULL};
}
