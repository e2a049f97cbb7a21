/*
 * members.h - reading members of a request and writing members of an answer. What is
 * absent in a row is absent in the answer: never null (the API leaves such members out).
 */
#ifndef CHANCERY_CA_MEMBERS_H
#define CHANCERY_CA_MEMBERS_H

#include "ca/contract/contract.h"

/* The text of a member, or NULL when absent. Borrowed. */
const char *member_text(const json_t *object, const char *member);

/* The text of a member of a member: member_text_in(in, "Options", "Export"). */
const char *member_text_in(const json_t *object, const char *outer, const char *member);

/* Is text one of a list of texts; NULL has none. */
bool member_list_has(const json_t *list, const char *text);

/* All return 0 or CH_ENOMEM; they do nothing for NULL texts and times of 0. */
int member_put_text(json_t *object, const char *member, const char *text);
int member_put_buf(json_t *object, const char *member, struct buf *text);
int member_put_time(json_t *object, const char *member, int64_t microseconds);
int member_put_bool(json_t *object, const char *member, bool value);

/* Puts the JSON that text holds; CH_EINTEGRITY when it is damaged. */
int member_put_json(json_t *object, const char *member, const char *text);

/* Puts value and takes it over, also on failure; NULL value is CH_ENOMEM. */
int member_put_new(json_t *object, const char *member, json_t *value);

/* A compact dump for the store; CH_ENOMEM. The caller frees. NULL value gives NULL. */
int member_dump(const json_t *value, char **out);

/* strdup that reports: NULL text gives NULL and 0. */
int member_copy(const char *text, char **out);

#endif
