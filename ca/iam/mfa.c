/*
 * Virtual MFA devices: CreateVirtualMFADevice (the seed is shown this once), EnableMFADevice,
 * ResyncMFADevice, DeactivateMFADevice, DeleteVirtualMFADevice and the lists.
 */
#include "ca/iam/mfa.h"

#include "ca/auth/attempts.h"
#include "ca/core.h"
#include "ca/iam/mfa_seed.h"
#include "ca/iam/operations.h"
#include "ca/iam/totp.h"
#include "ca/members.h"
#include "firmware/base/secret.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIAL_SIZE 320

static int missing(struct request *r, const char *serial)
{
    return api_fail(&r->error, "NoSuchEntityException", "VirtualMFADevice with serial number %s "
                    "does not exist.", serial);
}

static void context_of(const char *serial, char out[SERIAL_SIZE + 8])
{
    snprintf(out, SERIAL_SIZE + 8, "mfa/%s", serial);
}

static int unseal(struct core *core, const struct iam_mfa_row *row, struct secret **seed)
{
    char context[SERIAL_SIZE + 8];
    context_of(row->serial, context);
    return hsm_unseal(core->hsm, core->seal, slice_text(context), buf_slice(&row->sealed_seed),
                      seed);
}

/* ---- codes ---- */

struct use {
    struct request *r;
    const char *serial;
    int64_t user;
    int64_t step;
    struct iam_mfa_row row;
};

static int row_read(struct store_tx *tx, void *context)
{
    struct use *u = context;
    return store_iam_mfa_get(tx, u->serial, &u->row);
}

/* Two calls with the same code come one after the other here: the second finds it used. */
static int step_write(struct store_tx *tx, void *context)
{
    struct use *u = context;
    struct iam_mfa_row now = {0};
    int rc = store_iam_mfa_get(tx, u->serial, &now);
    if (rc == 0 && now.last_step >= u->step)
        rc = CH_EDENIED;
    now.last_step = u->step;
    if (rc == 0)
        rc = store_iam_mfa_update(tx, &now);
    iam_mfa_row_free(&now);
    return rc;
}

static int use_code(struct request *r, int64_t user, const char *serial, const char *code)
{
    struct use u = {.r = r, .serial = serial, .user = user};
    struct secret *seed = NULL;
    int rc = request_read(r, row_read, &u);
    if (rc == CH_ENOTFOUND || (rc == 0 && u.row.user != user))
        rc = CH_EDENIED;
    if (rc == 0)
        rc = unseal(r->core, &u.row, &seed);
    if (rc == 0)
        rc = totp_check(secret_slice(seed), code, r->now / 1000000, u.row.last_step, &u.step);
    if (rc == 0)
        rc = store_write(r->core->store, step_write, &u);
    secret_free(seed);
    iam_mfa_row_free(&u.row);
    return rc;
}

int mfa_use(struct request *r, int64_t user, const char *serial, const char *code)
{
    struct attempts *attempts = r->core->attempts;
    if (!attempts_take(attempts, r->principal.user_id, r->now))
        return CH_EDENIED;
    int rc = use_code(r, user, serial, code);
    if (rc != CH_EDENIED)
        attempts_right(attempts, r->principal.user_id);
    return rc;
}

/* ---- of a user who signs in ---- */

static int count_device(void *context, const struct iam_mfa_row *row)
{
    (void)row;
    ++*(unsigned *)context;
    return 0;
}

int mfa_count(struct store_tx *tx, const char *account, int64_t user, unsigned *out)
{
    *out = 0;
    return store_iam_mfa_list(tx, account, user, "", count_device, out);
}

struct devices {
    const char *account;
    int64_t user;
    size_t count;
    char *serials[MFA_DEVICES_MAX];
};

static int device_take(void *context, const struct iam_mfa_row *row)
{
    struct devices *d = context;
    return d->count == MFA_DEVICES_MAX ? 0 : member_copy(row->serial, &d->serials[d->count++]);
}

static int devices_read(struct store_tx *tx, void *context)
{
    struct devices *d = context;
    return store_iam_mfa_list(tx, d->account, d->user, "", device_take, d);
}

int mfa_use_any(struct request *r, const char *account, int64_t user, const char *code)
{
    struct devices d = {.account = account, .user = user};
    int rc = request_read(r, devices_read, &d);
    if (rc == 0)
        rc = CH_EDENIED;
    for (size_t i = 0; rc == CH_EDENIED && i < d.count; i++)
        rc = use_code(r, user, d.serials[i], code);
    for (size_t i = 0; i < d.count; i++)
        free(d.serials[i]);
    return rc;
}

/* ---- making and deleting ---- */

struct creation {
    struct request *r;
    struct iam_mfa_row row;
    char *alias;
    json_t *device; /* as it is shown */
};

static int alias_read(struct store_tx *tx, void *context)
{
    struct creation *c = context;
    return store_iam_alias_get(tx, c->r->scope.account, &c->alias);
}

