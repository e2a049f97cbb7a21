/*
 * Target functions: dns_view_take, proof_dns, proof_caa, proof_mx, caa_parse, caa_print, caa_value_allows.
 *
 * Input: one octet chooses: 0 the value of a CAA record, 1 a CAA record, else a list of views as outbound
 * sends it. What was taken as a view is written to the very same octets.
 */
#include "ca/domain/caa.h"
#include "ca/domain/proof.h"
#include "firmware/base/dns_view.h"
#include "firmware/base/error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void views(struct slice all)
{
    struct dns_view v;
    struct slice rest = all;
    struct buf again = {0};
    int r = 0;
    while ((r = dns_view_take(&rest, &v)) == 0)
        if (dns_view_put(&again, &v) != 0)
            abort();
    if (r == CH_ENOTFOUND && !slice_equal(buf_slice(&again), all))
        abort();
    buf_free(&again);
}

static const struct caa_asker asker = {"amazon.com,amazontrust.com", "123456789012", "ca-tbr-7"};

static void proofs(struct slice all)
{
    static struct config config;
    const struct proof_asker owner = {"123456789012", "DNS"};
    struct proof p;
    config_defaults(&config);
    if (proof_dns(&config, all, "_y.abc.acm-validations.aws.", &p) == 0)
        proof_free(&p);
    if (proof_caa(&config, all, "*.example.com", &owner, &p) == 0)
        proof_free(&p);
    if (proof_mx(&config, all, &p) == 0)
        proof_free(&p);
}

static void record(struct slice rdata)
{
    struct caa_record r;
    struct buf text = {0};
    size_t which = 0;
    if (caa_parse(rdata, &r) == 0 && caa_print(&r, &text) != 0)
        abort();
    (void)caa_judge(&rdata, 1, true, &asker, &which);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice rest = slice_of(data + 1, size - 1);
    if (data[0] == '0') {
        (void)caa_value_allows(rest, &asker);
    } else if (data[0] == '1') {
        record(rest);
    } else {
        views(rest);
        proofs(rest);
    }
    return 0;
}
