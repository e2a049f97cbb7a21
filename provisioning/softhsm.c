#include "provisioning/softhsm.h"

#include "ca/core.h"
#include "firmware/base/error.h"
#include "firmware/base/pin.h"
#include "provisioning/file.h"

#include <openssl/rand.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PIN_DIGITS 24 /* hex */

static const char *const modules[] = {
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
};

const char *softhsm_module(void)
{
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (file_exists(modules[i]))
            return modules[i];
    return NULL;
}

static int text_set(char out[CONFIG_TEXT_MAX], const char *first, const char *state,
                    const char *last)
{
    int len = snprintf(out, CONFIG_TEXT_MAX, "%s%s%s", first, state, last);
    return len >= 0 && len < CONFIG_TEXT_MAX ? 0 : CH_ELIMIT;
}

int softhsm_configure(const char *state, struct config *config)
{
    const char *module = softhsm_module();
    if (module == NULL)
        return CH_ENOTFOUND;
    int r = text_set(config->hsm_module, module, "", "");
    if (r == 0)
        r = text_set(config->hsm_environment, "SOFTHSM2_CONF=", state, "/softhsm2.conf");
    if (r == 0)
        r = text_set(config->hsm_writable, "", state, "/token");
    if (r == 0)
        r = text_set(config->hsm_pin_file, "", state, "/secrets/pin");
    return r;
}

bool softhsm_is_own(const char *state, const struct config *config)
{
    char own[CONFIG_TEXT_MAX];
    return text_set(own, "SOFTHSM2_CONF=", state, "/softhsm2.conf") == 0 &&
           strcmp(own, config->hsm_environment) == 0;
}

static int conf_write(const char *state)
{
    char path[PATH_MAX];
    struct buf text = {0};
    snprintf(path, sizeof path, "%s/softhsm2.conf", state);
    if (file_exists(path))
        return 0;
    int r = buf_printf(&text,
                       "directories.tokendir = %s/token\n"
                       "objectstore.backend = file\n"
                       "log.level = ERROR\n"
                       "library.reset_on_fork = true\n",
                       state);
    if (r == 0)
        r = file_write(path, 0640, buf_slice(&text));
    buf_free(&text);
    return r;
}

static int pin_random(struct secret **out)
{
    uint8_t octets[PIN_DIGITS / 2];
    struct secret *pin = secret_new(PIN_DIGITS + 1);
    int r = pin == NULL ? CH_ENOMEM : RAND_bytes(octets, sizeof octets) == 1 ? 0 : CH_ESYS;
    *out = NULL;
    if (r == 0) {
        hex_encode(octets, sizeof octets, (char *)secret_data(pin));
        secret_trim(pin, PIN_DIGITS);
        *out = pin;
    } else {
        secret_free(pin);
    }
    explicit_bzero(octets, sizeof octets);
    return r;
}

/* The PIN in STATE/secrets/<name>; a random one is made when there is none. */
static int pin_ensure(const char *state, const char *name, struct secret **out)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/secrets/%s", state, name);
    int r = secret_read_file(path, PIN_MAX, out);
    if (r != CH_ENOTFOUND)
        return r;
    r = pin_random(out);
    if (r == 0)
        r = file_write(path, 0600, secret_slice(*out));
    if (r != 0) {
        secret_free(*out);
        *out = NULL;
    }
    return r;
}

bool softhsm_token_is_wanted(const char *state, const struct config *config)
{
    char store[CORE_PATH_MAX];
    return config->hsm_token_serial[0] == '\0' &&
           core_path(state, config->store_path, store) == 0 && !file_exists(store);
}

static int token_make(const char *state, struct config *config, const struct secret *so_pin,
                      const struct secret *pin)
{
    if (!softhsm_token_is_wanted(state, config))
        return 0;
    printf("making a token in %s/token\n", state);
    return hsm_token_init(config->hsm_module, NULL, config->hsm_token_label, so_pin, pin,
                          config->hsm_token_serial, sizeof config->hsm_token_serial);
}

int softhsm_prepare(const char *state, struct config *config, struct secret *pin)
{
    struct secret *kept = NULL, *so_pin = NULL;
    int r = conf_write(state);
    if (r == 0 && pin == NULL)
        r = pin_ensure(state, "pin", &kept);
    if (r == 0)
        r = pin == NULL ? pin_ensure(state, "so-pin", &so_pin) : pin_random(&so_pin);
    if (r == 0)
        r = core_hsm_environment(config);
    if (r == 0)
        r = token_make(state, config, so_pin, pin == NULL ? kept : pin);
    secret_free(kept);
    secret_free(so_pin);
    return r;
}
