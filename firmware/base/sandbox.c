#include "firmware/base/sandbox.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* ---- columns of the tables: which process may ---- */

#define CORE (1u << ROLE_CORE)
#define FRONTS (1u << ROLE_FRONT_MANAGE | 1u << ROLE_FRONT_PUBLIC)
#define OUTBOUND (1u << ROLE_OUTBOUND)
#define SERVERS (CORE | FRONTS) /* those that accept connections */
#define NETWORK (FRONTS | OUTBOUND)
#define ALL (CORE | FRONTS | OUTBOUND)

/* ---- system calls, free of conditions ---- */

struct call_row {
    int call;
    unsigned roles;
};

static const struct call_row calls[] = {
    /* descriptors that are open already */
    {SCMP_SYS(read), ALL},
    {SCMP_SYS(readv), ALL},
    {SCMP_SYS(write), ALL},
    {SCMP_SYS(writev), ALL},
    {SCMP_SYS(close), ALL},
    {SCMP_SYS(fcntl), ALL},
    {SCMP_SYS(dup), ALL},
    {SCMP_SYS(lseek), ALL},
    {SCMP_SYS(poll), ALL},
    {SCMP_SYS(ppoll), ALL},
    {SCMP_SYS(recvfrom), ALL},
    {SCMP_SYS(recvmsg), ALL},
    {SCMP_SYS(sendto), ALL},
    {SCMP_SYS(sendmsg), ALL},
    {SCMP_SYS(shutdown), ALL},
    {SCMP_SYS(getsockopt), ALL},
    {SCMP_SYS(setsockopt), ALL},
    {SCMP_SYS(getsockname), ALL},
    {SCMP_SYS(getpeername), ALL},
    {SCMP_SYS(eventfd2), ALL},
    {SCMP_SYS(pipe2), ALL},
    {SCMP_SYS(signalfd4), ALL},
    {SCMP_SYS(accept4), SERVERS},
    {SCMP_SYS(accept), SERVERS},
    {SCMP_SYS(epoll_create1), ALL},
    {SCMP_SYS(epoll_ctl), ALL},
    {SCMP_SYS(epoll_wait), ALL},
    {SCMP_SYS(epoll_pwait), ALL},
    {SCMP_SYS(select), ALL},
    {SCMP_SYS(pselect6), ALL},
    {SCMP_SYS(sendfile), FRONTS},
    /* reading files; which ones, Landlock says */
    {SCMP_SYS(fstat), ALL},
    {SCMP_SYS(newfstatat), ALL},
    {SCMP_SYS(stat), ALL},
    {SCMP_SYS(lstat), ALL},
    {SCMP_SYS(statx), ALL},
    {SCMP_SYS(access), ALL},
    {SCMP_SYS(faccessat), ALL},
    {SCMP_SYS(faccessat2), ALL},
    {SCMP_SYS(readlink), ALL},
    {SCMP_SYS(readlinkat), ALL},
    {SCMP_SYS(getcwd), ALL},
    {SCMP_SYS(getdents64), ALL},
    {SCMP_SYS(pread64), ALL},
    {SCMP_SYS(fadvise64), ALL},
    /* memory, threads, time */
    {SCMP_SYS(brk), ALL},
    {SCMP_SYS(munmap), ALL},
    {SCMP_SYS(mremap), ALL},
    {SCMP_SYS(madvise), ALL},
    {SCMP_SYS(mlock), ALL},
    {SCMP_SYS(mlock2), ALL},
    {SCMP_SYS(munlock), ALL},
    {SCMP_SYS(futex), ALL},
    {SCMP_SYS(set_robust_list), ALL},
    {SCMP_SYS(rseq), ALL},
    {SCMP_SYS(membarrier), ALL},
    {SCMP_SYS(sched_yield), ALL},
    {SCMP_SYS(sched_getaffinity), ALL},
    {SCMP_SYS(sched_getparam), ALL},
    {SCMP_SYS(sched_getscheduler), ALL},
    {SCMP_SYS(getcpu), ALL},
    {SCMP_SYS(setpriority), CORE}, /* the threads that make RSA keys ahead are patient */
    {SCMP_SYS(exit), ALL},
    {SCMP_SYS(exit_group), ALL},
    {SCMP_SYS(restart_syscall), ALL},
    {SCMP_SYS(clock_gettime), ALL},
    {SCMP_SYS(clock_getres), ALL},
    {SCMP_SYS(clock_nanosleep), ALL},
    {SCMP_SYS(nanosleep), ALL},
    {SCMP_SYS(gettimeofday), ALL},
    {SCMP_SYS(time), ALL},
    {SCMP_SYS(getrandom), ALL},
    {SCMP_SYS(rt_sigaction), ALL},
    {SCMP_SYS(rt_sigprocmask), ALL},
    {SCMP_SYS(rt_sigreturn), ALL},
    {SCMP_SYS(rt_sigtimedwait), ALL},
    {SCMP_SYS(sigaltstack), ALL},
    /* who and where am I */
    {SCMP_SYS(getpid), ALL},
    {SCMP_SYS(getppid), ALL},
    {SCMP_SYS(gettid), ALL},
    {SCMP_SYS(getuid), ALL},
    {SCMP_SYS(geteuid), ALL},
    {SCMP_SYS(getgid), ALL},
    {SCMP_SYS(getegid), ALL},
    {SCMP_SYS(getrusage), ALL},
    {SCMP_SYS(getrlimit), ALL},
    {SCMP_SYS(sysinfo), ALL},
    {SCMP_SYS(times), ALL},
    {SCMP_SYS(uname), ALL},
    /* the database and the module's own files */
    {SCMP_SYS(pwrite64), CORE},
    {SCMP_SYS(ftruncate), CORE},
    {SCMP_SYS(fallocate), CORE},
    {SCMP_SYS(fsync), CORE},
    {SCMP_SYS(fdatasync), CORE},
    {SCMP_SYS(sync_file_range), CORE},
    {SCMP_SYS(msync), CORE},
    {SCMP_SYS(flock), CORE},
    {SCMP_SYS(rename), CORE},
    {SCMP_SYS(renameat), CORE},
    {SCMP_SYS(renameat2), CORE},
    {SCMP_SYS(unlink), CORE},
    {SCMP_SYS(unlinkat), CORE},
    {SCMP_SYS(mkdir), CORE},
    {SCMP_SYS(mkdirat), CORE},
    {SCMP_SYS(rmdir), CORE},
    {SCMP_SYS(chmod), CORE},
    {SCMP_SYS(fchmod), CORE},
    {SCMP_SYS(fchown), CORE},
    {SCMP_SYS(utimensat), CORE},
    {SCMP_SYS(umask), CORE},
    {SCMP_SYS(statfs), CORE},
    {SCMP_SYS(fstatfs), CORE},
    /* modules that share memory with a daemon of theirs on this machine */
    {SCMP_SYS(shmget), CORE},
    {SCMP_SYS(shmat), CORE},
    {SCMP_SYS(shmdt), CORE},
    {SCMP_SYS(connect), CORE | OUTBOUND},
    /* calling out */
    {SCMP_SYS(bind), OUTBOUND},
    {SCMP_SYS(sendmmsg), OUTBOUND},
    {SCMP_SYS(recvmmsg), OUTBOUND},
    {SCMP_SYS(socketpair), OUTBOUND},
#if SANITIZED
    /* leak checks stop the process from a cloned tracer */
    {SCMP_SYS(clone), ALL},
    {SCMP_SYS(ptrace), ALL},
    {SCMP_SYS(wait4), ALL},
    {SCMP_SYS(prctl), ALL},
    {SCMP_SYS(tgkill), ALL},
    {SCMP_SYS(open), ALL},
    {SCMP_SYS(process_vm_readv), ALL},
    {SCMP_SYS(personality), ALL},
    {SCMP_SYS(mincore), ALL},
    {SCMP_SYS(getdents), ALL},
#endif
};