static int create_unit(struct store_tx *tx, void *context)
{
    struct creation *c = context;
    int rc = store_iam_mfa_insert(tx, &c->row);
    return rc != CH_EEXISTS
               ? rc
               : api_fail(&c->r->error, "EntityAlreadyExistsException",
                          "MFADevice entity at the same path and name already exists.");
}

static int seed_make(struct creation *c)
{
    struct request *r = c->r;
    struct secret *seed = secret_new(MFA_SEED_SIZE);
    char context[SERIAL_SIZE + 8];
    context_of(c->row.serial, context);
    int rc = seed == NULL ? CH_ENOMEM : hsm_random(r->core->hsm, secret_data(seed), MFA_SEED_SIZE);
    if (rc == 0)
        rc = hsm_seal(r->core->hsm, r->core->seal, slice_text(context), secret_slice(seed),
                      &c->row.sealed_seed);
    if (rc == 0)
        rc = mfa_seed_put(c->device, secret_slice(seed), member_text(r->in, "VirtualMFADeviceName"),
                          c->alias == NULL ? r->scope.account : c->alias);
    secret_free(seed);
    return rc;
}

int iam_create_virtual_mfa_device(struct request *r)
{
    struct creation c = {.r = r, .device = json_object()};
    const char *path = member_text(r->in, "Path");
    char serial[SERIAL_SIZE];
    snprintf(serial, sizeof serial, "arn:aws:iam::%s:mfa%s%s", r->scope.account,
             path == NULL ? "/" : path, member_text(r->in, "VirtualMFADeviceName"));
    memcpy(c.row.account, r->scope.account, sizeof c.row.account);
    int rc = member_copy(serial, &c.row.serial);
    if (rc == 0)
        rc = member_put_text(c.device, "SerialNumber", serial);
    if (rc == 0)
        rc = request_read(r, alias_read, &c);
    if (rc == 0)
        rc = seed_make(&c);
    if (rc == 0)
        rc = member_put_new(r->out, "VirtualMFADevice", json_incref(c.device));
    if (rc == 0)
        rc = request_commit(r, create_unit, &c);
    iam_mfa_row_free(&c.row);
    json_decref(c.device);
    free(c.alias);
    return rc;
}

/* The device that the call names, of this account. */
static int find(struct request *r, struct store_tx *tx, struct iam_mfa_row *out)
{
    const char *serial = member_text(r->in, "SerialNumber");
    int rc = store_iam_mfa_get(tx, serial, out);
    return rc == CH_ENOTFOUND || (rc == 0 && strcmp(out->account, r->scope.account) != 0)
               ? missing(r, serial)
               : rc;
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_mfa_row row = {0};
    int rc = find(r, tx, &row);
    if (rc == 0 && row.user != 0)
        rc = api_fail(&r->error, "DeleteConflictException",
                      "MFA VirtualDevice in use. Must deactivate first.");
    if (rc == 0)
        rc = store_iam_mfa_delete(tx, row.serial);
    iam_mfa_row_free(&row);
    return rc;
}

int iam_delete_virtual_mfa_device(struct request *r)
{
    return iam_write(r, delete_step);
}

/* ---- giving it to a user ---- */

struct enabling {
    struct request *r;
    struct secret *seed;
    struct iam_mfa_row row; /* as it was when its seed was opened */
};

static int enabling_read(struct store_tx *tx, void *context)
{
    struct enabling *e = context;
    return find(e->r, tx, &e->row);
}

/* Two codes in a row show that the device's clock runs. */
static int check_codes(struct enabling *e, int64_t *step)
{
    struct request *r = e->r;
    int64_t first = 0;
    int rc = totp_check(secret_slice(e->seed), member_text(r->in, "AuthenticationCode1"),
                        r->now / 1000000 - TOTP_STEP, e->row.last_step, &first);
    if (rc == CH_EDENIED)
        rc = totp_check(secret_slice(e->seed), member_text(r->in, "AuthenticationCode1"),
                        r->now / 1000000, e->row.last_step, &first);
    if (rc == 0)
        rc = totp_check(secret_slice(e->seed), member_text(r->in, "AuthenticationCode2"),
                        (first + 1) * TOTP_STEP, first, step);
    if (rc != CH_EDENIED)
        return rc;
    return api_fail(&r->error, "InvalidAuthenticationCodeException",
                    "Authentication code for device is not valid.");
}

static int enable(struct enabling *e, struct store_tx *tx, const struct iam_row *user)
{
    struct request *r = e->r;
    struct iam_mfa_row row = {0};
    unsigned count = 0;
    bool resync = strcmp(r->operation->name, "ResyncMFADevice") == 0;
    int rc = find(r, tx, &row);
    if (rc == 0 && resync && row.user != user->number)
        rc = missing(r, row.serial);
    if (rc == 0 && !resync && row.user != 0)
        rc = api_fail(&r->error, "EntityAlreadyExistsException",
                      "MFA Device is already in use.");
    if (rc == 0)
        rc = mfa_count(tx, user->account, user->number, &count);
    if (rc == 0 && !resync && count >= MFA_DEVICES_MAX)
        rc = iam_over_quota(r, "MFADevicesPerUser", MFA_DEVICES_MAX);
    row.user = user->number;
    row.enabled_at = resync ? row.enabled_at : r->now;
    row.last_step = e->row.last_step;
    if (rc == 0)
        rc = store_iam_mfa_update(tx, &row);
    iam_mfa_row_free(&row);
    return rc;
}

