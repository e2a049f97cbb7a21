#include "ca/secrets.h"

#include "firmware/base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_MAX 256
#define NAME_SIZE 32

struct setting {
    char name[NAME_SIZE]; /* of the setting, and what it is sealed to */
    char *value;          /* user, line feed, sealed password in hex; empty = forgotten */
};

static int name_make(const char *name, struct setting *s)
{
    static const char *const names[] = {"s3", "mail"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            snprintf(s->name, sizeof s->name, "secret/%s", name);
            return 0;
        }
    return CH_EINVAL;
}

static int put_unit(struct store_tx *tx, void *context)
{
    const struct setting *s = context;
    return store_setting_put(tx, s->name, s->value);
}

static int get_unit(struct store_tx *tx, void *context)
{
    struct setting *s = context;
    return store_setting_get(tx, s->name, &s->value);
}

int secrets_put(struct core *core, const char *name, const char *user, struct slice password)
{
    struct setting s = {0};
    struct buf sealed = {0}, value = {0};
    int r = name_make(name, &s);
    if (r == 0 && (strlen(user) >= SECRETS_USER_SIZE || strpbrk(user, "\r\n") != NULL ||
                   password.len > PASSWORD_MAX || (user[0] != '\0' && password.len == 0)))
        r = CH_EINVAL;
    if (r == 0 && user[0] != '\0') {
        r = hsm_seal(core->hsm, core->seal, slice_text(s.name), password, &sealed);
        if (r == 0)
            r = buf_printf(&value, "%s\n", user);
        if (r == 0)
            r = buf_put_hex(&value, sealed.data, sealed.len);
    }
    if (r == 0) {
        const char *text = buf_text(&value);
        s.value = text == NULL ? NULL : strdup(text);
        r = s.value == NULL ? CH_ENOMEM : store_write(core->store, put_unit, &s);
    }
    free(s.value);
    buf_free(&sealed);
    buf_free(&value);
    return r;
}

static int value_open(struct core *core, const struct setting *s, char user[SECRETS_USER_SIZE],
                      struct secret **password)
{
    uint8_t sealed[2 * PASSWORD_MAX];
    const char *end = strchr(s->value, '\n');
    if (end == NULL)
        return CH_ENOTFOUND;
    size_t len = strlen(end + 1);
    if ((size_t)(end - s->value) >= SECRETS_USER_SIZE || len / 2 > sizeof sealed ||
        hex_decode(end + 1, len, sealed) != 0)
        return CH_EINTEGRITY;
    memcpy(user, s->value, (size_t)(end - s->value));
    user[end - s->value] = '\0';
    return hsm_unseal(core->hsm, core->seal, slice_text(s->name), slice_of(sealed, len / 2),
                      password);
}

int secrets_get(struct core *core, const char *name, char user[SECRETS_USER_SIZE],
                struct secret **password)
{
    struct setting s = {0};
    *password = NULL;
    user[0] = '\0';
    int r = name_make(name, &s);
    if (r == 0)
        r = store_read(core->store, get_unit, &s);
    if (r == 0)
        r = value_open(core, &s, user, password);
    free(s.value);
    return r;
}
