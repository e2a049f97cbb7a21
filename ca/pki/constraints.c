/* What a CA certificate and those above it allow of the certificates below. */
#include "ca/pki/extension.h"

#include <limits.h>
#include <openssl/err.h>
#include <string.h>

#define CHAIN_MAX 100
#define NO_LIMIT (-1)

struct pki_constraints {
    int path_length;
    int count;
    NAME_CONSTRAINTS *names[CHAIN_MAX + 1];
};

/* What is read on the way up. */
struct walk {
    struct pki_constraints *out;
    int below; /* CAs between this certificate and those to be issued that count */
};

static bool is_self_issued(const struct pki_certificate *c)
{
    return slice_equal(pki_certificate_issuer(c), pki_certificate_subject(c));
}

/* pathLenConstraint counts the CAs that follow and are not self-issued (RFC 5280 4.2.1.9). */
static void path_narrow(struct walk *w, const struct pki_certificate *c)
{
    int length = pki_certificate_path_length(c);
    if (length >= 0) {
        int left = length > w->below ? length - w->below : 0;
        if (w->out->path_length == NO_LIMIT || left < w->out->path_length)
            w->out->path_length = left;
    }
    if (!is_self_issued(c))
        w->below++;
}

static int names_take(struct pki_constraints *out, struct slice der)
{
    const unsigned char *p = der.data;
    int critical = 0;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    if (x == NULL) {
        ERR_clear_error();
        return CH_EINVAL;
    }
    NAME_CONSTRAINTS *names = X509_get_ext_d2i(x, NID_name_constraints, &critical, NULL);
    X509_free(x);
    ERR_clear_error();
    if (names != NULL)
        out->names[out->count++] = names;
    return names == NULL && critical != -1 ? CH_EINVAL : 0; /* -1: not there */
}

static int certificate_read(struct walk *w, const struct pki_certificate *c)
{
    path_narrow(w, c);
    return names_take(w->out, pki_certificate_der(c));
}

static int chain_visit(void *context, struct slice der)
{
    struct pki_certificate *c = NULL;
    struct pki_reason why;
    int rc = pki_certificate_parse(der, &c, &why);
    if (rc == 0)
        rc = certificate_read(context, c);
    pki_certificate_free(c);
    return rc;
}

int pki_constraints_new(const struct pki_certificate *issuer, const char *chain,
                        struct pki_constraints **out)
{
    struct pki_constraints *constraints = calloc(1, sizeof *constraints);
    struct walk w = {.out = constraints};
    *out = NULL;
    if (constraints == NULL)
        return CH_ENOMEM;
    constraints->path_length = NO_LIMIT;
    int rc = certificate_read(&w, issuer);
    if (rc == 0 && chain != NULL && chain[0] != '\0')
        rc = pki_pem_each(slice_text(chain), CHAIN_MAX, chain_visit, &w);
    if (rc != 0) {
        pki_constraints_free(constraints);
        return rc;
    }
    *out = constraints;
    return 0;
}

void pki_constraints_free(struct pki_constraints *constraints)
{
    if (constraints == NULL)
        return;
    for (int i = 0; i < constraints->count; i++)
        NAME_CONSTRAINTS_free(constraints->names[i]);
    free(constraints);
}

int pki_constraints_path_length(const struct pki_constraints *constraints)
{
    return constraints->path_length;
}

bool pki_constraints_on_names(const struct pki_constraints *constraints)
{
    return constraints->count > 0;
}

/* ---- names ---- */

/* OpenSSL compares names of whole certificates only: the signature in this one is a zero octet. */
static X509 *certificate_of(struct slice tbs, enum sig_alg alg)
{
    static const uint8_t no_signature[1] = {0};
    struct buf der = {0};
    X509 *x = NULL;
    if (pki_der_sign(tbs, alg, slice_of(no_signature, sizeof no_signature), &der) == 0) {
        const unsigned char *p = der.data;
        x = d2i_X509(NULL, &p, (long)der.len);
    }
    buf_free(&der);
    ERR_clear_error();
    return x;
}

static const char *fault_text(int fault)
{
    switch (fault) {
    case X509_V_ERR_PERMITTED_VIOLATION:
        return "a name of the certificate is outside the permitted subtrees";
    case X509_V_ERR_EXCLUDED_VIOLATION:
        return "a name of the certificate is inside an excluded subtree";
    default:
        return "a name of the certificate cannot be compared with the constraints";
    }
}

