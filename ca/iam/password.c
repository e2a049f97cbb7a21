#include "ca/iam/password.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COST_LOG2 15u
#define BLOCK 8u
#define PARALLEL 1u
#define MEMORY_MAX (UINT64_C(64) * 1024 * 1024)
#define SALT_SIZE ((size_t)16)
#define KEY_SIZE ((size_t)32)
#define MINIMUM_USUAL 8
#define KINDS_USUAL 3

/* ---- keeping ---- */

static int derive(const char *password, const uint8_t salt[SALT_SIZE], unsigned cost,
                  unsigned block, unsigned parallel, uint8_t key[KEY_SIZE])
{
    if (cost < 10 || cost > 20)
        return CH_EINTEGRITY;
    return EVP_PBE_scrypt(password, strlen(password), salt, SALT_SIZE, UINT64_C(1) << cost, block,
                          parallel, MEMORY_MAX, key, KEY_SIZE) == 1
               ? 0
               : CH_ENOMEM;
}

int password_hash(const char *password, char **out)
{
    uint8_t salt[SALT_SIZE], key[KEY_SIZE];
    char salt_hex[2 * SALT_SIZE + 1], key_hex[2 * KEY_SIZE + 1];
    *out = NULL;
    if (RAND_bytes(salt, sizeof salt) != 1)
        return CH_ESYS;
    int rc = derive(password, salt, COST_LOG2, BLOCK, PARALLEL, key);
    if (rc != 0)
        return rc;
    hex_encode(salt, sizeof salt, salt_hex);
    hex_encode(key, sizeof key, key_hex);
    explicit_bzero(key, sizeof key);
    if (asprintf(out, "scrypt$%u$%u$%u$%s$%s", COST_LOG2, BLOCK, PARALLEL, salt_hex, key_hex) < 0) {
        *out = NULL;
        return CH_ENOMEM;
    }
    return 0;
}

int password_check(const char *password, const char *hash)
{
    unsigned cost = 0, block = 0, parallel = 0;
    char salt_hex[2 * SALT_SIZE + 1], key_hex[2 * KEY_SIZE + 1];
    uint8_t salt[SALT_SIZE], kept[KEY_SIZE], key[KEY_SIZE];
    /* What cannot be read is not what this program wrote, and no number of it is out of range. */
    if (sscanf(hash, /* NOLINT(cert-err34-c) */
               "scrypt$%u$%u$%u$%32[0-9a-f]$%64[0-9a-f]", &cost, &block, &parallel, salt_hex,
               key_hex) != 5 ||
        hex_decode(salt_hex, 2 * SALT_SIZE, salt) != 0 ||
        hex_decode(key_hex, 2 * KEY_SIZE, kept) != 0)
        return CH_EINTEGRITY;
    int rc = derive(password, salt, cost, block, parallel, key);
    if (rc == 0 && !bytes_equal_ct(key, kept, KEY_SIZE))
        rc = CH_EDENIED;
    explicit_bzero(key, sizeof key);
    return rc;
}

int password_check_nobody(const char *password)
{
    static const uint8_t salt[SALT_SIZE];
    uint8_t key[KEY_SIZE];
    int rc = derive(password, salt, COST_LOG2, BLOCK, PARALLEL, key);
    explicit_bzero(key, sizeof key);
    return rc;
}

/* ---- rules ---- */

static int is_symbol(int c)
{
    return c != '\0' && strchr("!@#$%^&*()_+-=[]{}|'", c) != NULL;
}

static int is_upper(int c)
{
    return c >= 'A' && c <= 'Z';
}

static int is_lower(int c)
{
    return c >= 'a' && c <= 'z';
}

static int is_number(int c)
{
    return c >= '0' && c <= '9';
}

static const struct {
    const char *rule;
    const char *what;
    int (*is)(int c);
} kinds[] = {
    {"RequireUppercaseCharacters", "uppercase letter", is_upper},
    {"RequireLowercaseCharacters", "lowercase letter", is_lower},
    {"RequireNumbers", "number", is_number},
    {"RequireSymbols", "symbol", is_symbol},
};

static bool has(const char *password, int (*is)(int c))
{
    while (*password != '\0' && !is((unsigned char)*password))
        password++;
    return *password != '\0';
}

static int violates(struct request *r, const char *text)
{
    return api_fail(&r->error, "PasswordPolicyViolationException", "%s", text);
}

static int judge_length(struct request *r, size_t len, json_int_t least)
{
    if ((json_int_t)len >= least)
        return 0;
    return api_fail(&r->error, "PasswordPolicyViolationException",
                    "Password should have a minimum length of %" JSON_INTEGER_FORMAT, least);
}

/* Without rules of its own an account has AWS's: eight characters, three of the four kinds. */
static int judge_usual(struct request *r, const char *password)
{
    unsigned count = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        count += has(password, kinds[i].is);
    int rc = judge_length(r, strlen(password), MINIMUM_USUAL);
    if (rc == 0 && count < KINDS_USUAL)
        rc = violates(r, "Password should have at least three of: uppercase letters, lowercase "
                         "letters, numbers, symbols");
    return rc;
}

int password_judge(struct request *r, const char *policy, const char *password)
{
    char text[96];
    if (policy == NULL)
        return judge_usual(r, password);
    json_t *rules = json_loads(policy, 0, NULL);
    int rc = rules == NULL ? CH_EINTEGRITY
                           : judge_length(r, strlen(password),
                                          json_integer_value(
                                              json_object_get(rules, "MinimumPasswordLength")));
    for (size_t i = 0; rc == 0 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!json_is_true(json_object_get(rules, kinds[i].rule)) || has(password, kinds[i].is))
            continue;
        snprintf(text, sizeof text, "Password should have at least one %s", kinds[i].what);
        rc = violates(r, text);
    }
    json_decref(rules);
    return rc;
}