static int enable_unit(struct store_tx *tx, void *context)
{
    struct enabling *e = context;
    struct iam_row user = {0};
    int rc = iam_find(e->r, tx, IAM_USER, &user);
    if (rc == 0)
        rc = enable(e, tx, &user);
    iam_row_free(&user);
    return rc;
}

int iam_enable_mfa_device(struct request *r)
{
    struct enabling e = {.r = r};
    int rc = request_read(r, enabling_read, &e);
    if (rc == 0)
        rc = unseal(r->core, &e.row, &e.seed);
    if (rc == 0)
        rc = check_codes(&e, &e.row.last_step);
    if (rc == 0)
        rc = request_commit(r, enable_unit, &e);
    secret_free(e.seed);
    iam_mfa_row_free(&e.row);
    return rc;
}

static int deactivate_step(struct request *r, struct store_tx *tx)
{
    struct iam_mfa_row row = {0};
    struct iam_row user = {0};
    int rc = find(r, tx, &row);
    if (rc == 0)
        rc = iam_find(r, tx, IAM_USER, &user);
    if (rc == 0 && row.user != user.number)
        rc = missing(r, row.serial);
    row.user = 0;
    row.enabled_at = 0;
    if (rc == 0)
        rc = store_iam_mfa_update(tx, &row);
    iam_row_free(&user);
    iam_mfa_row_free(&row);
    return rc;
}

int iam_deactivate_mfa_device(struct request *r)
{
    return iam_write(r, deactivate_step);
}

/* ---- lists ---- */

struct listing {
    struct iam_page page;
    struct store_tx *tx;
    const char *user;     /* of ListMFADevices */
    const char *assigned; /* AssignmentStatus of ListVirtualMFADevices */
};

static int device_visit(void *context, const struct iam_mfa_row *row)
{
    struct listing *l = context;
    if (!iam_page_takes(&l->page, row->serial))
        return 0;
    return iam_page_add(&l->page, row->serial,
                        json_pack("{s:s, s:s, s:o}", "UserName", l->user, "SerialNumber",
                                  row->serial, "EnableDate", contract_timestamp(row->enabled_at)));
}

static int list_step(struct request *r, struct store_tx *tx)
{
    struct listing l = {.tx = tx};
    struct iam_row user = {0};
    int rc = iam_find(r, tx, IAM_USER, &user);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &l.page);
    l.user = user.name;
    if (rc == 0)
        rc = store_iam_mfa_list(tx, user.account, user.number, "", device_visit, &l);
    iam_row_free(&user);
    return iam_page_close(&l.page, "MFADevices", rc);
}

int iam_list_mfa_devices(struct request *r)
{
    return iam_read(r, list_step);
}

static int put_owner(struct listing *l, const struct iam_mfa_row *row, json_t *device)
{
    struct iam_row user = {0};
    json_t *object = NULL;
    if (row->user == 0)
        return 0;
    int rc = store_iam_get_by_number(l->tx, row->user, &user);
    if (rc == 0)
        rc = iam_user_object(NULL, &user, &object);
    if (rc == 0)
        rc = member_put_new(device, "User", object);
    if (rc == 0)
        rc = member_put_time(device, "EnableDate", row->enabled_at);
    iam_row_free(&user);
    return rc;
}

static int virtual_visit(void *context, const struct iam_mfa_row *row)
{
    struct listing *l = context;
    bool given = row->user != 0;
    if (l->assigned != NULL && ((strcmp(l->assigned, "Assigned") == 0 && !given) ||
                                (strcmp(l->assigned, "Unassigned") == 0 && given)))
        return 0;
    if (!iam_page_takes(&l->page, row->serial))
        return 0;
    json_t *device = json_pack("{s:s}", "SerialNumber", row->serial);
    int rc = put_owner(l, row, device);
    if (rc == 0)
        return iam_page_add(&l->page, row->serial, device);
    json_decref(device);
    return rc;
}

static int list_virtual_step(struct request *r, struct store_tx *tx)
{
    struct listing l = {.tx = tx, .assigned = member_text(r->in, "AssignmentStatus")};
    int rc = iam_page_open(r, &l.page);
    if (rc == 0)
        rc = store_iam_mfa_list(tx, r->scope.account, 0, "", virtual_visit, &l);
    rc = iam_page_close(&l.page, "VirtualMFADevices", rc);
    return rc;
}

int iam_list_virtual_mfa_devices(struct request *r)
{
    return iam_read(r, list_virtual_step);
}
