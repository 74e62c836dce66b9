/* SPDX-License-Identifier: MIT
 *
 * Names within a world: which socket of a host answers to an address. Inside, addresses of IPv4 are told as such also
 * on IPv6 sockets; only what a program sees is mapped (::ffff:a.b.c.d). */
#ifndef WEIR_SIM_NAME_H
#define WEIR_SIM_NAME_H

#include "backend/sim/world.h"

/* A name in a host's UNIX namespace. A file stays when its owner is gone, an abstract name does not. */
struct weir_sim_name {
    struct weir_sim_name *next;
    struct weir_sim_socket *owner; /* NULL: a dead file */
    weir_address address;
};

bool weir_sim_is_any(const weir_address *address);
bool weir_sim_is_loopback(const weir_address *address);
bool weir_sim_same_ip(const weir_address *a, const weir_address *b); /* but for the port */

/* IPv4 in its own form; and as a socket of `family` shows it. */
weir_address weir_sim_unmapped(const weir_address *address);
weir_address weir_sim_shown(const weir_address *address, uint8_t family);

/* What a socket without a name answers. */
weir_address weir_sim_nameless(uint8_t family);

/* Gives `socket` the name `address`. 0, WEIR_EADDRINUSE, WEIR_EADDRNOTAVAIL, WEIR_EINVAL, WEIR_ENOMEM. */
int weir_sim_bind(struct weir_sim_socket *socket, const weir_address *address);

/* Takes the name of `socket` away; a UNIX file stays, dead. */
void weir_sim_unbind(struct weir_sim_socket *socket);

/* Removes a UNIX file, whoever has it. WEIR_ENOENT. */
int weir_sim_unlink(weir_sim_host *host, const weir_address *address);

/* The address from which `socket` connects to `target`, an IP address without wildcard or a UNIX name. */
weir_address weir_sim_source(struct weir_sim_socket *socket, const weir_address *target);

/* The host that `target` leads to from `host`, or NULL. */
weir_sim_host *weir_sim_route(weir_sim_host *host, const weir_address *target);

/* The socket that listens on `target`, drawn where several share it. NULL, and `*error` says how it is refused. */
struct weir_sim_socket *weir_sim_find_listener(weir_sim_host *host, const weir_address *target, int *error);

void weir_sim_names_free(weir_sim_host *host);

#endif
