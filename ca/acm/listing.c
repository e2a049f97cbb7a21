#include "ca/acm/listing.h"

#include "ca/acm/certificate.h"
#include "ca/members.h"
#include "ca/page_token.h"

#include <stdlib.h>
#include <string.h>

#define PLACE_FIXED 24 /* group, value, number */

/* ---- conditions ---- */

int condition_add(struct condition *c, enum condition_kind kind, struct condition **part)
{
    *part = NULL;
    struct condition *parts = realloc(c->parts, (c->count + 1) * sizeof *parts);
    if (parts == NULL)
        return CH_ENOMEM;
    c->parts = parts;
    *part = &parts[c->count++];
    **part = (struct condition){.kind = kind};
    return 0;
}

static unsigned word_bit(enum facet_field field, const char *word)
{
    int value = facet_value(field, word);
    return value < 0 ? 0 : 1u << value;
}

int condition_add_words(struct condition *c, enum facet_field field, const json_t *words)
{
    struct condition *part;
    int rc = condition_add(c, CONDITION_FACET, &part);
    if (rc != 0)
        return rc;
    part->field = field;
    for (size_t i = 0; i < json_array_size(words); i++)
        part->any |= word_bit(field, json_string_value(json_array_get(words, i)));
    return 0;
}

int condition_add_word(struct condition *c, enum facet_field field, const char *word)
{
    struct condition *part;
    int rc = condition_add(c, CONDITION_FACET, &part);
    if (rc != 0)
        return rc;
    part->field = field;
    part->any = word_bit(field, word);
    return 0;
}

/* By the type of the certificate; nothing here comes from ACME. */
static const struct origin_row {
    const char *origin;
    const char *type;
} origin_rows[] = {
    {"AWS_MANAGED", "PRIVATE"},
    {"AWS_MANAGED", "AMAZON_ISSUED"},
    {"CUSTOMER_PROVIDED", "IMPORTED"},
};
#define ORIGIN_ROWS (sizeof origin_rows / sizeof origin_rows[0])

int condition_add_origins(struct condition *c, const json_t *origins)
{
    struct condition *part;
    int rc = condition_add(c, CONDITION_FACET, &part);
    if (rc != 0)
        return rc;
    part->field = FACET_TYPE;
    for (size_t i = 0; i < json_array_size(origins); i++)
        for (size_t row = 0; row < ORIGIN_ROWS; row++)
            if (strcmp(json_string_value(json_array_get(origins, i)), origin_rows[row].origin) == 0)
                part->any |= word_bit(FACET_TYPE, origin_rows[row].type);
    return 0;
}

const char *certificate_origin(const struct certificate_row *row)
{
    for (size_t i = 0; i < ORIGIN_ROWS; i++)
        if (strcmp(row->type, origin_rows[i].type) == 0)
            return origin_rows[i].origin;
    return NULL;
}

/* ---- entries ---- */

static json_t *names_new(const char *text)
{
    json_t *list = json_loads(text, 0, NULL);
    json_t *names = json_is_array(list) ? json_array() : NULL;
    for (size_t i = 0; names != NULL && i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        json_t *name = json_is_object(entry) ? json_object_get(entry, "Name") : entry;
        if (json_array_append(names, name) != 0) {
            json_decref(names);
            names = NULL;
        }
    }
    json_decref(list);
    return names;
}

static json_t *export_option_new(const char *text)
{
    json_t *options = json_loads(text, 0, NULL);
    json_t *option = json_string(certificate_export_option(options));
    json_decref(options);
    return option;
}

/* What make makes of the text, made once for all entries of the page. */
static int known_put(json_t *known, json_t *item, const char *member, const char *text,
                     json_t *(*make)(const char *text))
{
    json_t *value = json_object_get(known, text);
    if (value == NULL) {
        value = make(text);
        if (value == NULL)
            return CH_EINTEGRITY;
        if (json_object_set_new(known, text, value) != 0)
            return CH_ENOMEM;
    }
    return member_put_new(item, member, json_incref(value));
}

int listing_put_names(json_t *known, json_t *item, const char *member, const char *json)
{
    return known_put(known, item, member, json == NULL ? "[]" : json, names_new);
}

