/*
 * ARNs: every operation that takes one, by the tables, with every kind of ARN that names
 * nothing of the caller's. The answers are those of ACM.
 */
#include "ca/acm/operations.h"
#include "ca/arn.h"
#include "ca/pca/operations.h"
#include "tests/unit/contract_sample.h"
#include "tests/unit/core_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UUID "01234567-89ab-4cde-8f01-23456789abcd"

enum answer { INVALID_INPUT, INVALID_ARN, INVALID_ARGS, NOT_FOUND, DENIED };

struct sort {
    const char *arn; /* $A stands for the caller's account */
    enum answer answer;
};

static const struct sort certificates[] = {
    {"arn:aws:acm:us-east-1:$A:certificate/" UUID, NOT_FOUND},
    {"arn:aws:acm:eu-west-1:$A:certificate/" UUID, NOT_FOUND},
    {"arn:aws:acm::$A:certificate/" UUID, NOT_FOUND},
    {"arn:aws-cn:acm:us-east-1:$A:certificate/" UUID, NOT_FOUND},
    {"arn:aws:acm:us-east-1:999999999999:certificate/" UUID, NOT_FOUND},
    {"arn:aws:acm:us-east-1:1:certificate/" UUID, NOT_FOUND},
    {"arn:aws:acm:us-east-1:$A:certificate/01234567-89AB-4CDE-8F01-23456789ABCD", NOT_FOUND},
    {"arn:aws:acm:us-east-1:$A:certificate/x", NOT_FOUND},
    {"arn:aws:acm:us-east-1:$A:certificate", INVALID_ARN},
    {"arn:aws:acm:us-east-1:$A:certificates/" UUID, INVALID_ARN},
    {"arn:aws:acm:us-east-1:$A:acme-endpoint/" UUID, INVALID_ARN},
    {"arn:aws:acm:us-east-1:$A:certificate/" UUID "/x", INVALID_ARN},
    {"arn:aws:acm:us-east-1:$A:certificate/", INVALID_INPUT},
    {"arn:aws:acm-pca:us-east-1:$A:certificate/" UUID, INVALID_INPUT},
    {"arn:aws:iam:us-east-1:$A:server-certificate/x", INVALID_INPUT},
    {"arn:aws:acm:us-east-1:account:certificate/" UUID, INVALID_INPUT},
    {"ARN:aws:acm:us-east-1:$A:certificate/" UUID, INVALID_INPUT},
    {"arn:aws:acm:us-east-1:$A:certificate/" UUID " ", INVALID_INPUT},
    {"arn:aws:acm:us-east-1:$A", INVALID_INPUT},
    {"arn:aws:acm", INVALID_INPUT},
    {UUID, INVALID_INPUT},
    {"", INVALID_INPUT},
};

static const struct sort authorities[] = {
    {"arn:aws:acm-pca:us-east-1:$A:certificate-authority/" UUID, NOT_FOUND},
    {"arn:aws:acm-pca:eu-west-1:$A:certificate-authority/" UUID, NOT_FOUND},
    {"arn:aws-cn:acm-pca:us-east-1:$A:certificate-authority/" UUID, NOT_FOUND},
    {"arn:aws:acm-pca:us-east-1:$A:certificate-authority/x", NOT_FOUND},
    {"arn:aws:acm-pca:us-east-1:999999999999:certificate-authority/" UUID, DENIED},
    {"arn:aws:acm-pca:us-east-1:$A:certificate/" UUID, INVALID_ARN},
    {"arn:aws:acm-pca:us-east-1:$A:certificate-authority/" UUID "/certificate/x", INVALID_ARN},
    {"arn:aws:acm:us-east-1:$A:certificate-authority/" UUID, INVALID_INPUT},
    {"arn:aws:acm-pca", INVALID_INPUT},
    {"", INVALID_INPUT},
};

struct asked {
    const char *service;
    const char *target_prefix;
    const char *missing; /* what ResourceNotFoundException says, with ARN and account */
    const char *invalid; /* what InvalidArnException says, with the ARN where it has a place */
};

static const struct asked acm = {"acm", CORE_KIT_ACM, "Could not find certificate $R in account $A.",
                                 "Not a valid certificate arn: $R"};
static const struct asked pca = {"acm-pca", CORE_KIT_PCA,
                                 "Could not find certificate authority $R in account $A.",
                                 "Not a valid arn."};

static const struct operation *operation_find(const struct asked *a, const char *name)
{
    char target[128];
    const struct service *service = NULL;
    const struct operation *operation = NULL;
    snprintf(target, sizeof target, "%s%s", a->target_prefix, name);
    assert_int_equal(contract_find(slice_text(target), &service, &operation), 0);
    return operation;
}

