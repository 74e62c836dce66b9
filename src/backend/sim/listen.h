/* SPDX-License-Identifier: MIT
 *
 * How a connection comes about: a SYN travels to where the address leads; there it finds a listener and its backlog, or
 * is refused; the answer travels back. A connection is made, and can carry bytes, from the moment it is in the backlog.
 * Before a full backlog it waits in a second line, for as long as it takes. */
#ifndef WEIR_SIM_LISTEN_H
#define WEIR_SIM_LISTEN_H

#include "backend/sim/stream.h"

/* `backlog` 0: the largest. */
int weir_sim_listen(struct weir_sim_socket *socket, int backlog);

/* Ends what waits there: connections that are made are reset, the others refused. */
void weir_sim_unlisten(struct weir_sim_socket *socket);

/* A new socket of the same port for the oldest connection of the backlog. WEIR_EAGAIN, WEIR_EMFILE, WEIR_ENOMEM, and
 * it stays there. */
int weir_sim_accept(struct weir_sim_socket *listener, struct weir_sim_socket **ret);

/* Starts connecting. WEIR_EINVAL (the family, or it is connected or listens), WEIR_ENOMEM. */
int weir_sim_connect(struct weir_sim_socket *socket, const weir_address *address);

/* What has become of it: 0, WEIR_EAGAIN, or what it failed with; then the socket is as new. */
int weir_sim_connect_result(struct weir_sim_socket *socket);

/* Gives the attempt up. */
void weir_sim_connect_drop(struct weir_sim_socket *socket);

/* What the wire brings: a SYN to end 1, an answer to end 0. */
void weir_sim_syn_came(struct weir_sim_stream *stream);
void weir_sim_answer_came(struct weir_sim_stream *stream, bool refused);

/* Takes a stream out of the line it stands in, if it does. */
void weir_sim_line_leave(struct weir_sim_stream *stream);

#endif
