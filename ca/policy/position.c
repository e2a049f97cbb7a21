/*
 * Where the statements of a document stand in its text. The parser has taken the text before, so that this need only
 * tell strings from braces.
 */
#include "ca/policy/internal.h"

struct finder {
    struct slice text;
    size_t at;
    struct policy_position here; /* of the character at at */
    struct slice name;           /* the last string of the outermost object */
    unsigned depth;
    bool inside, list;           /* the value of "Statement", which is a list */
};

/* Characters are counted, not octets: those that follow in a character of UTF-8 do not count. */
static void finder_step(struct finder *f)
{
    if (f->at == f->text.len)
        return;
    uint8_t c = f->text.data[f->at++];
    if (c == '\n')
        f->here = (struct policy_position){.line = f->here.line + 1, .column = 1};
    else if ((c & 0xc0) != 0x80)
        f->here.column++;
}

static struct slice string_skip(struct finder *f)
{
    finder_step(f);
    size_t from = f->at;
    while (f->at < f->text.len && f->text.data[f->at] != '"') {
        if (f->text.data[f->at] == '\\')
            finder_step(f);
        finder_step(f);
    }
    struct slice inside = slice_of(f->text.data + from, f->at - from);
    finder_step(f);
    return inside;
}

static bool at_statement(const struct finder *f)
{
    return f->inside && f->depth == (f->list ? 3 : 2);
}

/* What a character outside strings means, which has just been stepped over. True: it ended the statement st. */
static bool mark(struct finder *f, uint8_t c, struct statement *st)
{
    bool ended = c == '}' && at_statement(f);
    if (ended)
        st->to = f->here;
    if (c == '{' || c == '[')
        f->depth++;
    if (c == '[' && f->inside && f->depth == 2)
        f->list = true;
    if (c == '{' && at_statement(f))
        st->from = f->here;
    if (c == '}' || c == ']')
        f->depth--;
    if (c == ':' && f->depth == 1)
        f->inside = slice_is(f->name, "Statement");
    if (c == ',' && f->depth == 1)
        f->inside = false;
    return ended;
}

void statement_positions_find(struct slice text, struct statement *list, size_t count)
{
    struct finder f = {.text = text, .here = {.line = 1, .column = 1}};
    for (size_t i = 0; i < count && f.at < text.len;) {
        uint8_t c = text.data[f.at];
        if (c == '"') {
            struct slice string = string_skip(&f);
            if (f.depth == 1)
                f.name = string;
            continue;
        }
        finder_step(&f);
        if (mark(&f, c, &list[i]))
            i++;
    }
}