static bool may_fail_with(const struct operation *operation, const char *type)
{
    for (size_t i = 0; operation->errors[i] != NULL; i++)
        if (strcmp(operation->errors[i], type) == 0)
            return true;
    return false;
}

/* form with $A replaced by the account and $R by arn. */
static void spell(const char *form, const char *arn, char out[1024])
{
    size_t len = 0;
    for (const char *c = form; *c != '\0'; c++) {
        bool hole = c[0] == '$' && (c[1] == 'A' || c[1] == 'R');
        const char *with = !hole ? NULL : c[1] == 'A' ? core_kit.appliance.account : arn;
        len += (size_t)snprintf(out + len, 1024 - len, hole ? "%s" : "%.1s", hole ? with : c);
        assert_true(len < 1024);
        c += hole;
    }
    out[len] = '\0';
}

static const char *missing_text(const struct asked *a, const struct operation *operation)
{
    return strcmp(operation->name, "ImportCertificate") == 0 ? "Could not find certificate $R."
                                                             : a->missing;
}

static void expect(const struct asked *a, const struct operation *operation, const char *arn,
                   enum answer answer, const char *text)
{
    static const char *const types[] = {
        [INVALID_INPUT] = "ValidationException",
        [INVALID_ARN] = "InvalidArnException",
        [INVALID_ARGS] = "InvalidArgsException",
        [NOT_FOUND] = "ResourceNotFoundException",
        [DENIED] = "AccessDeniedException",
    };
    char wanted[1024] = "";
    json_t *body = json_loads(text, 0, NULL);
    const char *type = json_string_value(json_object_get(body, "__type"));
    const char *said = json_string_value(json_object_get(body, "message"));
    if (answer == INVALID_ARN && !may_fail_with(operation, "InvalidArnException"))
        answer = may_fail_with(operation, "InvalidArgsException") ? INVALID_ARGS : INVALID_INPUT;
    if (type == NULL || strcmp(type, types[answer]) != 0)
        fail_msg("%s of %s: %s, not %s", operation->name, arn, text, types[answer]);
    if (answer == NOT_FOUND)
        spell(missing_text(a, operation), arn, wanted);
    if (answer == INVALID_ARN || answer == INVALID_ARGS)
        spell(a->invalid, arn, wanted);
    if (wanted[0] != '\0')
        assert_string_equal(said, wanted);
    json_decref(body);
}

static void ask(const struct asked *a, const struct operation *operation, const char *member,
                const struct sort *sort)
{
    char arn[1024], target[128];
    uint32_t status = 0;
    json_t *in = sample_required(operation->input);
    spell(sort->arn, "", arn);
    json_object_set_new(in, member, json_string(arn));
    if (a == &pca && json_object_get(in, "CertificateArn") != NULL)
        json_object_set_new(in, "CertificateArn",
                            json_sprintf("%s/certificate/0123456789abcdef0123456789abcdef",
                                         arn[0] == '\0' ? "arn:aws:acm-pca:::x" : arn));
    char *body = json_dumps(in, JSON_COMPACT);
    snprintf(target, sizeof target, "%s%s", a->target_prefix, operation->name);
    char *text = core_kit_ask(target, body, &status);
    assert_int_equal(status, 400);
    expect(a, operation, arn, sort->answer, text);
    free(text);
    free(body);
    json_decref(in);
}

static void ask_all(const struct asked *a, const struct operation_binding *bindings, size_t count,
                    const char *member, const struct sort *sorts, size_t sort_count, size_t least)
{
    size_t asked = 0;
    for (size_t i = 0; i < count; i++) {
        if (bindings[i].resource_member == NULL ||
            strcmp(bindings[i].resource_member, member) != 0)
            continue;
        const struct operation *operation = operation_find(a, bindings[i].name);
        for (size_t s = 0; s < sort_count; s++)
            ask(a, operation, member, &sorts[s]);
        asked++;
    }
    assert_true(asked >= least);
}

static void operations_of_acm_answer_alike_to_arns_that_name_nothing(void **state)
{
    (void)state;
    const size_t sorts = sizeof certificates / sizeof certificates[0];
    ask_all(&acm, acm_operations, acm_operation_count, "CertificateArn", certificates, sorts, 9);
    ask_all(&acm, acm_operations, acm_operation_count, "ResourceArn", certificates, sorts, 3);
}

static void operations_of_private_ca_answer_alike_to_arns_that_name_nothing(void **state)
{
    (void)state;
    ask_all(&pca, pca_operations, pca_operation_count, "CertificateAuthorityArn", authorities,
            sizeof authorities / sizeof authorities[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_of_acm_answer_alike_to_arns_that_name_nothing),
        cmocka_unit_test(operations_of_private_ca_answer_alike_to_arns_that_name_nothing),
    };
    return cmocka_run_group_tests(tests, core_kit_setup, core_kit_teardown);
}
