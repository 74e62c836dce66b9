/* SPDX-License-Identifier: MIT
 *
 * Pipes, inherited descriptors, and the standard input and output. A pipe's ends each move bytes one way only: the
 * reading end answers WEIR_ENOTSUP to write, the writing end to `received`, read and half_close. */
#ifndef WEIR_FD_H
#define WEIR_FD_H

#include <weir/handle.h>
#include <weir/transport.h>

WEIR_BEGIN

/* Makes a pipe of the system: `ret[0]` receives what is written to `ret[1]`. Give each a protocol with
 * `weir_transport_set_protocol`. Returns 0, WEIR_ENOMEM, WEIR_EMFILE, WEIR_EBUDGET, WEIR_EINVAL. */
WEIR_API int weir_pipe_pair(weir_loop *loop, const weir_limits *limits, weir_transport *ret[2]);

/* A descriptor of the system as a transport: a connected stream socket, an end of a pipe, a terminal, a character
 * device, a regular file (read and written off the loop's thread, from where its own position stands). It moves bytes
 * in the directions it was opened for, and can half-close if it is a socket. `owner` must be said: WEIR_TAKE,
 * WEIR_BORROW or WEIR_DUP (weir/handle.h). Requirement 63 of docs/seeds.md: the same operations on files, pipes and
 * sockets.
 *
 * Manners: the flags of a descriptor are never changed unless it was taken, since O_NONBLOCK belongs to everybody who
 * has it: sockets are asked with MSG_DONTWAIT, pipes and terminals with RWF_NOWAIT or after a poll.
 *
 * Given back: a borrowed or duplicated descriptor is given back when `disconnected` has come, with nothing of it in
 * flight; a socket is neither shut down by close nor reset by abort (half_close does what it says). A regular file
 * then stands where the protocol has read to, not further. Of a pipe, a socket or a terminal more may have been drawn
 * than was used, up to the receive limit and a delivery, and these bytes are lost: a stream cannot take them back.
 * Whoever must hand on the rest of a stream ends it at a border that the peer waits at, or uses what is left (the
 * bytes that `received` was offered and did not take) itself.
 *
 * Returns 0; WEIR_EINVAL (no owner), WEIR_ENOENT (a closed descriptor), WEIR_ENOTSUP (a directory, a datagram
 * or listening socket, a descriptor that can neither be waited for nor read as a file; a simulated loop), WEIR_ENOMEM,
 * WEIR_EMFILE, WEIR_EBUDGET. With WEIR_TAKE the descriptor is closed when it fails. */
WEIR_API int weir_fd_open(weir_loop *loop, int fd, weir_ownership owner, const weir_limits *limits,
                          const weir_protocol *protocol, void *self, weir_transport **ret);

/* One transport that receives standard input and sends to standard output. The descriptors are borrowed: their flags
 * are never changed (they may be shared with other processes), and close leaves them open and gives them back as
 * weir_fd_open does; half_close means that no more is written, and its end-of-stream is the end of the process.
 * Terminals, pipes, sockets, regular files and devices are taken. Returns 0, WEIR_ENOMEM,
 * WEIR_EBUDGET, WEIR_EINVAL, WEIR_ENOTSUP (simulated), WEIR_ENOENT (closed descriptors). */
WEIR_API int weir_stdio_open(weir_loop *loop, const weir_limits *limits, const weir_protocol *protocol, void *self,
                             weir_transport **ret);

WEIR_END

#endif
