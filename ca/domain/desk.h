/*
 * desk.h - `chancery validation`: the person at the appliance asks what certificates of whatever account wait for, and
 * has names looked at now.
 */
#ifndef CHANCERY_DOMAIN_DESK_H
#define CHANCERY_DOMAIN_DESK_H

#include "ca/core.h"
#include "firmware/base/message.h"

/*
 * verb "list": a page of what waits, of one account or of all, beyond the number `after`: {"Certificates": [...],
 * "After": number}, without After at the end. "show", "check": one certificate, as ListValidations answers, after its names, or
 * the one that is named, were made due. On failure out has why in words. CH_EINVAL, CH_ENOTFOUND, CH_EUNSUPPORTED.
 */
int desk_answer(struct core *core, const struct msg_validation *asked, struct buf *out);

#endif
