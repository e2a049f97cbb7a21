/*
 * sign_in.h - records of people who sign in to the console, as CloudTrail has them (AwsConsoleSignIn).
 */
#ifndef CHANCERY_TRAIL_SIGN_IN_H
#define CHANCERY_TRAIL_SIGN_IN_H

#include "ca/request.h"

struct trail_sign_in {
    const char *name; /* "ConsoleLogin", "CheckMfa", "PasswordUpdated" */
    const char *why;  /* of a failure; NULL: it succeeded */
    bool mfa;         /* a right code came along */
};

/*
 * Appends the record; inside a write unit. r's principal is the user; without a user_id nobody of that name was found, and the
 * name, which may be a password typed into the wrong field, is not told.
 */
int trail_append_sign_in(struct store_tx *tx, const struct request *r,
                         const struct trail_sign_in *event);

#endif
