#include "ca/policy/internal.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

/* What is held is never changed but in its count, so it may be named const by who looks at it. */
static struct policy *unconst(const struct policy *p)
{
    return (struct policy *)(uintptr_t)p;
}

struct policy *policy_hold(const struct policy *p)
{
    PRECOND(p != NULL);
    atomic_fetch_add_explicit(&unconst(p)->holds, 1, memory_order_relaxed);
    return unconst(p);
}

void policy_release(const struct policy *p)
{
    if (p == NULL || atomic_fetch_sub_explicit(&unconst(p)->holds, 1, memory_order_acq_rel) != 1)
        return;
    arena_free(&unconst(p)->arena);
    free(unconst(p));
}

int policy_name_set(struct policy *p, const char *name)
{
    char *copy = arena_copy(&p->arena, slice_text(name));
    if (copy == NULL)
        return CH_ENOMEM;
    p->name = copy;
    return 0;
}

const char *policy_name(const struct policy *p)
{
    return p->name == NULL ? "" : p->name;
}

/* ---- sets ---- */

static struct policy_set *set_unconst(const struct policy_set *set)
{
    return (struct policy_set *)(uintptr_t)set;
}

struct policy_set *policy_set_new(void)
{
    struct policy_set *set = calloc(1, sizeof *set);
    if (set != NULL)
        atomic_init(&set->holds, 1);
    return set;
}

int policy_set_add(struct policy_set *set, enum policy_kind kind, const struct policy *p)
{
    PRECOND(set != NULL && p != NULL && kind < POLICY_KINDS);
    struct policy_list *list = &set->lists[kind];
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 8 : 2 * list->room;
        const struct policy **items = reallocarray(list->items, room, sizeof(*items));
        if (items == NULL)
            return CH_ENOMEM;
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = policy_hold(p);
    list->limits = true;
    return 0;
}

int policy_set_add_text(struct policy_set *set, enum policy_kind kind, struct slice text,
                        const char *name)
{
    char why[POLICY_WHY_SIZE];
    struct policy *p = NULL;
    int r = policy_parse(text, POLICY_FORM_IDENTITY, &p, why);
    if (r == 0 && name != NULL)
        r = policy_name_set(p, name);
    if (r == 0)
        r = policy_set_add(set, kind, p);
    policy_release(p);
    return r;
}

void policy_set_limit(struct policy_set *set, enum policy_kind kind)
{
    set->lists[kind].limits = true;
}

void policy_set_block(struct policy_set *set)
{
    set->blocked = true;
}

struct policy_set *policy_set_hold(const struct policy_set *set)
{
    PRECOND(set != NULL);
    atomic_fetch_add_explicit(&set_unconst(set)->holds, 1, memory_order_relaxed);
    return set_unconst(set);
}

void policy_set_release(const struct policy_set *set)
{
    if (set == NULL ||
        atomic_fetch_sub_explicit(&set_unconst(set)->holds, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t kind = 0; kind < POLICY_KINDS; kind++) {
        for (size_t i = 0; i < set->lists[kind].count; i++)
            policy_release(set->lists[kind].items[i]);
        free(set_unconst(set)->lists[kind].items);
    }
    free(set_unconst(set));
}
