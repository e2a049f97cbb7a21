#include "ca/iam/sign_in.h"

#include "ca/arn.h"
#include "ca/auth/attempts.h"
#include "ca/auth/credentials.h"
#include "ca/core.h"
#include "ca/iam/login.h"
#include "ca/iam/mfa.h"
#include "ca/iam/password.h"
#include "ca/iam/sign_in_body.h"
#include "ca/members.h"
#include "ca/rate.h"
#include "ca/rest.h"
#include "ca/sts/session.h"
#include "ca/trail/sign_in.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)
#define WHO_SIZE 160

/* AWS's own words. */
static const char failed_text[] =
    "Your authentication information is incorrect. Please try again.";
static const char change_text[] = "You must change your password to continue.";
static const char expired_text[] =
    "Your password has expired. Contact your administrator to have it reset.";

struct sign_ins {
    struct attempts *users, *addresses;
    atomic_uint trying; /* passwords at this moment */
    unsigned at_once;
    int64_t session; /* seconds */
};

/* One attempt. Of whom the account, the user or the profile is not there, the rows stay empty. */
struct sign_in {
    struct request r;
    struct msg_call call; /* what conditions and the record ask of it */
    struct sign_in_body body;
    struct iam_row user;
    struct iam_login_row login;
    char *rules; /* for passwords, of the account */
    unsigned devices;
    char who[WHO_SIZE], address[64]; /* what is counted */
    char *hashes;                    /* of the new password and those before; NULL: it stays */
    struct sts_credentials credentials;
};

struct sign_ins *sign_ins_new(const struct config *config)
{
    struct sign_ins *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    int64_t window = config->sign_in_window * SECOND_US;
    s->at_once = (unsigned)config->sign_in_at_once;
    s->session = config->sign_in_session;
    s->users = attempts_new((uint32_t)config->sign_in_attempts, window);
    s->addresses = attempts_new((uint32_t)config->sign_in_attempts_per_address, window);
    if (s->users != NULL && s->addresses != NULL)
        return s;
    sign_ins_free(s);
    return NULL;
}

void sign_ins_free(struct sign_ins *s)
{
    if (s == NULL)
        return;
    attempts_free(s->users);
    attempts_free(s->addresses);
    free(s);
}

/* ---- who it may be ---- */

static int account_find(struct store_tx *tx, struct sign_in *s)
{
    struct account_row row = {0};
    char *number = NULL;
    int rc = store_iam_alias_find(tx, s->body.account, &number);
    if (rc == CH_ENOTFOUND) {
        rc = store_account_get(tx, s->body.account, &row);
        account_row_free(&row);
    }
    if (rc == 0)
        snprintf(s->r.scope.account, sizeof s->r.scope.account, "%s",
                 number == NULL ? s->body.account : number);
    free(number);
    return rc;
}

