#include "ca/trust/command.h"

#include "ca/trust/trust.h"
#include "firmware/base/clock.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)

static int put_row(const struct trust_row *row, struct buf *out)
{
    const struct trust_family *family = trust_family_find(row->family);
    char until[CLOCK_ISO_SIZE] = "-";
    if (row->not_after != 0)
        clock_format_iso(row->not_after / SECOND_US, until);
    const char *state = row->retired_at != 0 ? "RETIRED" : row->status;
    return buf_printf(out, "%-9s %-12s %2u  %-19s until %.10s  %s\n",
                      family == NULL ? "?" : family->token,
                      trust_is_root(row) ? "root" : "intermediate", (unsigned)row->generation,
                      state, until, row->id);
}

static int list(struct core *core, const struct trust_family *family, struct buf *out)
{
    struct trust_list all;
    unsigned have = 0, want = 0;
    int rc = trust_list_read(core, &all);
    for (size_t i = 0; rc == 0 && i < all.count; i++)
        if (family == NULL || all.rows[i].family == family->key_alg)
            rc = put_row(&all.rows[i], out);
    trust_list_free(&all);
    if (rc == 0)
        rc = trust_progress(core, &have, &want);
    if (rc == 0 && !trust_has_place(core->config))
        return buf_put_text(out, "The public plane is off: there is no public issuance.\n");
    if (rc == 0 && have < want)
        rc = buf_printf(out, "%u of %u are ready; the others are being made.\n", have, want);
    if (rc == 0 && out->len == 0)
        rc = buf_put_text(out, "There are none yet: they come with the first certificate that needs "
                               "them, or by `chancery trust make`.\n");
    return rc;
}

static int bundle(struct core *core, const struct trust_family *family, struct buf *out)
{
    (void)family;
    int rc = trust_bundle_put(core, out);
    if (rc == 0 && out->len == 0) {
        rc = buf_put_text(out, "there is no root yet: see `chancery trust list`");
        return rc == 0 ? CH_ENOTFOUND : rc;
    }
    return rc;
}

static int make(struct core *core, const struct trust_family *family, struct buf *out)
{
    int rc = trust_want(core, family);
    return rc == 0 ? list(core, family, out) : rc;
}

static int roll_over(struct core *core, const struct trust_family *family, bool root,
                     struct buf *out)
{
    unsigned count = 0;
    int rc = trust_roll_over(core, family, root, &count);
    if (rc == CH_ENOTFOUND)
        (void)buf_put_text(out, "there is nothing to roll over");
    if (rc == 0)
        rc = buf_printf(out, "%u retired; their successors are being made: see `chancery trust list`\n",
                        count);
    return rc;
}

static int roll_over_intermediate(struct core *core, const struct trust_family *family,
                                  struct buf *out)
{
    return roll_over(core, family, false, out);
}

static int roll_over_root(struct core *core, const struct trust_family *family, struct buf *out)
{
    return roll_over(core, family, true, out);
}

static const struct {
    const char *verb;
    int (*run)(struct core *core, const struct trust_family *family, struct buf *out);
} verbs[] = {
    {"list", list},
    {"bundle", bundle},
    {"make", make},
    {"roll-over intermediate", roll_over_intermediate},
    {"roll-over root", roll_over_root},
};

int trust_command(struct core *core, const char *verb, const char *family, struct buf *out)
{
    const struct trust_family *one = family[0] == '\0' ? NULL : trust_family_named(family);
    if (family[0] != '\0' && one == NULL) {
        int rc = buf_put_text(out, "the families are rsa-2048, rsa-4096, p-256 and p-384");
        return rc == 0 ? CH_EINVAL : rc;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            return verbs[i].run(core, one, out);
    return CH_EINVAL;
}
