/* chancery validation: what public certificates wait for, in words; and a look now. */
#include "firmware/base/error.h"
#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 30000
#define WAIT_DEFAULT 15 /* seconds */
#define WAIT_MOST 600
#define NAP_NS 200000000L
#define SHORT_MOST 3 /* reasons of one certificate in the list */

struct arguments {
    const char *state, *account, *arn, *domain;
    bool json;
    unsigned wait;
};

/* ---- asking ---- */

/* The answer as JSON, or NULL with the reason said to the user. */
static json_t *ask(const struct arguments *a, const char *verb, uint64_t after)
{
    struct frame frame;
    const struct msg_validation question = {
        .verb = slice_text(verb),
        .account = slice_text(a->account == NULL ? "" : a->account),
        .after = after,
        .arn = slice_text(a->arn == NULL ? "" : a->arn),
        .domain = slice_text(a->domain == NULL ? "" : a->domain)};
    if (operator_ask(a->state, MSG_VALIDATION, &question, MSG_VALIDATION_REPLY, TIMEOUT_MS,
                     &frame) != 0)
        return NULL;
    const struct msg_validation_reply *reply = &frame.message.validation_reply;
    json_t *answer = NULL;
    if (reply->result != 0)
        command_fail("%.*s", (int)reply->text.len, (const char *)reply->text.data);
    else if ((answer = json_loadb((const char *)reply->text.data, reply->text.len, 0, NULL)) == NULL)
        command_fail("the answer of the appliance is damaged");
    frame_free(&frame);
    return answer;
}

static int json_print(const json_t *value)
{
    bool done = json_dumpf(value, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    return done ? COMMAND_DONE : command_fail("standard output: %s", strerror(errno));
}

/* ---- in words ---- */

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(json_object_get(object, member));
    return value == NULL ? "" : value;
}

/* What others said goes to a terminal: no control characters. */
static void print_clean(const char *words)
{
    for (const char *at = words; *at != '\0'; at++)
        putchar((unsigned char)*at < ' ' || *at == 0x7f ? '?' : *at);
}

static void print_line(const char *label, const char *words)
{
    if (words[0] == '\0')
        return;
    printf("  %-10s ", label);
    print_clean(words);
    putchar('\n');
}

static bool time_text(const json_t *object, const char *member, char out[40])
{
    struct tm tm;
    const json_t *value = json_object_get(object, member);
    time_t at = (time_t)json_number_value(value);
    if (value == NULL || gmtime_r(&at, &tm) == NULL)
        return false;
    strftime(out, 40, "%Y-%m-%d %H:%M:%S UTC", &tm);
    return true;
}

static void print_time(const char *label, const json_t *object, const char *member)
{
    char at[40];
    if (time_text(object, member, at))
        print_line(label, at);
}

static void print_expected(const json_t *name)
{
    char line[1024];
    const json_t *record = json_object_get(name, "ResourceRecord");
    const json_t *redirect = json_object_get(name, "HttpRedirect");
    const json_t *address = NULL;
    size_t i = 0;
    if (record != NULL) {
        snprintf(line, sizeof line, "%s %s %s", text(record, "Name"), text(record, "Type"),
                 text(record, "Value"));
        print_line("expected", line);
    } else if (redirect != NULL) {
        snprintf(line, sizeof line, "%s redirects to %s", text(redirect, "RedirectFrom"),
                 text(redirect, "RedirectTo"));
        print_line("expected", line);
    }
    json_array_foreach(json_object_get(name, "ValidationEmails"), i, address)
        print_line(i == 0 ? "mail to" : "", json_string_value(address));
}

static void print_sighting(const char *label, const json_t *s)
{
    char line[2048];
    const json_t *record = NULL;
    size_t i = 0;
    if (json_object_get(s, "Server") != NULL)
        snprintf(line, sizeof line, "%s: %s: status %lld%s%s", text(s, "Resolver"), text(s, "Server"),
                 (long long)json_integer_value(json_object_get(s, "Status")),
                 text(s, "Location")[0] == '\0' ? "" : ", ", text(s, "Location"));
    else
        snprintf(line, sizeof line, "%s: %s %s: %s%s%s%s", text(s, "Resolver"), text(s, "Name"),
                 text(s, "Type"), text(s, "Answer"),
                 json_is_true(json_object_get(s, "Secure")) ? " (signed)" : "",
                 text(s, "Detail")[0] == '\0' ? "" : ": ", text(s, "Detail"));
    print_line(label, line);
    json_array_foreach(json_object_get(s, "Records"), i, record) {
        snprintf(line, sizeof line, "  %s", json_string_value(record));
        print_line("", line);
    }
}

