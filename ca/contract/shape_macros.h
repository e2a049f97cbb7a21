/*
 * shape_macros.h - the words in which the tables of shapes and operations are written.
 *
 *   const struct shape acm_tag_key = {STRING("TagKey", 1, 128), MATCHES(TAG)};
 *   const struct shape acm_tag = {STRUCTURE("Tag",
 *       MEMBER("Key", acm_tag_key, REQUIRED),
 *       MEMBER("Value", acm_tag_value, OPTIONAL))};
 */
#ifndef CHANCERY_CONTRACT_SHAPE_MACROS_H
#define CHANCERY_CONTRACT_SHAPE_MACROS_H

#include "ca/contract/contract.h"
#include "ca/contract/patterns.h"

#define ANY SHAPE_NO_BOUND
#define REQUIRED true
#define OPTIONAL false

#define SHAPE_OF(NAME, KIND, MIN, MAX) .name = (NAME), .kind = (KIND), .min = (MIN), .max = (MAX)

#define STRING(NAME, MIN, MAX) SHAPE_OF(NAME, SHAPE_STRING, MIN, MAX)
#define BLOB(NAME, MIN, MAX) SHAPE_OF(NAME, SHAPE_BLOB, MIN, MAX)
#define INTEGER(NAME, MIN, MAX) SHAPE_OF(NAME, SHAPE_INTEGER, MIN, MAX)
#define LONG(NAME, MIN, MAX) SHAPE_OF(NAME, SHAPE_LONG, MIN, MAX)
#define BOOLEAN(NAME) SHAPE_OF(NAME, SHAPE_BOOLEAN, ANY, ANY)
#define TIMESTAMP(NAME) SHAPE_OF(NAME, SHAPE_TIMESTAMP, ANY, ANY)
#define LIST(NAME, ITEM, MIN, MAX) SHAPE_OF(NAME, SHAPE_LIST, MIN, MAX), .item = &(ITEM)
#define MAP(NAME, ITEM) SHAPE_OF(NAME, SHAPE_MAP, ANY, ANY), .item = &(ITEM)
#define ENUM(NAME, ...)                                                                            \
    SHAPE_OF(NAME, SHAPE_ENUM, ANY, ANY), .values = (const char *const[]){__VA_ARGS__, NULL}

#define MEMBER(NAME, SHAPE, NEED) {.name = (NAME), .shape = &(SHAPE), .required = (NEED)}
#define MEMBERS_OF(...)                                                                            \
    .members = (const struct shape_member[]){__VA_ARGS__},                                         \
    .member_count = sizeof((const struct shape_member[]){__VA_ARGS__}) / sizeof(struct shape_member)
#define STRUCTURE(NAME, ...) SHAPE_OF(NAME, SHAPE_STRUCTURE, ANY, ANY), MEMBERS_OF(__VA_ARGS__)
#define UNION(NAME, ...) SHAPE_OF(NAME, SHAPE_UNION, ANY, ANY), MEMBERS_OF(__VA_ARGS__)
#define STRUCTURE_EMPTY(NAME) SHAPE_OF(NAME, SHAPE_STRUCTURE, ANY, ANY)

/* Added to a shape: a pattern of patterns.h; never logged, never repeated in an error. */
#define MATCHES(PATTERN) .pattern = pattern_text_##PATTERN, .pattern_id = PATTERN_##PATTERN
#define SENSITIVE .sensitive = true

#define ERRORS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ERRORS ((const char *const[]){NULL})
#define NO_OUTPUT NULL

#endif
