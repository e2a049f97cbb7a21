/*
 * core_kit.h - for tests of core: an appliance in a temporary folder with a SoftHSM token and a
 * real store, and calls signed as a client signs them.
 */
#ifndef CHANCERY_TESTS_CORE_KIT_H
#define CHANCERY_TESTS_CORE_KIT_H

#include "ca/appliance.h"
#include "ca/auth/auth.h"
#include "ca/dispatch.h"

#define CORE_KIT_REGION "us-east-1"
#define CORE_KIT_ACM "CertificateManager."
#define CORE_KIT_PCA "ACMPrivateCA."

struct core_kit {
    char state[256];
    struct config config;
    struct appliance appliance;
    struct core core;
};

extern struct core_kit core_kit;

/* Group set-up and tear-down for cmocka: a provisioned and opened appliance. */
int core_kit_setup(void **state);
int core_kit_teardown(void **state);

/* The parts of it, for tests that provision themselves: folder, configuration and an empty token. */
void core_kit_folder_make(void);
void core_kit_folder_remove(void);

/* Closes the appliance and opens it again. */
void core_kit_reopen(void);

/* A call and the texts that it borrows. */
struct core_kit_call {
    struct msg_call call;
    char date[24];
    char authorization[768];
    char query[2048];
};

/* POST / with the headers that botocore sends. target and body may be NULL and must outlive the call. */
void core_kit_call_make(struct core_kit_call *c, const char *target, const char *body);
void core_kit_call_header(struct core_kit_call *c, const char *name, const char *value);

/* Signs at `at` (seconds) with all headers that are there. */
void core_kit_call_sign(struct core_kit_call *c, const char *key_id, struct slice secret, int64_t at,
                   const char *region, const char *service);

/* Signs as the administrator, now, in CORE_KIT_REGION, for the service of the target. */
void core_kit_call_sign_admin(struct core_kit_call *c);

/* Puts a presigned query for the host and the target on the call. */
void core_kit_call_presign(struct core_kit_call *c, const char *key_id, struct slice secret, int64_t at,
                      int expires, const char *service);

/* Makes, signs as the administrator and dispatches; the body of the reply as text, to be freed. */
char *core_kit_ask(const char *target, const char *body, uint32_t *status);

/* The newest audit record, to be freed; and how many there are. */
json_t *core_kit_record_newest(void);
uint64_t core_kit_record_count(void);

#endif
