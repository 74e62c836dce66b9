/* SPDX-License-Identifier: MIT
 *
 * Stream sockets from birth to close. Every descriptor is close-on-exec from its first moment. TCP_NODELAY is set once,
 * on the socket that connects or listens: accepted ones inherit it, so that an accept costs one system call.
 *
 * A connection that takes its time is WEIR_EAGAIN here, and connect_result tells later what came of it. A UNIX socket
 * whose listener has no room left is no such case: the kernel does not queue the attempt, and would never report it as
 * ready. It is WEIR_EREFUSED, with EAGAIN as the system's number. */
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "sys/posix/fail.h"

static int set_option(int64_t handle, int level, int name, int value, int *os_code) {
    if (setsockopt(weir_sys_fd(handle), level, name, &value, sizeof value) == 0) return 0;
    return weir_sys_fail(os_code);
}

static int domain_of(uint8_t family) {
    switch (family) {
    case WEIR_FAMILY_IPV4: return AF_INET;
    case WEIR_FAMILY_IPV6: return AF_INET6;
    case WEIR_FAMILY_UNIX: return AF_UNIX;
    default: return AF_UNSPEC;
    }
}

int64_t weir_sys_socket(uint8_t family, int *os_code) {
    int domain = domain_of(family);
    if (domain == AF_UNSPEC) return weir_sys_fail_with(EAFNOSUPPORT, os_code);
    int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return weir_sys_fail(os_code);
    int64_t handle = weir_sys_handle(fd, WEIR_HANDLE_SOCKET);
    if (domain == AF_UNIX) return handle;
    int status = set_option(handle, IPPROTO_TCP, TCP_NODELAY, 1, os_code);
    if (status == 0) return handle;
    close(fd);
    return status;
}

int weir_sys_reuse_port(int64_t handle, bool on, int *os_code) {
    return set_option(handle, SOL_SOCKET, SO_REUSEPORT, on, os_code);
}

int weir_sys_ipv6_only(int64_t handle, bool on, int *os_code) {
    return set_option(handle, IPPROTO_IPV6, IPV6_V6ONLY, on, os_code);
}

/* Asked four times, a quarter of that time apart, and then given up. The time first: where there is none, as on a UNIX
 * socket, nothing is switched on. */
int weir_sys_keepalive(int64_t handle, int silence_s, int *os_code) {
    const int most = 32767; /* of Linux */
    if (silence_s < 0) return weir_sys_fail_with(EINVAL, os_code);
    if (silence_s == 0) return set_option(handle, SOL_SOCKET, SO_KEEPALIVE, 0, os_code);
    if (silence_s > most) silence_s = most;
    int status = set_option(handle, IPPROTO_TCP, TCP_KEEPIDLE, silence_s, os_code);
    if (status == 0)
        status = set_option(handle, IPPROTO_TCP, TCP_KEEPINTVL, silence_s < 4 ? 1 : silence_s / 4, os_code);
    if (status == 0) status = set_option(handle, IPPROTO_TCP, TCP_KEEPCNT, 4, os_code);
    return status < 0 ? status : set_option(handle, SOL_SOCKET, SO_KEEPALIVE, 1, os_code);
}

int weir_sys_listen(int64_t handle, int backlog, int *os_code) {
    if (listen(weir_sys_fd(handle), backlog > 0 ? backlog : INT_MAX) == 0) return 0;
    return weir_sys_fail(os_code);
}

int64_t weir_sys_accept(int64_t handle, int *os_code) {
    int fd;
    do {
        fd = accept4(weir_sys_fd(handle), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0) return weir_sys_handle(fd, WEIR_HANDLE_SOCKET);
    *os_code = errno;
    return weir_sys_accept_error(errno);
}

int weir_sys_connect(int64_t handle, const weir_address *address, int *os_code) {
    struct sockaddr_storage name;
    unsigned size = weir_sys_sockaddr(address, &name);
    if (size == 0) return weir_sys_fail_with(EINVAL, os_code);
    if (connect(weir_sys_fd(handle), (struct sockaddr *)&name, size) == 0) return 0;
    int status = weir_sys_fail(os_code);
    if (errno == EINPROGRESS || errno == EINTR) return WEIR_EAGAIN;
    return status == WEIR_EAGAIN ? WEIR_EREFUSED : status;
}

/* A socket that is not connected and has no error to tell either is under way, or, if it also hangs up, has lost what
 * it had: waiting for that one would never end. */
int weir_sys_pending_error(int64_t handle, int *os_code) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(weir_sys_fd(handle), SOL_SOCKET, SO_ERROR, &error, &size) < 0) return weir_sys_fail(os_code);
    return error == 0 ? 0 : weir_sys_fail_with(error, os_code);
}

int weir_sys_connect_result(int64_t handle, int *os_code) {
    struct pollfd ready = {.fd = weir_sys_fd(handle), .events = POLLOUT};
    if (poll(&ready, 1, 0) == 0) return weir_sys_fail_with(EAGAIN, os_code);
    int status = weir_sys_pending_error(handle, os_code);
    return status == 0 && (ready.revents & POLLHUP) ? weir_sys_fail_with(ECONNRESET, os_code) : status;
}

int weir_sys_local(int64_t handle, weir_address *ret, int *os_code) {
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    if (getsockname(weir_sys_fd(handle), (struct sockaddr *)&name, &size) < 0) return weir_sys_fail(os_code);
    weir_sys_address(&name, size, ret);
    return 0;
}

int weir_sys_peer(int64_t handle, weir_address *ret, int *os_code) {
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    if (getpeername(weir_sys_fd(handle), (struct sockaddr *)&name, &size) < 0) return weir_sys_fail(os_code);
    weir_sys_address(&name, size, ret);
    return 0;
}

int weir_sys_shutdown_send(int64_t handle, int *os_code) {
    if (!weir_sys_is(handle, WEIR_HANDLE_SOCKET)) return weir_sys_fail_with(ENOTSOCK, os_code);
    if (shutdown(weir_sys_fd(handle), SHUT_WR) == 0) return 0;
    return weir_sys_fail(os_code);
}

/* Never a second try: on Linux the descriptor is gone even when close was interrupted, and may be another's by now. */
int weir_sys_close(int64_t handle, bool reset) {
    if (weir_sys_is(handle, WEIR_HANDLE_BORROWED)) return 0;
    if (reset && weir_sys_is(handle, WEIR_HANDLE_SOCKET)) {
        struct linger none = {.l_onoff = 1, .l_linger = 0};
        setsockopt(weir_sys_fd(handle), SOL_SOCKET, SO_LINGER, &none, sizeof none);
    }
    return close(weir_sys_fd(handle)) == 0 || errno == EINTR ? 0 : weir_sys_error(errno);
}

/* TCP counts its end-of-stream as one more byte until that is acknowledged. The state says when it does, and only a TCP
 * socket has one. */
size_t weir_sys_unsent(int64_t handle) {
    uint8_t state = 0;
    socklen_t size = sizeof state;
    int count = 0;
    if (getsockopt(weir_sys_fd(handle), IPPROTO_TCP, TCP_INFO, &state, &size) < 0) return 0;
    if (ioctl(weir_sys_fd(handle), SIOCOUTQ, &count) < 0 || count <= 0) return 0;
    bool ending = state == TCP_FIN_WAIT1 || state == TCP_CLOSING || state == TCP_LAST_ACK;
    return (size_t)count - (ending ? 1 : 0);
}