/* ---- system calls under a condition on one argument ---- */

enum verdict { ALLOW, REFUSE };

struct argument_row {
    int call;
    unsigned roles;
    enum verdict verdict;
    int error; /* of REFUSE */
    unsigned argument;
    enum scmp_compare compare;
    uint64_t a; /* the mask of MASKED_EQ, else the value */
    uint64_t b; /* the value of MASKED_EQ */
};

#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

/* Refusals stand for what libraries try and can do without; everything else unlisted kills. */
static const struct argument_row arguments[] = {
    {SCMP_SYS(openat), NETWORK, ALLOW, 0, 2, SCMP_CMP_MASKED_EQ, WRITES, O_RDONLY},
    {SCMP_SYS(openat), NETWORK, REFUSE, EACCES, 2, SCMP_CMP_MASKED_EQ, O_WRONLY, O_WRONLY},
    {SCMP_SYS(openat), NETWORK, REFUSE, EACCES, 2, SCMP_CMP_MASKED_EQ, O_RDWR, O_RDWR},
    {SCMP_SYS(openat), NETWORK, REFUSE, EACCES, 2, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT},
    {SCMP_SYS(openat), NETWORK, REFUSE, EACCES, 2, SCMP_CMP_MASKED_EQ, O_TRUNC, O_TRUNC},
    {SCMP_SYS(openat), CORE, ALLOW, 0, 2, SCMP_CMP_GE, 0, 0},
    {SCMP_SYS(mmap), NETWORK, ALLOW, 0, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
    {SCMP_SYS(mmap), NETWORK, REFUSE, EACCES, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC},
    {SCMP_SYS(mprotect), NETWORK, ALLOW, 0, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), NETWORK, REFUSE, EACCES, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC},
    /* the PKCS#11 module is loaded after confinement, and loads more itself */
    {SCMP_SYS(mmap), CORE, ALLOW, 0, 2, SCMP_CMP_GE, 0, 0},
    {SCMP_SYS(mprotect), CORE, ALLOW, 0, 2, SCMP_CMP_GE, 0, 0},
    /* daemons of modules on this machine; the name service of outbound */
    {SCMP_SYS(socket), CORE | OUTBOUND, ALLOW, 0, 0, SCMP_CMP_EQ, AF_UNIX, 0},
    {SCMP_SYS(socket), OUTBOUND, ALLOW, 0, 0, SCMP_CMP_EQ, AF_INET, 0},
    {SCMP_SYS(socket), OUTBOUND, ALLOW, 0, 0, SCMP_CMP_EQ, AF_INET6, 0},
    {SCMP_SYS(socket), OUTBOUND, ALLOW, 0, 0, SCMP_CMP_EQ, AF_NETLINK, 0},
    {SCMP_SYS(ioctl), ALL, ALLOW, 0, 1, SCMP_CMP_EQ, FIONREAD, 0},
    {SCMP_SYS(ioctl), ALL, ALLOW, 0, 1, SCMP_CMP_EQ, FIONBIO, 0},
    {SCMP_SYS(ioctl), ALL, REFUSE, ENOTTY, 1, SCMP_CMP_EQ, TCGETS, 0},
    {SCMP_SYS(ioctl), ALL, REFUSE, ENOTTY, 1, SCMP_CMP_EQ, TIOCGWINSZ, 0},
    {SCMP_SYS(prlimit64), ALL, ALLOW, 0, 2, SCMP_CMP_EQ, 0, 0},
    {SCMP_SYS(prlimit64), ALL, REFUSE, EPERM, 2, SCMP_CMP_NE, 0, 0},
    /* glibc falls back to clone, whose flags can be judged */
    {SCMP_SYS(clone3), ALL, REFUSE, ENOSYS, 1, SCMP_CMP_GE, 0, 0},
#if !SANITIZED
    {SCMP_SYS(clone), ALL, ALLOW, 0, 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD},
    {SCMP_SYS(prctl), ALL, ALLOW, 0, 0, SCMP_CMP_EQ, PR_SET_NAME, 0},
    {SCMP_SYS(prctl), ALL, REFUSE, EPERM, 0, SCMP_CMP_NE, PR_SET_NAME, 0},
#endif
};

