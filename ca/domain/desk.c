#include "ca/domain/desk.h"

#include "ca/acm/renewal_public.h"
#include "ca/arn.h"
#include "ca/domain/name.h"
#include "ca/domain/report.h"
#include "ca/members.h"
#include "firmware/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 200 /* certificates in one answer */

struct work {
    struct core *core;
    const struct msg_validation *asked;
    json_t *out;
    struct buf *why;
    /* of list */
    char account[ROW_ACCOUNT_SIZE];
    struct awaited_row rows[PAGE];
    size_t count;
    /* of show and check */
    struct scope scope;
    char id[ROW_UUID_SIZE];
    char domain[DOMAIN_SIZE];
    struct report report;
};

static int refuse(struct work *w, int code, const char *text)
{
    int rc = buf_put_text(w->why, text);
    return rc == 0 ? code : rc;
}

/* ---- list ---- */

static int entry_put(struct store_tx *tx, struct work *w, const struct awaited_row *row, json_t *list)
{
    struct report report = {0};
    json_t *entry = json_object();
    int rc = report_read(tx, &row->scope, row->certificate, &report);
    if (rc == 0)
        rc = report_put_short(w->core, &report, entry);
    if (rc == 0 && json_array_append(list, entry) != 0)
        rc = CH_ENOMEM;
    json_decref(entry);
    report_free(&report);
    return rc;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    json_t *list = json_array();
    int rc = store_validation_awaited(tx, (int64_t)w->asked->after, w->account, w->rows, PAGE,
                                      &w->count);
    for (size_t i = 0; rc == 0 && i < w->count; i++)
        rc = entry_put(tx, w, &w->rows[i], list);
    if (rc == 0)
        rc = member_put_new(w->out, "Certificates", json_incref(list));
    if (rc == 0 && w->count == PAGE)
        rc = member_put_new(w->out, "After", json_integer(w->rows[PAGE - 1].number));
    json_decref(list);
    return rc;
}

static int list_answer(struct work *w)
{
    struct slice account = w->asked->account;
    if (account.len != 0 && account.len != ROW_ACCOUNT_SIZE - 1)
        return refuse(w, CH_EINVAL, "an account has 12 digits");
    if (account.len > 0)
        memcpy(w->account, account.data, account.len);
    return store_read(w->core->store, list_unit, w);
}

/* ---- show and check ---- */

static int arn_take(struct work *w)
{
    char text[ARN_SIZE];
    struct arn arn;
    struct slice given = w->asked->arn;
    if (given.len >= sizeof text)
        return CH_EINVAL;
    if (given.len > 0)
        memcpy(text, given.data, given.len);
    text[given.len] = '\0';
    if (arn_parse(text, &arn) != 0 || arn.account.len >= ROW_ACCOUNT_SIZE ||
        arn.region.len >= ROW_REGION_SIZE || arn.account.len == 0 || arn.region.len == 0)
        return CH_EINVAL;
    memcpy(w->scope.account, arn.account.data, arn.account.len);
    memcpy(w->scope.region, arn.region.data, arn.region.len);
    return arn_certificate_of_scope(&w->scope, text, w->id);
}

static int domain_take(struct work *w)
{
    char text[DOMAIN_SIZE];
    struct slice given = w->asked->domain;
    if (given.len == 0)
        return 0;
    if (given.len >= sizeof text)
        return CH_EINVAL;
    memcpy(text, given.data, given.len);
    text[given.len] = '\0';
    return domain_fold(text, w->domain);
}

static bool has_domain(const struct work *w)
{
    for (size_t i = 0; i < w->report.list.count; i++)
        if (strcmp(w->report.list.rows[i].domain, w->domain) == 0)
            return true;
    return w->domain[0] == '\0';
}

static int read_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    report_free(&w->report);
    return report_read(tx, &w->scope, w->id, &w->report);
}

static int hurry_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    uint32_t count = 0;
    return store_validation_hurry(tx, &w->scope, w->id, w->domain, clock_now_us(), &count);
}

static int one_read(struct work *w)
{
    if (arn_take(w) != 0)
        return refuse(w, CH_EINVAL, "that is not the ARN of a certificate");
    if (domain_take(w) != 0)
        return refuse(w, CH_EINVAL, "that is no name of a domain");
    int rc = store_read(w->core->store, read_unit, w);
    if (rc == CH_ENOTFOUND)
        return refuse(w, rc, "there is no such certificate");
    if (rc == CH_EUNSUPPORTED)
        return refuse(w, rc, "it is no public certificate: nobody has to prove its domains");
    return rc == 0 && !has_domain(w) ? refuse(w, CH_ENOTFOUND, "the certificate has no such domain") : rc;
}

static int show_answer(struct work *w)
{
    int rc = one_read(w);
    return rc == 0 ? report_put(w->core, &w->report, w->out) : rc;
}

static int check_answer(struct work *w)
{
    int rc = one_read(w);
    if (rc == 0)
        rc = store_write(w->core->store, hurry_unit, w);
    if (rc == 0)
        validation_wake(w->core);
    if (rc == 0)
        rc = store_read(w->core->store, read_unit, w);
    return rc == 0 ? report_put(w->core, &w->report, w->out) : rc;
}

static const struct {
    const char *verb;
    int (*answer)(struct work *w);
} verbs[] = {
    {"list", list_answer},
    {"show", show_answer},
    {"check", check_answer},
};

int desk_answer(struct core *core, const struct msg_validation *asked, struct buf *out)
{
    struct work *w = calloc(1, sizeof *w);
    char *text = NULL;
    int rc = w == NULL ? CH_ENOMEM : CH_EINVAL;
    if (w != NULL) {
        *w = (struct work){.core = core, .asked = asked, .out = json_object(), .why = out};
        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
            if (slice_is(asked->verb, verbs[i].verb))
                rc = verbs[i].answer(w);
        if (rc == 0)
            rc = member_dump(w->out, &text);
        if (rc == 0)
            rc = buf_put_text(out, text);
        json_decref(w->out);
        report_free(&w->report);
    }
    free(text);
    free(w);
    return rc;
}
