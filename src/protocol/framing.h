/* SPDX-License-Identifier: MIT
 *
 * What the framings share. A framing is two pure functions that look for one message at the front of some bytes; all
 * else, who is told when, refusals, the end, the raw mode, is the same for all of them and lies in framing.c.
 *
 * The functions decide by the bytes from left to right and never by where they happen to end, so the way a stream is
 * split cannot show. */
#ifndef WEIR_PROTOCOL_FRAMING_H
#define WEIR_PROTOCOL_FRAMING_H

#include <weir/framing.h>

/* What was found: a message, or why there can be none. */
struct weir_message {
    const uint8_t *bytes;
    size_t size;
    int code; /* 0, or WEIR_E... */
};

struct weir_cut {
    /* Looks for a message at the front of `bytes`, of which there are `n` > 0 and, when nothing is used, will be `room`
     * at most. Returns how many bytes it takes with what frames it; 0: not whole yet, or `ret->code` is set. */
    size_t (*find)(weir_framing *f, size_t room, const uint8_t *bytes, size_t n, struct weir_message *ret);

    /* Takes `n` > 0 bytes, in which `find` found none, as the last message, or sets `ret->code`. */
    void (*rest)(weir_framing *f, const uint8_t *bytes, size_t n, struct weir_message *ret);
};

/* The slots of the protocols; `received` and `ended` are given their cut. */
void weir_framing_connected(void *self, weir_transport *t);
size_t weir_framing_received(weir_framing *f, weir_transport *t, const uint8_t *bytes, size_t n,
                             const struct weir_cut *cut);
void weir_framing_ended(weir_framing *f, weir_transport *t, const struct weir_cut *cut);
void weir_framing_pause(void *self, weir_transport *t);
void weir_framing_resume(void *self, weir_transport *t);
void weir_framing_disconnected(void *self, weir_transport *t, const weir_error *reason);

/* The longest message when what frames it takes `overhead` of `room` bytes. */
static inline size_t weir_framing_max(const weir_framing *f, size_t room, size_t overhead) {
    size_t most = room > overhead ? room - overhead : 0;
    return f->max && f->max < most ? f->max : most;
}

/* Finds nothing: `code` says why. */
static inline size_t weir_framing_refuse(struct weir_message *ret, int code) {
    ret->code = code;
    return 0;
}

#define WEIR_FRAMING_PROTOCOL(take, take_end)                                                                          \
    {                                                                                                                  \
        .connected = weir_framing_connected, .received = (take), .ended = (take_end), .pause = weir_framing_pause,     \
        .resume = weir_framing_resume, .disconnected = weir_framing_disconnected                                       \
    }

#endif
