/* SPDX-License-Identifier: MIT
 *
 * Pipes, and the standard input and output. A pipe's ends each move bytes one way only: the reading end answers
 * WEIR_ENOTSUP to write, the writing end to `received`, read and half_close. */
#ifndef WEIR_FD_H
#define WEIR_FD_H

#include <weir/transport.h>

WEIR_BEGIN

/* Makes a pipe of the system: `ret[0]` receives what is written to `ret[1]`. Give each a protocol with
 * `weir_transport_set_protocol`. Returns 0, WEIR_ENOMEM, WEIR_EMFILE, WEIR_EBUDGET, WEIR_EINVAL. */
WEIR_API int weir_pipe_pair(weir_loop *loop, const weir_limits *limits, weir_transport *ret[2]);

/* One transport that receives standard input and sends to standard output. The descriptors are borrowed: their flags
 * are never changed (they may be shared with other processes), and close leaves them open; half_close means that no
 * more is written, and its end-of-stream is the end of the process. Terminals, pipes, sockets, regular files and
 * devices are taken; reading and writing a regular file may block for as long as its disk does. Returns 0, WEIR_ENOMEM,
 * WEIR_EBUDGET, WEIR_EINVAL, WEIR_ENOTSUP (simulated), WEIR_ENOENT (closed descriptors). */
WEIR_API int weir_stdio_open(weir_loop *loop, const weir_limits *limits, const weir_protocol *protocol, void *self,
                             weir_transport **ret);

WEIR_END

#endif
