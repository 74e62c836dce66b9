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

static inline struct weir_connecting *weir_connecting_of(const weir_transport *t) {
    return t->extras ? t->extras->connecting : NULL;
}

bool weir_connect_active(const weir_transport *t);
void weir_connect_cancel(weir_transport *t);
void weir_connect_forget(weir_transport *t); /* the `fini` of sockets */

#endif
