/* SPDX-License-Identifier: MIT
 *
 * A connection: two ends, each with the flow that leaves it. A pipe is one of which only one flow is used: end 0
 * writes, end 1 reads. What a program can see of an end is what Linux shows:
 *
 *   receive  TCP: bytes, then 0 once a FIN came, then the error (handed out once), then 0 for ever.
 *            UNIX: bytes, then the error, then 0.
 *   send     TCP: takes the error if there is one. A reset or closed end answers WEIR_ERESET.
 *            UNIX, pipe: WEIR_ERESET as soon as the other end is closed.
 *   close    with unread bytes, or when asked to: a reset. TCP: what was not yet on the wire is lost. UNIX: the bytes
 *            arrive all the same, and the reset behind them; asked for it is an ordinary close.
 *            Otherwise the rest is sent, then the end of stream; bytes that still come are answered by a reset (TCP).
 *   reset    that came in: what was received before can be read.
 *
 * An end is open while a socket or a listener's backlog holds it. A connection with no open end is freed at once. */
#ifndef WEIR_SIM_STREAM_H
#define WEIR_SIM_STREAM_H

#include "backend/sim/flow.h"
#include "backend/sim/port.h"

struct weir_sim_end {
    struct weir_sim_stream *stream;
    struct weir_sim_socket *socket; /* NULL: in a backlog, or closed */
    struct weir_sim_party party;    /* host NULL: at an address that nobody has */
    weir_address name;
    struct weir_sim_flow out;
    struct weir_sim_event silence; /* keepalive.h */
    int error;                     /* for whoever asks first */
    bool open, connected, half_closed, ended, reset;
};

struct weir_sim_stream {
    struct weir_sim_stream *next, *before; /* of the world */
    weir_sim *sim;
    struct weir_sim_end ends[2];      /* the one that connects, the one that accepts */
    struct weir_sim_socket *listener; /* in one of its lines */
    struct weir_sim_stream *behind;   /* in that line */
    bool made;                        /* in the line of connections that are made */
    uint8_t kind;                     /* enum weir_sim_kind */
    int refusal;                      /* on its way back to the end that connects */
};

/* WEIR_ENOMEM. Its parties are told by the caller; no end is open. */
int weir_sim_stream_new(weir_sim *sim, enum weir_sim_kind kind, struct weir_sim_stream **ret);
void weir_sim_stream_free(struct weir_sim_stream *stream);

struct weir_sim_end *weir_sim_other(struct weir_sim_end *end);

/* Bytes moved, 0 (receive: the end), WEIR_EAGAIN, or what it failed with. */
int64_t weir_sim_end_receive(struct weir_sim_end *end, uint8_t *bytes, size_t size);
int64_t weir_sim_end_send(struct weir_sim_end *end, const struct weir_segment *chain);

/* WEIR_ENOTCONN. The second time is legal. */
int weir_sim_end_shutdown(struct weir_sim_end *end);

size_t weir_sim_end_unsent(const struct weir_sim_end *end);

/* The error that nobody has been told of, if any; handed out once. */
int weir_sim_end_take_error(struct weir_sim_end *end);

/* Gives the end up; the stream may be gone then. */
void weir_sim_end_close(struct weir_sim_end *end, bool reset);

/* The same for a connection that nobody accepted: always a reset. */
void weir_sim_end_abandon(struct weir_sim_end *end);

/* The end takes its connection for lost, with `error`; the other one learns of it when it can. */
void weir_sim_end_give_up(struct weir_sim_end *end, int error);

/* Both ends find their connection reset, and nothing of it is under way any more. */
void weir_sim_stream_lose(struct weir_sim_stream *stream);

#endif
