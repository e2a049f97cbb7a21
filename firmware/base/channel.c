#include "firmware/base/channel.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct channel {
    int fd;
    enum role self;
    enum role peer;
    int send_timeout_ms;
    int receive_timeout_ms; /* -1 = wait for ever */
    pthread_mutex_t send_lock;
    atomic_bool broken; /* half a frame went out: nothing may follow it */
    struct {
        uint8_t *bytes; /* NULL: nothing is read ahead */
        size_t start, len;
    } ahead;
};

#define AHEAD_SIZE ((size_t)64 * 1024)

struct channel *channel_new(int fd, enum role self, enum role peer, int send_timeout_ms)
{
    PRECOND(fd >= 0 && (unsigned)self < ROLE_COUNT && (unsigned)peer < ROLE_COUNT);
    struct channel *c = calloc(1, sizeof *c);
    if (c == NULL || pthread_mutex_init(&c->send_lock, NULL) != 0) {
        free(c);
        close(fd);
        return NULL;
    }
    c->fd = fd;
    c->self = self;
    c->peer = peer;
    c->send_timeout_ms = send_timeout_ms;
    c->receive_timeout_ms = -1;
    return c;
}

/* A descriptor belongs to the octets that it came with, which frames read ahead have lost. */
static bool may_get_descriptor(const struct channel *c)
{
    size_t count = 0;
    const struct message_row *rows = message_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].descriptor != DESCRIPTOR_NEVER && (rows[i].senders & 1u << c->peer) != 0 &&
            (rows[i].receivers & 1u << c->self) != 0)
            return true;
    return false;
}

int channel_read_ahead(struct channel *c)
{
    PRECOND(c != NULL && c->ahead.bytes == NULL);
    if (may_get_descriptor(c))
        return 0;
    c->ahead.bytes = malloc(AHEAD_SIZE);
    return c->ahead.bytes == NULL ? CH_ENOMEM : 0;
}

void channel_set_receive_timeout(struct channel *c, int timeout_ms)
{
    c->receive_timeout_ms = timeout_ms;
}

/* The end of a wait of timeout_ms that begins now; -1 (never) stays -1. */
static int64_t deadline_after(int timeout_ms)
{
    return timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;
}

static int wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = deadline < 0 ? -1 : deadline - clock_monotonic_ms();
        int n = poll(&p, 1, deadline < 0 ? -1 : left < 0 ? 0 : (int)left);
        if (n > 0)
            return 0;
        if (n == 0)
            return CH_ETIMEOUT;
        if (errno != EINTR)
            return CH_EIO;
    }
}

static bool descriptor_fits(const struct message_row *row, bool attached)
{
    return row->descriptor == DESCRIPTOR_MAYBE || attached == (row->descriptor == DESCRIPTOR_ALWAYS);
}

/* ---- sending ---- */

union fd_room {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static void attach_fd(struct msghdr *m, union fd_room *room, int fd)
{
    memset(room, 0, sizeof *room);
    m->msg_control = room->bytes;
    m->msg_controllen = sizeof room->bytes;
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
}

/* Sends what the socket takes now; the number of bytes, 0 when it is full, or CH_E*. */
static ssize_t send_some(struct channel *c, struct slice bytes, int fd)
{
    union fd_room room;
    struct iovec io = {.iov_len = bytes.len};
    memcpy(&io.iov_base, &bytes.data, sizeof io.iov_base);
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    if (fd >= 0)
        attach_fd(&m, &room, fd);
    ssize_t n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return 0;
    return errno == EPIPE || errno == ECONNRESET ? CH_ECLOSED : CH_EIO;
}

static int send_frame(struct channel *c, struct slice frame, int fd)
{
    int64_t deadline = deadline_after(c->send_timeout_ms);
    size_t sent = 0;
    int e = atomic_load(&c->broken) ? CH_ECLOSED : 0;
    while (e == 0 && sent < frame.len) {
        struct slice rest = slice_of(frame.data + sent, frame.len - sent);
        ssize_t n = send_some(c, rest, sent == 0 ? fd : -1);
        if (n > 0)
            sent += (size_t)n;
        else
            e = n < 0 ? (int)n : wait_for(c->fd, POLLOUT, deadline);
    }
    if (e != 0 && sent > 0) {
        atomic_store(&c->broken, true);
        channel_shutdown(c);
    }
    return e;
}

int channel_send(struct channel *c, enum message_type type, uint64_t id, const void *message,
                 int fd)
{
    PRECOND(c != NULL);
    const struct message_row *row = message_row_find((uint16_t)type);
    if (row == NULL || (row->senders & 1u << c->self) == 0 ||
        (row->receivers & 1u << c->peer) == 0 || !descriptor_fits(row, fd >= 0))
        return CH_EINVAL;
    struct buf frame = {0};
    int e = message_encode(type, id, message, &frame);
    if (e == 0) {
        pthread_mutex_lock(&c->send_lock);
        e = send_frame(c, buf_slice(&frame), fd);
        pthread_mutex_unlock(&c->send_lock);
    }
    buf_free(&frame);
    return e;
}

/* ---- receiving ---- */

/* Takes the descriptor out of what came with some bytes. More than one at all is a violation. */
static int take_fd(struct msghdr *m, int *fd)
{
    int e = (m->msg_flags & MSG_CTRUNC) != 0 ? CH_EPROTO : 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int got = -1;
            memcpy(&got, CMSG_DATA(c) + i * sizeof got, sizeof got);
            if (*fd >= 0) {
                close(got);
                e = CH_EPROTO;
            } else {
                *fd = got;
            }
        }
    }
    return e;
}

