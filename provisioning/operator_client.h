/*
 * operator_client.h - one question to the running appliance.
 */
#ifndef CHANCERY_PROVISIONING_OPERATOR_CLIENT_H
#define CHANCERY_PROVISIONING_OPERATOR_CLIENT_H

#include "firmware/base/channel.h"

/*
 * Sends the question over STATE/run/operator.sock and waits for its reply, at most timeout_ms. 0 with
 * the reply in out (frame_free); otherwise the reason was said to the user and nothing is held.
 */
int operator_ask(const char *state, enum message_type question, const void *message,
                 enum message_type reply, int timeout_ms, struct frame *out);

#endif