/* Added for core when the module reaches its HSM over the network. */
static const struct argument_row arguments_hsm_network[] = {
    {SCMP_SYS(socket), CORE, ALLOW, 0, 0, SCMP_CMP_EQ, AF_INET, 0},
    {SCMP_SYS(socket), CORE, ALLOW, 0, 0, SCMP_CMP_EQ, AF_INET6, 0},
    {SCMP_SYS(socket), CORE, ALLOW, 0, 0, SCMP_CMP_EQ, AF_NETLINK, 0},
    {SCMP_SYS(bind), CORE, ALLOW, 0, 0, SCMP_CMP_GE, 0, 0},
    {SCMP_SYS(sendmmsg), CORE, ALLOW, 0, 0, SCMP_CMP_GE, 0, 0},
    {SCMP_SYS(recvmmsg), CORE, ALLOW, 0, 0, SCMP_CMP_GE, 0, 0},
};

/* ---- files: whose path is told how, and what may be done below it ---- */

enum where {
    AT_PATH,          /* the text itself */
    AT_ENVIRONMENT,   /* the path in that environment variable */
    AT_STATE,         /* below STATE */
    AT_CONFIG,        /* the configuration value, relative to STATE unless absolute */
    AT_CONFIG_FOLDER, /* the folder of that file */
    AT_CONFIG_VALUE,  /* what stands behind NAME= in that value, when it is a path */
};