static int user_find(struct store_tx *tx, void *context)
{
    struct sign_in *s = context;
    const char *account = s->r.scope.account;
    int rc = account_find(tx, s);
    if (rc == 0)
        rc = store_iam_password_policy_get(tx, account, &s->rules);
    if (rc == 0)
        rc = store_iam_get(tx, account, IAM_USER, s->body.user_name, &s->user);
    if (rc == 0)
        rc = store_iam_login_get(tx, s->user.number, &s->login);
    if (rc == 0)
        rc = mfa_count(tx, account, s->user.number, &s->devices);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

/* An address of IPv6 is as good as its /64: whoever has one has all of them. */
static void address_take(struct slice peer, char out[64])
{
    struct in6_addr six;
    snprintf(out, 64, "%.*s", (int)(peer.len < 63 ? peer.len : 63), (const char *)peer.data);
    if (inet_pton(AF_INET6, out, &six) != 1)
        return;
    memset(six.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &six, out, 64);
}

static int identify(struct sign_in *s)
{
    struct request *r = &s->r;
    int rc = request_read(r, user_find, s);
    if (rc != 0)
        return rc;
    const char *account = r->scope.account[0] == '\0' ? s->body.account : r->scope.account;
    snprintf(s->who, sizeof s->who, "%s/%s", account, s->body.user_name);
    memcpy(r->principal.account, r->scope.account, sizeof r->principal.account);
    /* There is no access key yet: the user's id stands for it wherever keys tell principals apart. */
    if (s->user.number != 0)
        credentials_principal_make(&s->user, s->user.id, NULL, &r->principal);
    return 0;
}

/* ---- how often ---- */

static int throttled(struct sign_in *s)
{
    static struct rate log_rate = RATE_INIT(3600, 20);
    if (rate_take(&log_rate))
        log_warn("sign-in from %s refused: too many were wrong", s->address);
    return api_fail(&s->r.error, "ThrottlingException",
                    "Too many sign-in attempts. Try again later.");
}

/* The attempt counts as a wrong one until it was right. */
static int attempt_take(struct sign_in *s, struct sign_ins *all)
{
    if (!attempts_take(all->addresses, s->address, s->r.now) ||
        !attempts_take(all->users, s->who, s->r.now))
        return throttled(s);
    return 0;
}

static void attempt_right(struct sign_in *s, struct sign_ins *all)
{
    attempts_right(all->addresses, s->address);
    attempts_right(all->users, s->who);
}

/* ---- the record ---- */

struct noting {
    const struct sign_in *s;
    struct trail_sign_in event;
};

static int note_unit(struct store_tx *tx, void *context)
{
    const struct noting *n = context;
    return trail_append_sign_in(tx, &n->s->r, &n->event);
}

static int note(const struct sign_in *s, const char *name, const char *why)
{
    struct noting n = {s, {.name = name, .why = why, .mfa = s->r.mfa_at != 0}};
    return store_write(s->r.core->store, note_unit, &n);
}

/* The same to the client whatever was wrong; the record says what. */
static int fail(struct sign_in *s, const char *why)
{
    int rc = note(s, "ConsoleLogin", why);
    return rc != 0 ? rc : api_fail(&s->r.error, "SignInFailedException", "%s", failed_text);
}

/* ---- password, code ---- */

static int check_password(struct sign_in *s)
{
    int rc = s->login.hash == NULL ? password_check_nobody(s->body.password)
                                   : password_check(s->body.password, s->login.hash);
    if (rc == 0 && s->login.hash == NULL)
        rc = CH_EDENIED;
    if (rc == CH_EDENIED)
        rc = fail(s, s->user.number == 0 ? "No username found in supplied account"
                                         : "Failed authentication");
    return rc;
}

static int check_code(struct sign_in *s)
{
    if (s->devices == 0)
        return 0;
    if (s->body.code == NULL) {
        int rc = note(s, "CheckMfa", NULL);
        return rc != 0 ? rc
                       : api_fail(&s->r.error, "MultiFactorAuthenticationRequiredException",
                                  "A code of your multi-factor authentication device is required.");
    }
    int rc = mfa_use_any(&s->r, s->user.account, s->user.number, s->body.code);
    if (rc == 0)
        s->r.mfa_at = s->r.now / SECOND_US;
    return rc == CH_EDENIED ? fail(s, "Failed authentication") : rc;
}

/* ---- passwords that have ended ---- */

struct ending {
    bool ended, hard;
};

static int ending_read(const struct sign_in *s, struct ending *out)
{
    json_t *rules = s->rules == NULL ? NULL : json_loads(s->rules, 0, NULL);
    int64_t days = json_integer_value(json_object_get(rules, "MaxPasswordAge"));
    out->ended = days > 0 && s->r.now - s->login.changed_at >= days * DAY_US;
    out->hard = out->ended && json_is_true(json_object_get(rules, "HardExpiry"));
    bool whole = s->rules == NULL || rules != NULL;
    json_decref(rules);
    return whole ? 0 : CH_EINTEGRITY;
}

/* Whoever must change it may; whoever only wants to needs the right to. */
static int new_password(struct sign_in *s, bool must)
{
    int rc = must ? 0 : login_check_change(&s->r, s->rules, &s->user);
    return rc == 0 ? login_password_new(&s->r, s->rules, s->login.hash, s->body.new_password,
                                        &s->hashes)
                   : rc;
}

/* Before a code is used up, which would be wanted again with the new password. */
static int check_age(struct sign_in *s)
{
    struct ending e;
    int rc = ending_read(s, &e);
    if (rc != 0)
        return rc;
    if (e.hard) {
        rc = note(s, "ConsoleLogin", "Password expired");
        return rc != 0 ? rc
                       : api_fail(&s->r.error, "PasswordExpiredException", "%s", expired_text);
    }
    bool must = e.ended || s->login.reset;
    if (s->body.new_password != NULL)
        return new_password(s, must);
    return must ? api_fail(&s->r.error, "PasswordChangeRequiredException", "%s", change_text) : 0;
}

/* ---- success ---- */

static int password_write(struct store_tx *tx, struct sign_in *s)
{
    struct iam_login_row now = {0};
    int rc = store_iam_login_get(tx, s->user.number, &now);
    if (rc == CH_ENOTFOUND || (rc == 0 && strcmp(now.hash, s->login.hash) != 0))
        rc = CH_EDENIED; /* changed or taken away since it was checked */
    if (rc == 0) {
        free(now.hash);
        now.hash = s->hashes;
        s->hashes = NULL;
        now.reset = false;
        now.changed_at = s->r.now;
        rc = store_iam_login_put(tx, &now);
    }
    iam_login_row_free(&now);
    return rc == 0 ? trail_append_sign_in(tx, &s->r,
                                          &(struct trail_sign_in){.name = "PasswordUpdated",
                                                                  .mfa = s->r.mfa_at != 0})
                   : rc;
}

static int success_unit(struct store_tx *tx, void *context)
{
    struct sign_in *s = context;
    int rc = s->hashes == NULL ? 0 : password_write(tx, s);
    if (rc == 0)
        rc = store_iam_used(tx, s->user.number, s->r.now, s->r.scope.region);
    return rc == 0 ? trail_append_sign_in(tx, &s->r,
                                          &(struct trail_sign_in){.name = "ConsoleLogin",
                                                                  .mfa = s->r.mfa_at != 0})
                   : rc;
}

static int put_answer(struct sign_in *s, int64_t expires)
{
    char when[CLOCK_ISO_SIZE];
    struct slice secret = secret_slice(s->credentials.secret);
    clock_format_iso(expires, when);
    json_t *out = json_pack(
        "{s:{s:s, s:o, s:s, s:s}, s:s, s:s, s:s, s:s, s:b}", "credentials", "accessKeyId",
        s->credentials.access_key_id, "secretAccessKey",
        json_stringn((const char *)secret.data, secret.len), "sessionToken", s->credentials.token,
        "expiration", when, "account", s->user.account, "userName", s->user.name, "userId",
        s->user.id, "arn", s->r.principal.arn, "mfaAuthenticated", s->r.mfa_at != 0);
    s->r.out = out;
    return out == NULL ? CH_ENOMEM : 0;
}

static int succeed(struct sign_in *s, int64_t seconds)
{
    json_t *claims = sts_claims(&s->r, s->user.id, seconds);
    int rc = claims == NULL ? CH_ENOMEM : member_put_bool(claims, "console", true);
    if (rc == 0)
        rc = sts_credentials_make(s->r.core, claims, &s->credentials);
    if (rc == 0)
        rc = put_answer(s, s->r.now / SECOND_US + seconds);
    if (rc == 0)
        rc = store_write(s->r.core->store, success_unit, s);
    json_decref(claims);
    return rc == CH_EDENIED ? fail(s, "Failed authentication") : rc;
}

/* ---- all of it ---- */

static int slot_take(struct sign_in *s, struct sign_ins *all)
{
    if (atomic_fetch_add(&all->trying, 1) < all->at_once)
        return 0;
    atomic_fetch_sub(&all->trying, 1);
    return api_fail(&s->r.error, "ServiceUnavailableException",
                    "The service is busy. Try again later.");
}

/* Only what costs scrypt's memory and time stands between taking and giving back. */
static int passwords_check(struct sign_in *s, struct sign_ins *all)
{
    int rc = slot_take(s, all);
    if (rc != 0)
        return rc;
    rc = check_password(s);
    if (rc == 0)
        rc = check_age(s);
    atomic_fetch_sub(&all->trying, 1);
    return rc;
}

static bool was_wrong(const struct sign_in *s)
{
    return s->r.error.type != NULL && strcmp(s->r.error.type, "SignInFailedException") == 0;
}

static int act(struct sign_in *s, struct sign_ins *all)
{
    int rc = identify(s);
    if (rc == 0)
        rc = attempt_take(s, all);
    if (rc != 0)
        return rc;
    rc = passwords_check(s, all);
    if (rc == 0)
        rc = check_code(s);
    if (rc == 0)
        rc = succeed(s, all->session);
    if (!was_wrong(s))
        attempt_right(s, all);
    return rc;
}

static void region_first(const char *regions, char out[ROW_REGION_SIZE])
{
    size_t skip = strspn(regions, ", ");
    snprintf(out, ROW_REGION_SIZE, "%.*s", (int)strcspn(regions + skip, ", "), regions + skip);
}

static void reply(struct sign_in *s, int rc, struct sign_in_reply *out)
{
    if (rc == 0) {
        char *text = json_dumps(s->r.out, JSON_COMPACT);
        rc = text == NULL ? CH_ENOMEM : buf_put_text(&out->body, text);
        if (text != NULL)
            explicit_bzero(text, strlen(text));
        free(text);
    }
    out->status = 200;
    if (rc == 0)
        return;
    if (rc != CH_EAPI || s->r.error.type == NULL) {
        log_error("sign-in %s: %s", s->r.id, ch_error_text(rc));
        s->r.error.type = NULL;
        (void)api_fail_internal(&s->r.error, rc);
    }
    buf_clear(&out->body);
    out->status = rest_status(s->r.error.type);
    if (api_error_body(&s->r.error, &out->body) != 0)
        log_error("sign-in %s: no memory for its error", s->r.id);
}

static void sign_in_free(struct sign_in *s)
{
    sign_in_body_free(&s->body);
    iam_row_free(&s->user);
    iam_login_row_free(&s->login);
    sts_credentials_free(&s->credentials);
    json_decref(s->r.out);
    free(s->rules);
    free(s->hashes);
    free(s);
}

void sign_in_answer(struct core *core, const struct msg_sign_in *asked, struct sign_in_reply *out)
{
    PRECOND(core != NULL && asked != NULL && out != NULL);
    *out = (struct sign_in_reply){.status = 503};
    struct sign_in *s = calloc(1, sizeof *s);
    if (s == NULL)
        return;
    s->call.peer = asked->peer;
    s->call.headers.count = 1;
    s->call.headers.pair[0] = (struct message_pair){slice_text("user-agent"), asked->user_agent};
    s->r.core = core;
    s->r.call = &s->call;
    s->r.now = clock_now_us();
    region_first(core->config->core_regions, s->r.scope.region);
    address_take(asked->peer, s->address);
    int rc = arn_uuid_new(s->r.id);
    memcpy(out->id, s->r.id, sizeof out->id);
    if (rc == 0)
        rc = sign_in_body_parse(asked->body, &s->body, &s->r.error);
    if (rc == 0)
        rc = act(s, core->sign_ins);
    reply(s, rc, out);
    sign_in_free(s);
}
