#include "ca/appliance.h"

#include "ca/auth/credentials.h"
#include "ca/keyring.h"
#include "ca/management.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_KEY_SETTING "first-access-key"

/* ---- node octet, day of birth ---- */

static int node_read(struct store_tx *tx, void *context)
{
    char *value = NULL;
    int r = store_setting_get(tx, "node", &value);
    if (r == 0)
        *(uint8_t *)context = (uint8_t)strtol(value, NULL, 10);
    free(value);
    return r;
}

struct birth {
    const char *node, *created;
};

static int birth_write(struct store_tx *tx, void *context)
{
    const struct birth *b = context;
    int r = store_setting_put(tx, "node", b->node);
    return r != 0 ? r : store_setting_put(tx, "created", b->created);
}

/* The first octet of every serial number: positive and never zero, so that serials keep their length. */
static int node_ensure(struct core *core)
{
    char node[8], created[CLOCK_ISO_SIZE];
    uint8_t octet = 0;
    int r = store_read(core->store, node_read, &core->node);
    if (r != CH_ENOTFOUND)
        return r;
    r = hsm_random(core->hsm, &octet, 1);
    if (r != 0)
        return r;
    core->node = (uint8_t)(1 + octet % 0x7f);
    snprintf(node, sizeof node, "%u", core->node);
    clock_format_iso(clock_now(), created);
    return store_write(core->store, birth_write, &(struct birth){node, created});
}

/* ---- keys ---- */

/* The anchor comes first: a search that misses in a foreign or emptied token must not make a new key. */
static int keys_ensure(struct core *core)
{
    struct system_key_row audit = {0};
    int r = keyring_anchor_set(core->keyring);
    if (r != 0 && r != CH_ENOTFOUND)
        return r;
    r = keyring_secret_ensure(core->keyring, KEYRING_BINDING, HSM_SECRET_MAC, &core->binding);
    if (r == 0)
        r = keyring_anchor_set(core->keyring);
    if (r == 0)
        r = keyring_secret_ensure(core->keyring, KEYRING_SEAL, HSM_SECRET_MAC, &core->seal);
    if (r == 0)
        r = keyring_pair_ensure(core->keyring, KEYRING_AUDIT, &audit, &core->audit);
    system_key_row_free(&audit);
    return r != 0 ? r : management_provision(core);
}

/* ---- the first account and its administrator ---- */

static int first_key_read(struct store_tx *tx, void *context)
{
    char *id = NULL;
    int r = store_setting_get(tx, FIRST_KEY_SETTING, &id);
    if (r == 0)
        r = store_access_key_get(tx, id, context);
    free(id);
    return r;
}

struct first_account {
    struct account_row account;
    struct credentials_draft draft;
};

static int first_account_write(struct store_tx *tx, void *context)
{
    const struct first_account *f = context;
    int r = store_account_insert(tx, &f->account);
    if (r == 0)
        r = credentials_draft_insert(tx, &f->draft);
    return r != 0 ? r : store_setting_put(tx, FIRST_KEY_SETTING, f->draft.key.row.id);
}

/* Twelve digits, the first not 0, so that tools which take it for a number do not shorten it. */
static int account_choose(struct core *core, char account[ROW_ACCOUNT_SIZE])
{
    uint8_t octets[8];
    uint64_t number = 0;
    int r = hsm_random(core->hsm, octets, sizeof octets);
    for (size_t i = 0; i < sizeof octets; i++)
        number = number << 8 | octets[i];
    snprintf(account, ROW_ACCOUNT_SIZE, "%012llu",
             (unsigned long long)(100000000000u + number % 900000000000u));
    return r;
}

static int first_account_make(struct core *core, struct appliance *out)
{
    struct first_account first = {.account.created_at = clock_now_us()};
    int r = account_choose(core, first.account.account);
    if (r != 0)
        return r;
    first.account.name = strdup("first");
    if (first.account.name == NULL)
        return CH_ENOMEM;
    r = credentials_draft_make(core, first.account.account, APPLIANCE_ADMINISTRATOR, true,
                               &first.draft);
    if (r == 0)
        r = store_write(core->store, first_account_write, &first);
    if (r == 0) {
        snprintf(out->account, sizeof out->account, "%s", first.account.account);
        snprintf(out->access_key_id, sizeof out->access_key_id, "%s", first.draft.key.row.id);
        out->secret_access_key = first.draft.key.secret;
        first.draft.key.secret = NULL;
    }
    credentials_draft_free(&first.draft);
    account_row_free(&first.account);
    return r;
}

/* Account, user, key and the setting came in one transaction: there are all of them or none. */
static int first_account_ensure(struct core *core, struct appliance *out)
{
    struct access_key_row key = {0};
    int r = store_read(core->store, first_key_read, &key);
    if (r == 0) {
        out->existed = true;
        snprintf(out->account, sizeof out->account, "%s", key.account);
        snprintf(out->access_key_id, sizeof out->access_key_id, "%s", key.id);
        r = credentials_unseal(core, &key, &out->secret_access_key);
    } else if (r == CH_ENOTFOUND) {
        r = first_account_make(core, out);
    }
    access_key_row_free(&key);
    return r;
}

/* ---- all of it ---- */

static int bundle_take(struct core *core, struct appliance *out)
{
    struct management *management = NULL;
    int r = management_open(core, &management);
    if (r == 0)
        r = management_bundle(management, &out->bundle);
    management_close(management);
    return r;
}

static int provision(struct core *core, struct appliance *out)
{
    static const struct {
        const char *what;
        int (*ensure)(struct core *core);
    } steps[] = {{"node number", node_ensure}, {"system keys", keys_ensure}};
    int r = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && r == 0; i++) {
        r = steps[i].ensure(core);
        if (r != 0)
            log_error("%s: %s", steps[i].what, ch_error_text(r));
    }
    if (r == 0)
        r = first_account_ensure(core, out);
    return r != 0 ? r : bundle_take(core, out);
}

int appliance_provision(const char *state, const struct config *config, struct hsm_pin *pin,
                        struct appliance *out)
{
    PRECOND(state != NULL && config != NULL && out != NULL);
    struct core core = {.config = config};
    struct core_hsm hsm;
    char path[CORE_PATH_MAX];
    *out = (struct appliance){0};
    int r = core_path(state, config->store_path, path);
    if (r == 0)
        r = core_hsm_config(state, config, pin, &hsm);
    if (r == 0)
        r = store_open(path, true, &core.store);
    if (r == 0) {
        hsm.hsm.notes = core_hsm_notes(core.store);
        memset(hsm.hsm.pool_size, 0, sizeof hsm.hsm.pool_size); /* nobody stays to use keys made ahead */
        r = hsm_open(&hsm.hsm, &core.hsm);
    }
    if (r == 0) {
        core.keyring = keyring_new(core.store, core.hsm);
        r = core.keyring == NULL ? CH_ENOMEM : provision(&core, out);
    }
    core_close(&core);
    if (r != 0)
        appliance_free(out);
    return r;
}

void appliance_free(struct appliance *a)
{
    secret_free(a->secret_access_key);
    buf_free(&a->bundle);
    *a = (struct appliance){0};
}
