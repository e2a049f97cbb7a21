/*
 * endpoint.h - what chanceryd opens before it starts anything: the lock of STATE, the
 * listening sockets; and the line to the service manager. Descriptors are close-on-exec.
 */
#ifndef CHANCERY_BASE_ENDPOINT_H
#define CHANCERY_BASE_ENDPOINT_H

#include <stdint.h>

/*
 * Listens on a numeric IPv4 or IPv6 address; waits three seconds at most for a port in use. 0, CH_EEXISTS (in use), CH_EDENIED, CH_ESYS; the
 * reason is logged with the port.
 */
int endpoint_listen_tcp(const char *address, int64_t port, int *out);

/*
 * Makes the folder when it is missing and listens on folder/operator.sock, mode 0600.
 * 0, CH_ESYS (logged).
 */
int endpoint_listen_operator(const char *folder, int *out);

/*
 * Holds folder/chanceryd.lock with the own pid in it while *out is open. CH_EBUSY: another
 * chanceryd holds it. CH_ESYS. Both logged.
 */
int endpoint_lock(const char *folder, int *out);

/* Tells the service manager named by NOTIFY_SOCKET, if any ("READY=1"). */
void endpoint_notify(const char *text);

#endif