/* Rights of the first Landlock ABI, and those that came later. */
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_ABI1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define FS_WRITE                                                                                   \
    (FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                     \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     FS_TRUNCATE)
#define FS_OF_FILES                                                                                \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define NET_BIND (1ULL << 0)
#define NET_CONNECT (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX_AND_SIGNAL 3ULL

struct path_row {
    unsigned roles;
    enum where where;
    const char *path;
    size_t offset; /* of the configuration text */
    uint64_t access;
};

#define OPTION(name) NULL, offsetof(struct config, name)

static const struct path_row paths[] = {
    {ALL, AT_PATH, "/usr", 0, FS_READ},
    {ALL, AT_PATH, "/lib", 0, FS_READ},
    {ALL, AT_PATH, "/lib64", 0, FS_READ},
    {ALL, AT_PATH, "/dev/urandom", 0, FS_READ},
    {ALL, AT_PATH, "/dev/random", 0, FS_READ},
    {ALL, AT_PATH, "/dev/null", 0, FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE},
    {ALL, AT_PATH, "/sys/devices/system/cpu", 0, FS_READ},
    {ALL, AT_PATH, "/proc/self", 0, FS_READ},
    {ALL, AT_ENVIRONMENT, "FAKETIME_TIMESTAMP_FILE", 0, FS_READ},
    {NETWORK, AT_PATH, "/etc/ssl", 0, FS_READ},
    {NETWORK, AT_PATH, "/etc/gnutls", 0, FS_READ},
    {NETWORK, AT_PATH, "/etc/pkcs11", 0, FS_READ},
    {NETWORK, AT_PATH, "/etc/localtime", 0, FS_READ},
    {NETWORK, AT_PATH, "/etc/ld.so.cache", 0, FS_READ},
    {OUTBOUND, AT_PATH, "/etc/resolv.conf", 0, FS_READ},
    {OUTBOUND, AT_PATH, "/etc/hosts", 0, FS_READ},
    {OUTBOUND, AT_PATH, "/etc/host.conf", 0, FS_READ},
    {OUTBOUND, AT_PATH, "/etc/nsswitch.conf", 0, FS_READ},
    {OUTBOUND, AT_PATH, "/etc/gai.conf", 0, FS_READ},
    {OUTBOUND, AT_PATH, "/etc/services", 0, FS_READ},
    {OUTBOUND, AT_PATH, "/run/systemd/resolve", 0, FS_READ},
    {OUTBOUND, AT_CONFIG, OPTION(outbound_trust_anchor), FS_READ},
    {OUTBOUND, AT_CONFIG, OPTION(outbound_trust), FS_READ},
    /* modules keep their configuration and libraries where their makers like it */
    {CORE, AT_PATH, "/etc", 0, FS_READ},
    {CORE, AT_PATH, "/opt", 0, FS_READ},
    {CORE, AT_CONFIG_FOLDER, OPTION(hsm_module), FS_READ},
    {CORE, AT_CONFIG_VALUE, OPTION(hsm_environment), FS_READ},
    {CORE, AT_CONFIG, OPTION(hsm_writable), FS_WRITE},
    {CORE, AT_CONFIG, OPTION(hsm_pin_file), FS_READ},
    {CORE, AT_CONFIG_FOLDER, OPTION(store_path), FS_WRITE},
    {CORE, AT_CONFIG, OPTION(weak_keys_folder), FS_READ},
    {CORE, AT_STATE, "chancery.conf", 0, FS_READ},
    {CORE, AT_STATE, "public", 0, FS_WRITE},
    {CORE, AT_STATE, "reports", 0, FS_WRITE},
};

