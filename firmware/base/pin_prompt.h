/*
 * pin_prompt.h - chanceryd's part when the PIN is typed at the console: ask, keep it for a
 * core that has to be started again, hand it over, ask again when the token refused it.
 *
 * It is kept in locked memory for as long as chanceryd runs; nothing but the pipe to core ever gets it.
 */
#ifndef CHANCERY_BASE_PIN_PROMPT_H
#define CHANCERY_BASE_PIN_PROMPT_H

#include "firmware/base/config.h"
#include "firmware/base/console.h"
#include "firmware/base/pin.h"

struct pin_prompt {
    bool wanted; /* pin_source is console */
    const char *token_label;
    enum pin_tries tries; /* after a refusal */
    bool refused;
    struct console *console; /* while a person is asked */
    struct secret *pin;
};

/*
 * Looks whether a person has to be asked, and asks. When so, this process can no longer be dumped or
 * traced by its own user. config must outlive it. CH_ENOTFOUND (nobody can be asked), CH_ENOMEM, CH_ESYS; logged.
 */
int pin_prompt_open(struct pin_prompt *p, const struct config *config);

/* For poll: -1 while nobody is asked. */
int pin_prompt_fd(const struct pin_prompt *p);

/* When that is readable. 0: there is a PIN, or the question was put again. Otherwise nobody answers; logged. */
int pin_prompt_read(struct pin_prompt *p);

/* True while core must wait for the PIN. */
bool pin_prompt_waits(const struct pin_prompt *p);

/* A pipe with the PIN for core, which the caller closes; -1 when no person was to be asked. CH_ESYS. */
int pin_prompt_pipe(const struct pin_prompt *p, int *out);

/*
 * The token refused the PIN: forgets it and asks again. CH_EPIN when that is of no use, as no person was asked or
 * the token is locked; otherwise as pin_prompt_open.
 */
int pin_prompt_refused(struct pin_prompt *p, uint32_t tries);

/* Wipes and gives the terminal back. */
void pin_prompt_close(struct pin_prompt *p);

#endif
