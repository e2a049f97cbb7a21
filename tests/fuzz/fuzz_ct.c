/*
 * Target functions: ct_list_parse, ct_answer_read, pki_timestamp_read, pki_ct_tbs_of, pki_ct_entry_make. The first octet
 * says which. What was read is written again and must be the same.
 */
#include "ca/ct/answer.h"
#include "ca/ct/ct.h"
#include "firmware/base/log.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_list(struct slice input)
{
    struct ct_list list;
    struct pki_reason why;
    if (ct_list_parse(input, &list, &why) == 0)
        ct_list_free(&list);
    else
        PRECOND(list.logs == NULL);
}

static void read_answer(struct slice input)
{
    struct ct_answer answer;
    struct buf again = {0};
    if (ct_answer_read(input, &answer) == 0)
        (void)pki_timestamp_put(&answer.timestamp, &again);
    buf_free(&again);
    ct_answer_free(&answer);
}

static void read_timestamp(struct slice input)
{
    struct pki_timestamp t;
    struct buf again = {0};
    if (pki_timestamp_read(input, &t) == 0)
        PRECOND(pki_timestamp_put(&t, &again) == 0 && slice_equal(buf_slice(&again), input));
    buf_free(&again);
}

static void read_certificate(struct slice input)
{
    struct slice tbs;
    struct pki_ct_entry entry;
    if (pki_ct_tbs_of(input, &tbs) == 0) {
        PRECOND(tbs.len <= input.len);
        (void)pki_ct_entry_make(tbs, input, &entry);
        pki_ct_entry_free(&entry);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(struct slice input) = {read_list, read_answer, read_timestamp,
                                                          read_certificate};
    if (size == 0)
        return 0;
    targets[data[0] % (sizeof targets / sizeof targets[0])](slice_of(data + 1, size - 1));
    return 0;
}