/* ---- seccomp ---- */

static int argument_add(scmp_filter_ctx filter, const struct argument_row *row)
{
    uint32_t action =
        row->verdict == ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint16_t)row->error);
    struct scmp_arg_cmp compare = {row->argument, row->compare, row->a, row->b};
    if (row->compare == SCMP_CMP_GE && row->a == 0)
        return seccomp_rule_add(filter, action, row->call, 0);
    return seccomp_rule_add(filter, action, row->call, 1, compare);
}

static int arguments_add(scmp_filter_ctx filter, enum role role, const struct argument_row *rows,
                         size_t count)
{
    int e = 0;
    for (size_t i = 0; e == 0 && i < count; i++)
        if ((rows[i].roles & 1u << role) != 0)
            e = argument_add(filter, &rows[i]);
    return e;
}

static int rules_add(scmp_filter_ctx filter, enum role role, const struct config *config)
{
    int e = 0;
    for (size_t i = 0; e == 0 && i < COUNT(calls); i++)
        if ((calls[i].roles & 1u << role) != 0)
            e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].call, 0);
    if (e == 0)
        e = arguments_add(filter, role, arguments, COUNT(arguments));
    if (e == 0 && config->hsm_network)
        e = arguments_add(filter, role, arguments_hsm_network, COUNT(arguments_hsm_network));
#if !SANITIZED
    /* abort() and assertions signal the own process, never another */
    if (e == 0)
        e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                             SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)getpid()));
#endif
    return e;
}

static int seccomp_enter(enum role role, const struct config *config)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return CH_ENOMEM;
    int e = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (e == 0)
        e = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (e == 0)
        e = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (e == 0)
        e = rules_add(filter, role, config);
    if (e == 0)
        e = seccomp_load(filter);
    seccomp_release(filter);
    if (e != 0)
        log_error("the system call filter cannot be loaded: %s", strerror(-e));
    return e == 0 ? 0 : CH_ESYS;
}

/* ---- Landlock, by its system calls: Debian 12 has no library for it ---- */

/* As of ABI 6; older kernels take a prefix of it. */
struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

static long landlock_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool sandbox_has_landlock(void)
{
    return landlock_abi() > 0;
}

