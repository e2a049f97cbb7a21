/*
 * name.h - one domain name as ACM treats it: letters of either case are the same, one leading
 * "*" label may stand for any label, labels are LDH labels or A-labels.
 */
#ifndef CHANCERY_DOMAIN_NAME_H
#define CHANCERY_DOMAIN_NAME_H

#include <stdbool.h>

#define DOMAIN_SIZE 254 /* the longest name, 253 octets, and its NUL */

/* The name with its letters in lower case. CH_ELIMIT when it has more than 253 octets. */
int domain_fold(const char *text, char out[DOMAIN_SIZE]);

/* Begins with "*.". */
bool domain_is_wildcard(const char *name);

/* The name without a leading "*.": borrowed from name. */
const char *domain_base(const char *name);

/* What follows the first label and its dot; NULL when there is one label only. Borrowed. */
const char *domain_parent(const char *name);

/* Is name the same as ancestor or below it; both in lower case. */
bool domain_is_within(const char *name, const char *ancestor);

/* Is name the same as, or below, one of a comma-separated list of names; blanks around a name do
 * not count. */
bool domain_list_covers(const char *list, const char *name);

/*
 * What is wrong with a name in lower case, or NULL: empty labels (so also a final dot), labels
 * over 63 octets, characters other than letters, digits and hyphens, hyphens at the ends of a
 * label (RFC 1034 3.5, RFC 1123 2.1), "--" in places 3 and 4 of a label that is no A-label, and
 * A-labels that IDNA 2008 refuses (RFC 5890 2.3.1; user guide of ACM, "Punycode").
 */
const char *domain_fault(const char *name);

#endif
