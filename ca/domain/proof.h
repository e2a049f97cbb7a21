/*
 * proof.h - judges what outbound saw: does it prove control of the domain, does it allow us
 * to issue; if not, why not, in words for the owner of the domain.
 */
#ifndef CHANCERY_DOMAIN_PROOF_H
#define CHANCERY_DOMAIN_PROOF_H

#include "firmware/base/config.h"
#include "firmware/base/message.h"

#include <jansson.h>

#define PROOF_REASON_SIZE 1024

enum proof_verdict {
    PROOF_GOOD,
    PROOF_NOT_YET,   /* look again later */
    PROOF_FORBIDDEN, /* CAA: the owner has said no */
};

struct proof {
    enum proof_verdict verdict;
    const char *code; /* machine-readable: NO_RECORD, WRONG_VALUE, ...; "OK" */
    char reason[PROOF_REASON_SIZE]; /* empty when good */
    json_t *seen;     /* list of what each resolver or server said */
};
void proof_free(struct proof *p);

/*
 * How many resolvers must agree: [outbound] quorum, at most all. All are those that are configured or that
 * were heard, whichever are more: one that said nothing makes the number no smaller.
 */
size_t proof_quorum(const struct config *config, size_t heard);

/*
 * DNS validation: at each of a quorum of resolvers the chain of CNAMEs from the record's name comes to
 * value, in at most five steps (user guide of ACM, "DNS validation"). CH_EPROTO when views
 * is damaged, CH_ENOMEM; then nothing is to be freed.
 */
int proof_dns(const struct config *config, struct slice views, const char *value,
              struct proof *out);

/*
 * CAA for a name in lower case, "*." or not, of an account that proves it so: RFC 8659, RFC 8657, Baseline
 * Requirements 4.2.2.1. A look-up that fails is never taken for permission. Errors as above.
 */
struct proof_asker {
    const char *account; /* 12 digits */
    const char *method;  /* DNS, EMAIL, HTTP */
};
int proof_caa(const struct config *config, struct slice views, const char *name,
              const struct proof_asker *asker, struct proof *out);

/* Mail: is there an MX record at all; a single "." says that there is no mail (RFC 7505). */
int proof_mx(const struct config *config, struct slice views, struct proof *out);

/* What one resolver's view comes to, and all of them so far. */
struct proof_finding {
    enum proof_verdict verdict;
    const char *code;
    char reason[PROOF_REASON_SIZE];
};
struct proof_tally {
    size_t count, good, forbidding;
    struct proof_finding first_bad, first_forbidding;
    char bad_resolver[64];
};

/*
 * HTTP validation: the page is fetched once for each resolver, from the addresses that this one tells, and a
 * quorum must have it (Baseline Requirements 3.2.2.9). Good is a redirect to exactly target, or the token itself
 * (user guide of ACM, "HTTP validation"; Baseline Requirements 3.2.2.4.18). Start with {0}.
 */
struct proof_pages {
    struct proof_tally tally;
    json_t *seen;
};
/* Takes one answer. CH_ENOMEM, CH_EPROTO for texts that are no UTF-8. */
int proof_page_add(struct proof_pages *p, const struct msg_http_answer *answer, const char *target,
                   const char *token);
/* What they come to; seen goes over to out. */
void proof_pages_end(const struct config *config, struct proof_pages *p, struct proof *out);
void proof_pages_free(struct proof_pages *p);

#endif
