/*
 * How a CRL is made: its entries go page by page into a file, the TBSCertList around them into a second,
 * which is mapped to be hashed and signed, and the whole into a third, which is renamed to what is
 * published. Memory is needed for a page of entries, however many there are.
 *
 * The number is committed before the list exists, and what it says of itself after it is published: a crash
 * anywhere in between leaves the old list and the row due.
 */
#include "ca/jobs/delivery.h"
#include "ca/pca/crl.h"

#include "ca/jobs/key_maker.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/revocation_configuration.h"
#include "ca/pki/crl.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)
#define PAGE 5000               /* entries in one read of the store */
#define CHUNK ((size_t)65536)   /* octets in one write */
#define REST_MIN_MS 500         /* between two of the same: many revocations share one */
#define REST_MAX_MS 2000
#define SECOND_MS 1000

/* ---- a file that is written in chunks ---- */

struct spool {
    int fd;
    uint64_t len; /* octets put */
    struct buf waiting;
};

static int write_code(void)
{
    return errno == ENOSPC || errno == EDQUOT ? CH_ENOSPACE : CH_EIO;
}

/* path with suffix, emptied when it was left behind; the name goes at once unless keep. */
static int spool_open(struct spool *s, const char *path, const char *suffix, bool keep)
{
    char name[CORE_PATH_MAX + 16];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    (void)unlink(name);
    s->fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (s->fd < 0)
        return write_code();
    if (!keep)
        (void)unlink(name);
    return 0;
}

