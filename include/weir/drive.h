/* SPDX-License-Identifier: MIT
 *
 * Drives: one protocol object run without a loop of your own. A protocol cannot tell a drive from a connection: flow
 * control, limits, half-close, deadlines and the order of callbacks are those of any transport, since beneath a drive
 * there is one, with a private loop of one stream.
 *
 *   over memory      you are the peer: feed bytes, end, take what was written. No system call and no clock but yours,
 *                    so it runs under a fuzzer, one byte at a time, or within another callback
 *   over descriptors weir_blocking_run reads and writes descriptors that block, or do not, until it is over
 *
 * In a drive's callbacks `weir_transport_loop` is the private loop: timers and memory pairs may be made in it, other
 * transports may not (WEIR_ENOTSUP), nor may other threads post to it (WEIR_ENOTSUP); weir_stop does nothing there.
 * WEIR_BACKEND has no say.
 *
 * Of `weir_loop_options` (NULL: all defaults) a drive uses allocator, budget, limits, log and tick_completions.
 *
 * Requirements 124, 130, 131 of docs/seeds.md: with a loop and without one, both situations named. */
#ifndef WEIR_DRIVE_H
#define WEIR_DRIVE_H

#include <weir/transport.h>

WEIR_BEGIN

/* ---- over memory ------------------------------------------------------------------------------------------------- */

typedef struct weir_drive weir_drive;

/* Makes a drive with `protocol` in it; `connected` is called before this returns. All calls below run everything that
 * is due until nothing is, callbacks and timers included, and then return; called from within one of the drive's own
 * callbacks they return WEIR_EBUSY and do nothing. One thread at a time. Returns 0, WEIR_ENOMEM, WEIR_EBUDGET,
 * WEIR_EINVAL; then `*ret` is untouched and there was no callback. */
WEIR_API int weir_drive_open(weir_drive **ret, const weir_protocol *protocol, void *self,
                             const weir_loop_options *options);

/* Its transport, to be written to, paused, closed ... between the calls too (then call weir_drive_run). NULL when it is
 * gone: after `disconnected`. */
WEIR_API weir_transport *weir_drive_transport(const weir_drive *drive);

/* The peer sends `n` bytes. Returns how many were taken, at most INT64_MAX: fewer when the transport is paused or has
 * reached its receive limit (weir/limits.h), and then the rest is still yours. Bytes are copied only if the protocol
 * does not use them. WEIR_ECLOSED after close, abort, a failure, or weir_drive_end; WEIR_EINVAL; WEIR_EBUSY. */
WEIR_API int64_t weir_drive_feed(weir_drive *drive, const void *bytes, size_t n);

/* The peer ends its direction; or resets the connection. `ended` and the failure wait while receiving is paused.
 * WEIR_EALREADY the second time; WEIR_ECLOSED when the transport is gone; WEIR_EINVAL; WEIR_EBUSY. */
WEIR_API int weir_drive_end(weir_drive *drive);
WEIR_API int weir_drive_reset(weir_drive *drive);

/* The peer receives: moves up to `size` bytes of what was written into `buffer`. Returns how many, 0 when there are
 * none. What is not taken waits in the write queue, with its marks and cap. A transport that was closed is gone when
 * its last byte is taken, and what waits then is lost if the transport fails. WEIR_EINVAL; WEIR_EBUSY. */
WEIR_API int64_t weir_drive_take(weir_drive *drive, void *buffer, size_t size);

/* Whether the protocol has ended its direction, by half_close or close, and every byte before that was taken. */
WEIR_API bool weir_drive_finished(const weir_drive *drive);

/* Runs what is due, after calls from outside. 0, WEIR_EINVAL, WEIR_EBUSY. */
WEIR_API int weir_drive_run(weir_drive *drive);

/* Moves the drive's clock on by `delay_ns` and runs what is due by then; else it stands still. Timers and deadlines in
 * between fire at their own times, in order. 0, WEIR_EINVAL, WEIR_EBUSY. */
WEIR_API int weir_drive_advance(weir_drive *drive, uint64_t delay_ns);

/* Aborts the transport if it is still there, which tells `disconnected`, and frees the drive. WEIR_EBUSY from within
 * its callbacks, or when timers or pairs that you made in its loop are still there: then the drive is, too. */
WEIR_API int weir_drive_close(weir_drive *drive);

/* ---- over descriptors -------------------------------------------------------------------------------------------- */

/* Runs `protocol` over descriptors: receives from `in` and sends to `out`, which may be one and the same (a socket, a
 * terminal), or -1 (then that direction does not exist). Returns when the transport is gone and nothing is left in
 * its loop. Descriptors of any kind are taken, blocking or not: sockets, pipes, terminals, regular files, devices.
 * They stay yours: flags are not changed, nothing is closed, and so the peer hears of an abort, and a pipe of a
 * half-close, only when you close; a socket is shut down, and drained if `in` = `out`, as by any transport. No
 * SIGPIPE; interrupted calls are made again. Bytes that were received and not used are lost with the transport.
 *
 * Blocks this thread, in reading, writing and poll, with the deadlines of the limits. Returns 0 when it ended in
 * order, else the code that `disconnected` was told; WEIR_ESTALLED when everything is paused and nothing could ever
 * happen (the transport was aborted). Without any callback: WEIR_EINVAL, WEIR_ENOMEM, WEIR_EBUDGET, WEIR_ENOENT (a
 * descriptor that is closed), WEIR_EMFILE, WEIR_EBUSY (from a callback of any loop of this thread). */
WEIR_API int weir_blocking_run(int in, int out, const weir_protocol *protocol, void *self,
                               const weir_loop_options *options);

WEIR_END

#endif
