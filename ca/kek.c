#include "ca/kek.h"

#include "ca/jobs/kek_rotation.h"
#include "ca/jobs/schedule.h"
#include "ca/keyring.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 64

int kek_name_parse(const char *name, struct kek_name *out)
{
    char number[10] = "";
    int end = 0;
    *out = (struct kek_name){0};
    if (sscanf(name, "kek/%12[0-9]/%32[^/]/%15[^/]/%9[0-9]%n", out->scope.account,
               out->scope.region, out->class, number, &end) != 4 ||
        name[end] != '\0')
        return CH_EINTEGRITY;
    out->generation = (unsigned)strtoul(number, NULL, 10);
    if (out->generation == 0)
        return CH_EINTEGRITY;
    snprintf(out->family, sizeof out->family, "kek/%s/%s/%s", out->scope.account,
             out->scope.region, out->class);
    return 0;
}

int kek_record(struct store_tx *tx, const char *event, const struct kek_row *row, int64_t now)
{
    struct kek_name name;
    char id[2 * HSM_ID_SIZE + 1];
    int r = kek_name_parse(row->name, &name);
    if (r != 0)
        return r;
    hex_encode(row->hsm_id, HSM_ID_SIZE, id);
    return trail_append_event(tx, &(struct trail_event){
                                      .name = event,
                                      .source = "chancery.internal",
                                      .account = name.scope.account,
                                      .region = name.scope.region,
                                      .at = now,
                                      .details = json_pack("{s:s, s:s, s:s, s:i}", "keyId", id,
                                                           "key", row->name, "class", name.class,
                                                           "generation", (int)name.generation),
                                  });
}

struct replacement {
    const struct kek_row *old;
    const char *family;
    int64_t now;
};

/* A successor that an interrupted rotation left is not current before the older one is replaced. */
static int current_unit(struct store_tx *tx, void *context)
{
    const struct replacement *p = context;
    struct kek_row current = {0};
    int r = store_kek_current(tx, p->family, &current);
    if (r == CH_ENOTFOUND || (r == 0 && strcmp(current.name, p->old->name) != 0))
        r = CH_ESTATE;
    kek_row_free(&current);
    return r;
}

static int replace_unit(struct store_tx *tx, void *context)
{
    const struct replacement *p = context;
    int r = current_unit(tx, context);
    if (r == 0)
        r = store_kek_replace(tx, p->old->name, p->now);
    return r != 0 ? r : kek_record(tx, "BeginKeyRotation", p->old, p->now);
}

/*
 * The successor's row comes first, by itself: until the replacement is committed, the older one is current.
 */
int kek_rotate(struct core *core, const struct kek_row *row)
{
    enum hsm_secret_kind kind = HSM_SECRET_MAC;
    struct kek_name name;
    struct hsm_key *unused = NULL;
    char next[128];
    int r = kek_name_parse(row->name, &name);
    if (r == 0)
        r = keyring_kind_find(row->kind, &kind);
    if (r != 0)
        return r;
    struct replacement p = {.old = row, .family = name.family, .now = clock_now_us()};
    snprintf(next, sizeof next, "%s/%u", name.family, name.generation + 1);
    r = store_read(core->store, current_unit, &p);
    if (r == 0)
        r = keyring_secret_ensure(core->keyring, next, kind, &unused);
    if (r == 0)
        r = store_write(core->store, replace_unit, &p);
    if (r != 0)
        return r;
    keyring_kek_changed(core->keyring, name.family);
    log_info("wrapping key %s is replaced by %s", row->name, next);
    schedule_wake(core->schedule, KEK_ROTATION);
    return 0;
}

/* ---- all of them, a page at a time ---- */

struct page {
    struct kek_row rows[PAGE];
    size_t count;
    const char *after;
};

static int page_visit(void *context, const struct kek_row *row)
{
    struct page *p = context;
    struct kek_row *copy = &p->rows[p->count];
    *copy = *row;
    copy->name = strdup(row->name);
    copy->kind = strdup(row->kind);
    p->count++;
    return copy->name == NULL || copy->kind == NULL ? CH_ENOMEM : 0;
}

static int page_unit(struct store_tx *tx, void *context)
{
    struct page *p = context;
    return store_kek_list(tx, p->after, PAGE, page_visit, p);
}

static void page_free(struct page *p)
{
    for (size_t i = 0; i < p->count; i++)
        kek_row_free(&p->rows[i]);
    p->count = 0;
}

/* Calls each for every KEK, outside of units. */
static int kek_each(struct core *core,
                    int (*each)(struct core *core, const struct kek_row *row, void *context),
                    void *context)
{
    char after[160] = "";
    struct page *page = calloc(1, sizeof *page);
    if (page == NULL)
        return CH_ENOMEM;
    int r = 0;
    do {
        page_free(page);
        page->after = after;
        r = store_read(core->store, page_unit, page);
        for (size_t i = 0; i < page->count && r == 0; i++)
            r = each(core, &page->rows[i], context);
        if (page->count > 0 && page->rows[page->count - 1].name != NULL)
            snprintf(after, sizeof after, "%s", page->rows[page->count - 1].name);
    } while (r == 0 && page->count == PAGE);
    page_free(page);
    free(page);
    return r;
}

struct rotation {
    const struct kek_filter *filter;
    int64_t before; /* those made later are successors already, or too young */
    unsigned count;
    char family[96]; /* of the last one; a successor that was waiting is not rotated at once */
};

static bool is_wanted(const char *asked, const char *has)
{
    return asked[0] == '\0' || strcmp(asked, has) == 0;
}

static int rotate_one(struct core *core, const struct kek_row *row, void *context)
{
    struct rotation *all = context;
    struct kek_name name;
    if (row->replaced_at != 0 || row->created_at > all->before ||
        kek_name_parse(row->name, &name) != 0 || strcmp(name.family, all->family) == 0 ||
        !is_wanted(all->filter->account, name.scope.account) ||
        !is_wanted(all->filter->region, name.scope.region) ||
        !is_wanted(all->filter->class, name.class))
        return 0;
    int r = kek_rotate(core, row);
    if (r == 0) {
        all->count++;
        memcpy(all->family, name.family, sizeof all->family);
    }
    return r == CH_ESTATE ? 0 : r;
}

int kek_rotate_all(struct core *core, const struct kek_filter *filter, unsigned *count)
{
    struct rotation all = {.filter = filter, .before = clock_now_us() - 1};
    int r = kek_each(core, rotate_one, &all);
    *count = all.count;
    return r == 0 && all.count == 0 ? CH_ENOTFOUND : r;
}

int kek_rotate_aged(struct core *core, int64_t before)
{
    struct rotation all = {.filter = &(struct kek_filter){"", "", ""}, .before = before};
    return kek_each(core, rotate_one, &all);
}

/* ---- status ---- */

struct holds {
    const uint8_t *id;
    uint64_t count;
};

static int holds_unit(struct store_tx *tx, void *context)
{
    struct holds *h = context;
    return store_kek_holds(tx, h->id, &h->count);
}

static int summarize_one(struct core *core, const struct kek_row *row, void *context)
{
    struct kek_summary *s = context;
    struct holds holds = {.id = row->hsm_id};
    if (row->replaced_at == 0)
        s->current++;
    if (row->replaced_at == 0 || row->rewrap_at == SCHEDULE_NEVER)
        return 0;
    s->replaced++;
    int r = store_read(core->store, holds_unit, &holds);
    s->left += holds.count;
    return r;
}

int kek_summarize(struct core *core, struct kek_summary *out)
{
    *out = (struct kek_summary){0};
    return kek_each(core, summarize_one, out);
}
