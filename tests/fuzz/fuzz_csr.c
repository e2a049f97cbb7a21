/*
 * Target functions: pki_csr_parse and all getters of a request, pki_name_text, pki_key_alg,
 * pki_key_id; and, when the request is good, pki_extras_add_request, pki_tbs_build and pki_lint
 * with what was in it.
 */
#include "ca/pki/pki.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a good request asks for must be judged without falling over, whatever the judgement. */
static void issue(const struct pki_csr *csr, const char *template_name)
{
    static const uint8_t id[20] = {1};
    struct buf tbs = {0};
    struct pki_reason why;
    struct pki_extras *extras = pki_extras_new();
    struct pki_tbs_spec spec = {
        .profile = pki_profile_find(template_name),
        .serial = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20},
        .sig_alg = SIG_ALG_SHA256WITHRSA_PSS,
        .issuer = pki_csr_subject(csr),
        .issuer_key_id = slice_of(id, sizeof id),
        .subject = pki_csr_subject(csr),
        .spki = pki_csr_spki(csr),
        .not_before = 0,
        .not_after = 1,
        .subject_alt_name = pki_csr_extension(csr, "2.5.29.17", NULL),
        .extras = extras,
    };
    if (extras != NULL && (spec.profile->passthrough & PKI_FROM_CSR) != 0)
        (void)pki_extras_add_request(extras, csr);
    if (pki_tbs_build(&spec, &tbs, &why) == 0)
        (void)pki_lint(buf_slice(&tbs), spec.profile, &why);
    buf_free(&tbs);
    pki_extras_free(extras);
}

static void issue_all(const struct pki_csr *csr)
{
    static const char *const templates[] = {
        "EndEntityCertificate/V1", "OCSPSigningCertificate_CSRPassthrough/V1",
        "BlankEndEntityCertificate_CSRPassthrough/V1",
        "SubordinateCACertificate_PathLen1_APICSRPassthrough/V1",
        "BlankSubordinateCACertificate_PathLen0_CSRPassthrough/V1"};
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        issue(csr, templates[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pki_csr *csr = NULL;
    struct pki_reason why;
    struct buf text = {0};
    uint8_t id[20];
    bool critical;
    if (pki_csr_parse(slice_of(data, size), &csr, &why) == 0) {
        (void)pki_name_text(pki_csr_subject(csr), &text);
        (void)pki_key_alg(pki_csr_spki(csr));
        (void)pki_key_id(pki_csr_spki(csr), id);
        (void)pki_csr_extension(csr, "2.5.29.15", &critical);
        issue_all(csr);
    }
    pki_csr_free(csr);
    buf_free(&text);
    return 0;
}
