#include "ca/accounts.h"

#include "ca/policy/policy.h"
#include "ca/store/iam.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_SIZE_MAX ((size_t)5120) /* characters of a service control policy, as in AWS Organizations */
#define CONTROLS_MAX 5                  /* of an account, likewise */

struct work {
    char account[ROW_ACCOUNT_SIZE];
    char *name, *policy, *document; /* NULL = none */
    int64_t now;
};

static void work_free(struct work *w)
{
    free(w->name);
    free(w->policy);
    free(w->document);
}

static int text_take(struct slice from, char **out)
{
    *out = NULL;
    if (from.len == 0)
        return 0;
    *out = slice_dup(from);
    return *out == NULL ? CH_EINVAL : 0;
}

static bool is_number(const char *account)
{
    return strlen(account) == ROW_ACCOUNT_SIZE - 1 &&
           strspn(account, "0123456789") == ROW_ACCOUNT_SIZE - 1;
}

static int work_take(const struct msg_account *asked, struct work *w)
{
    w->now = clock_now_us();
    if (asked->account.len >= sizeof w->account)
        return CH_EINVAL;
    memcpy(w->account, asked->account.data == NULL ? (const uint8_t *)"" : asked->account.data,
           asked->account.len);
    int r = text_take(asked->name, &w->name);
    if (r == 0)
        r = text_take(asked->policy_name, &w->policy);
    if (r == 0)
        r = text_take(asked->document, &w->document);
    return r;
}

static int event(struct store_tx *tx, const struct work *w, const char *name, json_t *details)
{
    return trail_append_event(tx, &(struct trail_event){.name = name,
                                                        .source = "organizations.amazonaws.com",
                                                        .account = w->account,
                                                        .at = w->now,
                                                        .details = details});
}

/* ---- accounts ---- */

static int account_write(struct store_tx *tx, void *context)
{
    const struct work *w = context;
    struct account_row row = {.name = w->name, .created_at = w->now};
    memcpy(row.account, w->account, sizeof row.account);
    int r = store_account_insert(tx, &row);
    return r == 0 ? event(tx, w, "CreateAccount",
                          json_pack("{s:s, s:s?}", "accountId", w->account, "accountName", w->name))
                  : r;
}

/* Twelve digits, the first not 0. */
static int number_choose(struct core *core, char account[ROW_ACCOUNT_SIZE])
{
    uint64_t random = 0;
    int r = core_random(core, (uint8_t *)&random, sizeof random);
    snprintf(account, ROW_ACCOUNT_SIZE, "%012llu",
             (unsigned long long)(100000000000ull + random % 900000000000ull));
    return r;
}

static int account_add(struct core *core, struct work *w, char why[512])
{
    int r = w->account[0] == '\0' ? number_choose(core, w->account) : 0;
    if (r == 0 && !is_number(w->account)) {
        snprintf(why, 512, "an account has a number of 12 digits");
        return CH_EINVAL;
    }
    if (r == 0)
        r = store_write(core->store, account_write, w);
    if (r == CH_EEXISTS)
        snprintf(why, 512, "there is an account of that number already");
    return r;
}

/* ---- service control policies ---- */

struct counting {
    const char *name;
    size_t others;
};

static int count_visit(void *context, const char *name, const char *document)
{
    struct counting *c = context;
    (void)document;
    c->others += strcmp(name, c->name) != 0;
    return 0;
}

static int control_write(struct store_tx *tx, void *context)
{
    const struct work *w = context;
    struct account_row row = {0};
    struct counting c = {.name = w->policy};
    int r = store_account_get(tx, w->account, &row);
    account_row_free(&row);
    if (r == 0 && w->document == NULL)
        r = store_iam_control_delete(tx, w->account, w->policy);
    else if (r == 0)
        r = store_iam_control_list(tx, w->account, count_visit, &c);
    if (r == 0 && c.others >= CONTROLS_MAX)
        r = CH_ELIMIT;
    if (r == 0 && w->document != NULL)
        r = store_iam_control_put(tx, w->account, w->policy, w->document);
    return r == 0 ? event(tx, w, w->document == NULL ? "DetachPolicy" : "AttachPolicy",
                          json_pack("{s:s, s:s?}", "policyName", w->policy, "document",
                                    w->document))
                  : r;
}

static int control_check(const struct work *w, char why[512])
{
    struct policy *p = NULL;
    if (w->document == NULL)
        return 0;
    struct slice text = slice_text(w->document);
    if (policy_counted_size(text) > CONTROL_SIZE_MAX) {
        snprintf(why, 512, "a service control policy has at most %zu characters", CONTROL_SIZE_MAX);
        return CH_EINVAL;
    }
    int r = policy_parse(text, POLICY_FORM_IDENTITY, &p, why);
    policy_release(p);
    return r;
}

static int control_put(struct core *core, struct work *w, char why[512])
{
    int r = control_check(w, why);
    if (r == 0)
        r = store_write(core->store, control_write, w);
    if (r == CH_ENOTFOUND)
        snprintf(why, 512, "no such account, or no policy of that name");
    if (r == CH_ELIMIT)
        snprintf(why, 512, "an account has at most %d service control policies", CONTROLS_MAX);
    return r;
}

int accounts_act(struct core *core, const struct msg_account *asked,
                 char account[ROW_ACCOUNT_SIZE], char why[512])
{
    struct work w = {0};
    why[0] = '\0';
    int r = work_take(asked, &w);
    if (r == 0)
        r = w.policy == NULL ? account_add(core, &w, why) : control_put(core, &w, why);
    memcpy(account, w.account, ROW_ACCOUNT_SIZE);
    if (r != 0 && why[0] == '\0')
        snprintf(why, 512, "%s", ch_error_text(r));
    work_free(&w);
    return r;
}