static void print_sightings(const char *label, const json_t *list)
{
    const json_t *s = NULL;
    size_t i = 0;
    json_array_foreach(list, i, s)
        print_sighting(i == 0 ? label : "", s);
}

static void print_name(const json_t *name)
{
    char line[128];
    putchar('\n');
    print_clean(text(name, "DomainName"));
    printf("  %s by %s\n", text(name, "ValidationStatus"), text(name, "ValidationMethod"));
    print_expected(name);
    print_line("result", text(name, "Result"));
    print_line("why", text(name, "Reason"));
    print_time("looked at", name, "LookedAt");
    snprintf(line, sizeof line, "%lld",
             (long long)json_integer_value(json_object_get(name, "Attempts")));
    print_line("looks", line);
    print_time("next look", name, "NextLookAt");
    print_sightings("seen", json_object_get(name, "Seen"));
    print_time("CAA is of", name, "CaaAllowedAt");
    print_sightings("CAA", json_object_get(name, "CaaSeen"));
}

static void print_waiting(const json_t *waiting)
{
    char at[40];
    print_clean(text(waiting, "DomainName"));
    printf("%s%s: ", text(waiting, "DomainName")[0] == '\0' ? "" : ": ", text(waiting, "Code"));
    print_clean(text(waiting, "Reason"));
    if (time_text(waiting, "NextAt", at))
        printf(" [again at %s]", at);
    putchar('\n');
}

static void print_report(const json_t *report)
{
    const json_t *part = NULL;
    size_t i = 0;
    printf("%s\n", text(report, "CertificateArn"));
    print_line("status", text(report, "Status"));
    print_line("failure", text(report, "FailureReason"));
    print_time("given up", report, "GivenUpAt");
    json_array_foreach(json_object_get(report, "Waiting"), i, part) {
        printf("  %-10s ", i == 0 ? "waits for" : "");
        print_waiting(part);
    }
    json_array_foreach(json_object_get(report, "Validations"), i, part)
        print_name(part);
}

/* ---- list ---- */

static void print_entry(const json_t *entry)
{
    const json_t *waiting = json_object_get(entry, "Waiting");
    const json_t *part = NULL;
    size_t i = 0;
    printf("%s  %s\n  %s, %lld of %lld names proved\n", text(entry, "DomainName"),
           text(entry, "CertificateArn"), text(entry, "Status"),
           (long long)json_integer_value(json_object_get(entry, "Proved")),
           (long long)json_integer_value(json_object_get(entry, "Names")));
    json_array_foreach(waiting, i, part) {
        if (i == SHORT_MOST)
            break;
        printf("  - ");
        print_waiting(part);
    }
    if (json_array_size(waiting) > SHORT_MOST)
        printf("  - and %zu more\n", json_array_size(waiting) - SHORT_MOST);
}

static int list(const struct arguments *a)
{
    json_t *all = json_array();
    json_int_t after = 0;
    const json_t *entry = NULL;
    size_t i = 0;
    int status = COMMAND_DONE;
    do {
        json_t *page = ask(a, "list", (uint64_t)after);
        after = json_integer_value(json_object_get(page, "After"));
        if (page == NULL || json_array_extend(all, json_object_get(page, "Certificates")) != 0)
            status = COMMAND_FAILED;
        json_decref(page);
    } while (status == COMMAND_DONE && after > 0);
    if (status == COMMAND_DONE && a->json)
        status = json_print(all);
    else if (status == COMMAND_DONE)
        json_array_foreach(all, i, entry)
            print_entry(entry);
    if (status == COMMAND_DONE && !a->json && json_array_size(all) == 0)
        puts("no certificate waits");
    json_decref(all);
    return status;
}

