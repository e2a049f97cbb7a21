/*
 * routes.h - which method and path leads to which handler, a row each, for every plane.
 */
#ifndef CHANCERY_FRONT_ROUTES_H
#define CHANCERY_FRONT_ROUTES_H

#include "api/front/request.h"

struct exchange;

struct route {
    enum role plane;
    const char *method; /* GET also takes HEAD */
    const char *path;   /* a '*' at its end stands for the rest, which may be empty; a '+' must not */
    bool (*handle)(struct exchange *x); /* called once, when the whole request is there; false ends the connection */
    size_t body_max; /* octets; 0 = what the plane takes */
};

#define ROUTES_ALLOW_SIZE 64

/*
 * Finds the row of a request. REFUSAL_NONE, or REFUSAL_NOT_FOUND, or REFUSAL_METHOD with
 * the methods that the path does take, comma-separated, in allow (else "").
 */
enum refusal routes_find(enum role plane, const struct request *request, const struct route **out,
                         char allow[ROUTES_ALLOW_SIZE]);

#endif
