/* SPDX-License-Identifier: MIT
 *
 * What a layer is made of: a transport of the base whose driver stands on another transport, to which it is a
 * protocol. All flow control is between the two bases; a kind of layer says only what becomes of bytes in each
 * direction, and keeps none but what a unit of its own format needs.
 *
 *   above    user's protocol          weir_layer_deliver          weir_transport_write
 *   layer    kind:                          in                           out
 *   below    the layer is its protocol   received                  weir_layer_pass, _write
 *
 * Received bytes wait unread below until `in` uses them and is sure that they may be delivered; bytes to be sent wait
 * in the queue above until `out` takes them and there is room below. A kind that transforms asks before it makes a
 * unit: weir_layer_has_room upwards, weir_layer_may_send downwards. Each refusal is a promise to be asked again.
 *
 * Everything here is legal in `in`, `out` and the other functions of a kind. They are called from dispatch, but `out`
 * also from within a call of the program, so it must not call back. */
#ifndef WEIR_LAYER_LAYER_H
#define WEIR_LAYER_LAYER_H

#include <weir/layer.h>

#include "transport/base.h"

struct weir_layer;

enum weir_layer_ways {
    /* Receiving above and below are one: what holds the one holds the other. For layers that have nothing to hear for
     * themselves; the others go on reading, and hold below only when a unit is at hand that has no room. */
    WEIR_LAYER_PLAIN = 1 /* and has no handshake */
};

/* Begins with the driver of the transport above. Missing functions: pass everything on, as it is. */
struct weir_layer_kind {
    struct weir_driver driver; /* WEIR_LAYER_DRIVER */
    unsigned ways;             /* enum weir_layer_ways */

    /* Below is connected. The layer is up when the kind says so (weir_layer_up); missing: at once. */
    void (*begin)(struct weir_layer *l);

    /* `n` unread bytes of below. Returns how many it used; none are offered again when more have come or there is room
     * again. WEIR_E... : they make no sense, and that is why the connection is lost. */
    int64_t (*in)(struct weir_layer *l, const uint8_t *bytes, size_t n);

    /* `n` bytes from the queue above. Returns how many it took; fewer only after a refusal, or a hold of its own. */
    int64_t (*out)(struct weir_layer *l, const uint8_t *bytes, size_t n);

    /* What the layer has to say of its own, and was refused, may go on. Called before `out` is asked again. */
    void (*speak)(struct weir_layer *l);

    /* The end of what is sent, after all bytes. 0, or WEIR_EAGAIN after a refusal: it is called again. Missing:
     * weir_layer_end_below. */
    int (*finish)(struct weir_layer *l);

    /* Below has ended; what is unread there is no whole unit. 0 to tell the end above, or WEIR_E...; missing: 0. */
    int (*ended)(struct weir_layer *l);

    /* The last word: below is gone. `reason` as above will hear it. */
    void (*gone)(struct weir_layer *l, const weir_error *reason);

    /* Gives back what the kind has beside the object. */
    void (*fini)(struct weir_layer *l);
};

/* What keeps received bytes below. */
enum weir_layer_hold {
    WEIR_LAYER_UNWANTED = 1, /* above does not receive */
    WEIR_LAYER_REFUSED = 2,  /* a unit is at hand that has no room */
    WEIR_LAYER_WAITS = 4     /* the kind's own */
};

struct weir_layer {
    weir_transport base;
    struct weir_turn turn;
    weir_address peer; /* of what was below, once that is gone */
    size_t lost;       /* bytes it could not send */
    unsigned holds;    /* enum weir_layer_hold */
    bool recalled;     /* the base wants its queue back */
    bool finishing;    /* the end could not be sent yet */
    bool dropping;     /* softly: below is closed after that */
    bool sending;      /* within `send` */
    bool flushes;      /* and below is flushed after it, if */
    bool wrote;        /* it wrote anything */
};

/* The fields of `driver` for an object of `type`, which begins with struct weir_layer. `bits`: capabilities beyond
 * those of below; WEIR_LINGERS if the format has an end of its own that close must wait for. */
#define WEIR_LAYER_DRIVER(text, type, bits)                                                                            \
    {                                                                                                                  \
        .name = (text), .size = sizeof(type), .caps = WEIR_STANDS | (bits), .receive = weir_layer_receive,             \
        .send = weir_layer_send, .recall = weir_layer_recall, .finish = weir_layer_finish, .drop = weir_layer_drop,    \
        .info = weir_layer_info, .unsent = weir_layer_unsent, .fini = weir_layer_fini                                  \
    }

int weir_layer_receive(weir_transport *t, bool on);
int64_t weir_layer_send(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code);
void weir_layer_recall(weir_transport *t);
void weir_layer_finish(weir_transport *t);
void weir_layer_drop(weir_transport *t, bool reset);
void weir_layer_info(const weir_transport *t, weir_transport_info *ret);
size_t weir_layer_unsent(const weir_transport *t);
void weir_layer_fini(weir_transport *t);

/* How a layer comes to stand on `below`. All fields may be zero. */
struct weir_layer_plan {
    size_t need;           /* bytes of below it must see at once; 1 */
    uint64_t handshake_ns; /* to be up within, from now; 0: no bound */
};

/* Makes the object (zero beyond its struct weir_layer) and puts it on `below`; `*ret` may be filled further, for
 * nothing is called before the next dispatch. Errors as in weir/layer.h; nothing has changed then. */
int weir_layer_open(const struct weir_layer_kind *kind, weir_transport *below, const struct weir_layer_plan *plan,
                    const weir_protocol *protocol, void *self, struct weir_layer **ret);

static inline const struct weir_layer_kind *weir_layer_kind_of(const struct weir_layer *l) {
    return (const struct weir_layer_kind *)(const void *)l->base.driver;
}

/* NULL when it is gone. */
static inline weir_transport *weir_layer_below(const struct weir_layer *l) { return l->base.extras->rare->under; }

static inline struct weir_layer *weir_layer_of(weir_transport *t) { return (struct weir_layer *)(void *)t; }

/* Upwards. */
void weir_layer_up(struct weir_layer *l); /* the handshake is done: `connected` */
bool weir_layer_has_room(
    struct weir_layer *l); /* asked when a unit is at hand; false: it is kept below until there is */
void weir_layer_deliver(struct weir_layer *l, const uint8_t *bytes, size_t n);
void weir_layer_ended(struct weir_layer *l); /* the peer's end, told by the format */
void weir_layer_fail(struct weir_layer *l, int code);
void weir_layer_hold(struct weir_layer *l, enum weir_layer_hold hold, bool on);

/* Downwards. */
size_t weir_layer_most(const struct weir_layer *l);         /* bytes that one unit may have: the whole queue below */
bool weir_layer_may_send(struct weir_layer *l, size_t n);   /* a unit of n bytes of data; false: to be asked again */
bool weir_layer_may_answer(struct weir_layer *l, size_t n); /* the same for the layer's own, which may go further */
int weir_layer_write(struct weir_layer *l, const void *bytes, size_t n);       /* what was granted; 0 or WEIR_E... */
int64_t weir_layer_pass(struct weir_layer *l, const uint8_t *bytes, size_t n); /* as `out` */
int weir_layer_end_below(struct weir_layer *l); /* for formats without an end: it is that of below. 0 */
void weir_layer_send_on(struct weir_layer *l);  /* what was refused, or held by the kind, may go on now */

#endif
