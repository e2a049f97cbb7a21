#include "ca/domain/letter.h"

#include "firmware/base/error.h"

#include <string.h>
#include <time.h>

#define TEXT_MAX 900 /* with what stands beside it in its line less than 998 */

static int text_check(const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return CH_EINVAL;
    return len == 0 ? CH_EINVAL : len > TEXT_MAX ? CH_ELIMIT : 0;
}

/* The host in the Message-ID; an address in angle brackets ends with the first of them. */
static const char *host_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at == NULL || at[1] == '\0' || strpbrk(address, "<>") != NULL ? NULL : at + 1;
}

static int letter_check(const struct letter *l)
{
    const char *const texts[] = {l->from,   l->domain,      l->account,
                                 l->region, l->certificate, l->link};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof texts / sizeof texts[0]; i++)
        r = text_check(texts[i]);
    if (r == 0 && host_of(l->from) == NULL)
        r = CH_EINVAL;
    return r == 0 && strlen(l->region) + strlen(l->account) + strlen(l->certificate) > TEXT_MAX
               ? CH_ELIMIT
               : r;
}

static int headers_put(const struct letter *l, struct buf *out)
{
    char date[64] = "";
    struct tm tm;
    time_t at = (time_t)l->at;
    if (gmtime_r(&at, &tm) == NULL ||
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm) == 0)
        return CH_EINVAL;
    int r = buf_printf(out, "From: <%s>\r\nTo: undisclosed-recipients:;\r\nDate: %s\r\n", l->from,
                       date);
    if (r == 0) /* a line of its own for each long text */
        r = buf_printf(out, "Message-ID:\r\n <%.64s.%u.%lld@%s>\r\n", l->certificate, l->position,
                       (long long)l->number, host_of(l->from));
    return r == 0 ? buf_printf(out,
                               "Subject: Certificate request for %s\r\nMIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\n\r\n",
                               l->domain)
                  : r;
}

static int body_put(const struct letter *l, struct buf *out)
{
    return buf_printf(
        out,
        "Greetings,\r\n\r\n"
        "We received a request to issue an SSL/TLS certificate for %s.%s\r\n\r\n"
        "Verify that the following domain, AWS account ID, and certificate identifier\r\n"
        "correspond to a request from you or someone in your organization.\r\n\r\n"
        "Domain: %s\r\nAWS account ID: %s\r\nAWS Region name: %s\r\n"
        "Certificate Identifier: arn:aws:acm:%s:%s:certificate/%s\r\n\r\n"
        "To approve this request, go to Certificate Approvals\r\n%s\r\n"
        "and follow the instructions on the page.\r\n\r\n"
        "This email is intended solely for authorized individuals for %s.\r\n",
        l->domain, l->renewal ? " The certificate\r\nis in use and is to be renewed." : "",
        l->domain, l->account, l->region, l->region, l->account, l->certificate, l->link,
        l->domain);
}

int letter_make(const struct letter *l, struct buf *out)
{
    int r = letter_check(l);
    if (r == 0)
        r = headers_put(l, out);
    return r == 0 ? body_put(l, out) : r;
}
