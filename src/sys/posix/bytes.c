/* SPDX-License-Identifier: MIT
 *
 * Bytes of a stream, now or not at all. Sockets answer that in one call, whatever their flags are: MSG_DONTWAIT for the
 * moment, MSG_NOSIGNAL for the peer that is gone. Other streams are harder and have their own file (pipe_bytes.c).
 * A send gathers up to GATHER_MAX segments; what it did not take is the caller's to send again. */
#include <sys/socket.h>
#include <sys/uio.h>

#include "sys/posix/bytes.h"
#include "sys/posix/fail.h"

int weir_sys_gather(const struct weir_segment *chain, struct iovec *ret, int max) {
    int count = 0;
    for (; chain && count < max; chain = chain->next) {
        ret[count].iov_base = chain->bytes;
        ret[count++].iov_len = chain->size;
    }
    return count;
}

static ssize_t receive(int64_t handle, void *bytes, size_t size) {
    if (weir_sys_is(handle, WEIR_HANDLE_SOCKET)) return recv(weir_sys_fd(handle), bytes, size, MSG_DONTWAIT);
    return weir_sys_read_now(handle, bytes, size);
}

int64_t weir_sys_receive(int64_t handle, void *bytes, size_t size, int *os_code) {
    ssize_t n;
    do {
        n = receive(handle, bytes, size);
    } while (n < 0 && errno == EINTR);
    return n >= 0 ? n : weir_sys_fail(os_code);
}

static ssize_t send_chain(int fd, const struct weir_segment *chain) {
    struct iovec pieces[WEIR_SYS_GATHER_MAX];
    struct msghdr message = {.msg_iov = pieces};
    message.msg_iovlen = (size_t)weir_sys_gather(chain, pieces, WEIR_SYS_GATHER_MAX);
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t send_now(int64_t handle, const struct weir_segment *chain) {
    int fd = weir_sys_fd(handle);
    if (!weir_sys_is(handle, WEIR_HANDLE_SOCKET)) return weir_sys_write_now(handle, chain);
    if (chain->next) return send_chain(fd, chain);
    return send(fd, chain->bytes, chain->size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int64_t weir_sys_send(int64_t handle, const struct weir_segment *chain, int *os_code) {
    ssize_t n;
    do {
        n = send_now(handle, chain);
    } while (n < 0 && errno == EINTR);
    return n >= 0 ? n : weir_sys_fail(os_code);
}
