#include "ca/ct/ct.h"

#include "ca/outbound.h"

#include <stdio.h>

#define CONTENT_TYPE "application/json"

int ct_post_json(struct core *core, const char *url, struct slice body, struct ct_post *out)
{
    struct outbound_answer answer = {0};
    int64_t timeout = core->config->ct_timeout * 1000;
    int rc = outbound_post(core, url, CONTENT_TYPE, body, (unsigned)timeout, &answer);
    if (rc == 0 && answer.failure != 0) {
        snprintf(out->why, sizeof out->why, "%.200s", answer.why);
        rc = CH_EIO;
    }
    out->status = answer.status;
    out->body = answer.body;
    if (rc == CH_ESTATE)
        snprintf(out->why, sizeof out->why, "nothing calls out here");
    return rc;
}
