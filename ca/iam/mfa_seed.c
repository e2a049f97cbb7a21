/*
 * The seed of a virtual MFA device, in letters and as a QR code.
 */
#include "ca/iam/mfa_seed.h"

#include "ca/members.h"

#include <openssl/evp.h>
#include <png.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS (MFA_SEED_SIZE / 5 * 8)
#define URI_SIZE 512 /* a name has 226 characters at most, an alias 63 */

enum { QUIET = 4, SCALE = 4 }; /* modules around the code (ISO/IEC 18004), pixels of a module */

/* RFC 4648 base 32; the seed's length needs no padding. */
static void base32(struct slice octets, char out[LETTERS + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (size_t i = 0; i < LETTERS; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)octets.data[bit / 8] << 8 |
                        (bit / 8 + 1 < octets.len ? octets.data[bit / 8 + 1] : 0u);
        out[i] = letters[pair >> (11 - bit % 8) & 31];
    }
    out[LETTERS] = '\0';
}

static int blob_put(json_t *device, const char *member, const void *data, size_t size)
{
    size_t room = size / 3 * 4 + 8;
    char *text = malloc(room);
    if (text == NULL)
        return CH_ENOMEM;
    EVP_EncodeBlock((unsigned char *)text, data, (int)size);
    int rc = member_put_text(device, member, text);
    explicit_bzero(text, room);
    free(text);
    return rc;
}

/* One octet for each pixel, black on white. */
static uint8_t *pixels(const QRcode *code, size_t side)
{
    uint8_t *out = malloc(side * side);
    if (out == NULL)
        return NULL;
    memset(out, 0xff, side * side);
    size_t width = (size_t)code->width;
    for (size_t i = 0; i < width * width * SCALE * SCALE; i++) {
        size_t x = i % (width * SCALE), y = i / (width * SCALE);
        if (code->data[y / SCALE * width + x / SCALE] & 1)
            out[(y + (size_t)QUIET * SCALE) * side + x + (size_t)QUIET * SCALE] = 0;
    }
    return out;
}

static int png_put(json_t *device, const uint8_t *gray, size_t side)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)side,
                       .height = (png_uint_32)side,
                       .format = PNG_FORMAT_GRAY};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *png = malloc(size);
    int rc = png != NULL && png_image_write_to_memory(&image, png, &size, 0, gray, 0, NULL) != 0
                 ? blob_put(device, "QRCodePNG", png, size)
                 : CH_ENOMEM;
    free(png);
    return rc;
}

static int picture_put(json_t *device, const char *uri)
{
    QRcode *code = QRcode_encodeString8bit(uri, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return CH_ENOMEM;
    size_t side = ((size_t)code->width + 2 * (size_t)QUIET) * SCALE;
    uint8_t *gray = pixels(code, side);
    int rc = gray == NULL ? CH_ENOMEM : png_put(device, gray, side);
    free(gray);
    QRcode_free(code);
    return rc;
}

int mfa_seed_put(json_t *device, struct slice seed, const char *name, const char *account)
{
    char letters[LETTERS + 1], uri[URI_SIZE];
    base32(seed, letters);
    snprintf(uri, sizeof uri, "otpauth://totp/%s@%s?secret=%s", name, account, letters);
    int rc = blob_put(device, "Base32StringSeed", letters, LETTERS);
    if (rc == 0)
        rc = picture_put(device, uri);
    explicit_bzero(letters, sizeof letters);
    explicit_bzero(uri, sizeof uri);
    return rc;
}
