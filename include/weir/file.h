/* SPDX-License-Identifier: MIT
 *
 * Files, in two ways that never block the loop: as a transport, for the protocols and pipes that know only transports;
 * and by offset, many operations at a time. io_uring does them natively, elsewhere a few threads wait for the disk, and
 * a simulated host has a file system in memory (weir/sim.h).
 *
 * Requirements 63, 104 and 112 of docs/seeds.md: the same operations on files, pipes and sockets; a file as a
 * transport. */
#ifndef WEIR_FILE_H
#define WEIR_FILE_H

#include <weir/handle.h>
#include <weir/transport.h>

WEIR_BEGIN

/* ---- as a transport ---------------------------------------------------------------------------------------------- */

/* Opens `path` as a transport. It starts as WEIR_CONNECTING; the file is opened off the loop's thread, and then
 * `connected` follows, or `disconnected` with the stage WEIR_STAGE_OPEN and WEIR_ENOENT, WEIR_EACCES, WEIR_EEXIST...
 * `flags` are enum weir_file_flags; `path` is copied.
 *
 * Reading begins at the start, no faster than the protocol takes it, and ends with `ended`. Writing begins at the
 * start, or with WEIR_FILE_APPEND at the end: bytes are queued and written in order, one piece in flight. A file opened
 * for both has a position for each direction. What is missing is WEIR_ENOTSUP: write on one opened for reading,
 * half_close on one opened for writing only (weir_pipe then closes it).
 *
 * Close flushes, closes the file off the thread, and only then `disconnected` comes: without a reason, the system has
 * taken every byte. That is not yet the disk: nothing is synced unless you do (weir_file_sync). A full disk, a quota
 * and a bad device are WEIR_ENOSPC and WEIR_EIO with the bytes that were not written in `unsent`, also when the system
 * says so only at the close (then with the stage WEIR_STAGE_CLOSE and `unsent` zero: it does not tell which). Abort
 * leaves in the file what had been written, and drops the rest.
 *
 * A device that is always ready (/dev/null, /dev/full) is taken too; a pipe, a socket or a terminal is WEIR_ENOTSUP:
 * open it yourself, and see weir_fd_open. Beyond its queue it holds one block of at most 64 KiB while an operation is
 * in flight. Returns 0; WEIR_EINVAL (no path, flags that contradict each other), WEIR_ENOMEM, WEIR_EBUDGET. */
WEIR_API int weir_file_open(weir_loop *loop, const char *path, unsigned flags, const weir_limits *limits,
                            const weir_protocol *protocol, void *self, weir_transport **ret);

/* Nothing, as a transport: its end comes at once when it is read, and it swallows what is written. Returns 0,
 * WEIR_EINVAL, WEIR_ENOMEM, WEIR_EBUDGET. */
WEIR_API int weir_null_open(weir_loop *loop, const weir_limits *limits, const weir_protocol *protocol, void *self,
                            weir_transport **ret);

/* ---- by offset --------------------------------------------------------------------------------------------------- */

/* A file opened for access by offset. Yours; zero it. It must stay where it is from weir_file_at_open until the `done`
 * of its close begins (or that of an open that failed). While it is open weir_loop_close answers WEIR_EBUSY; weir_run
 * waits for operations in flight only. */
typedef struct weir_file {
    void *user; /* yours */
    /* private */
    union {
        void *align;
        uint64_t wide;
        unsigned char bytes[64];
    } inside;
} weir_file;

/* One operation on a file. Yours; zero it, set `done`. It must stay where it is, and owns the buffer it was given, from
 * the call that starts it until `done` begins. An accepted one ends exactly once, never inside the call that starts or
 * cancels it. There is no deadline: the buffer is the system's until the system is done with it; a timer and a cancel
 * say what can be said. */
typedef struct weir_file_op {
    /* `result`: as each call says, or WEIR_E...; on the loop's thread. */
    void (*done)(struct weir_file_op *op, int64_t result);
    void *user;   /* yours */
    size_t moved; /* out: bytes moved, also when it failed */
    int os_code;  /* out: the system's number of the error, or 0 */
    /* private */
    union {
        void *align;
        uint64_t wide;
        unsigned char bytes[320];
    } inside;
} weir_file_op;

/* Each of these starts an operation and returns 0, or WEIR_EINVAL (no `done`), WEIR_EBUSY (the op is active),
 * WEIR_ECLOSED (the file is not open), WEIR_ENOMEM, WEIR_EMFILE; then `done` is not called. Any number of operations
 * may be in flight on one file; they run in no particular order. Legal in every callback of the loop. */

