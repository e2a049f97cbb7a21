/* The query protocol: forms become what the shapes say, and nothing else; answers and errors in XML. */
#include "ca/contract/query.h"
#include "ca/contract/services.h"
#include "ca/contract/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VERSION "&Version=2010-05-08"

static const struct service *iam(void)
{
    return &contract_service_table[SERVICE_IAM];
}

static const struct operation *named(const char *name)
{
    const struct operation *operation = contract_operation(iam(), slice_text(name));
    assert_non_null(operation);
    return operation;
}

/* Parses, finds, makes the input; what went wrong is in error. */
static json_t *input_of(const char *form, struct api_error *error)
{
    const struct operation *operation = NULL;
    json_t *parsed = NULL, *in = NULL;
    *error = (struct api_error){0};
    if (query_parse(slice_text(form), &parsed, error) == 0 &&
        query_operation(iam(), parsed, &operation, error) == 0)
        (void)query_input(operation, parsed, &in, error);
    json_decref(parsed);
    assert_int_equal(in == NULL, error->type != NULL);
    return in;
}

static void becomes(const char *form, const char *json)
{
    struct api_error error;
    json_t *in = input_of(form, &error);
    if (in == NULL)
        fail_msg("%s: %s", form, error.text);
    char *text = json_dumps(in, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, json);
    free(text);
    json_decref(in);
}

static void is_refused(const char *form, const char *type)
{
    struct api_error error;
    json_t *in = input_of(form, &error);
    json_decref(in);
    assert_non_null(error.type);
    assert_string_equal(error.type, type);
}

static void members_are_decoded_by_their_shapes(void **state)
{
    (void)state;
    becomes("Action=CreateUser&UserName=a%2Bb+c%3d" VERSION, "{\"UserName\":\"a+b c=\"}");
    becomes("UserName=ada&Version=2010-05-08&Action=GetUser&X-Amz-Date=x", "{\"UserName\":\"ada\"}");
    becomes("Action=ListUsers&MaxItems=7" VERSION, "{\"MaxItems\":7}");
    becomes("Action=ListPolicies&OnlyAttached=TRUE" VERSION, "{\"OnlyAttached\":true}");
    becomes("Action=ListUsers&" VERSION "&&", "{}");
    becomes("Action=ListUsers&Marker=" VERSION, "{\"Marker\":\"\"}");
}

static void lists_are_ordered_by_their_numbers(void **state)
{
    (void)state;
    becomes("Action=UntagUser&UserName=a&TagKeys.member.10=z&TagKeys.member.2=y&TagKeys.member.1=x" VERSION,
            "{\"TagKeys\":[\"x\",\"y\",\"z\"],\"UserName\":\"a\"}");
    becomes("Action=TagUser&Tags.member.1.Value=v&Tags.member.1.Key=k" VERSION,
            "{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}");
    becomes("Action=TagUser&Tags=" VERSION, "{\"Tags\":[]}");
}

static void damaged_forms_are_refused(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "Action=GetUser&UserName=%" VERSION,
        "Action=GetUser&UserName=%4" VERSION,
        "Action=GetUser&UserName=%zz" VERSION,
        "Action=GetUser&UserName=%00" VERSION,
        "Action=GetUser&UserName=%ff" VERSION,
        "Action=GetUser&UserName=a&UserName=a" VERSION,
        "Action=GetUser&UserName.x=a" VERSION,
        "Action=GetUser&UserName=a&UserName.x=a" VERSION,
        "Action=GetUser&=a" VERSION,
        "Action=GetUser&.a=a" VERSION,
        "Action=GetUser&a.=a" VERSION,
        "Action=GetUser&a..b=a" VERSION,
        "Action=GetUser&a.b.c.d.e.f.g.h.i.j.k.l.m=a" VERSION,
        "Action=ListUsers&MaxItems=x" VERSION,
        "Action=ListUsers&MaxItems=" VERSION,
        "Action=ListUsers&MaxItems=99999999999999999999" VERSION,
        "Action=ListUsers&MaxItems=+1" VERSION,
        "Action=ListPolicies&OnlyAttached=1" VERSION,
        "Action=TagUser&Tags=a" VERSION,
        "Action=TagUser&Tags.1.Key=a" VERSION,
        "Action=TagUser&Tags.member.0.Key=a" VERSION,
        "Action=TagUser&Tags.member.x.Key=a" VERSION,
        "Action=TagUser&Tags.member.99999.Key=a" VERSION,
        "Action=TagUser&Tags.member.1=a" VERSION,
        "Action=UntagUser&TagKeys.member.1.x=a" VERSION,
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        is_refused(forms[i], "MalformedInputException");
}

static void too_many_parameters_are_refused(void **state)
{
    (void)state;
    struct buf form = {0};
    assert_int_equal(buf_put_text(&form, "Action=ListUsers" VERSION), 0);
    for (int i = 0; i < QUERY_PAIRS_MAX; i++)
        assert_int_equal(buf_printf(&form, "&p%d=x", i), 0);
    is_refused(buf_text(&form), "MalformedInputException");
    buf_free(&form);
}

