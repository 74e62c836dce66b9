/* SPDX-License-Identifier: MIT
 *
 * The operating system, spelled once: what the backends of real systems share. Everything here returns at once, takes
 * no lock, raises no SIGPIPE, and leaves the flags of descriptors that it did not make alone. Results are counts or
 * WEIR_E..., and `*os_code` is set to the system's own number when the result is negative.
 *
 * A handle here is a descriptor in the low 32 bits and what we know of it above, so that the kind of a descriptor needs
 * no table. */
#ifndef WEIR_SYS_SYS_H
#define WEIR_SYS_SYS_H

#include <weir/address.h>

#include "base/segment.h"

enum weir_handle_bits {
    WEIR_HANDLE_SOCKET = 1 << 0,   /* else a pipe, a terminal, a file */
    WEIR_HANDLE_BORROWED = 1 << 1, /* never closed, flags never changed */
    WEIR_HANDLE_FILE = 1 << 2      /* a regular file or a device that cannot be polled: always ready, may block */
};

static inline int64_t weir_sys_handle(int fd, unsigned bits) {
    return (int64_t)(((uint64_t)bits << 32) | (uint32_t)fd);
}
static inline int weir_sys_fd(int64_t handle) { return (int)(uint32_t)(uint64_t)handle; }
static inline bool weir_sys_is(int64_t handle, unsigned bit) { return ((uint64_t)handle >> 32 & bit) != 0; }

/* errno -> WEIR_E...; EPIPE and ECONNRESET are one code. */
int weir_sys_error(int os_code);

/* The same for accept: what is wrong with the one connection, and not with the listener, is WEIR_EABORTED. */
int weir_sys_accept_error(int os_code);

/* Monotonic nanoseconds, as the kernel promises them; a backend keeps the largest, so that they never go back. */
uint64_t weir_sys_now_ns(void);

/* A page that reads 1 in the process that made it and 0 in a forked child; NULL when there is no such thing. */
unsigned char *weir_sys_fork_mark(void);
void weir_sys_fork_mark_free(unsigned char *mark);

/* Sockets. `nonblocking`: as all present backends want them; a ring waits on them all the same. */
int64_t weir_sys_socket(uint8_t family, bool nonblocking, int *os_code);
int64_t weir_sys_accept(int64_t handle, bool nonblocking, int *os_code); /* WEIR_EAGAIN: none waiting */
int weir_sys_bind(int64_t handle, const weir_address *address, int *os_code);
int weir_sys_connect(int64_t handle, const weir_address *address, int *os_code); /* WEIR_EAGAIN: under way */
int weir_sys_connect_result(int64_t handle, int *os_code);                       /* after it became writable */
int weir_sys_listen(int64_t handle, int backlog, int *os_code);                  /* backlog 0: the largest */
int weir_sys_reuse_port(int64_t handle, bool on, int *os_code);
int weir_sys_ipv6_only(int64_t handle, bool on, int *os_code);
int weir_sys_unlink(const weir_address *address, int *os_code); /* a socket file, and nothing else */
int weir_sys_local(int64_t handle, weir_address *ret, int *os_code);
int weir_sys_peer(int64_t handle, weir_address *ret, int *os_code);
int weir_sys_shutdown_send(int64_t handle, int *os_code);
int weir_sys_close(int64_t handle, bool reset);
int weir_sys_pending_error(int64_t handle, int *os_code); /* SO_ERROR, which is handed out once */
size_t weir_sys_unsent(int64_t handle);

/* Bytes of any stream handle, never blocking (but for WEIR_HANDLE_FILE). WEIR_EAGAIN: not now; receive 0: the end. */
int64_t weir_sys_receive(int64_t handle, void *bytes, size_t size, int *os_code);
int64_t weir_sys_send(int64_t handle, const struct weir_segment *chain, int *os_code);

int weir_sys_pipe(int64_t ret[2], bool nonblocking, int *os_code);
int64_t weir_sys_stdio(int which, int *os_code); /* 0 or 1; finds out what kind it is */
int weir_sys_random(void *bytes, size_t size, int *os_code);

/* To and from the system's own form. `size` is in/out as in getsockname. */
struct sockaddr_storage;
unsigned weir_sys_sockaddr(const weir_address *address, struct sockaddr_storage *ret);
void weir_sys_address(const struct sockaddr_storage *from, unsigned size, weir_address *ret);

#endif
