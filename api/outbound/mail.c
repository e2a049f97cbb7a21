#include "api/outbound/mail.h"

#include "firmware/base/error.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sending {
    const struct msg_mail *asked;
    size_t at;
};

static size_t on_send(char *room, size_t size, size_t count, void *context)
{
    struct sending *s = context;
    size_t left = s->asked->text.len - s->at;
    size_t len = size * count < left ? size * count : left;
    memcpy(room, s->asked->text.data + s->at, len);
    s->at += len;
    return len;
}

static int address_set(CURL *curl, struct slice address, struct curl_slist **to)
{
    struct buf text = {0};
    int r = buf_printf(&text, "<%.*s>", (int)address.len, (const char *)address.data);
    const char *bracketed = r == 0 ? buf_text(&text) : NULL;
    if (bracketed == NULL || strpbrk(bracketed, "\r\n \t") != NULL)
        r = CH_EINVAL;
    else if (to == NULL)
        curl_easy_setopt(curl, CURLOPT_MAIL_FROM, bracketed);
    else {
        struct curl_slist *more = curl_slist_append(*to, bracketed);
        *to = more == NULL ? *to : more;
        r = more == NULL ? CH_ENOMEM : 0;
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, *to);
    }
    buf_free(&text);
    return r;
}

static int secret_set(CURL *curl, CURLoption option, struct slice text)
{
    char *copy = slice_dup(text);
    if (copy == NULL)
        return CH_ENOMEM;
    curl_easy_setopt(curl, option, copy);
    explicit_bzero(copy, text.len);
    free(copy);
    return 0;
}

static int prepare(const struct outbound *o, struct sending *s, CURL *curl, struct curl_slist **to)
{
    http_transfer_set(o, curl, s->asked->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_URL, o->config->mail_relay);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(o->config->mail_starttls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* one of five is enough */
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(curl, CURLOPT_READDATA, s);
    int r = address_set(curl, s->asked->from, NULL);
    struct slice rest = s->asked->to;
    while (r == 0 && rest.len > 0) {
        const uint8_t *comma = memchr(rest.data, ',', rest.len);
        size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.data);
        r = address_set(curl, slice_of(rest.data, len), to);
        size_t past = comma == NULL ? len : len + 1;
        rest = slice_of(rest.data + past, rest.len - past);
    }
    if (r == 0 && s->asked->user.len > 0)
        r = secret_set(curl, CURLOPT_USERNAME, s->asked->user);
    if (r == 0 && s->asked->user.len > 0)
        r = secret_set(curl, CURLOPT_PASSWORD, s->asked->password);
    return r;
}

void mail_send(const struct outbound *o, const struct msg_mail *asked, struct mail_answer *out)
{
    char words[CURL_ERROR_SIZE] = "";
    struct sending s = {asked, 0};
    struct curl_slist *to = NULL;
    long status = 0;
    *out = (struct mail_answer){0};
    CURL *curl = curl_easy_init();
    int r = curl == NULL                         ? CH_ENOMEM
            : o->config->mail_relay[0] == '\0' ? CH_ESTATE
                                                 : prepare(o, &s, curl, &to);
    CURLcode e = CURLE_OK;
    if (r == 0) {
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
        e = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    }
    if (r == 0 && e != CURLE_OK)
        r = e == CURLE_OPERATION_TIMEDOUT ? CH_ETIMEOUT : CH_EIO;
    if (r != 0)
        snprintf(out->why, sizeof out->why, "%s",
                 words[0] != '\0' ? words
                 : e != CURLE_OK  ? curl_easy_strerror(e)
                                  : ch_error_text(r));
    curl_easy_cleanup(curl);
    curl_slist_free_all(to);
    out->message = (struct msg_mail_answer){
        (uint32_t)-r, status < 0 ? 0 : (uint32_t)status, slice_text(out->why)};
}
