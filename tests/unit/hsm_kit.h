/*
 * hsm_kit.h - tokens for tests: a fresh SoftHSM or NSS token in a folder of its own.
 */
#ifndef CHANCERY_TESTS_HSM_KIT_H
#define CHANCERY_TESTS_HSM_KIT_H

#include "hsm/hsm.h"

enum hsm_kit_token { HSM_KIT_SOFTHSM, HSM_KIT_NSS };

#define HSM_KIT_PIN "kit-user-pin-1"

struct hsm_kit {
    enum hsm_kit_token token;
    char folder[128];    /* everything is below it */
    char tokens[160];    /* what the module writes */
    char pin_file[160];
    char init_args[320]; /* NSS */
    char serial[32];
    struct hsm_config config; /* small: 8 sessions, 16 unwrapped keys, no pairs made ahead */
};

/* The token that HSM_TOKEN names; SoftHSM when it is not set. */
enum hsm_kit_token hsm_kit_wanted(void);

/* Makes folder, token and PIN file and points the module's environment there. 0 or CH_E*. */
int hsm_kit_open(struct hsm_kit *kit, enum hsm_kit_token token);
/* Removes the folder. */
void hsm_kit_close(struct hsm_kit *kit);

/* Overwrites the PIN file. */
void hsm_kit_write_pin(const struct hsm_kit *kit, const char *pin);

/* A name with that label and an id of its own. */
struct hsm_name hsm_kit_name(const char *label);

/* True when OpenSSL verifies the signature of message with the SubjectPublicKeyInfo. */
bool hsm_kit_verifies(struct slice spki, enum sig_alg alg, struct slice message,
                      struct slice signature);

/*
 * For a main(): runs the program once for each token, each in a process of its own (one
 * process has one environment for its modules). Returns the status to exit with, or -1 in the child, which is to run its tests.
 */
int hsm_kit_each_token(char **argv);

#endif
