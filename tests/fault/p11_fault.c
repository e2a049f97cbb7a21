/*
 * p11_fault.c - a PKCS#11 module that forwards to another one and, on demand, fails in its place.
 * It also watches for what kills real modules: finalising while calls are in flight.
 * A mock only in this: the failures are made here, because no real token fails on order.
 */
#include "tests/fault/p11_fault.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list);

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST forwarded;
static struct p11_fault_control *control;
static atomic_bool ending; /* C_Finalize or C_CloseAllSessions is at work */

static bool fault_inject(const char *function, CK_RV *rv)
{
    atomic_fetch_add(&control->calls, 1);
    if (atomic_load(&control->remaining) <= 0)
        return false;
    if (strcmp(control->function, "*") != 0 && strcmp(control->function, function) != 0)
        return false;
    if (atomic_fetch_sub(&control->remaining, 1) <= 0)
        return false;
    atomic_fetch_add(&control->injected, 1);
    *rv = (CK_RV)atomic_load(&control->rv);
    usleep((useconds_t)atomic_load(&control->delay_us));
    return true;
}

static void fault_enter(void)
{
    atomic_fetch_add(&control->in_flight, 1);
    if (atomic_load(&ending))
        atomic_fetch_add(&control->fatal_overlap, 1);
}

static void fault_leave(void)
{
    atomic_fetch_sub(&control->in_flight, 1);
}

#define FORWARD(name, parameters, arguments)                                                       \
    static CK_RV fault_##name parameters                                                           \
    {                                                                                              \
        CK_RV rv = CKR_OK;                                                                         \
        fault_enter();                                                                             \
        if (!fault_inject(#name, &rv))                                                             \
            rv = real->name arguments;                                                             \
        fault_leave();                                                                             \
        return rv;                                                                                 \
    }

FORWARD(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), (slot, info))
FORWARD(C_OpenSession,
        (CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
         CK_SESSION_HANDLE *session),
        (slot, flags, application, notify, session))
FORWARD(C_GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO *info), (session, info))
FORWARD(C_Login, (CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len),
        (session, user, pin, len))
FORWARD(C_CreateObject,
        (CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count,
         CK_OBJECT_HANDLE *object),
        (session, attributes, count, object))
FORWARD(C_DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), (session, object))
FORWARD(C_GetAttributeValue,
        (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes,
         CK_ULONG count),
        (session, object, attributes, count))
FORWARD(C_FindObjectsInit, (CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count),
        (session, attributes, count))
FORWARD(C_FindObjects,
        (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count),
        (session, objects, max, count))
FORWARD(C_SignInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
        (session, mechanism, key))
FORWARD(C_Sign,
        (CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len, unsigned char *signature,
         CK_ULONG *signature_len),
        (session, data, len, signature, signature_len))
FORWARD(C_GenerateKey,
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *attributes,
         CK_ULONG count, CK_OBJECT_HANDLE *key),
        (session, mechanism, attributes, count, key))
FORWARD(C_GenerateKeyPair,
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_attributes,
         CK_ULONG public_count, CK_ATTRIBUTE *private_attributes, CK_ULONG private_count,
         CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key),
        (session, mechanism, public_attributes, public_count, private_attributes, private_count,
         public_key, private_key))
FORWARD(C_WrapKey,
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
         CK_OBJECT_HANDLE key, unsigned char *wrapped, CK_ULONG *len),
        (session, mechanism, wrapping, key, wrapped, len))
FORWARD(C_UnwrapKey,
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping,
         unsigned char *wrapped, CK_ULONG len, CK_ATTRIBUTE *attributes, CK_ULONG count,
         CK_OBJECT_HANDLE *key),
        (session, mechanism, unwrapping, wrapped, len, attributes, count, key))
FORWARD(C_GenerateRandom, (CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len),
        (session, data, len))

/* These two crash real modules while others are inside: seen, and held back until they are out. */
static void fault_end_begin(void)
{
    atomic_store(&ending, true);
    if (atomic_load(&control->in_flight) != 0)
        atomic_fetch_add(&control->fatal_overlap, 1);
    while (atomic_load(&control->in_flight) != 0)
        usleep(100);
}

static CK_RV fault_C_Finalize(void *reserved)
{
    fault_end_begin();
    CK_RV rv = real->C_Finalize(reserved);
    atomic_store(&ending, false);
    return rv;
}

static CK_RV fault_C_CloseAllSessions(CK_SLOT_ID slot)
{
    fault_end_begin();
    CK_RV rv = real->C_CloseAllSessions(slot);
    atomic_store(&ending, false);
    return rv;
}

static void conf_line(char *line, char *module, char *control_path)
{
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "module=", 7) == 0)
        snprintf(module, 2048, "%s", line + 7);
    else if (strncmp(line, "control=", 8) == 0)
        snprintf(control_path, 2048, "%s", line + 8);
    else if (strncmp(line, "environment=", 12) == 0) {
        char *value = strchr(line + 12, '=');
        if (value != NULL) {
            *value = '\0';
            setenv(line + 12, value + 1, 1);
        }
    }
}

static bool conf_read(char *module, char *control_path)
{
    const char *path = getenv(P11_FAULT_CONF);
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    if (file == NULL)
        return false;
    char line[2048];
    while (fgets(line, sizeof line, file) != NULL)
        conf_line(line, module, control_path);
    fclose(file);
    return module[0] != '\0' && control_path[0] != '\0';
}

static bool control_map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0660);
    if (fd < 0 || ftruncate(fd, sizeof *control) != 0)
        return false;
    void *block = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (block == MAP_FAILED)
        return false;
    control = block;
    return true;
}

#define OVERRIDE(name) forwarded.name = fault_##name

static void forward_fill(void)
{
    forwarded = *real;
    forwarded.C_GetFunctionList = C_GetFunctionList;
    OVERRIDE(C_GetTokenInfo);
    OVERRIDE(C_OpenSession);
    OVERRIDE(C_GetSessionInfo);
    OVERRIDE(C_Login);
    OVERRIDE(C_CreateObject);
    OVERRIDE(C_DestroyObject);
    OVERRIDE(C_GetAttributeValue);
    OVERRIDE(C_FindObjectsInit);
    OVERRIDE(C_FindObjects);
    OVERRIDE(C_SignInit);
    OVERRIDE(C_Sign);
    OVERRIDE(C_GenerateKey);
    OVERRIDE(C_GenerateKeyPair);
    OVERRIDE(C_WrapKey);
    OVERRIDE(C_UnwrapKey);
    OVERRIDE(C_GenerateRandom);
    OVERRIDE(C_Finalize);
    OVERRIDE(C_CloseAllSessions);
}

static bool module_load(void)
{
    char module[2048] = "";
    char control_path[2048] = "";
    if (!conf_read(module, control_path) || !control_map(control_path))
        return false;
    void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return false;
    CK_C_GetFunctionList get = NULL;
    *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (get == NULL || get(&real) != CKR_OK)
        return false;
    forward_fill();
    return true;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    if (real == NULL && !module_load())
        return CKR_GENERAL_ERROR;
    *list = &forwarded;
    return CKR_OK;
}
