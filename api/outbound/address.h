/*
 * address.h - to which addresses a domain of somebody else may lead us. Whoever proves a
 * domain chooses where it points; it must not make us call on ourselves or our neighbours.
 */
#ifndef CHANCERY_OUTBOUND_ADDRESS_H
#define CHANCERY_OUTBOUND_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * May it be connected to: a public unicast address that is none of this machine's, or one of the
 * networks allowed ("10.0.0.0/8,fd00::/8"; may name own addresses, too). IPv4 inside of IPv6 is
 * judged as IPv4.
 */
bool address_may_call(const struct sockaddr *address, const char *allowed);

/* As judged without asking which addresses this machine has. */
bool address_is_public(const struct sockaddr *address);

/* Is it in one of those networks; damaged entries match nothing. */
bool address_in_networks(const struct sockaddr *address, const char *networks);

#endif
