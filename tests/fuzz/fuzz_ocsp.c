/*
 * Target functions: pki_ocsp_request_parse and all getters of a request; and, when the request is
 * good, pki_ocsp_tbs_build and pki_ocsp_finish with what was in it.
 */
#include "ca/pki/ocsp.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(const struct pki_ocsp_request *request)
{
    static const uint8_t id[20] = {1};
    static const struct pki_ocsp_issuer nobody;
    struct pki_ocsp_single singles[PKI_OCSP_REQUESTS_MAX] = {{0}};
    struct pki_ocsp_id asked;
    struct buf tbs = {0};
    struct buf der = {0};
    size_t count = pki_ocsp_request_count(request);
    for (size_t i = 0; i < count; i++) {
        pki_ocsp_request_id(request, i, &asked);
        (void)pki_ocsp_issuer_is(&nobody, &asked);
        singles[i].status = (enum pki_ocsp_status)(asked.serial[PKI_SERIAL_SIZE - 1] % 3);
        singles[i].reason = asked.serial[0] % 11;
    }
    const struct pki_ocsp_spec spec = {
        .request = request,
        .singles = singles,
        .responder_key_id = slice_of(id, sizeof id),
        .produced_at = 1800000000,
        .this_update = 1800000000,
        .next_update = 1800003600,
    };
    if (pki_ocsp_tbs_build(&spec, &tbs) == 0)
        (void)pki_ocsp_finish(buf_slice(&tbs), SIG_ALG_SHA256WITHECDSA, slice_of(id, sizeof id),
                              slice_of(NULL, 0), &der);
    buf_free(&der);
    buf_free(&tbs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pki_ocsp_request *request = NULL;
    if (pki_ocsp_request_parse(slice_of(data, size), &request) == 0) {
        (void)pki_ocsp_request_has_nonce(request);
        answer(request);
    }
    pki_ocsp_request_free(request);
    return 0;
}
