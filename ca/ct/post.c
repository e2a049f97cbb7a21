#include "ca/ct/ct.h"

#if __has_include("ca/outbound.h")
#include "ca/outbound.h"
#else
struct outbound_answer {
    uint32_t failure, status;
    char why[256];
    struct buf body;
};
int outbound_post(struct core *core, const char *url, const char *content_type, struct slice body,
                  unsigned timeout_ms, struct outbound_answer *out);
#endif

#include <stdio.h>

#define CONTENT_TYPE "application/json"

/* Weak: an appliance may be built without the process that calls out. */
__attribute__((weak)) int outbound_post(struct core *core, const char *url,
                                        const char *content_type, struct slice body,
                                        unsigned timeout_ms, struct outbound_answer *out)
{
    (void)core, (void)url, (void)content_type, (void)body, (void)timeout_ms, (void)out;
    return CH_ESTATE;
}

int ct_post_json(struct core *core, const char *url, struct slice body, struct ct_post *out)
{
    struct outbound_answer answer = {0};
    int64_t timeout = core->config->ct_timeout * 1000;
    int rc = outbound_post(core, url, CONTENT_TYPE, body, (unsigned)timeout, &answer);
    if (rc == 0 && answer.failure != 0) {
        snprintf(out->why, sizeof out->why, "%s", answer.why);
        rc = CH_EIO;
    }
    out->status = answer.status;
    out->body = answer.body;
    if (rc == CH_ESTATE)
        snprintf(out->why, sizeof out->why, "nothing calls out here");
    return rc;
}
