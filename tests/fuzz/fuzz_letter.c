/*
 * Target function: letter_make, with texts that nobody has looked at.
 *
 * Input: texts each ended by a NUL: address of the sender, domain, account, region, certificate, link. A letter that was
 * made has the headers that it should have and no other, lines ended by CR LF alone, and none too long.
 */
#include "ca/domain/letter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXTS 6

static const char *const headers[] = {"From: <", "To: ", "Date: ", "Message-ID:", " <", "Subject: Certificate request for ",
                                      "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", ""};

static void lines_check(const char *at)
{
    for (size_t n = 0; *at != '\0'; n++) {
        size_t len = strcspn(at, "\r\n");
        if (len > 998 || at[len] != '\r' || at[len + 1] != '\n')
            abort();
        if (n < sizeof headers / sizeof headers[0] && strncmp(at, headers[n], strlen(headers[n])) != 0)
            abort();
        at += len + 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096];
    const char *texts[TEXTS];
    struct buf out = {0};
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    const char *at = text, *end = text + size;
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = at;
        at += strlen(at);
        at += at < end ? 1 : 0;
    }
    const struct letter l = {.from = texts[0], .domain = texts[1], .account = texts[2], .region = texts[3],
                             .certificate = texts[4], .link = texts[5], .at = (int64_t)size, .renewal = size % 2 == 1};
    if (letter_make(&l, &out) == 0)
        lines_check(buf_text(&out));
    buf_free(&out);
    return 0;
}
