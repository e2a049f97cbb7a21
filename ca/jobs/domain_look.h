/*
 * domain_look.h - one look at one name, step by step: the proof, and when there is one CAA. Each step
 * is a question to outbound whose answer begins the next.
 */
#ifndef CHANCERY_JOBS_DOMAIN_LOOK_H
#define CHANCERY_JOBS_DOMAIN_LOOK_H

#include "ca/core.h"
#include "ca/domain/name.h"
#include "ca/domain/proof.h"
#include "ca/outbound.h"
#include "ca/store/validations.h"

#include <sys/queue.h>

#define LOOK_TIMEOUT_MS 10000

struct look {
    struct core *core;
    void (*end)(void *context); /* called once, when there is no next step */
    void *context;
    /* Called once with the answer to who serves the registered domain, when that is not NULL; false: not now, end. */
    bool (*servers)(void *context, const char *registered, struct slice views);
    char registered[DOMAIN_SIZE]; /* "" = its servers are known */
    struct scope scope;
    char certificate[ROW_UUID_SIZE];
    uint32_t position;
    int64_t lease;    /* next_try while it is under way */
    bool needs_proof; /* else CAA alone */
    bool asked_doubled;
    char domain[DOMAIN_SIZE];
    char *method, *name, *value; /* of the challenge */
    bool proof_is, caa_is;       /* whether the results below are there */
    struct proof proof, caa;
    struct proof_pages pages;    /* of HTTP validation, while they are fetched */
    uint32_t perspective;        /* of the page that is under way */
    int failure; /* of the asking itself: 0 or CH_E* */
};

/* Takes down which name; nothing is asked yet. */
void look_init(struct look *l, struct core *core, const struct validation_row *row,
               void (*end)(void *context), void *context);

/* Asks. end may be called before it returns. */
void look_begin(struct look *l, const struct validation_row *row, int64_t lease);

void look_free(struct look *l);

#endif
