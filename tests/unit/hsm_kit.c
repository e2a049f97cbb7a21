#include "tests/unit/hsm_kit.h"

#include "firmware/base/error.h"

#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOFTHSM_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define NSS_MODULE "/usr/lib/x86_64-linux-gnu/libsoftokn3.so"
#define SO_PIN "kit-so-pin-1"

extern char **environ;

enum hsm_kit_token hsm_kit_wanted(void)
{
    const char *name = getenv("HSM_TOKEN");
    return name != NULL && strcmp(name, "nss") == 0 ? HSM_KIT_NSS : HSM_KIT_SOFTHSM;
}

static int write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return CH_EIO;
    int r = fchmod(fileno(f), 0600) != 0 || fputs(text, f) < 0 ? CH_EIO : 0;
    return fclose(f) != 0 ? CH_EIO : r;
}

void hsm_kit_write_pin(const struct hsm_kit *kit, const char *pin)
{
    (void)write_file(kit->pin_file, pin);
}

static int run_program(char *const argv[])
{
    pid_t pid = 0;
    int status = 0;
    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0)
        return CH_ESYS;
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : CH_ESYS;
}

static int softhsm_make(struct hsm_kit *kit)
{
    char path[256];
    char text[512];
    snprintf(path, sizeof(path), "%s/softhsm2.conf", kit->folder);
    snprintf(text, sizeof(text),
             "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n"
             "library.reset_on_fork = true\n",
             kit->tokens);
    if (write_file(path, text) != 0)
        return CH_EIO;
    setenv("SOFTHSM2_CONF", path, 1);
    kit->config.module = SOFTHSM_MODULE;
    kit->config.token_label = "kit";
    struct secret *so_pin = secret_copy(SO_PIN, strlen(SO_PIN));
    struct secret *pin = secret_copy(HSM_KIT_PIN, strlen(HSM_KIT_PIN));
    int r = hsm_token_init(kit->config.module, NULL, "kit", so_pin, pin, kit->serial,
                           sizeof(kit->serial));
    secret_free(so_pin);
    secret_free(pin);
    return r;
}

static int nss_make(struct hsm_kit *kit)
{
    char database[200];
    char certutil[] = "certutil";
    char make[] = "-N";
    char option_d[] = "-d";
    char option_f[] = "-f";
    snprintf(database, sizeof(database), "sql:%s", kit->tokens);
    char *argv[] = {certutil, make, option_d, database, option_f, kit->pin_file, NULL};
    int r = run_program(argv);
    snprintf(kit->init_args, sizeof(kit->init_args),
             "configdir='%s' certPrefix='' keyPrefix='' secmod='secmod.db' flags=", database);
    kit->config.module = NSS_MODULE;
    kit->config.init_args = kit->init_args;
    kit->config.token_label = "NSS Certificate DB";
    return r;
}

int hsm_kit_open(struct hsm_kit *kit, enum hsm_kit_token token)
{
    const char *tmp = getenv("TMPDIR");
    memset(kit, 0, sizeof(*kit));
    kit->token = token;
    snprintf(kit->folder, sizeof(kit->folder), "%s/chancery-hsm-XXXXXX",
             tmp == NULL || strlen(tmp) > 80 ? "/tmp" : tmp);
    if (mkdtemp(kit->folder) == NULL)
        return CH_EIO;
    snprintf(kit->tokens, sizeof(kit->tokens), "%s/tokens", kit->folder);
    snprintf(kit->pin_file, sizeof(kit->pin_file), "%s/pin", kit->folder);
    if (mkdir(kit->tokens, 0700) != 0)
        return CH_EIO;
    hsm_kit_write_pin(kit, HSM_KIT_PIN "\n");
    kit->config.pin_file = kit->pin_file;
    kit->config.fsync_folder = kit->tokens;
    kit->config.sessions = 8;
    kit->config.unwrapped_keys = 16;
    return token == HSM_KIT_SOFTHSM ? softhsm_make(kit) : nss_make(kit);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void hsm_kit_close(struct hsm_kit *kit)
{
    if (kit->folder[0] != '\0')
        (void)nftw(kit->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    kit->folder[0] = '\0';
}

struct hsm_name hsm_kit_name(const char *label)
{
    struct hsm_name name;
    memset(&name, 0, sizeof(name));
    snprintf(name.label, sizeof(name.label), "%s", label);
    RAND_bytes(name.id, sizeof(name.id));
    return name;
}

bool hsm_kit_verifies(struct slice spki, enum sig_alg alg, struct slice message,
                      struct slice signature)
{
    static const char *const hashes[] = {
        [HASH_SHA256] = "SHA256", [HASH_SHA384] = "SHA384", [HASH_SHA512] = "SHA512"};
    const struct sig_alg_info *info = sig_alg_info(alg);
    const unsigned char *at = spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    bool good = key != NULL && EVP_DigestVerifyInit_ex(ctx, &how, hashes[info->hash], NULL, NULL,
                                                       key, NULL) == 1;
    if (good && info->scheme == SIG_SCHEME_RSA_PSS)
        good = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
    good = good && EVP_DigestVerify(ctx, signature.data, signature.len, message.data,
                                    message.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

int hsm_kit_each_token(char **argv)
{
    static const char *const tokens[] = {"softhsm", "nss"};
    int worst = 0;
    if (getenv("HSM_TOKEN") != NULL)
        return -1;
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        setenv("HSM_TOKEN", tokens[i], 1);
        fprintf(stderr, "[ token    ] %s\n", tokens[i]);
        if (run_program(argv) != 0)
            worst = 1;
    }
    return worst;
}