static int flags_put(const struct listing *l, const struct certificate_row *row, json_t *item)
{
    int rc = member_put_bool(item, "InUse", row->in_use > 0);
    if (rc == 0 && strcmp(row->type, "IMPORTED") != 0)
        rc = member_put_bool(item, "Exported", row->exported_at != 0);
    if (rc == 0)
        rc = known_put(l->known, item, "ExportOption", row->options == NULL ? "{}" : row->options,
                       export_option_new);
    return rc;
}

int listing_put_metadata(const struct listing *l, const struct certificate_row *row, json_t *item)
{
    const struct {
        const char *member;
        const char *text;
    } texts[] = {
        {"Status", certificate_status(row, l->r->now)},
        {"Type", row->type},
        {"RenewalEligibility", certificate_renewal(row, l->r->now)},
        {"ManagedBy", row->managed_by},
        {"CertificateKeyPairOrigin", certificate_origin(row)},
    };
    const struct {
        const char *member;
        int64_t time;
    } times[] = {
        {"CreatedAt", row->created_at},
        {"IssuedAt", row->issued_at},
        {"ImportedAt", row->imported_at},
        {"RevokedAt", row->revoked_at},
    };
    int rc = flags_put(l, row, item);
    for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof texts[0]; i++)
        rc = member_put_text(item, texts[i].member, texts[i].text);
    for (size_t i = 0; rc == 0 && i < sizeof times / sizeof times[0]; i++)
        rc = member_put_time(item, times[i].member, times[i].time);
    return rc;
}

/* ---- pages ---- */

static int place_put(struct request *r, const struct certificate_place *place)
{
    struct buf octets = {0};
    uint8_t fixed[PLACE_FIXED];
    page_number_put(place->group, fixed);
    page_number_put((uint64_t)place->value, fixed + 8);
    page_number_put((uint64_t)place->number, fixed + 16);
    int rc = buf_put(&octets, fixed, sizeof fixed);
    if (rc == 0 && place->text != NULL)
        rc = buf_put_text(&octets, place->text);
    if (rc == 0)
        rc = page_place_put(r, buf_slice(&octets));
    buf_free(&octets);
    return rc;
}

static int place_read(struct request *r, struct certificate_place *place, bool *there)
{
    struct buf octets = {0};
    int rc = page_place_read(r, &octets);
    *there = octets.len >= PLACE_FIXED;
    if (rc == 0 && *there) {
        place->group = (uint32_t)page_number_get(octets.data);
        place->value = (int64_t)page_number_get(octets.data + 8);
        place->number = (int64_t)page_number_get(octets.data + 16);
        if (octets.len > PLACE_FIXED)
            place->text = strndup((const char *)octets.data + PLACE_FIXED,
                                  octets.len - PLACE_FIXED);
    }
    buf_free(&octets);
    if (rc == CH_EINVAL)
        rc = api_fail(&r->error, "ValidationException",
                      "The NextToken is not one that this list has given.");
    return rc;
}

static int visit(void *context, const struct certificate_row *row)
{
    struct listing *l = context;
    json_t *item = json_object();
    int rc = item == NULL ? CH_ENOMEM : l->entry(l, row, item);
    if (rc == 0 && json_array_append(l->items, item) != 0)
        rc = CH_ENOMEM;
    json_decref(item);
    return rc;
}

struct paging {
    struct listing *l;
    struct certificate_page page;
};

static int page_unit(struct store_tx *tx, void *context)
{
    struct paging *p = context;
    return store_certificate_search(tx, &p->l->r->scope, &p->l->query, visit, p->l, &p->page);
}

int listing_page(struct listing *l)
{
    struct paging p = {.l = l};
    struct certificate_place after = {0};
    bool there = false;
    int rc = place_read(l->r, &after, &there);
    l->items = json_array();
    l->known = json_object();
    l->query.where = &l->where;
    l->query.after = there ? &after : NULL;
    l->query.now = l->r->now;
    if (rc == 0)
        rc = request_read(l->r, page_unit, &p);
    if (rc == 0 && p.page.more)
        rc = place_put(l->r, &p.page.last);
    l->query.after = NULL;
    free(p.page.last.text);
    free(after.text);
    return rc;
}

void listing_free(struct listing *l)
{
    condition_clear(&l->where);
    json_decref(l->items);
    json_decref(l->known);
    l->items = l->known = NULL;
}
