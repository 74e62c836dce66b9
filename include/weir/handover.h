/* SPDX-License-Identifier: MIT
 *
 * Handing listeners to a successor process, over a UNIX socket, without losing a connection that waits in their
 * queues: the listening sockets themselves are passed, and the predecessor closes its copies only when the successor
 * has said that it has them. Until then it goes on accepting, so a successor that dies half-way changes nothing. The
 * two sides must run as the same user, and each checks that of the other; nothing is sent to or believed of anybody
 * else.
 *
 * The conversation. The predecessor sends, for each listener, one line with its descriptor:
 *
 *   weir-handover 1 INDEX COUNT NAME
 *
 * where NAME is "tcp://" or "unix:" and the address as weir_address_format writes it. The successor answers `taken`
 * when it has all of them, and the predecessor closes the connection. Anything else ends it, and leaves things as they
 * were. Linux; elsewhere, and on a simulated loop, WEIR_ENOTSUP. */
#ifndef WEIR_HANDOVER_H
#define WEIR_HANDOVER_H

#include <weir/socket.h>

WEIR_BEGIN

#define WEIR_HANDOVER_MAX 64                                  /* listeners in one hand-over */
#define WEIR_HANDOVER_PATIENCE_NS ((uint64_t)10 * 1000000000) /* how long a successor may be silent */

typedef struct weir_handover weir_handover;

/* The offer has ended, exactly once: 0, and the listeners are closing (their `closed` follows); WEIR_ECANCELED after
 * withdraw or a drain; WEIR_ECLOSED when the last of the listeners was closed; or what the control socket failed with.
 * `offer` is invalid after it. */
typedef void weir_handover_done_fn(weir_handover *offer, int status, void *user);

/* Offers `n` listeners to whoever connects to the UNIX socket `path` (or abstract "@name") as the same user; the
 * socket file is for its owner alone. One successor at a time; one that fails is told to the log, and the offer
 * stands. The listeners stay yours and in use; one that is closed meanwhile is no longer offered. When they are handed
 * over they are closed without removing socket files, and what they had accepted lives on: drain the loop then.
 * Returns 0, WEIR_EINVAL (none, too many, the same twice, or one of another loop), WEIR_ECLOSED (one is closing),
 * WEIR_ENOTSUP (one in memory; a simulated loop), WEIR_EBUSY (one is on offer already), or what listening on `path`
 * fails with. Any callback of the loop. */
WEIR_API int weir_handover_offer(weir_loop *loop, const char *path, weir_listener *const *listeners, size_t n,
                                 weir_handover_done_fn *done, void *user, weir_handover **ret);

/* Ends an offer; `done` follows. A hand-over under way is broken off. WEIR_EALREADY the second time.
 * Needs no memory. */
WEIR_API int weir_handover_withdraw(weir_handover *offer);

/* A listener has come: `fd` is yours from now on, as for weir_listener_adopt with WEIR_TAKE; `name` says where it
 * listens ("tcp://127.0.0.1:7000", "unix:/run/x"), valid during the call. Return 0, or WEIR_E... to give up:
 * `fd` must then be closed by you, the others are closed, and the predecessor goes on. */
typedef int weir_handover_taken_fn(weir_loop *loop, const char *name, int fd, void *user);

/* Taking over has ended, exactly once: 0 when the predecessor has let go of the listeners; else why not, with
 * WEIR_EREFUSED or WEIR_ENOENT when nobody offers, WEIR_EACCES when another user does, WEIR_EINVAL when it talks
 * otherwise, WEIR_EMFILE when descriptors did not arrive, WEIR_ETIMEDOUT, WEIR_ERESET. Listeners made in `taken` are
 * yours in any case. */
typedef void weir_handover_end_fn(weir_loop *loop, int status, void *user);

/* Takes the listeners that are offered at `path`: connects, receives all of them, calls `taken` for each in order, and
 * acknowledges. `timeout_ns` is for the whole; 0: WEIR_HANDOVER_PATIENCE_NS. Descriptors are close-on-exec from their
 * first moment, and those that nobody asked for are closed. Returns 0, and `ended` follows; or WEIR_EINVAL,
 * WEIR_ENAMETOOLONG, WEIR_ENOMEM, WEIR_EMFILE, WEIR_EBUDGET. Cannot be cancelled. Any callback of the loop. */
WEIR_API int weir_handover_take(weir_loop *loop, const char *path, uint64_t timeout_ns, weir_handover_taken_fn *taken,
                                weir_handover_end_fn *ended, void *user);

WEIR_END

#endif
