#include "ca/policy/internal.h"

#include <string.h>

#define ACCOUNT_LEN ((size_t)12)
#define ID_LEN ((size_t)21)

static bool is_account(struct slice s)
{
    size_t n = 0;
    while (n < s.len && s.data[n] >= '0' && s.data[n] <= '9')
        n++;
    return n == s.len && n == ACCOUNT_LEN;
}

/* The part of an ARN with that index; the last one has the rest. */
static struct slice part(struct slice arn, unsigned index)
{
    for (unsigned i = 0; i < index; i++) {
        const uint8_t *colon = arn.len == 0 ? NULL : memchr(arn.data, ':', arn.len);
        if (colon == NULL)
            return slice_of(NULL, 0);
        arn = slice_of(colon + 1, arn.len - (size_t)(colon + 1 - arn.data));
    }
    const uint8_t *end = index == 5 || arn.len == 0 ? NULL : memchr(arn.data, ':', arn.len);
    return end == NULL ? arn : slice_of(arn.data, (size_t)(end - arn.data));
}

static bool begins(struct slice s, const char *with)
{
    size_t len = strlen(with);
    return s.len > len && memcmp(s.data, with, len) == 0;
}

/* Users, roles and sessions by their ARN; wildcards are not for principals. */
static bool is_principal_arn(struct slice s)
{
    struct slice service = part(s, 2), resource = part(s, 5);
    bool iam = slice_is(service, "iam") && (begins(resource, "user/") || begins(resource, "role/"));
    bool sts = slice_is(service, "sts") &&
               (begins(resource, "assumed-role/") || begins(resource, "federated-user/"));
    return slice_is(part(s, 0), "arn") && begins(part(s, 1), "aws") == (part(s, 1).len > 3) &&
           part(s, 1).len >= 3 && part(s, 3).len == 0 && is_account(part(s, 4)) && (iam || sts) &&
           memchr(s.data, '*', s.len) == NULL && memchr(s.data, '?', s.len) == NULL;
}

/* Of a user or role: what an ARN becomes when the policy is kept. */
static bool is_id(struct slice s)
{
    size_t n = 4;
    bool known = s.len == ID_LEN && (begins(s, "AIDA") || begins(s, "AROA"));
    while (known && n < s.len && ((s.data[n] >= 'A' && s.data[n] <= 'Z') ||
                                  (s.data[n] >= '2' && s.data[n] <= '7')))
        n++;
    return known && n == s.len;
}

static int aws_parse(struct slice text, struct who *out)
{
    if (slice_is(text, "*"))
        out->type = WHO_ANYBODY;
    else if (is_account(text))
        out->type = WHO_ACCOUNT;
    else if (begins(text, "arn:") && slice_is(part(text, 2), "iam") && part(text, 3).len == 0 &&
             is_account(part(text, 4)) && slice_is(part(text, 5), "root")) {
        out->type = WHO_ACCOUNT;
        out->text = part(text, 4);
    } else if (begins(text, "arn:") && is_principal_arn(text))
        out->type = WHO_ARN;
    else if (is_id(text))
        out->type = WHO_ID;
    else
        return CH_EINVAL;
    return 0;
}

int who_parse(struct arena *a, const char *kind, struct slice text, struct who *out)
{
    char *copy = arena_copy(a, text);
    if (copy == NULL)
        return CH_ENOMEM;
    *out = (struct who){.type = WHO_NOBODY, .text = slice_of(copy, text.len)};
    if (strcmp(kind, "AWS") == 0)
        return aws_parse(out->text, out);
    if (text.len == 0)
        return CH_EINVAL;
    if (strcmp(kind, "Service") == 0)
        out->type = WHO_SERVICE;
    else if (strcmp(kind, "Federated") == 0)
        out->type = WHO_FEDERATED;
    else if (strcmp(kind, "CanonicalUser") != 0) /* names buckets' owners: nobody here */
        return CH_EINVAL;
    return 0;
}

static bool is_text(struct slice s, const char *text)
{
    return text != NULL && slice_is(s, text);
}

static enum who_grade grade(const struct who *w, const struct policy_principal *p)
{
    switch (w->type) {
    case WHO_ANYBODY:
        return p->account != NULL ? GRADE_ANYBODY : GRADE_NONE;
    case WHO_ACCOUNT:
        return is_text(w->text, p->account) ? GRADE_ACCOUNT : GRADE_NONE;
    case WHO_ARN:
        if (is_text(w->text, p->arn))
            return GRADE_EXACT;
        return is_text(w->text, p->role_arn) ? GRADE_ROLE : GRADE_NONE;
    case WHO_ID:
        if (!is_text(w->text, p->id))
            return GRADE_NONE;
        return p->role_arn == NULL ? GRADE_EXACT : GRADE_ROLE;
    case WHO_SERVICE:
        return is_text(w->text, p->service) ? GRADE_EXACT : GRADE_NONE;
    case WHO_FEDERATED:
        return is_text(w->text, p->federated) ? GRADE_EXACT : GRADE_NONE;
    case WHO_NOBODY:
        break;
    }
    return GRADE_NONE;
}

enum who_grade who_match(const struct who *list, size_t count, const struct policy_principal *p)
{
    enum who_grade best = GRADE_NONE;
    for (size_t i = 0; i < count; i++) {
        enum who_grade g = grade(&list[i], p);
        best = g > best ? g : best;
    }
    return best;
}

static bool names(const struct who *list, size_t count, enum who_type type, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].type == WHO_ANYBODY || (list[i].type == type && is_text(list[i].text, text)))
            return true;
    return false;
}

bool who_spares(const struct who *list, size_t count, const struct policy_principal *p)
{
    if (p->service != NULL)
        return names(list, count, WHO_SERVICE, p->service);
    if (p->federated != NULL)
        return names(list, count, WHO_FEDERATED, p->federated);
    return names(list, count, WHO_ACCOUNT, p->account) &&
           (p->root || names(list, count, WHO_ARN, p->arn) ||
            (p->role_arn == NULL && names(list, count, WHO_ID, p->id))) &&
           (p->role_arn == NULL || names(list, count, WHO_ARN, p->role_arn) ||
            names(list, count, WHO_ID, p->id));
}
