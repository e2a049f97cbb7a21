#include "ca/domain/validation.h"

#include "ca/domain/challenge.h"
#include "ca/domain/policy.h"
#include "ca/domain/suffix.h"
#include "ca/members.h"
#include "ca/store/validations.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 101 /* DomainName and 100 others */

void validation_list_free(struct validation_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        validation_row_free(&list->rows[i]);
    free(list->rows);
    *list = (struct validation_list){0};
}

/* ---- DomainValidationOptions ---- */

bool validation_domain_fits(const char *name, const char *validation_domain)
{
    if (strcmp(name, validation_domain) == 0)
        return true;
    return domain_is_within(domain_base(name), validation_domain) &&
           !suffix_is_public(validation_domain);
}

struct option {
    char name[DOMAIN_SIZE];
    char domain[DOMAIN_SIZE];
};

static int option_read(const json_t *options, size_t i, struct option *out)
{
    const json_t *option = json_array_get(options, i);
    int rc = domain_fold(member_text(option, "DomainName"), out->name);
    return rc == 0 ? domain_fold(member_text(option, "ValidationDomain"), out->domain) : rc;
}

/* The option for that name before place end; false when there is none. */
static bool option_find(const json_t *options, size_t end, const char *name, struct option *out)
{
    for (size_t i = 0; i < end; i++)
        if (option_read(options, i, out) == 0 && strcmp(out->name, name) == 0)
            return true;
    return false;
}

static int option_check(struct request *r, const json_t *names, const json_t *options, size_t i)
{
    static const char type[] = "InvalidDomainValidationOptionsException";
    struct option option, earlier;
    int rc = option_read(options, i, &option);
    if (rc != 0)
        return rc;
    if (!member_list_has(names, option.name))
        return api_fail(&r->error, type, "The domain %s is not one of the certificate.",
                        option.name);
    if (!validation_domain_fits(option.name, option.domain))
        return api_fail(&r->error, type,
                        "The validation domain %s must be the same as the domain %s or a "
                        "superdomain of it.",
                        option.domain, option.name);
    if (option_find(options, i, option.name, &earlier) &&
        strcmp(earlier.domain, option.domain) != 0)
        return api_fail(&r->error, type, "The domain %s has more than one validation domain.",
                        option.name);
    return 0;
}

int validation_options_check(struct request *r, const json_t *names, const json_t *options)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(options); i++)
        rc = option_check(r, names, options, i);
    return rc;
}

/* ---- from the request to rows ---- */

static int fill_challenge(struct core *core, struct validation_row *row)
{
    struct challenge challenge;
    int rc = strcmp(row->method, "DNS") == 0
                 ? challenge_dns(core, row->scope.account, row->domain, &challenge)
                 : challenge_http(core, &row->scope, row->domain, &challenge);
    if (rc == 0)
        rc = member_copy(challenge.name, &row->challenge_name);
    if (rc == 0)
        rc = member_copy(challenge.value, &row->challenge_value);
    return rc;
}

static int fill_emails(struct validation_row *row)
{
    char mail_domain[DOMAIN_SIZE];
    challenge_mail_domain(row->domain, row->validation_domain, mail_domain);
    json_t *emails = challenge_emails(mail_domain);
    int rc = emails == NULL ? CH_ENOMEM : member_dump(emails, &row->emails);
    json_decref(emails);
    return rc;
}

static bool by_mail(const struct validation_row *row)
{
    return strcmp(row->method, "EMAIL") == 0;
}

/* A validation domain says where mails go; the other methods look at the name itself. */
static int row_fill(const struct validation_order *o, size_t position, const char *status,
                    struct validation_row *row)
{
    const char *name = json_string_value(json_array_get(o->names, position));
    struct option option;
    bool moved = strcmp(o->method, "EMAIL") == 0 &&
                 option_find(o->options, json_array_size(o->options), name, &option);
    row->scope = o->certificate->scope;
    memcpy(row->certificate, o->certificate->id, sizeof row->certificate);
    row->position = (uint32_t)position;
    int rc = member_copy(name, &row->domain);
    if (rc == 0)
        rc = member_copy(moved ? option.domain : name, &row->validation_domain);
    if (rc == 0)
        rc = member_copy(o->method, &row->method);
    if (rc == 0)
        rc = member_copy(status, &row->status);
    return rc;
}

/* What the owner is asked to do; of a certificate that has failed, nobody gets mail. */
static int row_challenge(struct core *core, const struct validation_order *o, bool failed,
                         struct validation_row *row)
{
    if (!failed && !by_mail(row))
        row->next_try = o->certificate->created_at;
    if (!by_mail(row))
        return fill_challenge(core, row);
    return failed ? member_copy("[]", &row->emails) : fill_emails(row);
}

