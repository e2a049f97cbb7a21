#include "ca/request.h"

#include "ca/auth/credentials.h"
#include "ca/core.h"
#include "ca/duties/duties.h"
#include "ca/trail/trail.h"
#include "firmware/base/log.h"

#include <stdio.h>

struct commit {
    struct request *request;
    store_unit unit; /* NULL: the record alone */
    void *context;
    bool uses; /* the request's approval */
};

/* The record comes last, so that it tells what the unit answered; an approval is used up first. */
static int commit_unit(struct store_tx *tx, void *context)
{
    const struct commit *c = context;
    int code = c->uses ? duties_use(tx, c->request) : 0;
    if (code == 0 && c->unit != NULL)
        code = c->unit(tx, c->context);
    if (code == 0)
        code = credentials_note_use(tx, c->request);
    return code != 0 ? code : trail_append(tx, c->request);
}

static int commit(struct request *r, store_unit unit, void *context)
{
    PRECOND(r != NULL && !r->recorded);
    struct commit c = {.request = r, .unit = unit, .context = context,
                       .uses = r->approval != NULL && r->error.type == NULL};
    int code = store_write(r->core->store, commit_unit, &c);
    r->recorded = code == 0;
    return code;
}

int request_commit(struct request *r, store_unit unit, void *context)
{
    PRECOND(unit != NULL);
    return commit(r, unit, context);
}

int request_record(struct request *r)
{
    return commit(r, NULL, NULL);
}

int request_read(struct request *r, store_unit unit, void *context)
{
    PRECOND(r != NULL && unit != NULL);
    return store_read(r->core->store, unit, context);
}

void request_arn(const struct request *r, const char *service, const char *resource, char *out,
                 size_t size)
{
    snprintf(out, size, "arn:aws:%s:%s:%s:%s", service, r->scope.region, r->scope.account,
             resource);
}

struct slice request_header(const struct msg_call *call, const char *name)
{
    uint32_t i = 0;
    while (i < call->headers.count && !slice_is(call->headers.pair[i].name, name))
        i++;
    if (i == call->headers.count)
        return (struct slice){0};
    struct slice s = call->headers.pair[i].value;
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = slice_of(s.data + 1, s.len - 1);
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}
