#include "provisioning/operator_client.h"

#include "firmware/base/error.h"
#include "provisioning/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SEND_TIMEOUT_MS 5000

/* A path of any length fits into sun_path by way of a descriptor of its folder. */
static int socket_connect(const char *state)
{
    char folder[4096 + 8];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(folder, sizeof folder, "%s/run", state);
    int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/operator.sock", at);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        fd = -1;
    }
    int saved = errno;
    close(at);
    errno = saved;
    return fd;
}

static struct channel *core_connect(const char *state)
{
    int fd = socket_connect(state);
    if (fd >= 0)
        return channel_new(fd, ROLE_OPERATOR, ROLE_CORE, SEND_TIMEOUT_MS);
    if (errno == EACCES || errno == EPERM)
        command_fail("%s/run/operator.sock: %s", state, strerror(errno));
    else
        command_fail("Chancery is not running in %s (run/operator.sock: %s)", state,
                     strerror(errno));
    return NULL;
}

int operator_ask(const char *state, enum message_type question, const void *message,
                 enum message_type reply, int timeout_ms, struct frame *out)
{
    struct channel *c = core_connect(state);
    if (c == NULL)
        return CH_ECLOSED;
    channel_set_receive_timeout(c, timeout_ms);
    int r = channel_send(c, question, 1, message, -1);
    if (r == 0)
        r = channel_receive(c, out);
    if (r == 0 && out->header.type != reply) {
        frame_free(out);
        r = CH_EPROTO;
    }
    if (r == CH_ECLOSED)
        command_fail("the appliance refused: only root and the owner of %s may ask", state);
    else if (r != 0)
        command_fail("the appliance does not answer: %s", ch_error_text(r));
    channel_free(c);
    return r;
}
