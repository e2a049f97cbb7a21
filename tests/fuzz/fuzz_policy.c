/*
 * Target functions: policy_parse, policy_ask, policy_judge, policy_keys_visit
 *
 * The first octet chooses the form; the rest is a document. What is taken is judged; a document that
 * denies never makes the judgement an allowance, and whoever has no policy is refused.
 */
#include "ca/policy/policy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* Every key has a value that is a little like a number, a date, an address and an ARN. */
static int find(void *context, struct slice key, struct policy_values *out)
{
    static const char *const values[] = {"10.0.0.1", "arn:aws:iam::111122223333:user/a", "5",
                                         "2026-11-23T13:17:00Z", "true"};
    (void)context;
    must(key.len > 0);
    unsigned which = key.data[key.len - 1] % 6u;
    int r = which == 5 ? 0 : policy_values_put_text(out, values[which]);
    return r == 0 && which == 1 ? policy_values_put_text(out, "b") : r;
}

static void visit(void *context, const char *key)
{
    (void)context;
    must(key != NULL && strchr(key, ':') != NULL);
}

static void judge(const struct policy *p, enum policy_form form)
{
    struct policy_set *set = policy_set_new();
    struct policy_verdict verdict;
    enum policy_answer answer;
    struct policy_question q = {
        .action = "acm-pca:IssueCertificate",
        .resource = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a",
        .principal = {.account = "111122223333", .arn = "arn:aws:iam::111122223333:user/a"},
        .find = find,
    };
    must(set != NULL && policy_ask(p, &q, &answer) == 0);
    if (form == POLICY_FORM_IDENTITY)
        must(policy_set_add(set, POLICY_IDENTITY, p) == 0);
    else
        q.resource_policy = p;
    q.policies = set;
    must(policy_judge(&q, &verdict) == 0);
    must(!verdict.allowed || answer == POLICY_ALLOWS);
    must(verdict.explicit_deny == (answer == POLICY_DENIES));
    policy_keys_visit(p, visit, NULL);
    policy_set_release(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[POLICY_WHY_SIZE] = "";
    struct policy *p = NULL;
    if (size == 0)
        return 0;
    enum policy_form form = data[0] % 3u;
    int r = policy_parse(slice_of(data + 1, size - 1), form, &p, why);
    must((r == 0) == (p != NULL) && (r == 0 || r == CH_ENOMEM || why[0] != '\0'));
    if (p != NULL)
        judge(p, form);
    policy_release(p);
    return 0;
}