/* ---- show, check ---- */

static int report_end(const struct arguments *a, const json_t *report)
{
    if (a->json)
        return json_print(report);
    print_report(report);
    return COMMAND_DONE;
}

static int show(const struct arguments *a)
{
    json_t *report = ask(a, "show", 0);
    int status = report == NULL ? COMMAND_FAILED : report_end(a, report);
    json_decref(report);
    return status;
}

static bool concerns(const struct arguments *a, const json_t *part)
{
    return a->domain == NULL || strcasecmp(a->domain, text(part, "DomainName")) == 0;
}

/* Is there a name in question that has not been looked at since; only those that are looked at. */
static bool is_being_looked_at(const struct arguments *a, const json_t *before, const json_t *now)
{
    const json_t *name = NULL;
    const json_t *names = json_object_get(before, "Validations");
    size_t i = 0;
    json_array_foreach(json_object_get(now, "Validations"), i, name) {
        const json_t *was = json_array_get(names, i);
        if (concerns(a, name) && json_object_get(was, "NextLookAt") != NULL &&
            json_integer_value(json_object_get(name, "Attempts")) ==
                json_integer_value(json_object_get(was, "Attempts")))
            return true;
    }
    return false;
}

/* 0 when the names in question are proved, COMMAND_WAITS when one is not. */
static int verdict(const struct arguments *a, const json_t *report)
{
    const json_t *name = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(report, "Validations"), i, name)
        if (concerns(a, name) && strcmp(text(name, "ValidationStatus"), "SUCCESS") != 0)
            return COMMAND_WAITS;
    return COMMAND_DONE;
}

static int check(const struct arguments *a)
{
    json_t *before = ask(a, "check", 0);
    json_t *now = before == NULL ? NULL : ask(a, "show", 0);
    time_t end = time(NULL) + (time_t)a->wait;
    while (now != NULL && is_being_looked_at(a, before, now) && time(NULL) < end) {
        (void)nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
        json_decref(now);
        now = ask(a, "show", 0);
    }
    int status = now == NULL ? COMMAND_FAILED : report_end(a, now);
    if (status == COMMAND_DONE)
        status = verdict(a, now);
    json_decref(now);
    json_decref(before);
    return status;
}

/* ---- the words of the command ---- */

static bool wait_read(const char *words, unsigned *out)
{
    char *end = NULL;
    unsigned long value = strtoul(words, &end, 10);
    *out = (unsigned)value;
    return words[0] >= '0' && words[0] <= '9' && *end == '\0' && value <= WAIT_MOST;
}

static bool option_take(struct arguments *a, int option)
{
    if (option == 's')
        a->state = optarg;
    else if (option == 'a')
        a->account = optarg;
    else if (option == 'j')
        a->json = true;
    else
        return option == 'w' && wait_read(optarg, &a->wait);
    return true;
}

static int run(int argc, char **argv, int least, int most, int (*act)(const struct arguments *a))
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"account", required_argument, NULL, 'a'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"wait", required_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct arguments a = {.wait = WAIT_DEFAULT};
    char state[4096];
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
        if (!option_take(&a, option))
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    int given = argc - optind;
    bool fits = given >= least && given <= most;
    if (!fits || (a.account != NULL && most > 0))
        return command_usage(COMMAND_USAGE);
    a.arn = given > 0 ? argv[optind] : NULL;
    a.domain = given > 1 ? argv[optind + 1] : NULL;
    if ((a.arn != NULL && strlen(a.arn) > 255) || (a.domain != NULL && strlen(a.domain) > 253) ||
        (a.account != NULL && strlen(a.account) != 12))
        return command_fail("that is no ARN, domain or account");
    if (command_state(a.state, state) != 0)
        return COMMAND_FAILED;
    a.state = state;
    return act(&a);
}

int validation_list_run(int argc, char **argv)
{
    return run(argc, argv, 0, 0, list);
}

int validation_show_run(int argc, char **argv)
{
    return run(argc, argv, 1, 1, show);
}

int validation_check_run(int argc, char **argv)
{
    return run(argc, argv, 1, 2, check);
}
