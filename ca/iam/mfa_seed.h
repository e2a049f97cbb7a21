/*
 * mfa_seed.h - the seed of a virtual MFA device as its owner is shown it, once.
 */
#ifndef CHANCERY_IAM_MFA_SEED_H
#define CHANCERY_IAM_MFA_SEED_H

#include "firmware/base/buf.h"
#include "firmware/base/error.h"

#include <jansson.h>

#define MFA_SEED_SIZE ((size_t)40) /* octets: 64 characters of base 32, as AWS gives */

/*
 * Puts Base32StringSeed and QRCodePNG into device, both base64 as blobs are. The picture says
 * otpauth://totp/NAME@ACCOUNT?secret=SEED (IAM API, VirtualMFADevice). seed has MFA_SEED_SIZE octets; account is
 * the alias or the twelve digits. CH_ENOMEM.
 */
int mfa_seed_put(json_t *device, struct slice seed, const char *name, const char *account);

#endif
