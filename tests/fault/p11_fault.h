/*
 * p11_fault.h - the control block of the forwarding PKCS#11 module p11_fault.so: a file that the
 * test maps and the module maps, so that failures are injected into a running process.
 */
#ifndef CHANCERY_TESTS_P11_FAULT_H
#define CHANCERY_TESTS_P11_FAULT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * The module reads the file named by P11_FAULT_CONF:
 *   module=<path of the real module>
 *   control=<path of the control file>
 *   environment=<NAME=value for the real module>     (optional)
 */
#define P11_FAULT_CONF "P11_FAULT_CONF"

struct p11_fault_control {
    char function[32];          /* "C_Sign"; "*" = every function that can be injected */
    _Atomic uint64_t rv;        /* what it returns instead of forwarding */
    _Atomic int64_t remaining;  /* how many calls still fail; set last */
    _Atomic uint64_t injected;  /* how many did */
    _Atomic uint64_t calls;     /* calls of any injectable function */
    _Atomic uint64_t in_flight; /* inside the module now */
    _Atomic uint64_t fatal_overlap; /* C_Finalize or C_CloseAllSessions seen while others were inside */
    _Atomic uint64_t delay_us;  /* how long an injected failure takes, as a line that times out */
};

#endif
