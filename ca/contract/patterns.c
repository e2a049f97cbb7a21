#include "ca/contract/patterns.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

/*
 * Work allowed for one match. The longest value that any bound admits needs a small
 * part of it; what exceeds it was made to exceed it.
 */
#define MATCH_STEPS_MAX 500000
#define MATCH_HEAP_KIB_MAX 8192

#define PATTERN_TEXT(name, text) const char pattern_text_##name[] = text;
PATTERN_LIST(PATTERN_TEXT)
#undef PATTERN_TEXT

#define PATTERN_ROW(name, text) [PATTERN_##name] = pattern_text_##name,
static const char *const texts[PATTERN_COUNT] = {PATTERN_LIST(PATTERN_ROW)};
#undef PATTERN_ROW

static pcre2_code *codes[PATTERN_COUNT];
static pcre2_match_context *limits;

/* The just-in-time code is a gain, not a need: a hardened kernel may refuse it. */
static int pattern_compile(enum pattern_id id, pcre2_compile_context *context)
{
    const uint32_t options =
        PCRE2_UTF | PCRE2_ALT_BSUX | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NO_AUTO_CAPTURE;
    int reason = 0;
    PCRE2_SIZE offset = 0;
    codes[id] = pcre2_compile((PCRE2_SPTR)texts[id], PCRE2_ZERO_TERMINATED, options, &reason,
                              &offset, context);
    if (codes[id] == NULL) {
        PRECOND(reason == PCRE2_ERROR_HEAP_FAILED);
        return CH_ENOMEM;
    }
    (void)pcre2_jit_compile(codes[id], PCRE2_JIT_COMPLETE);
    return 0;
}

int patterns_compile(void)
{
    int rc = CH_ENOMEM;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    limits = pcre2_match_context_create(NULL);
    if (context == NULL || limits == NULL)
        goto out;
    /* '.' stops at every line end of Unicode, as it does in the service. */
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
    (void)pcre2_set_match_limit(limits, MATCH_STEPS_MAX);
    (void)pcre2_set_heap_limit(limits, MATCH_HEAP_KIB_MAX);
    rc = 0;
    for (int id = PATTERN_NONE + 1; id < PATTERN_COUNT && rc == 0; id++)
        rc = pattern_compile((enum pattern_id)id, context);
out:
    pcre2_compile_context_free(context);
    if (rc != 0)
        patterns_free();
    return rc;
}

void patterns_free(void)
{
    for (int id = 0; id < PATTERN_COUNT; id++) {
        pcre2_code_free(codes[id]);
        codes[id] = NULL;
    }
    pcre2_match_context_free(limits);
    limits = NULL;
}

bool pattern_matches(enum pattern_id id, const char *text, size_t len, pcre2_match_data *data)
{
    PRECOND(id > PATTERN_NONE && id < PATTERN_COUNT && codes[id] != NULL);
    PCRE2_SPTR subject = (PCRE2_SPTR)text;
    int rc = pcre2_match(codes[id], subject, len, 0, PCRE2_NO_UTF_CHECK, data, limits);
    /* The compiled code has the small machine stack only; the interpreter has the heap. */
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(codes[id], subject, len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data,
                         limits);
    return rc >= 0;
}
