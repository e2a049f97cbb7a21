#include "firmware/base/secret.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Head and bytes share one mapping, so a secret is one mmap and one munmap. */
struct secret {
    struct secret *previous;
    struct secret *next;
    size_t mapped;
    size_t len;
    uint8_t data[];
};

#define SECRET_MAX ((size_t)1024 * 1024)
#define READ_SLACK 2 /* beyond the maximum of a file: its newline, and one octet that is too many */

static struct secret *secrets;
static size_t secrets_living;
static pthread_mutex_t secrets_lock = PTHREAD_MUTEX_INITIALIZER;

struct secret *secret_new(size_t len)
{
    PRECOND(len > 0 && len <= SECRET_MAX + READ_SLACK);
    size_t mapped = sizeof(struct secret) + len;
    struct secret *s =
        mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED)
        return NULL;
    /* Locking can fail for want of RLIMIT_MEMLOCK; the secret then still stays out of dumps. */
    (void)mlock(s, mapped);
    (void)madvise(s, mapped, MADV_DONTDUMP);
    (void)madvise(s, mapped, MADV_WIPEONFORK);
    s->mapped = mapped;
    s->len = len;
    pthread_mutex_lock(&secrets_lock);
    s->next = secrets;
    if (secrets != NULL)
        secrets->previous = s;
    secrets = s;
    secrets_living++;
    pthread_mutex_unlock(&secrets_lock);
    return s;
}

struct secret *secret_copy(const void *data, size_t len)
{
    struct secret *s = secret_new(len);
    if (s != NULL)
        memcpy(s->data, data, len);
    return s;
}

int secret_read_fd(int fd, size_t max, struct secret **out)
{
    *out = NULL;
    PRECOND(max > 0 && max <= SECRET_MAX);
    size_t room = max + READ_SLACK;
    struct secret *s = secret_new(room);
    if (s == NULL)
        return CH_ENOMEM;
    size_t len = 0;
    ssize_t got = 0;
    while (len < room && (got = read(fd, s->data + len, room - len)) > 0)
        len += (size_t)got;
    if (got >= 0 && len > 0 && len <= max + 1 && s->data[len - 1] == '\n')
        len--;
    if (got < 0 || len == 0 || len > max) {
        secret_free(s);
        return got < 0 ? CH_EIO : len == 0 ? CH_EINVAL : CH_ELIMIT;
    }
    secret_trim(s, len);
    *out = s;
    return 0;
}

int secret_read_file(const char *path, size_t max, struct secret **out)
{
    *out = NULL;
    PRECOND(max > 0 && max <= SECRET_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? CH_ENOTFOUND : CH_EIO;
    int r = secret_read_fd(fd, max, out);
    close(fd);
    return r;
}

uint8_t *secret_data(struct secret *s)
{
    PRECOND(s != NULL);
    return s->data;
}

size_t secret_len(const struct secret *s)
{
    PRECOND(s != NULL);
    return s->len;
}

struct slice secret_slice(const struct secret *s)
{
    PRECOND(s != NULL);
    return slice_of(s->data, s->len);
}

void secret_trim(struct secret *s, size_t len)
{
    PRECOND(s != NULL && len <= s->len);
    explicit_bzero(s->data + len, s->len - len);
    s->len = len;
}

void secret_free(struct secret *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&secrets_lock);
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        secrets = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    secrets_living--;
    pthread_mutex_unlock(&secrets_lock);
    size_t mapped = s->mapped;
    explicit_bzero(s, mapped);
    munmap(s, mapped);
}

/* Takes no lock: a signal may arrive while it is held, and the process is ending. */
void secret_wipe_all(void)
{
    for (struct secret *s = secrets; s != NULL; s = s->next)
        explicit_bzero(s->data, s->mapped - sizeof(struct secret));
}

size_t secret_count(void)
{
    pthread_mutex_lock(&secrets_lock);
    size_t living = secrets_living;
    pthread_mutex_unlock(&secrets_lock);
    return living;
}
