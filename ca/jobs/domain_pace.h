/*
 * domain_pace.h - how many names are looked at at once, and how many a second, where they ask the same authoritative
 * servers. Which servers a registered domain has is learned from its NS records and remembered for a while; until then the
 * domain counts as a server of its own.
 *
 * Who cannot begin gets a time, and that time is his: when he comes back with it he does not stand in line again. Each
 * account has two lines of its own at each server, so that one with ten thousand names delays nobody else: one for names
 * that were never looked at, which do not wait behind names that were looked at in vain.
 *
 * Not locked: the caller holds one lock for all calls.
 */
#ifndef CHANCERY_JOBS_DOMAIN_PACE_H
#define CHANCERY_JOBS_DOMAIN_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_WHY_SIZE 384

struct pace;

/* at_once and per_second for each server; per_second 0: no limit. */
int pace_new(int64_t at_once, int64_t per_second, struct pace **out);
void pace_free(struct pace *p);

/* The servers of a registered domain; *known = false: somebody should ask, and tell pace_learn. */
uint64_t pace_server(const struct pace *p, const char *domain, int64_t now, bool *known);

/*
 * The first of the names of its servers in alphabetical order stands for all of them; NULL: they are not to be had now.
 * Returns what pace_server says from now on.
 */
uint64_t pace_learn(struct pace *p, const char *domain, const char *first_server, int64_t now);

struct pace_ask {
    uint64_t server;
    const char *domain;  /* for the words */
    const char *account;
    bool first;          /* it was never looked at */
    bool in_line;        /* it comes at the time that it was given */
    int64_t now;         /* microseconds */
    bool hurried;        /* somebody asks for it now: it waits for free places alone */
};

/*
 * true: it begins now, and pace_end is owed. false: not before *at, and why is in words.
 */
bool pace_begin(struct pace *p, const struct pace_ask *ask, int64_t *at, char why[PACE_WHY_SIZE]);
void pace_end(struct pace *p, uint64_t server);

#endif
