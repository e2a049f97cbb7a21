/*
 * suffix.h - top-level domains and public suffixes, by the Public Suffix List that libpsl brings.
 */
#ifndef CHANCERY_DOMAIN_SUFFIX_H
#define CHANCERY_DOMAIN_SUFFIX_H

#include <stdbool.h>

/*
 * Is the last label of name (lower case) a top-level domain of the public DNS: one of the ICANN
 * section of the list, or of the comma-separated extra.
 */
bool suffix_is_known(const char *name, const char *extra);

/*
 * Is name (lower case) itself a suffix below which a registry gives out names, such as com or
 * co.uk. A single label always is one. Suffixes of the private section (github.io) have one
 * owner, and are not.
 */
bool suffix_is_public(const char *name);

#endif