int validation_list_make(struct core *core, const struct validation_order *order,
                         struct validation_list *out, const char **reason)
{
    const char *reasons[NAMES_MAX] = {0};
    size_t count = json_array_size(order->names);
    *out = (struct validation_list){0};
    *reason = NULL;
    PRECOND(count > 0 && count <= NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        reasons[i] = policy_refusal(core->config,
                                    json_string_value(json_array_get(order->names, i)));
        if (*reason == NULL)
            *reason = reasons[i];
    }
    out->rows = calloc(count, sizeof out->rows[0]);
    int rc = out->rows == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct validation_row *row = &out->rows[out->count++];
        rc = row_fill(order, i, reasons[i] == NULL ? "PENDING_VALIDATION" : "FAILED", row);
        if (rc == 0)
            rc = row_challenge(core, order, *reason != NULL, row);
    }
    if (rc != 0)
        validation_list_free(out);
    return rc;
}

/* ---- store ---- */

static int mail_insert(struct store_tx *tx, const struct validation_row *row, int64_t now)
{
    char mail_domain[DOMAIN_SIZE];
    challenge_mail_domain(row->domain, row->validation_domain, mail_domain);
    return store_validation_mail_put(tx, &row->scope, row->certificate, row->position, mail_domain,
                                     now);
}

int validation_list_insert(struct store_tx *tx, const struct validation_list *list, int64_t now)
{
    bool failed = false;
    int rc = 0;
    for (size_t i = 0; i < list->count; i++)
        failed = failed || strcmp(list->rows[i].status, "FAILED") == 0;
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        rc = store_validation_insert(tx, &list->rows[i]);
        if (rc == 0 && !failed && by_mail(&list->rows[i]))
            rc = mail_insert(tx, &list->rows[i], now);
    }
    return rc;
}

int validation_list_read(struct store_tx *tx, const struct scope *scope, const char *certificate,
                         struct validation_list *out)
{
    *out = (struct validation_list){.rows = calloc(NAMES_MAX, sizeof out->rows[0])};
    int rc = out->rows == NULL ? CH_ENOMEM
                               : store_validation_list(tx, scope, certificate, out->rows,
                                                       NAMES_MAX, &out->count);
    if (rc != 0)
        validation_list_free(out);
    return rc;
}

/* ---- from rows to answers ---- */

static json_t *record_make(const struct validation_row *row)
{
    return json_pack("{s:s, s:s, s:s}", "Name", row->challenge_name, "Type", "CNAME", "Value",
                     row->challenge_value);
}

static json_t *redirect_make(const struct validation_row *row)
{
    return json_pack("{s:s, s:s}", "RedirectFrom", row->challenge_name, "RedirectTo",
                     row->challenge_value);
}

static json_t *emails_make(const struct validation_row *row)
{
    return json_loads(row->emails == NULL ? "[]" : row->emails, 0, NULL);
}

static const struct {
    const char *method;
    const char *member;
    json_t *(*make)(const struct validation_row *row);
} challenges[] = {
    {"EMAIL", "ValidationEmails", emails_make},
    {"DNS", "ResourceRecord", record_make},
    {"HTTP", "HttpRedirect", redirect_make},
};

static int challenge_put(const struct validation_row *row, json_t *out)
{
    for (size_t i = 0; i < sizeof challenges / sizeof challenges[0]; i++)
        if (strcmp(challenges[i].method, row->method) == 0)
            return member_put_new(out, challenges[i].member, challenges[i].make(row));
    return CH_EINTEGRITY;
}

/* Takes out over: gives it back, or frees it. */
static json_t *finish(json_t *out, int rc)
{
    if (rc == 0)
        return out;
    json_decref(out);
    return NULL;
}

json_t *validation_describe(const struct validation_row *row)
{
    json_t *out = json_object();
    int rc = member_put_text(out, "DomainName", row->domain);
    if (rc == 0)
        rc = challenge_put(row, out);
    if (rc == 0)
        rc = member_put_text(out, "ValidationDomain", row->validation_domain);
    if (rc == 0)
        rc = member_put_text(out, "ValidationStatus", row->status);
    if (rc == 0)
        rc = member_put_text(out, "ValidationMethod", row->method);
    return finish(out, rc);
}

/* The union has no member for HTTP: then the configuration goes without a challenge. */
static int summary_challenge_put(const struct validation_row *row, json_t *out)
{
    json_t *challenge = NULL;
    if (strcmp(row->method, "HTTP") == 0)
        return 0;
    if (strcmp(row->method, "DNS") == 0)
        challenge = json_pack("{s:{s:o}}", "DnsValidationChallenge", "ResourceRecord",
                              record_make(row));
    else
        challenge = json_pack("{s:{s:o, s:s}}", "EmailValidationChallenge", "ValidationEmails",
                              emails_make(row), "ValidationDomain", row->validation_domain);
    return member_put_new(out, "ValidationChallenge", challenge);
}

json_t *validation_summarize(const struct validation_row *row)
{
    json_t *out = json_object();
    json_t *active = json_object();
    int rc = member_put_text(active, "ValidationMethod", row->method);
    if (rc == 0)
        rc = summary_challenge_put(row, active);
    if (rc == 0)
        rc = member_put_text(active, "ValidationStatus", row->status);
    if (rc == 0)
        rc = member_put_text(out, "DomainName", row->domain);
    if (rc == 0)
        rc = member_put_new(out, "ActiveValidationConfiguration", json_incref(active));
    json_decref(active);
    return finish(out, rc);
}
