#include "ca/pki/der.h"

#include <stdio.h>

/* A path and where in it we are; index -1 is the leaf. */
struct walk {
    const struct pki_certificate *leaf;
    struct pki_certificate *const *chain;
    int count;
    int64_t now;
    int *bad;
    struct pki_reason *why;
};

static const struct pki_certificate *at(const struct walk *w, int index)
{
    return index < 0 ? w->leaf : w->chain[index];
}

/* Says which certificate, then which rule. */
static int refuse_at(const struct walk *w, int index, int code, const char *rule)
{
    *w->bad = index;
    if (index < 0)
        return pki_refuse(w->why, code, "the certificate itself: %s", rule);
    return pki_refuse(w->why, code, "chain certificate %d: %s", index, rule);
}

static bool is_self_issued(const struct pki_certificate *c)
{
    return slice_equal(pki_certificate_issuer(c), pki_certificate_subject(c));
}

static int check_validity(const struct walk *w, int index)
{
    const struct pki_certificate *c = at(w, index);
    if (w->now < pki_certificate_not_before(c))
        return refuse_at(w, index, CH_EINVAL, "RFC 5280 6.1.3 (a)(2): it is not valid yet");
    if (w->now > pki_certificate_not_after(c))
        return refuse_at(w, index, CH_EINVAL, "RFC 5280 6.1.3 (a)(2): it has expired");
    return 0;
}

static int check_unique(const struct walk *w, int index)
{
    for (int i = -1; i < index; i++)
        if (slice_equal(pki_certificate_der(at(w, i)), pki_certificate_der(at(w, index))))
            return refuse_at(w, index, CH_EINVAL, "RFC 5280 6.1: it is in the path twice");
    return 0;
}

static int check_ca(const struct walk *w, int index)
{
    const struct pki_certificate *c = at(w, index);
    unsigned usage = pki_certificate_key_usage(c);
    if (!pki_certificate_is_ca(c))
        return refuse_at(w, index, CH_EINVAL, "RFC 5280 6.1.4 (k): it is not a CA certificate");
    if (usage != 0 && (usage & PKI_KU_KEY_CERT_SIGN) == 0)
        return refuse_at(w, index, CH_EINVAL,
                         "RFC 5280 6.1.4 (n): its key must not sign certificates");
    return 0;
}

/*
 * Counts the CA certificates below that are not self-issued. A leaf that is a CA itself counts too:
 * RFC 5280 would let it be the end of a path, but nothing it issued could ever be valid.
 */
static int check_path_length(const struct walk *w, int index)
{
    int below = 0;
    int allowed = pki_certificate_path_length(at(w, index));
    for (int i = -1; i < index; i++)
        if (pki_certificate_is_ca(at(w, i)) && !is_self_issued(at(w, i)))
            below++;
    if (allowed >= 0 && below > allowed)
        return refuse_at(w, index, CH_EINVAL,
                         "RFC 5280 4.2.1.9: its path length does not allow the CAs below it");
    return 0;
}

static int check_issued(const struct walk *w, int index, int issuer)
{
    struct pki_reason reason = {{0}};
    int rc = pki_certificate_issued_by(at(w, index), at(w, issuer), &reason);
    return rc == 0 ? 0 : refuse_at(w, index, rc == CH_EINTEGRITY ? CH_EINVAL : rc, reason.text);
}

/*
 * The signature of an anchor over itself proves nothing, but a wrong one is a mistake to be told.
 * Old roots are signed with SHA-1; then the names have to do.
 */
static int check_end(const struct walk *w)
{
    int last = w->count - 1;
    const struct pki_certificate *end = at(w, last);
    if (!is_self_issued(end))
        return refuse_at(w, last, CH_EINVAL,
                         "RFC 5280 6.1: it is the last one, but not a self-signed root");
    if (pki_certificate_signature_algorithm(end)[0] == '\0')
        return 0;
    return check_issued(w, last, last);
}

static int check_issuer(const struct walk *w, int index)
{
    int rc = check_unique(w, index);
    if (rc == 0)
        rc = check_validity(w, index);
    if (rc == 0)
        rc = check_ca(w, index);
    if (rc == 0)
        rc = check_path_length(w, index);
    return rc == 0 ? check_issued(w, index - 1, index) : rc;
}

int pki_chain_judge(const struct pki_certificate *leaf, struct pki_certificate *const *chain,
                    size_t count, int64_t now, bool complete, int *bad, struct pki_reason *why)
{
    *bad = -1;
    if (count > 100)
        return pki_refuse(why, CH_EINVAL, "the chain has more than 100 certificates");
    struct walk w = {
        .leaf = leaf, .chain = chain, .count = (int)count, .now = now, .bad = bad, .why = why};
    int rc = check_validity(&w, -1);
    for (int i = 0; rc == 0 && i < w.count; i++)
        rc = check_issuer(&w, i);
    if (rc == 0 && complete)
        rc = check_end(&w);
    return rc;
}

int pki_chain_check(const struct pki_certificate *leaf, struct pki_certificate *const *chain,
                    size_t count, int64_t now, bool complete, struct pki_reason *why)
{
    int bad = -1;
    return pki_chain_judge(leaf, chain, count, now, complete, &bad, why);
}
