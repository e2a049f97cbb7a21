/*
 * sign_in.h - a person signs in to the console: account, user name, password and, for who has a device, a code
 * become temporary credentials of that user. The same road changes a password that has ended.
 *
 * Whether the user exists shows neither in the text nor in the time of an answer. Wrong attempts are counted for each user
 * and each address, and a number of them locks; how many passwords are tried at once is bounded, as each takes
 * memory and time. Nothing but those counters is kept of who may sign in: sessions stand in their tokens (ca/sts/token.h).
 */
#ifndef CHANCERY_IAM_SIGN_IN_H
#define CHANCERY_IAM_SIGN_IN_H

#include "ca/store/rows.h"
#include "firmware/base/config.h"
#include "firmware/base/message.h"

struct core;

/* Who was wrong how often, as [sign_in] of the configuration has it. NULL when out of memory. */
struct sign_ins *sign_ins_new(const struct config *config);
void sign_ins_free(struct sign_ins *s); /* NULL is fine */

struct sign_in_reply {
    char id[ROW_UUID_SIZE];
    uint32_t status; /* HTTP */
    struct buf body; /* JSON */
};

/*
 * Answers always; the caller frees the body. 200 with the credentials; 401 SignInFailedException,
 * MultiFactorAuthenticationRequiredException; 403 PasswordChangeRequiredException, PasswordExpiredException, AccessDeniedException (no right
 * to change a password that has not ended); 400 for what is no request, PasswordPolicyViolationException; 429, 5xx.
 */
void sign_in_answer(struct core *core, const struct msg_sign_in *asked, struct sign_in_reply *out);

#endif