static void actions_and_versions_must_be_known(void **state)
{
    (void)state;
    is_refused("", "MissingActionException");
    is_refused("Version=2010-05-08", "MissingActionException");
    is_refused("Action=GetUser", "InvalidActionException");
    is_refused("Action=getuser" VERSION, "InvalidActionException");
    is_refused("Action=AssumeRole" VERSION, "InvalidActionException");
    is_refused("Action=GetUser&Version=2011-06-15", "InvalidActionException");
    is_refused("Action.x=GetUser" VERSION, "MissingActionException");
}

/* ---- XML ---- */

static void text_is_escaped(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_int_equal(xml_put_text(&out, "a<b>&\"c\"\r\n\t\x01\x7f\xef\xbf\xbf\xc3\xa9"), 0);
    assert_string_equal(buf_text(&out), "a&lt;b&gt;&amp;&quot;c&quot;&#xD;\n\t???\xc3\xa9");
    buf_free(&out);
}

static void an_answer_follows_its_shape(void **state)
{
    (void)state;
    struct buf out = {0};
    json_t *answer = json_pack("{s:b, s:[{s:s, s:f, s:s}], s:s}", "IsTruncated", 0, "Users",
                               "UserName", "a&b", "CreateDate", 1596323441.0, "Unknown", "x",
                               "Marker", "m");
    assert_int_equal(xml_put_answer(&out, named("ListUsers"), answer, "id-1"), 0);
    assert_string_equal(
        buf_text(&out),
        "<ListUsersResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\n"
        "  <ListUsersResult><Users><member><UserName>a&amp;b</UserName>"
        "<CreateDate>2020-08-01T23:10:41Z</CreateDate></member></Users>"
        "<IsTruncated>false</IsTruncated><Marker>m</Marker></ListUsersResult>\n"
        "  <ResponseMetadata>\n    <RequestId>id-1</RequestId>\n  </ResponseMetadata>\n"
        "</ListUsersResponse>\n");
    json_decref(answer);
    buf_free(&out);
}

static void a_map_has_entries_and_an_empty_answer_no_result(void **state)
{
    (void)state;
    struct buf out = {0};
    json_t *answer = json_pack("{s:{s:i}}", "SummaryMap", "Users", 3);
    assert_int_equal(xml_put_answer(&out, named("GetAccountSummary"), answer, "i"), 0);
    assert_non_null(strstr(buf_text(&out), "<SummaryMap><entry><key>Users</key><value>3</value>"
                                           "</entry></SummaryMap>"));
    buf_clear(&out);
    assert_int_equal(xml_put_answer(&out, named("DeleteUser"), answer, "i"), 0);
    assert_null(strstr(buf_text(&out), "Result"));
    json_decref(answer);
    buf_free(&out);
}

static void errors_have_the_codes_of_this_protocol(void **state)
{
    (void)state;
    static const struct {
        const char *type, *code, *sort;
        unsigned status;
    } rows[] = {
        {"NoSuchEntityException", "NoSuchEntity", "Sender", 404},
        {"AccessDeniedException", "AccessDenied", "Sender", 403},
        {"UnrecognizedClientException", "InvalidClientTokenId", "Sender", 403},
        {"InvalidSignatureException", "SignatureDoesNotMatch", "Sender", 403},
        {"ExpiredTokenException", "ExpiredToken", "Sender", 403},
        {"LimitExceededException", "LimitExceeded", "Sender", 409},
        {"ValidationException", "ValidationError", "Sender", 400},
        {"InternalFailure", "InternalFailure", "Receiver", 500},
        {"ServiceUnavailableException", "ServiceUnavailable", "Receiver", 503},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct api_error error = {0};
        struct buf out = {0};
        char expected[256];
        api_fail(&error, rows[i].type, "a < b");
        assert_int_equal(xml_put_error(&out, iam(), &error, "id"), 0);
        snprintf(expected, sizeof expected, "<Type>%s</Type>\n    <Code>%s</Code>", rows[i].sort,
                 rows[i].code);
        assert_non_null(strstr(buf_text(&out), expected));
        assert_non_null(strstr(buf_text(&out), "<Message>a &lt; b</Message>"));
        assert_int_equal(xml_error_status(rows[i].type), rows[i].status);
        buf_free(&out);
    }
}

static int set_up(void **state)
{
    (void)state;
    return contract_init();
}

static int tear_down(void **state)
{
    (void)state;
    contract_exit();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_decoded_by_their_shapes),
        cmocka_unit_test(lists_are_ordered_by_their_numbers),
        cmocka_unit_test(damaged_forms_are_refused),
        cmocka_unit_test(too_many_parameters_are_refused),
        cmocka_unit_test(actions_and_versions_must_be_known),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(an_answer_follows_its_shape),
        cmocka_unit_test(a_map_has_entries_and_an_empty_answer_no_result),
        cmocka_unit_test(errors_have_the_codes_of_this_protocol),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
