#include "api/outbound/address.h"

#include "firmware/base/config.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sixteen octets; IPv4 as ::ffff:a.b.c.d. */
struct octets {
    uint8_t o[16];
};

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool octets_of(const struct sockaddr *address, struct octets *out)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        memcpy(out->o, mapped, sizeof mapped);
        memcpy(out->o + 12, &in.sin_addr, 4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        memcpy(out->o, &in.sin6_addr, 16);
        return true;
    }
    return false;
}

struct network {
    struct octets first;
    unsigned bits; /* of the sixteen octets */
};

static bool network_parse(const char *text, struct network *out)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
    struct in_addr v4;
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    bool is_v4 = inet_pton(AF_INET, address, &v4) == 1;
    unsigned long most = is_v4 ? 32 : 128;
    unsigned long bits = slash == NULL ? most : strtoul(slash + 1, NULL, 10);
    if ((!is_v4 && inet_pton(AF_INET6, address, out->first.o) != 1) || bits > most)
        return false;
    if (is_v4) {
        memcpy(out->first.o, mapped, sizeof mapped);
        memcpy(out->first.o + 12, &v4, 4);
    }
    out->bits = (unsigned)(bits + (is_v4 ? 96 : 0));
    return true;
}

static bool network_has(const struct network *n, const struct octets *a)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(n->first.o, a->o, whole) != 0)
        return false;
    return rest == 0 || ((n->first.o[whole] ^ a->o[whole]) >> (8 - rest)) == 0;
}

static bool list_has(const char *networks, const struct octets *a)
{
    char copy[1024];
    char *save = NULL;
    bool has = false;
    snprintf(copy, sizeof copy, "%s", networks);
    for (char *entry = strtok_r(copy, ",", &save); !has && entry != NULL;
         entry = strtok_r(NULL, ",", &save)) {
        struct network n;
        has = network_parse(entry, &n) && network_has(&n, a);
    }
    return has;
}

/* The special-purpose registries of IANA (RFC 6890), and multicast. */
static const char special_v4[] =
    "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,"
    "192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,"
    "224.0.0.0/4,240.0.0.0/4";
/* Of IPv6 only what is handed out (2000::/3) is public, but for tunnels and documentation. */
static const char public_v6[] = "2000::/3";
static const char special_v6[] = "2001::/23,2001:db8::/32,2002::/16,3fff::/20";

bool address_in_networks(const struct sockaddr *address, const char *networks)
{
    struct octets a;
    return octets_of(address, &a) && list_has(networks, &a);
}

bool address_is_public(const struct sockaddr *address)
{
    struct octets a;
    if (!octets_of(address, &a))
        return false;
    if (memcmp(a.o, mapped, sizeof mapped) == 0)
        return !list_has(special_v4, &a);
    return list_has(public_v6, &a) && !list_has(special_v6, &a);
}

/* Without an answer of the kernel every address counts as own. */
static bool is_own(const struct sockaddr *address)
{
    struct ifaddrs *all = NULL;
    struct octets a, b;
    bool own = false;
    if (!octets_of(address, &a) || getifaddrs(&all) != 0)
        return true;
    for (const struct ifaddrs *i = all; !own && i != NULL; i = i->ifa_next)
        own = i->ifa_addr != NULL && octets_of(i->ifa_addr, &b) && memcmp(&a, &b, sizeof a) == 0;
    freeifaddrs(all);
    return own;
}

bool address_may_call(const struct sockaddr *address, const char *allowed)
{
    if (address_in_networks(address, allowed))
        return true;
    return address_is_public(address) && !is_own(address);
}
