/* SPDX-License-Identifier: MIT
 *
 * The driver of everything that is a handle of the backend: sockets and the ends of pipes. An idle one is as small as
 * it can be: the op that sends lives in the first segment of what is sent, and a second handle only where there is
 * one. */
#ifndef WEIR_TRANSPORT_SOCKET_H
#define WEIR_TRANSPORT_SOCKET_H

#include <weir/socket.h>

#include "transport/file_io.h"

struct weir_socket {
    weir_transport base;
    struct weir_port_op receive; /* its handle is the socket's */
};

/* Standard input and output: a handle each, of which either may be a file. */
struct weir_stdio {
    struct weir_socket socket;
    weir_handle out;
    struct weir_file_side reader, writer; /* in use where they have a transport */
    struct weir_turn release;
};

static inline bool weir_stdio_busy(const struct weir_stdio *s) {
    return s->reader.op.active || s->writer.op.active || weir_task_queued(&s->release.task);
}

extern const struct weir_driver weir_driver_tcp, weir_driver_unix, weir_driver_pipe_reader, weir_driver_pipe_writer,
    weir_driver_stdio;

/* For what an ADOPT has found, unless it is a file: by what it is, whose, and in which directions it goes. */
const struct weir_driver *weir_socket_adopted_driver(const struct weir_call *adopted);

/* The slots of the driver, for one that is more than a socket. */
int weir_socket_receive(weir_transport *t, bool on);
int64_t weir_socket_send(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code);
void weir_socket_recall(weir_transport *t);
void weir_socket_stop(weir_transport *t, bool reset); /* the first half of a drop; release is the other */

/* A transport over handles that the caller gives away when this succeeds. */
int weir_socket_adopt(struct weir_scope *scope, const struct weir_driver *driver, weir_handle in, weir_handle out,
                      weir_transport_state state, const weir_protocol *protocol, void *self, weir_transport **ret);

/* Closes the handles of a dropped one when its last op has ended. */
void weir_socket_release(struct weir_socket *s);

const struct weir_driver *weir_socket_driver(uint8_t family);

/* Asks the system to look after a silent peer, as `limits` say. On a listener it holds for all it accepts, at no cost
 * for each. */
void weir_socket_keepalive(weir_loop *loop, weir_handle handle, uint8_t family, const weir_limits *limits);

#endif