/*
 * A common name that looks like a DNS name is one where there is no subjectAltName of that kind. The
 * flags are asked for first: that is what makes OpenSSL decode the alternative names it then compares.
 */
static int names_check(X509 *x, NAME_CONSTRAINTS *names)
{
    uint32_t flags = X509_get_extension_flags(x);
    if ((flags & EXFLAG_INVALID) != 0)
        return X509_V_ERR_UNSUPPORTED_NAME_SYNTAX;
    int fault = NAME_CONSTRAINTS_check(x, names);
    if (fault == X509_V_OK && (flags & EXFLAG_CA) == 0)
        fault = NAME_CONSTRAINTS_check_CN(x, names);
    return fault;
}

int pki_constraints_check_names(const struct pki_constraints *constraints, struct slice tbs,
                                enum sig_alg alg, struct pki_reason *why)
{
    if (constraints->count == 0)
        return 0;
    int fault = X509_V_OK;
    X509 *x = certificate_of(tbs, alg);
    if (x == NULL)
        return pki_no_memory(why);
    for (int i = 0; fault == X509_V_OK && i < constraints->count; i++)
        fault = names_check(x, constraints->names[i]);
    X509_free(x);
    ERR_clear_error();
    if (fault == X509_V_ERR_OUT_OF_MEM)
        return pki_no_memory(why);
    return fault == X509_V_OK
               ? 0
               : pki_refuse(
                     why, CH_EDENIED,
                     "%s of the certificate authority or of one above it (RFC 5280 4.2.1.10)",
                     fault_text(fault));
}

/* ---- names of a path ---- */

/* A certificate and those above it, opened once. */
struct path {
    X509 *x[CHAIN_MAX + 1];
    bool exempt[CHAIN_MAX + 1]; /* self-issued and not the end of the path: RFC 5280 6.1.3 (b), (c) */
    size_t count;
};

static int path_add(struct path *p, const struct pki_certificate *c, struct pki_reason *why)
{
    struct slice der = pki_certificate_der(c);
    const unsigned char *at = der.data;
    if (p->count == sizeof p->x / sizeof p->x[0])
        return pki_refuse(why, CH_EINVAL, "the chain has more than %d certificates", CHAIN_MAX);
    p->exempt[p->count] = p->count > 0 && is_self_issued(c);
    p->x[p->count] = d2i_X509(NULL, &at, (long)der.len);
    if (p->x[p->count] == NULL)
        return pki_refuse(why, CH_EINVAL, "certificate %zu of the path cannot be read", p->count);
    p->count++;
    return 0;
}

/* What the certificate at `above` says of the names of those below it. */
static int path_judge(const struct path *p, size_t above, struct pki_reason *why)
{
    int critical = 0, fault = X509_V_OK;
    NAME_CONSTRAINTS *names =
        X509_get_ext_d2i(p->x[above], NID_name_constraints, &critical, NULL);
    if (names == NULL)
        return critical == -1 ? 0 /* not there */
                              : pki_refuse(why, CH_EINVAL,
                                           "the name constraints of chain certificate %zu cannot "
                                           "be read (RFC 5280 4.2.1.10)",
                                           above - 1);
    for (size_t i = 0; fault == X509_V_OK && i < above; i++)
        if (!p->exempt[i])
            fault = names_check(p->x[i], names);
    NAME_CONSTRAINTS_free(names);
    if (fault == X509_V_ERR_OUT_OF_MEM)
        return pki_no_memory(why);
    return fault == X509_V_OK ? 0
                              : pki_refuse(why, CH_EDENIED,
                                           "%s of chain certificate %zu (RFC 5280 4.2.1.10)",
                                           fault_text(fault), above - 1);
}

int pki_constraints_check_path(const struct pki_certificate *end,
                               struct pki_certificate *const *chain, size_t count,
                               struct pki_reason *why)
{
    struct path p = {.count = 0};
    int rc = path_add(&p, end, why);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = path_add(&p, chain[i], why);
    for (size_t i = 1; rc == 0 && i < p.count; i++)
        rc = path_judge(&p, i, why);
    for (size_t i = 0; i < p.count; i++)
        X509_free(p.x[i]);
    ERR_clear_error();
    return rc;
}
