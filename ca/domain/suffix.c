#include "ca/domain/suffix.h"

#include "ca/domain/name.h"

#include <libpsl.h>
#include <string.h>

bool suffix_is_known(const char *name, const char *extra)
{
    const char *dot = strrchr(name, '.');
    const char *last = dot == NULL ? name : dot + 1;
    return psl_is_public_suffix2(psl_builtin(), last,
                                 PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0 ||
           domain_list_covers(extra, last);
}

bool suffix_is_public(const char *name)
{
    return psl_is_public_suffix2(psl_builtin(), name, PSL_TYPE_ICANN) != 0;
}
