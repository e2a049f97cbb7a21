/*
 * findings.c - what the self test found, remembered between starts. The long part of the
 * test makes RSA keys and takes most of a second; it says the same of the same module, token,
 * library and program. A digest of all these stands before the findings: when it differs, nothing
 * is remembered. What was remembered is only believed after a short test (selftest.c).
 */
#include "hsm/internal.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 65536
#define DIGEST_SIZE 32
#define TEXT_SIZE 320
#define NO_DRIVER (-1)

/* ---- of what ---- */

static bool add(EVP_MD_CTX *digest, const void *data, size_t len)
{
    return EVP_DigestUpdate(digest, &len, sizeof len) == 1 &&
           EVP_DigestUpdate(digest, data, len) == 1;
}

static bool add_text(EVP_MD_CTX *digest, const char *text)
{
    return add(digest, text, strlen(text));
}

/* A module that is found by its name alone cannot be read, so its findings are not kept. */
static bool add_file(EVP_MD_CTX *digest, const char *path)
{
    static _Thread_local uint8_t piece[PIECE];
    size_t len = 0;
    FILE *file = fopen(path, "re");
    bool good = file != NULL;
    while (good && (len = fread(piece, 1, sizeof piece, file)) > 0)
        good = add(digest, piece, len);
    if (file != NULL && ferror(file) != 0)
        good = false;
    if (file != NULL)
        fclose(file);
    return good;
}

static bool add_versions(EVP_MD_CTX *digest, struct hsm *h)
{
    CK_INFO library;
    CK_TOKEN_INFO token;
    return h->p11->C_GetInfo(&library) == CKR_OK &&
           h->p11->C_GetTokenInfo(h->slot, &token) == CKR_OK &&
           add(digest, &library.libraryVersion, sizeof library.libraryVersion) &&
           add(digest, &token.hardwareVersion, sizeof token.hardwareVersion) &&
           add(digest, &token.firmwareVersion, sizeof token.firmwareVersion);
}

static int subject_make(struct hsm *h, char hex[2 * DIGEST_SIZE + 1])
{
    uint8_t digest[DIGEST_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestInit_ex(ctx, h->md[HASH_SHA256], NULL) == 1 &&
                add_text(ctx, CHANCERY_VERSION) &&
                add_text(ctx, OpenSSL_version(OPENSSL_FULL_VERSION_STRING)) &&
                add_text(ctx, h->identity.label) && add_text(ctx, h->identity.serial) &&
                add_text(ctx, h->identity.model) && add_text(ctx, h->identity.maker) &&
                add_versions(ctx, h) && add_file(ctx, h->module->path) &&
                EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    if (good)
        hex_encode(digest, sizeof digest, hex);
    return good ? 0 : CH_ENOTFOUND;
}

/* ---- the text ---- */

#define FLAGS 11

/* The yes-or-no findings, a bit each; one more is added at the end. */
static void flags_of(struct hsm *h, bool *flags[FLAGS])
{
    struct hsm_capabilities *c = &h->capabilities;
    bool *const values[FLAGS] = {&c->rsa,          &c->ec,           &c->p521,
                                 &c->pss,          &c->aes,          &c->hmac,
                                 &c->random,       &c->wrap_private, &c->export_key,
                                 &h->rsa_decrypts, &h->unwrap_template};
    memcpy(flags, values, sizeof values);
}

static int driver_number(const struct wrap_driver *driver)
{
    size_t count = 0;
    const struct wrap_driver *drivers = wrap_drivers(&count);
    return driver == NULL ? NO_DRIVER : (int)(driver - drivers);
}

static bool driver_set(struct hsm *h, int number)
{
    size_t count = 0;
    const struct wrap_driver *drivers = wrap_drivers(&count);
    if (number < NO_DRIVER || number >= (int)count)
        return false;
    h->wrap = number == NO_DRIVER ? NULL : &drivers[number];
    return true;
}

static bool number_next(const char **at, int base, int *out)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(*at, &end, base);
    bool good = end != *at && errno == 0 && number >= INT_MIN && number <= INT_MAX;
    *out = good ? (int)number : 0;
    *at = end;
    return good;
}

/* "<subject> <flags> <key types> <hash of OAEP> <number of the driver>", as findings_note writes it. */
static bool text_parse(struct hsm *h, const char *text, const char *subject)
{
    int bits = 0, algs = 0, oaep = 0, driver = NO_DRIVER;
    bool *flags[FLAGS];
    size_t len = strlen(subject);
    if (strncmp(text, subject, len) != 0)
        return false;
    text += len;
    if (!number_next(&text, 16, &bits) || !number_next(&text, 16, &algs) ||
        !number_next(&text, 10, &oaep) || !number_next(&text, 10, &driver) ||
        !driver_set(h, driver))
        return false;
    flags_of(h, flags);
    for (size_t i = 0; i < FLAGS; i++)
        *flags[i] = ((unsigned)bits & 1u << i) != 0;
    h->capabilities.key_algs = (unsigned)algs;
    h->oaep_hash = (CK_MECHANISM_TYPE)oaep;
    return true;
}

/* ---- for the self test ---- */

bool findings_recall(struct hsm *h)
{
    char subject[2 * DIGEST_SIZE + 1];
    struct buf text = {0};
    bool known = h->notes.read != NULL && subject_make(h, subject) == 0 &&
                 h->notes.read(h->notes.context, &text) == 0 && buf_text(&text) != NULL &&
                 text_parse(h, buf_text(&text), subject);
    buf_free(&text);
    return known;
}

void findings_note(struct hsm *h)
{
    char subject[2 * DIGEST_SIZE + 1], text[TEXT_SIZE];
    unsigned bits = 0;
    bool *flags[FLAGS];
    if (h->notes.write == NULL || subject_make(h, subject) != 0)
        return;
    flags_of(h, flags);
    for (size_t i = 0; i < FLAGS; i++)
        bits |= *flags[i] ? 1u << i : 0;
    snprintf(text, sizeof text, "%s %x %x %lu %d", subject, bits, h->capabilities.key_algs,
             h->oaep_hash, driver_number(h->wrap));
    int r = h->notes.write(h->notes.context, text);
    if (r != 0)
        log_warn("the findings of the self test cannot be kept: %s", ch_error_text(r));
}
