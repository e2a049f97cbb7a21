/*
 * environment.h - STATE/env: what a shell sources to talk to the appliance with aws and the SDKs.
 */
#ifndef CHANCERY_PROVISIONING_ENVIRONMENT_H
#define CHANCERY_PROVISIONING_ENVIRONMENT_H

#include "ca/appliance.h"

/* Writes STATE/env (0600) and STATE/ca-bundle.pem (0644). 0, CH_EIO, CH_ENOSPACE, CH_EINVAL for a STATE that a shell cannot quote. */
int environment_write(const char *state, const struct config *config,
                      const struct appliance *appliance);

#endif
