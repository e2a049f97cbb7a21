/*
 * test_contract_kit.h - asking the contract as a client would: a target, a body, an answer.
 */
#ifndef CHANCERY_TEST_CONTRACT_KIT_H
#define CHANCERY_TEST_CONTRACT_KIT_H

#include "ca/contract/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CM "CertificateManager."
#define PCA "ACMPrivateCA."
#define CA_ARN "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111"
#define CERT_ARN "arn:aws:acm:eu-central-1:123456789012:certificate/11111111"
#define VALIDATION "{\"__type\":\"ValidationException\",\"message\":\""
#define SERIALIZATION "{\"__type\":\"SerializationException\",\"Message\":\""
static inline const struct operation *operation_named(const char *target)
{
    const struct service *service = NULL;
    const struct operation *operation = NULL;
    assert_int_equal(contract_find(slice_text(target), &service, &operation), 0);
    return operation;
}

static inline int body_check_slice(const char *target, struct slice body, json_t **in,
                                   struct api_error *error)
{
    int rc = contract_parse(body, in, error);
    if (rc != 0) {
        assert_null(*in);
        return rc;
    }
    return contract_check(operation_named(target), *in, error);
}

/* The answer to a body: the error's JSON, or what the contract made of the body. */
static inline char *answer_to_slice(const char *target, struct slice body)
{
    struct api_error error = {0};
    struct buf out = {0};
    json_t *in = NULL;
    char *text = NULL;
    int rc = body_check_slice(target, body, &in, &error);
    if (rc == 0) {
        assert_null(error.type);
        text = json_dumps(in, JSON_COMPACT);
    } else {
        assert_int_equal(rc, CH_EAPI);
        assert_int_equal(api_error_body(&error, &out), 0);
        text = strdup(buf_text(&out));
    }
    buf_free(&out);
    json_decref(in);
    assert_non_null(text);
    return text;
}

static inline void answer_is(const char *target, const char *body, const char *expected)
{
    char *text = answer_to_slice(target, slice_text(body));
    assert_string_equal(text, expected);
    free(text);
}

static inline int start(void **state)
{
    (void)state;
    contract_json_wipes();
    return contract_init();
}

static inline int stop(void **state)
{
    (void)state;
    contract_exit();
    return 0;
}

#endif
