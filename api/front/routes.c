#include "api/front/routes.h"

#include "api/front/exchange.h"

#include <stdio.h>
#include <string.h>

static const struct route routes[] = {
    {ROLE_FRONT_MANAGE, "POST", "/", exchange_ask_core},
    {ROLE_FRONT_MANAGE, "GET", "/chancery/v1/*", exchange_ask_core},
    {ROLE_FRONT_MANAGE, "PUT", "/chancery/v1/*", exchange_ask_core},
    {ROLE_FRONT_MANAGE, "DELETE", "/chancery/v1/*", exchange_ask_core},
};

#define ROUTE_COUNT (sizeof routes / sizeof routes[0])

static void add_method(char allow[ROUTES_ALLOW_SIZE], const char *method)
{
    size_t used = strlen(allow);
    snprintf(allow + used, ROUTES_ALLOW_SIZE - used, "%s%s", used > 0 ? ", " : "", method);
}

enum refusal routes_find(enum role plane, const struct request *request, const struct route **out,
                         char allow[ROUTES_ALLOW_SIZE])
{
    *out = NULL;
    allow[0] = '\0';
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (routes[i].plane != plane || !request_path_fits(request, routes[i].path))
            continue;
        if (request_method_is(request, routes[i].method)) {
            *out = &routes[i];
            allow[0] = '\0';
            return REFUSAL_NONE;
        }
        add_method(allow, routes[i].method);
    }
    return allow[0] == '\0' ? REFUSAL_NOT_FOUND : REFUSAL_METHOD;
}