static void spool_close(struct spool *s)
{
    buf_free(&s->waiting);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return write_code();
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static int spool_flush(struct spool *s)
{
    int r = write_all(s->fd, s->waiting.data, s->waiting.len);
    buf_clear(&s->waiting);
    return r;
}

/* What was appended to s->waiting counts. */
static int spool_grown(struct spool *s, size_t before)
{
    s->len += s->waiting.len - before;
    return s->waiting.len >= CHUNK ? spool_flush(s) : 0;
}

static int spool_put(struct spool *s, struct slice bytes)
{
    size_t before = s->waiting.len;
    int r = buf_put_slice(&s->waiting, bytes);
    return r == 0 ? spool_grown(s, before) : r;
}

/* All of a flushed one behind what is there. */
static int spool_copy(struct spool *s, const struct spool *from)
{
    uint8_t chunk[16384];
    for (uint64_t at = 0; at < from->len;) {
        ssize_t n = pread(from->fd, chunk, sizeof chunk, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return CH_EIO;
        int r = spool_put(s, slice_of(chunk, (size_t)n));
        if (r != 0)
            return r;
        at += (uint64_t)n;
    }
    return 0;
}

/* ---- one CRL ---- */

struct build {
    struct core *core;
    const struct authority_row *authority;
    struct crl_row row; /* as it will be */
    struct revocation_config config;
    const struct authority_issuer *issuer;
    enum sig_alg sig_alg;
    char path[CORE_PATH_MAX];
    struct spool entries, tbs, whole;
    struct buf signature;
    int64_t after; /* revocation that was put last */
    uint32_t page; /* entries of this page */
};

/*
 * A certificate that has run out stays for one more life of the CRL, so that a list made after its end has it
 * (RFC 5280 5.3: it must not go before it was on one such list).
 */
static bool has_left(const struct build *b, const struct crl_entry_row *entry)
{
    return entry->not_after + b->config.days * DAY_US < b->row.this_update;
}

static int entry_visit(void *context, const struct crl_entry_row *row)
{
    struct build *b = context;
    struct pki_crl_entry entry = {.reason = row->reason, .revoked_at = row->revoked_at / SECOND_US};
    size_t before = b->entries.waiting.len;
    b->after = row->number;
    b->page++;
    if (has_left(b, row))
        return 0;
    memcpy(entry.serial, row->serial, sizeof entry.serial);
    int r = pki_crl_entry_put(&entry, &b->entries.waiting);
    return r == 0 ? spool_grown(&b->entries, before) : r;
}

static int page_unit(struct store_tx *tx, void *context)
{
    struct build *b = context;
    b->page = 0;
    return store_crl_entries(tx, &b->row, b->after, PAGE, entry_visit, b);
}

static int entries_write(struct build *b)
{
    int r = 0;
    do
        r = store_read(b->core->store, page_unit, b);
    while (r == 0 && b->page == PAGE);
    return r == 0 ? spool_flush(&b->entries) : r;
}

/* The hash of the key when the certificate has no identifier, as in the certificates below. */
static int issuer_key_id(const struct build *b, uint8_t hash[20], struct slice *id)
{
    *id = pki_certificate_key_id(b->issuer->certificate);
    if (id->len > 0)
        return 0;
    *id = slice_of(hash, 20);
    return pki_key_id(pki_certificate_spki(b->issuer->certificate), hash);
}

static int tbs_write(struct build *b)
{
    char url[REVOCATION_URL_SIZE];
    uint8_t hash[20];
    struct buf head = {0};
    struct buf tail = {0};
    struct pki_crl_spec spec = {
        .sig_alg = b->sig_alg,
        .issuer = pki_certificate_subject(b->issuer->certificate),
        .this_update = b->row.this_update / SECOND_US,
        .next_update = b->row.next_update / SECOND_US,
        .number = b->row.number,
    };
    revocation_crl_url(b->core->config, &b->config, b->authority->id, b->row.part, url);
    spec.uri = b->row.part == CRL_COMPLETE ? NULL : url;
    int r = issuer_key_id(b, hash, &spec.issuer_key_id);
    if (r == 0)
        r = pki_crl_frame(&spec, b->entries.len, &head, &tail);
    if (r == 0)
        r = spool_put(&b->tbs, buf_slice(&head));
    if (r == 0)
        r = spool_copy(&b->tbs, &b->entries);
    if (r == 0)
        r = spool_put(&b->tbs, buf_slice(&tail));
    if (r == 0)
        r = spool_flush(&b->tbs);
    buf_free(&tail);
    buf_free(&head);
    return r;
}

/* By the key of the authority, and checked by its certificate: HSMs fail, too. */
static int bytes_sign(struct build *b, struct slice tbs)
{
    struct hsm_name name;
    struct hsm_key *key = NULL;
    authority_key_name(b->authority, &name);
    int r = hsm_pair_find(b->core->hsm, &name, buf_slice(&b->authority->spki), &key);
    if (r == 0)
        r = hsm_sign(b->core->hsm, key, b->sig_alg, tbs, &b->signature);
    if (r == 0 && pki_verifier_check(b->issuer->verifier, b->sig_alg, tbs,
                                     buf_slice(&b->signature)) != 0) {
        log_error("authority %s: the HSM made a signature that does not verify", b->authority->id);
        r = CH_EHSM;
    }
    return r;
}

/* The file has no name and one writer, this one. */
static int tbs_sign(struct build *b)
{
    void *map = mmap(NULL, (size_t)b->tbs.len, PROT_READ, MAP_SHARED, b->tbs.fd, 0);
    if (map == MAP_FAILED)
        return CH_ENOMEM;
    int r = bytes_sign(b, slice_of(map, (size_t)b->tbs.len));
    munmap(map, (size_t)b->tbs.len);
    return r;
}

static int whole_write(struct build *b)
{
    struct buf head = {0};
    struct buf tail = {0};
    int r = pki_crl_seal(b->sig_alg, buf_slice(&b->signature), b->tbs.len, &head, &tail);
    if (r == 0)
        r = spool_put(&b->whole, buf_slice(&head));
    if (r == 0)
        r = spool_copy(&b->whole, &b->tbs);
    if (r == 0)
        r = spool_put(&b->whole, buf_slice(&tail));
    if (r == 0)
        r = spool_flush(&b->whole);
    if (r == 0 && (fchmod(b->whole.fd, 0644) != 0 || fsync(b->whole.fd) != 0))
        r = write_code();
    buf_free(&tail);
    buf_free(&head);
    return r;
}

/* The name lives in the folder. */
static int folder_sync(const char *path)
{
    char folder[CORE_PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return CH_EIO;
    int r = fsync(fd) == 0 ? 0 : write_code();
    close(fd);
    return r;
}

static int publish(struct build *b)
{
    char fresh[CORE_PATH_MAX + 16];
    snprintf(fresh, sizeof fresh, "%s.new", b->path);
    if (rename(fresh, b->path) != 0)
        return write_code();
    return folder_sync(b->path);
}

/* ---- what the store keeps of it ---- */

static int number_unit(struct store_tx *tx, void *context)
{
    return store_crl_take_number(tx, context);
}

/* To the bucket of the configuration, under the path that certificates say. */
static int copy_want(struct store_tx *tx, struct build *b)
{
    char url[REVOCATION_URL_SIZE], bucket[256], acl[32], media_type[] = "application/pkix-crl";
    if (!revocation_bucket(b->authority->revocation, bucket, acl))
        return 0;
    revocation_crl_url(b->core->config, &b->config, b->authority->id, b->row.part, url);
    char *host = strstr(url, "://");
    char *key = host == NULL ? NULL : strchr(host + 3, '/');
    const struct delivery_row file = {.bucket = bucket, .key = key == NULL ? url : key + 1,
                                      .source = b->path, .acl = acl, .media_type = media_type,
                                      .stamp = b->row.number, .due_at = clock_now_us()};
    return delivery_want(tx, b->core, &file);
}

static int published_unit(struct store_tx *tx, void *context)
{
    struct build *b = context;
    int r = store_crl_published(tx, &b->row);
    return r == 0 ? copy_want(tx, b) : r;
}

static int64_t rest_us(int64_t took_ms)
{
    int64_t ms = took_ms < REST_MIN_MS ? REST_MIN_MS : took_ms > REST_MAX_MS ? REST_MAX_MS : took_ms;
    return ms * 1000;
}

/* As the authority signs in general: its own SigningAlgorithm. */
static enum sig_alg authority_sig_alg(const struct authority_row *authority)
{
    enum key_alg key = authority_key_alg(authority);
    json_t *all = json_loads(authority->configuration, 0, NULL);
    const char *name = member_text(all, "SigningAlgorithm");
    enum sig_alg alg = name == NULL ? SIG_ALG_NONE : sig_alg_from_name(name);
    json_decref(all);
    return alg != SIG_ALG_NONE && sig_alg_fits_key(alg, key) ? alg : sig_alg_default(key);
}

static int prepare(struct build *b, int64_t now)
{
    int64_t floor = now / SECOND_MS; /* milliseconds: grows even after a restored backup */
    b->sig_alg = authority_sig_alg(b->authority);
    b->row.this_update = now - now % SECOND_US;
    b->row.number = b->row.number >= floor ? b->row.number + 1 : floor;
    int r = revocation_config_read(b->authority->revocation, &b->config);
    if (r != 0)
        return r;
    b->row.next_update = b->row.this_update + b->config.days * DAY_US;
    b->row.due_at = b->row.this_update + b->config.days * DAY_US / 2;
    return crl_path(b->core, &b->row, true, b->path);
}

static int files_open(struct build *b)
{
    int r = spool_open(&b->entries, b->path, ".entries", false);
    if (r == 0)
        r = spool_open(&b->tbs, b->path, ".tbs", false);
    return r == 0 ? spool_open(&b->whole, b->path, ".new", true) : r;
}

static int build_run(struct build *b)
{
    int r = files_open(b);
    if (r == 0)
        r = store_write(b->core->store, number_unit, &b->row);
    if (r == 0)
        r = entries_write(b);
    if (r == 0)
        r = tbs_write(b);
    if (r == 0)
        r = tbs_sign(b);
    if (r == 0)
        r = whole_write(b);
    return r == 0 ? publish(b) : r;
}

int crl_build(struct core *core, const struct authority_row *authority, const struct crl_row *row,
              int64_t now)
{
    PRECOND(core != NULL && authority != NULL && row != NULL);
    struct authority_cache *cache = key_maker_authorities(core->key_maker);
    int64_t started = clock_monotonic_ms();
    struct build b = {.core = core, .authority = authority, .row = *row};
    b.entries.fd = b.tbs.fd = b.whole.fd = -1;
    int r = prepare(&b, now);
    if (r == 0)
        r = authority_issuer_acquire(cache, authority, &b.issuer);
    if (r == 0)
        r = build_run(&b);
    b.row.rest_until = clock_now_us() + rest_us(clock_monotonic_ms() - started);
    if (r == 0)
        r = store_write(core->store, published_unit, &b);
    if (r == 0)
        log_debug("authority %s: CRL %lld, %llu octets, %lld ms", authority->id,
                  (long long)b.row.number, (unsigned long long)b.whole.len,
                  (long long)(clock_monotonic_ms() - started));
    if (b.issuer != NULL)
        authority_issuer_release(cache, b.issuer);
    buf_free(&b.signature);
    spool_close(&b.whole);
    spool_close(&b.tbs);
    spool_close(&b.entries);
    return r;
}
