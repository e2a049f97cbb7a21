/*
 * accounts.h - what the operator does with accounts: makes them, and limits them by service control
 * policies.
 */
#ifndef CHANCERY_CA_ACCOUNTS_H
#define CHANCERY_CA_ACCOUNTS_H

#include "ca/core.h"
#include "firmware/base/message.h"

/*
 * Does what a message of the operator asks for. account receives the account that was made or
 * changed. why says what is wrong, when it is the operator's. CH_EEXISTS, CH_ENOTFOUND, CH_EINVAL.
 */
int accounts_act(struct core *core, const struct msg_account *asked,
                 char account[ROW_ACCOUNT_SIZE], char why[512]);

#endif
