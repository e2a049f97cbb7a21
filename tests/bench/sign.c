/*
 * sign.c - the limit: raw C_SignInit + C_Sign on a token object, by threads, each with a session of
 * its own.
 *
 *   sign MODULE TOKEN-LABEL PIN-FILE [SECONDS]
 *
 * Makes one P-256 and one RSA-2048 pair on the token, measures, and destroys them.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static CK_FUNCTION_LIST *p11;
static CK_SLOT_ID slot;
static atomic_bool stop;

struct key {
    const char *name;
    CK_MECHANISM_TYPE generate, sign;
    size_t input;
    CK_OBJECT_HANDLE public_key, private_key;
};

struct worker {
    pthread_t thread;
    const struct key *key;
    unsigned long count;
};

static void must(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "sign: %s: 0x%lx\n", what, (unsigned long)rv);
    exit(1);
}

static void *worker_run(void *context)
{
    struct worker *w = context;
    CK_SESSION_HANDLE session;
    unsigned char data[64] = {1}, signature[512];
    CK_MECHANISM mechanism = {w->key->sign, NULL, 0};
    must(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    while (!atomic_load(&stop)) {
        CK_ULONG len = sizeof signature;
        must(p11->C_SignInit(session, &mechanism, w->key->private_key), "C_SignInit");
        must(p11->C_Sign(session, data, w->key->input, signature, &len), "C_Sign");
        w->count++;
    }
    p11->C_CloseSession(session);
    return NULL;
}

static void measure(const struct key *key, int threads, int seconds)
{
    struct worker workers[64] = {0};
    atomic_store(&stop, false);
    for (int i = 0; i < threads; i++) {
        workers[i].key = key;
        pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]);
    }
    sleep((unsigned)seconds);
    atomic_store(&stop, true);
    unsigned long count = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        count += workers[i].count;
    }
    printf("%s C_Sign, %d thread%s: %.0f/s\n", key->name, threads, threads == 1 ? "" : "s",
           (double)count / seconds);
}

static void token_find(const char *label)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64;
    must(p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            strncmp((const char *)info.label, label, strlen(label)) == 0) {
            slot = slots[i];
            return;
        }
    }
    fprintf(stderr, "sign: no token %s\n", label);
    exit(1);
}

static CK_SESSION_HANDLE token_login(const char *pin_file)
{
    char pin[256] = "";
    FILE *file = fopen(pin_file, "r");
    if (file == NULL || fgets(pin, sizeof pin, file) == NULL) {
        perror(pin_file);
        exit(1);
    }
    fclose(file);
    pin[strcspn(pin, "\n")] = '\0';
    CK_SESSION_HANDLE session;
    must(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
         "C_OpenSession");
    must(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin)), "C_Login");
    return session;
}

static void key_make(CK_SESSION_HANDLE session, struct key *key)
{
    static unsigned char p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_BBOOL yes = CK_TRUE;
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE public_rsa[] = {{CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_VERIFY, &yes, 1}, {CKA_TOKEN, &yes, 1}};
    CK_ATTRIBUTE public_ec[] = {{CKA_EC_PARAMS, p256, sizeof p256}, {CKA_VERIFY, &yes, 1}, {CKA_TOKEN, &yes, 1}};
    CK_ATTRIBUTE private_key[] = {{CKA_TOKEN, &yes, 1}, {CKA_PRIVATE, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_SIGN, &yes, 1}};
    CK_MECHANISM mechanism = {key->generate, NULL, 0};
    bool rsa = key->generate == CKM_RSA_PKCS_KEY_PAIR_GEN;
    must(p11->C_GenerateKeyPair(session, &mechanism, rsa ? public_rsa : public_ec, 3, private_key, 4,
                                &key->public_key, &key->private_key), "C_GenerateKeyPair");
}

int main(int argc, char **argv)
{
    static struct key keys[] = {
        {"P-256", CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, 32, 0, 0},
        {"RSA-2048", CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS, 51, 0, 0},
    };
    static const int threads[] = {1, 2, 4, 8};
    if (argc < 4) {
        fprintf(stderr, "usage: sign MODULE TOKEN-LABEL PIN-FILE [SECONDS]\n");
        return 2;
    }
    void *handle = dlopen(argv[1], RTLD_NOW);
    CK_C_GetFunctionList get = NULL;
    if (handle != NULL)
        *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (get == NULL) {
        fprintf(stderr, "sign: %s is no PKCS#11 module\n", argv[1]);
        return 1;
    }
    must(get(&p11), "C_GetFunctionList");
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
    must(p11->C_Initialize(&arguments), "C_Initialize");
    token_find(argv[2]);
    CK_SESSION_HANDLE session = token_login(argv[3]);
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        key_make(session, &keys[k]);
        for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++)
            measure(&keys[k], threads[t], argc > 4 ? atoi(argv[4]) : 2);
        p11->C_DestroyObject(session, keys[k].private_key);
        p11->C_DestroyObject(session, keys[k].public_key);
    }
    p11->C_Finalize(NULL);
    return 0;
}
