/* SPDX-License-Identifier: MIT
 *
 * A door: a listener under watch. It gives what comes in to the scene's server and shuts after that one, unless told
 * otherwise. */
#ifndef SUPPORT_DOOR_H
#define SUPPORT_DOOR_H

#include <weir/socket.h>

struct scene;

struct door {
    struct scene *scene;
    weir_listener *listener; /* NULL when it is closed */
    weir_address address;    /* in force */
    void (*on_accept)(struct door *door, weir_transport *t);
    void (*on_closed)(struct door *door, const weir_error *reason);
    weir_listen_options options;
    unsigned accepted, closed;
    void *user;
    /* private */
    struct door *next;
};

/* Listens on `address`, with door->options. As weir_socket_listen. */
int door_open(struct door *door, struct scene *s, const weir_address *address);
int door_shut(struct door *door);
int door_pause(struct door *door);
int door_resume(struct door *door);

#endif
