#include "ca/domain/event.h"

#include "ca/arn.h"
#include "ca/domain/validation.h"
#include "ca/trail/trail.h"

#include <string.h>

static int append(struct store_tx *tx, const struct scope *scope, const char *name, int64_t now,
                  json_t *details)
{
    return trail_append_event(tx, &(struct trail_event){.name = name,
                                                        .source = "acm.amazonaws.com",
                                                        .account = scope->account,
                                                        .region = scope->region,
                                                        .at = now,
                                                        .details = details});
}

int domain_event_append(struct store_tx *tx, const struct validation_row *row, const char *name,
                        int64_t now)
{
    char arn[ARN_SIZE];
    arn_certificate(&row->scope, row->certificate, arn);
    return append(tx, &row->scope, name, now,
                  json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "certificateArn", arn, "domainName",
                            row->domain, "validationMethod", row->method, "result", row->code,
                            "reason", row->reason));
}

static json_t *names_waiting(const struct validation_list *list)
{
    json_t *names = json_array();
    for (size_t i = 0; names != NULL && i < list->count; i++)
        if (strcmp(list->rows[i].status, "SUCCESS") != 0 &&
            json_array_append_new(names, json_string(list->rows[i].domain)) != 0) {
            json_decref(names);
            names = NULL;
        }
    return names;
}

int domain_event_timed_out(struct store_tx *tx, const struct scope *scope, const char *certificate,
                           int64_t now)
{
    struct validation_list list;
    char arn[ARN_SIZE];
    int rc = validation_list_read(tx, scope, certificate, &list);
    if (rc != 0)
        return rc;
    arn_certificate(scope, certificate, arn);
    rc = append(tx, scope, DOMAIN_TIMED_OUT, now,
                json_pack("{s:s, s:o}", "certificateArn", arn, "domainNames",
                          names_waiting(&list)));
    validation_list_free(&list);
    return rc;
}
