#include "api/front/routes.h"

#include "api/front/exchange.h"
#include "api/front/publication.h"
#include "api/front/sign_in.h"

#include <stdio.h>
#include <string.h>

static const struct route routes[] = {
    {ROLE_FRONT_MANAGE, "POST", "/", exchange_relay_call, 0},
    {ROLE_FRONT_MANAGE, "GET", "/", exchange_relay_call, 0}, /* presigned calls of the query protocol */
    {ROLE_FRONT_MANAGE, "POST", "/chancery/v1/sign-in", sign_in_relay, SIGN_IN_MAX},
    {ROLE_FRONT_MANAGE, "GET", "/chancery/v1/+", exchange_relay_call, 0},
    {ROLE_FRONT_MANAGE, "POST", "/chancery/v1/+", exchange_relay_call, 0},
    {ROLE_FRONT_MANAGE, "PUT", "/chancery/v1/+", exchange_relay_call, 0},
    {ROLE_FRONT_MANAGE, "DELETE", "/chancery/v1/+", exchange_relay_call, 0},
    {ROLE_FRONT_PUBLIC, "GET", "/ca/*", publication_fetch, 0},
    {ROLE_FRONT_PUBLIC, "GET", "/crl/*", publication_fetch, 0},
    {ROLE_FRONT_PUBLIC, "GET", "/trust/*", publication_fetch, 0},
    {ROLE_FRONT_PUBLIC, "GET", "/ct/+", publication_fetch_query, 0},
    {ROLE_FRONT_PUBLIC, "GET", "/approvals", publication_approval_get, 0},
    {ROLE_FRONT_PUBLIC, "POST", "/approvals", publication_approval_post, 0},
    {ROLE_FRONT_PUBLIC, "POST", "/ocsp", publication_ocsp_post, 0},
    {ROLE_FRONT_PUBLIC, "POST", "/", publication_ocsp_post, 0},
    {ROLE_FRONT_PUBLIC, "GET", "/ocsp/*", publication_ocsp_get, 0},
    {ROLE_FRONT_PUBLIC, "GET", "/*", publication_ocsp_get, 0},
};

#define ROUTE_COUNT (sizeof routes / sizeof routes[0])

static void add_method(char allow[ROUTES_ALLOW_SIZE], const char *method)
{
    size_t used = strlen(allow);
    snprintf(allow + used, ROUTES_ALLOW_SIZE - used, "%s%s", used > 0 ? ", " : "", method);
}

static bool path_fits(const struct route *route, const struct request *request)
{
    size_t lead = strlen(route->path) - 1;
    char last = route->path[lead];
    if (last != '*' && last != '+')
        return request_path_is(request, route->path);
    return request_path_begins(request, slice_of(route->path, lead)) &&
           (last == '*' || request_get_path(request).len > lead);
}

/* What is signed is signed with its method: there a HEAD is nobody's GET. */
static bool method_fits(const struct route *route, const struct request *request)
{
    return request_method_is(request, route->method) ||
           (route->plane == ROLE_FRONT_PUBLIC && strcmp(route->method, "GET") == 0 &&
            request_method_is(request, "HEAD"));
}

/* A path is found once among the methods that it takes. */
static bool is_named(const char *allow, const char *method)
{
    const char *at = strstr(allow, method);
    return at != NULL && (at[strlen(method)] == '\0' || at[strlen(method)] == ',');
}

enum refusal routes_find(enum role plane, const struct request *request, const struct route **out,
                         char allow[ROUTES_ALLOW_SIZE])
{
    *out = NULL;
    allow[0] = '\0';
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (routes[i].plane != plane || !path_fits(&routes[i], request))
            continue;
        if (method_fits(&routes[i], request)) {
            *out = &routes[i];
            allow[0] = '\0';
            return REFUSAL_NONE;
        }
        if (!is_named(allow, routes[i].method))
            add_method(allow, routes[i].method);
    }
    return allow[0] == '\0' ? REFUSAL_NOT_FOUND : REFUSAL_METHOD;
}