/* Receives into room, waiting for the first byte or not; *fd gets a descriptor that came along when it is not NULL. */
static ssize_t receive_some(struct channel *c, void *room, size_t len, bool wait, int *fd)
{
    union fd_room control;
    struct iovec io = {.iov_base = room, .iov_len = len};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    if (fd != NULL) {
        m.msg_control = control.bytes;
        m.msg_controllen = sizeof control.bytes;
    }
    ssize_t n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    if (n < 0)
        return errno == ECONNRESET ? 0 : errno == EAGAIN || errno == EINTR ? CH_EBUSY : CH_EIO;
    int unasked = -1; /* stays: without a control buffer nothing is delivered */
    int e = take_fd(&m, fd != NULL ? fd : &unasked);
    return e != 0 ? e : n;
}

/* What was read ahead, wiped where it lay; after as much more as the socket has when there is none. */
static ssize_t take_ahead(struct channel *c, uint8_t *room, size_t len, bool wait)
{
    if (c->ahead.len == 0) {
        if (len >= AHEAD_SIZE)
            return receive_some(c, room, len, wait, NULL);
        ssize_t n = receive_some(c, c->ahead.bytes, AHEAD_SIZE, wait, NULL);
        if (n <= 0)
            return n;
        c->ahead.start = 0;
        c->ahead.len = (size_t)n;
    }
    size_t taken = len < c->ahead.len ? len : c->ahead.len;
    memcpy(room, c->ahead.bytes + c->ahead.start, taken);
    explicit_bzero(c->ahead.bytes + c->ahead.start, taken);
    c->ahead.start += taken;
    c->ahead.len -= taken;
    return (ssize_t)taken;
}

/* Fills room. CH_ECLOSED only when the end comes before the first byte. */
static int receive_all(struct channel *c, uint8_t *room, size_t len, int64_t deadline, int *fd)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = c->ahead.bytes != NULL
                        ? take_ahead(c, room + got, len - got, deadline < 0)
                        : receive_some(c, room + got, len - got, deadline < 0, fd);
        if (n == CH_EBUSY) {
            int e = wait_for(c->fd, POLLIN, deadline);
            if (e != 0)
                return e;
            continue;
        }
        if (n <= 0)
            return n < 0 ? (int)n : got == 0 ? CH_ECLOSED : CH_EPROTO;
        got += (size_t)n;
    }
    return 0;
}

static int receive_payload(struct channel *c, struct frame *out, int64_t deadline)
{
    size_t len = out->header.length;
    uint8_t *room = buf_reserve(&out->payload, len);
    if (room == NULL)
        return CH_ENOMEM;
    int e = receive_all(c, room, len, deadline, NULL);
    if (e != 0)
        return e == CH_ECLOSED ? CH_EPROTO : e;
    out->payload.len = len;
    return message_decode(&out->header, buf_slice(&out->payload), &out->message);
}

int channel_receive(struct channel *c, struct frame *out)
{
    PRECOND(c != NULL && out != NULL);
    memset(out, 0, sizeof *out);
    out->fd = -1;
    uint8_t header[MESSAGE_HEADER_SIZE];
    int64_t deadline = deadline_after(c->receive_timeout_ms);
    int e = receive_all(c, header, sizeof header, deadline, &out->fd);
    if (e == 0)
        e = message_header_decode(header, c->peer, c->self, &out->header);
    if (e == 0 && !descriptor_fits(message_row_find(out->header.type), out->fd >= 0))
        e = CH_EPROTO;
    if (e == 0)
        e = receive_payload(c, out, deadline);
    if (e != 0)
        frame_free(out);
    return e;
}

void channel_shutdown(struct channel *c)
{
    if (c != NULL)
        (void)shutdown(c->fd, SHUT_RDWR);
}

int channel_fd(const struct channel *c)
{
    return c->fd;
}

enum role channel_peer(const struct channel *c)
{
    return c->peer;
}

void channel_free(struct channel *c)
{
    if (c == NULL)
        return;
    channel_shutdown(c);
    close(c->fd);
    if (c->ahead.bytes != NULL)
        explicit_bzero(c->ahead.bytes, AHEAD_SIZE);
    free(c->ahead.bytes);
    pthread_mutex_destroy(&c->send_lock);
    free(c);
}

void frame_free(struct frame *f)
{
    if (f == NULL)
        return;
    if (f->fd >= 0)
        close(f->fd);
    buf_free(&f->payload);
    explicit_bzero(&f->message, sizeof f->message);
    f->header = (struct message_header){0};
    f->fd = -1;
}