/* Opens `path`, which must live until `done`: result 0, or WEIR_ENOENT, WEIR_EACCES, WEIR_EEXIST, WEIR_ENOTSUP (no
 * regular file)... and then the file is idle again. WEIR_EBUSY when it is open already. A cancel that comes too late
 * leaves it open. */
WEIR_API int weir_file_at_open(weir_loop *loop, weir_file *file, const char *path, unsigned flags, weir_file_op *op);

/* Reads `size` > 0 bytes at `offset`: result is the bytes read, fewer than `size` only at the end of the file. */
WEIR_API int weir_file_read_at(weir_file *file, weir_file_op *op, void *bytes, size_t size, uint64_t offset);

/* Writes `size` > 0 bytes at `offset` (one opened with WEIR_FILE_APPEND ignores it): result is `size`. */
WEIR_API int weir_file_write_at(weir_file *file, weir_file_op *op, const void *bytes, size_t size, uint64_t offset);

/* Result is the size of the file in bytes. */
WEIR_API int weir_file_size(weir_file *file, weir_file_op *op);

/* Result is 0 when what was written has reached the device. */
WEIR_API int weir_file_sync(weir_file *file, weir_file_op *op);

/* Closes the file: result is 0, or what the system says only now (WEIR_ENOSPC, WEIR_EIO); it is closed either way, and
 * idle when `done` begins. WEIR_EBUSY while operations are in flight; needs no memory. A close cannot be cancelled. */
WEIR_API int weir_file_close(weir_file *file, weir_file_op *op);

/* Asks a started operation to end: one that has not begun ends with WEIR_ECANCELED, one that has begun with what it
 * came to; a read or write in several parts ends with WEIR_ECANCELED after the part under way, its bytes counted in
 * `moved`. Zero also for an idle one. Needs no memory. */
WEIR_API int weir_file_op_cancel(weir_file_op *op);

/* Whether it is started and `done` has not begun. */
WEIR_API bool weir_file_op_active(const weir_file_op *op);

/* Whether an open has succeeded and no close was started. */
WEIR_API bool weir_file_is_open(const weir_file *file);

/* ---- a file into a transport ------------------------------------------------------------------------------------- */

/* One weir_sendfile. Yours; zero it, set `done`; it must stay where it is until `done` begins. */
typedef struct weir_sendfile_op {
    /* `result`: all bytes moved, those before and after included; or WEIR_E..., with `moved`. Once, on the loop's
     * thread, never inside a call. */
    void (*done)(struct weir_sendfile_op *op, int64_t result);
    void *user;     /* yours */
    uint64_t moved; /* out: bytes that the system has taken */
    /* private */
    union {
        void *align;
        uint64_t wide;
        unsigned char bytes[672];
    } inside;
} weir_sendfile_op;

/* Sends `before`, then `length` bytes of `file` from `offset` (UINT64_MAX: up to its end), then `after`, in this order
 * and with nothing of it held but one block of at most 64 KiB: it is the producer of `to` while it runs, and waits when
 * `to` says pause. What is written to `to` by others meanwhile goes out between its pieces. `before` and `after` (may
 * be NULL when their size is 0) must live until `done`; `file` must stay open until then.
 *
 * A file that is shorter than `length` ends it with WEIR_ETRUNCATED, without `after`; the transport lives, and it is
 * yours to decide what the peer makes of the part. So does any failure to read. When `to` is lost it ends with what
 * that was lost with. Returns 0; WEIR_EBUSY (`to` has a producer, the op is active); WEIR_ECLOSED (`to`, or the file is
 * not open); WEIR_ENOTSUP (`to` cannot send); WEIR_EINVAL (two loops, no `done`); WEIR_ENOMEM. PyParallel's
 * sendfile(before, file, after). */
WEIR_API int weir_sendfile(weir_transport *to, weir_sendfile_op *op, const void *before, size_t before_size,
                           weir_file *file, uint64_t offset, uint64_t length, const void *after, size_t after_size);

/* Asks it to end: `done` follows with WEIR_ECANCELED, and `moved` tells how far it came; a piece of which a part has
 * left is sent to its end first. Zero also for an idle one. Needs no memory. */
WEIR_API int weir_sendfile_cancel(weir_sendfile_op *op);

WEIR_END

#endif
