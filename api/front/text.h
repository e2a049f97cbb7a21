/*
 * text.h - what may stand where in an HTTP message (RFC 9110, RFC 9112), over slices.
 */
#ifndef CHANCERY_FRONT_TEXT_H
#define CHANCERY_FRONT_TEXT_H

#include "firmware/base/buf.h"

/* True for a non-empty token: a method or a header name. */
bool text_is_token(struct slice s);

/* True when s has no control character other than the tab; empty is fine. */
bool text_is_field_value(struct slice s);

/* True when s has neither control characters nor blanks; empty is fine. */
bool text_is_target(struct slice s);

/* Lower-cases the ASCII letters in place. */
void text_lower(uint8_t *bytes, size_t len);

/* Compares without regard to the case of ASCII letters. */
bool text_equal_nocase(struct slice s, const char *text);

/* Reads decimal digits. 0, CH_EINVAL for anything else or nothing, CH_ELIMIT over 64 bits. */
int text_to_u64(struct slice s, uint64_t *out);

#endif
