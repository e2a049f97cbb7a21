/*
 * Target functions: message_header_decode, message_decode, message_encode.
 *
 * Input: one octet sender, one octet receiver, then a frame. What is accepted must be the only
 * encoding of its meaning: it encodes to the very same bytes.
 */
#include "firmware/base/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_encode_to(const struct message_header *header, const union message_any *message,
                           struct slice frame)
{
    struct buf again = {0};
    if (message_encode((enum message_type)header->type, header->id, message, &again) != 0 ||
        !slice_equal(buf_slice(&again), frame))
        abort();
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message_header header;
    union message_any message;
    if (size < 2 + MESSAGE_HEADER_SIZE)
        return 0;
    enum role sender = (enum role)(data[0] % ROLE_COUNT);
    enum role receiver = (enum role)(data[1] % ROLE_COUNT);
    struct slice frame = slice_of(data + 2, size - 2);
    if (message_header_decode(frame.data, sender, receiver, &header) != 0)
        return 0;
    /* A copy of its own, so that a read beyond the payload is seen. */
    size_t len = frame.len - MESSAGE_HEADER_SIZE;
    uint8_t *payload = malloc(len == 0 ? 1 : len);
    if (payload == NULL)
        return 0;
    memcpy(payload, frame.data + MESSAGE_HEADER_SIZE, len);
    if (message_decode(&header, slice_of(payload, len), &message) == 0)
        must_encode_to(&header, &message, frame);
    free(payload);
    return 0;
}
