/* RAND_get_rand_method is deprecated, and still what a module can change under our feet. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hsm/internal.h"

#include <dlfcn.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* All modules that were ever loaded. They stay loaded: they leave exit handlers behind. */
static struct module *modules;
static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;

/* NSS reads one pointer more than the standard's structure has. */
struct init_args {
    CK_C_INITIALIZE_ARGS args;
    void *nss_reserved;
};

static CK_RV module_initialize(struct module *m)
{
    struct init_args init = {.args = {.flags = CKF_OS_LOCKING_OK}};
    init.args.pReserved = m->init_args;
    CK_RV rv = m->p11->C_Initialize(&init);
    m->foreign = rv == CKR_CRYPTOKI_ALREADY_INITIALIZED;
    if (m->foreign)
        rv = CKR_OK;
    m->initialized = rv == CKR_OK;
    m->generation++;
    /* A module can make its own generator the default one of the whole process. */
    if (RAND_get_rand_method() != RAND_OpenSSL()) {
        log_warn("%s replaced OpenSSL's random generator; put back", m->path);
        RAND_set_rand_method(RAND_OpenSSL());
        PRECOND(RAND_get_rand_method() == RAND_OpenSSL());
    }
    return rv;
}

CK_RV module_reinit(struct module *m)
{
    if (m->foreign || m->libp11 != NULL)
        return CKR_FUNCTION_REJECTED;
    CK_RV rv = m->p11->C_Finalize(NULL);
    if (rv != CKR_OK && rv != CKR_CRYPTOKI_NOT_INITIALIZED)
        log_warn("C_Finalize of %s: %s", m->path, rv_name(rv));
    return module_initialize(m);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static int module_load(const char *path, CK_FUNCTION_LIST_PTR *out)
{
    *out = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        log_error("cannot load the PKCS#11 module: %s", dlerror());
        return CH_EINVAL;
    }
    CK_C_GetFunctionList get_list = NULL;
    void *symbol = dlsym(library, "C_GetFunctionList");
    if (symbol != NULL)
        memcpy(&get_list, &symbol, sizeof(get_list));
    if (get_list == NULL || get_list(out) != CKR_OK || *out == NULL) {
        log_error("%s is no PKCS#11 module", path);
        dlclose(library);
        *out = NULL;
        return CH_EINVAL;
    }
    return 0;
}

static int module_new(const char *path, const char *init_args, struct module **out)
{
    *out = NULL;
    CK_FUNCTION_LIST_PTR p11 = NULL;
    int r = module_load(path, &p11);
    if (r != 0)
        return r;
    struct module *m = calloc(1, sizeof(*m));
    char *own_path = strdup(path);
    char *own_args = init_args == NULL || *init_args == '\0' ? NULL : strdup(init_args);
    if (m == NULL || own_path == NULL || (own_args == NULL && init_args != NULL && *init_args)) {
        free(m);
        free(own_path);
        free(own_args);
        return CH_ENOMEM;
    }
    m->path = own_path;
    m->init_args = own_args;
    m->p11 = p11;
    /* Under load the default kind never lets a recovery in. */
    m->lock = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    pthread_mutex_init(&m->objects, NULL);
    m->next = modules;
    modules = m;
    *out = m;
    return 0;
}

static struct module *module_find(const char *path)
{
    for (struct module *m = modules; m != NULL; m = m->next)
        if (strcmp(m->path, path) == 0)
            return m;
    return NULL;
}

/* An idle module takes new arguments; one in use must have been given the same. */
static int module_take_args(struct module *m, const char *init_args)
{
    if (same_text(m->init_args, init_args))
        return 0;
    if (m->users > 0) {
        log_error("%s is in use with other arguments", m->path);
        return CH_EINVAL;
    }
    char *own = init_args == NULL || *init_args == '\0' ? NULL : strdup(init_args);
    free(m->init_args);
    m->init_args = own;
    return own == NULL && init_args != NULL && *init_args != '\0' ? CH_ENOMEM : 0;
}

int module_open(const char *path, const char *init_args, struct module **out)
{
    PRECOND(out != NULL);
    *out = NULL;
    if (path == NULL || *path == '\0')
        return CH_EINVAL;
    pthread_mutex_lock(&modules_lock);
    int r = 0;
    struct module *m = module_find(path);
    if (m == NULL)
        r = module_new(path, init_args, &m);
    else
        r = module_take_args(m, init_args);
    if (r != 0)
        goto out;
    if (m->users == 0 && !m->initialized) {
        CK_RV rv = module_initialize(m);
        if (rv != CKR_OK) {
            log_error("C_Initialize of %s: %s", path, rv_name(rv));
            r = CH_EHSM;
            goto out;
        }
    }
    m->users++;
    *out = m;
out:
    pthread_mutex_unlock(&modules_lock);
    return r;
}

void module_close(struct module *m)
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&modules_lock);
    PRECOND(m->users > 0);
    if (--m->users == 0) {
        pthread_rwlock_wrlock(&m->lock);
        if (m->libp11 != NULL)
            m->libp11_free(m->libp11);
        m->libp11 = NULL;
        if (!m->foreign)
            (void)m->p11->C_Finalize(NULL);
        m->initialized = false;
        m->generation++;
        pthread_rwlock_unlock(&m->lock);
    }
    pthread_mutex_unlock(&modules_lock);
}
