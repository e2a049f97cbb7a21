#include "ca/jobs/share.h"

#include "firmware/base/error.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const char *owner;
    size_t index;
};

static int place_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int by_owner = strcmp(x->owner, y->owner);
    return by_owner != 0 ? by_owner : (x->index > y->index) - (x->index < y->index);
}

int share_rank(const char *const *owners, size_t count, unsigned *ranks)
{
    if (count == 0)
        return 0;
    struct place *places = calloc(count, sizeof *places);
    if (places == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){owners[i], i};
    qsort(places, count, sizeof *places, place_compare);
    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && strcmp(places[i].owner, places[i - 1].owner) == 0;
        ranks[places[i].index] = same ? ranks[places[i - 1].index] + 1 : 0;
    }
    free(places);
    return 0;
}
