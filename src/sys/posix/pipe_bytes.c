/* SPDX-License-Identifier: MIT
 *
 * Bytes of pipes, terminals and files. Their descriptors may be shared with other processes, so O_NONBLOCK is not ours
 * to set, and a plain write to a pipe without readers raises SIGPIPE. New kernels say both in the call: RWF_NOWAIT and
 * RWF_NOSIGNAL (Linux 6.18). What an older one lacks is found out by the refusal, each time anew: nothing is kept, and
 * the price of a refused call is small beside that of the mask that replaces it.
 *
 * The last resort is to ask poll first, and then to write no more than PIPE_BUF, which a pipe with room takes whole.
 * Known weakness of it: another process on the same pipe may be faster, and then the call blocks until there is room,
 * or bytes, again; so does a terminal that was stopped. A file is not asked at all; it may block as long
 * as its disk. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "sys/posix/bytes.h"
#include "sys/posix/sigpipe.h"

enum { no_wait = 0x8, no_signal = 0x100 }; /* RWF_NOWAIT, RWF_NOSIGNAL: older headers lack the second */

static bool refused(ssize_t n) { return n < 0 && (errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS); }

/* As a call that found nothing to do, unless poll says that `events` are there. */
static int ask(int fd, short events) {
    struct pollfd ready = {.fd = fd, .events = events};
    int count = poll(&ready, 1, 0);
    if (count == 0) errno = EAGAIN;
    return count > 0 ? 0 : -1;
}

ssize_t weir_sys_read_now(int64_t handle, void *bytes, size_t size) {
    int fd = weir_sys_fd(handle);
    struct iovec piece = {.iov_base = bytes, .iov_len = size};
    if (weir_sys_is(handle, WEIR_HANDLE_FILE)) return read(fd, bytes, size);
    ssize_t n = preadv2(fd, &piece, 1, -1, no_wait);
    if (!refused(n)) return n;
    return ask(fd, POLLIN) < 0 ? -1 : read(fd, bytes, size);
}

static ssize_t write_asking(int fd, const struct iovec *pieces, int count) {
    ssize_t n = pwritev2(fd, pieces, count, -1, no_wait);
    if (!refused(n)) return n;
    size_t size = pieces->iov_len < PIPE_BUF ? pieces->iov_len : PIPE_BUF;
    return ask(fd, POLLOUT) < 0 ? -1 : write(fd, pieces->iov_base, size);
}

static ssize_t write_masked(int fd, const struct iovec *pieces, int count) {
    struct weir_sigpipe mask;
    weir_sigpipe_mask(&mask);
    ssize_t n = write_asking(fd, pieces, count);
    weir_sigpipe_unmask(&mask, n < 0 && errno == EPIPE);
    return n;
}

/* A device that takes nothing, and does not say why, must not be asked for ever. */
static ssize_t write_file(int fd, const struct iovec *pieces, int count) {
    ssize_t n = writev(fd, pieces, count);
    if (n == 0) errno = EIO;
    return n == 0 ? -1 : n;
}

ssize_t weir_sys_write_now(int64_t handle, const struct weir_segment *chain) {
    int fd = weir_sys_fd(handle);
    struct iovec pieces[WEIR_SYS_GATHER_MAX];
    int count = weir_sys_gather(chain, pieces, WEIR_SYS_GATHER_MAX);
    if (weir_sys_is(handle, WEIR_HANDLE_FILE)) return write_file(fd, pieces, count);
    ssize_t n = pwritev2(fd, pieces, count, -1, no_wait | no_signal);
    return refused(n) ? write_masked(fd, pieces, count) : n;
}
