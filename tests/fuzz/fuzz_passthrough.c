/*
 * Target functions: pca_passthrough_read with JSON that no contract has looked at, and what it made
 * in pki_tbs_build and pki_lint.
 */
#include "ca/pca/passthrough.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf spki;

/* DER of a P-256 key: its generator. */
static void key_make(void)
{
    static const uint8_t der[] = {
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
        0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
        0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
        0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
        0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
    if (spki.len == 0)
        (void)buf_put(&spki, der, sizeof der);
}

static void issue(struct slice subject, const struct pki_extras *extras, const char *template_name)
{
    static const uint8_t id[20] = {1};
    struct buf tbs = {0};
    struct pki_reason why;
    struct pki_tbs_spec spec = {
        .profile = pki_profile_find(template_name),
        .serial = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20},
        .sig_alg = SIG_ALG_SHA256WITHECDSA,
        .issuer = subject,
        .issuer_key_id = slice_of(id, sizeof id),
        .subject = subject,
        .spki = buf_slice(&spki),
        .not_before = 0,
        .not_after = 1,
        .extras = extras,
    };
    if (pki_tbs_build(&spec, &tbs, &why) == 0)
        (void)pki_lint(buf_slice(&tbs), spec.profile, &why);
    buf_free(&tbs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_error error = {0};
    struct buf subject = {0};
    struct pki_extras *extras = pki_extras_new();
    json_t *json = json_loadb((const char *)data, size, 0, NULL);
    key_make();
    if (extras != NULL && json_is_object(json) &&
        pca_passthrough_read(json, &subject, extras, &error) == 0) {
        issue(buf_slice(&subject), extras, "BlankEndEntityCertificate_APIPassthrough/V1");
        issue(buf_slice(&subject), extras, "RootCACertificate_APIPassthrough/V1");
        issue(buf_slice(&subject), extras, "SubordinateCACertificate_PathLen2_APIPassthrough/V1");
    }
    json_decref(json);
    pki_extras_free(extras);
    buf_free(&subject);
    return 0;
}
