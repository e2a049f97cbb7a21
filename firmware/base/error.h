/*
 * error.h - the one list of failures.
 *
 * Every function that can fail returns int: 0, or one of the negative codes
 * below. The text of a code is for logs and for the operator; what a client of
 * the API is told is decided in ca/contract/api_error.h.
 */
#ifndef CHANCERY_BASE_ERROR_H
#define CHANCERY_BASE_ERROR_H

#define CH_ERROR_LIST(X)                                                                           \
    X(CH_EINVAL, 1, "invalid argument or malformed data")                                          \
    X(CH_ENOMEM, 2, "out of memory")                                                               \
    X(CH_ENOTFOUND, 3, "not found")                                                                \
    X(CH_EEXISTS, 4, "exists already")                                                             \
    X(CH_ESTATE, 5, "not possible in this state")                                                  \
    X(CH_ELIMIT, 6, "over a limit")                                                                \
    X(CH_EPROTO, 7, "protocol violation by a peer")                                                \
    X(CH_ECLOSED, 8, "peer closed the channel")                                                    \
    X(CH_ETIMEOUT, 9, "timed out")                                                                 \
    X(CH_EIO, 10, "input/output error")                                                            \
    X(CH_ENOSPACE, 11, "no space left on the disk")                                                \
    X(CH_EBUSY, 12, "not available at the moment, try again")                                      \
    X(CH_EHSM, 13, "the HSM failed or is not reachable")                                           \
    X(CH_EPIN, 14, "the HSM refused the PIN")                                                      \
    X(CH_EUNSUPPORTED, 15, "not supported by this module, token or build")                         \
    X(CH_EINTEGRITY, 16, "integrity check failed")                                                 \
    X(CH_EDENIED, 17, "denied")                                                                    \
    X(CH_EAPI, 18, "refused with an API error")                                                    \
    X(CH_ESYS, 19, "system call failed")

#define CH_ERROR_ENUM(name, number, text) name = -(number),
enum ch_error { CH_OK = 0, CH_ERROR_LIST(CH_ERROR_ENUM) };
#undef CH_ERROR_ENUM

/*
 * The text of a code of the list above, without a final dot; for other numbers
 * "unknown error". Never NULL; static storage.
 */
const char *ch_error_text(int code);

/* The name of a code, such as "CH_EINVAL"; static storage, never NULL. */
const char *ch_error_name(int code);

#endif
