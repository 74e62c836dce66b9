/* SPDX-License-Identifier: MIT
 *
 * Framings that the library keeps. Between the transport and the framing stands a protocol that only passes on, and
 * frees the copy when it is over: at `disconnected`, or when another protocol takes over, but not under the feet of the
 * callback that called for that. */
#include <string.h>

#include "protocol/framing.h"
#include "transport/base.h"

struct kept {
    const weir_protocol *protocol;
    weir_loop *loop;
    size_t size;
    unsigned depth; /* of callbacks under way: the end offers the rest from within */
    bool over;      /* to be freed after the outermost */
    max_align_t framing[];
};

static void release(struct kept *k) {
    k->over = true;
    if (!k->depth) weir_memory_free(&k->loop->memory, k, sizeof *k + k->size);
}

static struct kept *enter(void *self) {
    struct kept *k = self;
    k->depth++;
    return k;
}

static void leave(struct kept *k) {
    k->depth--;
    if (k->over) release(k);
}

static void connected(void *self, weir_transport *t) {
    struct kept *k = enter(self);
    k->protocol->connected(k->framing, t);
    leave(k);
}

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct kept *k = enter(self);
    size_t used = k->protocol->received(k->framing, t, bytes, n);
    leave(k);
    return used;
}

static void ended(void *self, weir_transport *t) {
    struct kept *k = enter(self);
    k->protocol->ended(k->framing, t);
    leave(k);
}

static void pause_writing(void *self, weir_transport *t) {
    struct kept *k = enter(self);
    k->protocol->pause(k->framing, t);
    leave(k);
}

static void resume_writing(void *self, weir_transport *t) {
    struct kept *k = enter(self);
    k->protocol->resume(k->framing, t);
    leave(k);
}

static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct kept *k = enter(self);
    k->protocol->disconnected(k->framing, t, reason);
    k->over = true;
    leave(k);
}

static void replaced(weir_transport *t) { release(t->self); }

static const struct weir_own_protocol keeper = {.protocol = {.connected = connected,
                                                             .received = received,
                                                             .ended = ended,
                                                             .pause = pause_writing,
                                                             .resume = resume_writing,
                                                             .disconnected = disconnected},
                                                .replaced = replaced};

int weir_framing_attach(weir_transport *t, const weir_protocol *protocol, const void *framing, size_t size) {
    if (!t || !protocol || !framing || size < sizeof(weir_framing)) return WEIR_EINVAL;
    if (protocol->connected != weir_framing_connected) return WEIR_EINVAL;
    struct kept *k = weir_memory_new(&loop_of(t)->memory, sizeof *k + size);
    if (!k) return WEIR_ENOMEM;
    *k = (struct kept){.protocol = protocol, .loop = loop_of(t), .size = size};
    memcpy(k->framing, framing, size);
    int status = weir_transport_read_by(t, &keeper, k);
    if (status < 0) release(k);
    return status;
}