static int ruleset_open(long abi, enum role role, const struct config *config, uint64_t *fs)
{
    bool calls_out = role == ROLE_OUTBOUND || (role == ROLE_CORE && config->hsm_network);
    struct ruleset all = {
        .fs = FS_ABI1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
              (abi >= 5 ? FS_IOCTL_DEV : 0),
        .net = calls_out ? NET_BIND : NET_BIND | NET_CONNECT,
        .scoped = SCOPE_ABSTRACT_UNIX_AND_SIGNAL,
    };
    size_t size = abi >= 6   ? sizeof all
                  : abi >= 4 ? offsetof(struct ruleset, scoped)
                             : offsetof(struct ruleset, net);
    *fs = all.fs;
    return (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
}

/* Where the row leads; false when it leads nowhere here. */
static bool path_resolve(const struct path_row *row, const char *state,
                         const struct config *config, char out[PATH_MAX])
{
    const char *text = row->where == AT_PATH || row->where == AT_STATE ? row->path
                       : row->where == AT_ENVIRONMENT                  ? getenv(row->path)
                                                      : (const char *)config + row->offset;
    if (row->where == AT_CONFIG_VALUE && (text = strchr(text, '=')) != NULL)
        text++;
    if (text == NULL || text[0] == '\0')
        return false;
    if (text[0] != '/' && (row->where == AT_CONFIG_VALUE || row->where == AT_ENVIRONMENT))
        return false;
    int len = text[0] == '/' ? snprintf(out, PATH_MAX, "%s", text)
                             : snprintf(out, PATH_MAX, "%s/%s", state, text);
    if (len < 0 || len >= PATH_MAX)
        return false;
    char *slash = strrchr(out, '/');
    if (row->where == AT_CONFIG_FOLDER && slash != NULL && slash != out)
        *slash = '\0';
    return true;
}

/* A path that is not there cannot be allowed and need not be. */
static int path_allow(int ruleset, const char *path, uint64_t access)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : CH_ESYS;
    struct stat st;
    struct landlock_path_beneath_attr rule = {.parent_fd = fd, .allowed_access = access};
    int e = fstat(fd, &st);
    if (e == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= FS_OF_FILES;
    if (e == 0)
        e = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    if (e != 0)
        log_error("no file system rule for %s: %s", path, strerror(errno));
    close(fd);
    return e == 0 ? 0 : CH_ESYS;
}

static int landlock_enter(enum role role, const char *state, const struct config *config)
{
    uint64_t fs = 0;
    long abi = landlock_abi();
    if (abi <= 0) {
        log_warn("this kernel has no Landlock: files are guarded by their modes alone");
        return 0;
    }
    int ruleset = ruleset_open(abi, role, config, &fs);
    if (ruleset < 0) {
        log_error("no file system rules: %s", strerror(errno));
        return CH_ESYS;
    }
    int e = 0;
    for (size_t i = 0; e == 0 && i < COUNT(paths); i++) {
        char path[PATH_MAX];
        if ((paths[i].roles & 1u << role) != 0 && path_resolve(&paths[i], state, config, path))
            e = path_allow(ruleset, path, paths[i].access & fs);
    }
    if (e == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
        log_error("the file system rules cannot be entered: %s", strerror(errno));
        e = CH_ESYS;
    }
    close(ruleset);
    return e;
}

int sandbox_enter(enum role role, const char *state, const struct config *config)
{
    PRECOND(state != NULL && config != NULL);
    PRECOND((unsigned)role < ROLE_COUNT && (ALL & 1u << role) != 0);
    if (prctl(PR_GET_SECCOMP) < 0 && errno == EINVAL) {
        log_error("this kernel has no seccomp");
        return CH_EUNSUPPORTED;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return CH_ESYS;
    int e = landlock_enter(role, state, config);
    return e != 0 ? e : seccomp_enter(role, config);
}
