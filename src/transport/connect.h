/* SPDX-License-Identifier: MIT
 *
 * What a socket needs while its connection comes about, and what a failure is told with. */
#ifndef WEIR_TRANSPORT_CONNECT_H
#define WEIR_TRANSPORT_CONNECT_H

#include "transport/socket.h"

struct weir_connecting {
    struct weir_port_op op;
    struct weir_socket *socket;
    weir_address peer;
};

bool weir_connect_active(const struct weir_socket *s);
void weir_connect_cancel(struct weir_socket *s);
void weir_connect_forget(weir_transport *t); /* the `fini` of sockets */

#endif
