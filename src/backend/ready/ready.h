/* SPDX-License-Identifier: MIT
 *
 * Readiness turned into completion: everything of a readiness backend but the waiting itself. A backend embeds
 * `struct weir_ready` as the first member of its state, brings a poller, and fills its table with the functions below.
 *
 * What is known of a descriptor is an entry in a table indexed by it: which ops wait, and what the poller has been
 * told to watch (interest). Interest is sticky: it stays when the op it was for has ended, since the next one is
 * usually near, and goes when an event comes that no op takes. So a busy connection is registered once, and one that
 * nobody reads costs one wake-up and then none, whatever its peer does.
 *
 * A poller reports events with a cookie, the descriptor and the entry's generation; closing moves the generation on,
 * so that an event still under way never reaches the next owner of the number. */
#ifndef WEIR_BACKEND_READY_READY_H
#define WEIR_BACKEND_READY_READY_H

#include "backend/offload/offload.h"
#include "core/backend.h"
#include "core/port_queue.h"
#include "sys/sys.h"

/* An error, or the end of both directions, which systems report unasked, is IN and OUT: whatever is tried tells. */
enum weir_ready_bits { WEIR_READY_IN = 1, WEIR_READY_OUT = 2 };

#define WEIR_READY_EVENTS 256

struct weir_ready_event {
    uint64_t cookie;
    unsigned bits; /* enum weir_ready_bits; cleared as they are served */
};

struct weir_ready;

struct weir_poller {
    /* Descriptors from this number on cannot be watched, and are refused where they are made; 0: all can. */
    int limit;

    /* Watches `fd` for `after` instead of `before` (IN, OUT; 0: not at all). They differ. 0, or WEIR_E... and all is as
     * before; going to 0 needs no memory. */
    int (*watch)(struct weir_ready *ready, int fd, unsigned before, unsigned after, uint64_t cookie);

    /* Sleeps until something is ready, at most `timeout_ns` (0, WEIR_FOREVER), never less unless interrupted. Returns
     * how many events it wrote, or WEIR_E... */
    int (*wait)(struct weir_ready *ready, uint64_t timeout_ns, struct weir_ready_event *events, int max);
};

struct weir_ready_entry {
    struct weir_port_op *in;  /* a receive or an accept */
    struct weir_port_op *out; /* a send or a connect */
    uint32_t generation;
    uint8_t interest; /* what the poller watches */
    bool ours;        /* open, and made by this backend */
};
_Static_assert(sizeof(struct weir_ready_entry) <= 24, "every open descriptor pays for an entry");

struct weir_ready {
    struct weir_backend_state state; /* first */
    const struct weir_poller *poller;
    struct weir_ready_entry *entries; /* by descriptor */
    size_t known, capacity;           /* entries in use, and those there is memory for */
    struct weir_port_queue fresh;     /* ops that end, or are tried, without an event: those since the last wait, */
    struct weir_port_queue due;       /* and those from before */
    uint8_t *scratch;                 /* what receives fill, one at a time */
    struct weir_conduit conduit;      /* what does not even come there */
    void *piece;                      /* the memory that it lies in */
    uint64_t now_ns;
    int waker;         /* becomes readable by `wake`; the poller's to watch, and to drain if it must */
    unsigned turn;     /* of `next`, counted from the wait */
    int at, count;     /* events not yet delivered: from `at` up to `count` */
    unsigned accepted; /* connections from the event at `at` */
    struct weir_ready_event events[WEIR_READY_EVENTS];
    struct weir_offload offload; /* what may block */
};

/* Both for the backend's own open and close; between them it owns what its poller needs. Close comes first, since the
 * threads that it waits for may wake the poller; it also takes one whose open failed. */
int weir_ready_open(struct weir_ready *ready, const struct weir_backend *table, const struct weir_poller *poller,
                    const struct weir_backend_env *env);
void weir_ready_close(struct weir_ready *ready, bool forked);

/* Says why a backend does not open: `act` failed with the system's `error`. Returns the code of it. */
int weir_ready_refuse(const struct weir_backend_env *env, const char *act, int error);

/* Slots of `struct weir_backend`. */
uint64_t weir_ready_now_ns(struct weir_backend_state *state);
int weir_ready_act(struct weir_backend_state *state, struct weir_call *call);
int weir_ready_submit(struct weir_backend_state *state, struct weir_port_op *op);
void weir_ready_cancel(struct weir_backend_state *state, struct weir_port_op *op);
int weir_ready_wait(struct weir_backend_state *state, uint64_t deadline_ns);
bool weir_ready_next(struct weir_backend_state *state, struct weir_completion *ret);
void weir_ready_release(struct weir_backend_state *state, const struct weir_completion *completion);
void weir_ready_wake(struct weir_backend_state *state);
weir_handle weir_ready_no_handle(struct weir_backend_state *state); /* for a poller that is no descriptor */

/* All but its name, its open and close, and its handle. */
#define WEIR_READY_SLOTS                                                                                               \
    .now_ns = weir_ready_now_ns, .call = weir_ready_act, .submit = weir_ready_submit, .cancel = weir_ready_cancel,     \
    .wait = weir_ready_wait, .next = weir_ready_next, .release = weir_ready_release, .wake = weir_ready_wake

#endif
