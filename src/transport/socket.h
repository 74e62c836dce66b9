/* SPDX-License-Identifier: MIT
 *
 * The driver of everything that is a handle of the backend: sockets and the ends of pipes. An idle one is as small as
 * it can be: the op that sends lives in the first segment of what is sent, and a second handle only where there is one. */
#ifndef WEIR_TRANSPORT_SOCKET_H
#define WEIR_TRANSPORT_SOCKET_H

#include <weir/socket.h>

#include "transport/base.h"

struct weir_socket {
    weir_transport base;
    struct weir_port_op receive; /* its handle is the socket's */
};

/* Standard input and output: one handle each. */
struct weir_stdio {
    struct weir_socket socket;
    weir_handle out;
};

extern const struct weir_driver weir_driver_tcp, weir_driver_unix, weir_driver_pipe_reader, weir_driver_pipe_writer,
    weir_driver_stdio;

/* A transport over handles that the caller gives away when this succeeds. */
int weir_socket_adopt(struct weir_scope *scope, const struct weir_driver *driver, weir_handle in, weir_handle out,
                      weir_transport_state state, const weir_protocol *protocol, void *self, weir_transport **ret);

/* Closes the handles of a dropped one when its last op has ended. */
void weir_socket_release(struct weir_socket *s);

const struct weir_driver *weir_socket_driver(uint8_t family);

#endif
