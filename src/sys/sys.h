/* SPDX-License-Identifier: MIT
 *
 * The operating system, spelled once: what the backends of real systems share. Everything here but what is said of
 * files returns at once, takes no lock, raises no SIGPIPE, and leaves the flags of descriptors that it did not make
 * alone. Results are counts or WEIR_E..., and `*os_code` is set to the system's own number when the result is negative.
 *
 * A handle here is a descriptor in the low 32 bits and what we know of it above, so that the kind of a descriptor needs
 * no table. */
#ifndef WEIR_SYS_SYS_H
#define WEIR_SYS_SYS_H

#include <weir/address.h>
#include <weir/handle.h>

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

/* What ends a sleep: a descriptor that becomes readable by `wake`, from any thread or signal handler. Negative: why
 * there is none; close takes that. */
int weir_sys_waker_open(int *os_code);
void weir_sys_waker_close(int waker);
void weir_sys_waker_wake(int waker);
void weir_sys_waker_drain(int waker); /* makes it unreadable again */

/* The number that the next descriptor will get, if nobody is faster; -1 when there is none to be had. Asked by copying
 * `fd`, which is open. */
int weir_sys_next_fd(int fd);

/* Sockets, non-blocking from birth. */
int64_t weir_sys_socket(uint8_t family, int *os_code);
int64_t weir_sys_accept(int64_t handle, int *os_code); /* WEIR_EAGAIN: none waiting */
int weir_sys_bind(int64_t handle, const weir_address *address, int *os_code);
int weir_sys_connect(int64_t handle, const weir_address *address, int *os_code); /* WEIR_EAGAIN: under way */
int weir_sys_connect_result(int64_t handle, int *os_code);                       /* after it became writable */
int weir_sys_listen(int64_t handle, int backlog, int *os_code);                  /* backlog 0: the largest */
int weir_sys_reuse_port(int64_t handle, bool on, int *os_code);
int weir_sys_ipv6_only(int64_t handle, bool on, int *os_code);
int weir_sys_keepalive(int64_t handle, int silence_s, int *os_code); /* 0: off */
int weir_sys_unlink(const weir_address *address, int *os_code);      /* a socket file, and nothing else */
int weir_sys_local(int64_t handle, weir_address *ret, int *os_code);
int weir_sys_peer(int64_t handle, weir_address *ret, int *os_code);
int weir_sys_shutdown_send(int64_t handle, int *os_code);
int weir_sys_close(int64_t handle, bool reset);
int weir_sys_pending_error(int64_t handle, int *os_code); /* SO_ERROR, which is handed out once */
size_t weir_sys_unsent(int64_t handle);

/* Bytes of any stream handle, never blocking (but for WEIR_HANDLE_FILE). WEIR_EAGAIN: not now; receive 0: the end. */
int64_t weir_sys_receive(int64_t handle, void *bytes, size_t size, int *os_code);
int64_t weir_sys_send(int64_t handle, const struct weir_segment *chain, int *os_code);

/* As receive, but the bytes go to the socket `to` without being seen: `*moved` of them, and the rest, which it refused,
 * is received as usual. 0 with nothing moved: the end. All zero is a conduit that is made when first needed. */
struct weir_conduit {
    int in, out;
};
int64_t weir_sys_forward(struct weir_conduit *c, int64_t from, int64_t to, void *bytes, size_t size, size_t *moved,
                         int *os_code);
void weir_sys_conduit_close(struct weir_conduit *c);

/* Files: these may block, but for read_at_now, which tells what is in memory and else WEIR_EAGAIN, also where an error
 * or the end is. `flags`: weir_file_flags. An offset of UINT64_MAX is the file's own position, and the end for a write
 * to one opened for appending. Writes are made with SIGXFSZ blocked, as every thread of sys/thread.h has it. */
int64_t weir_sys_open(const char *path, int flags, int *os_code); /* WEIR_ENOTSUP: FIFO, socket, terminal */
int weir_sys_size(int64_t handle, uint64_t *ret, int *os_code);   /* WEIR_ENOTSUP: no regular file */
int weir_sys_rewind(int64_t handle, uint64_t by, int *os_code);   /* its own position */
int weir_sys_sync(int64_t handle, int *os_code);                  /* WEIR_ENOTSUP: nothing to sync it to */
int weir_sys_finish(int64_t handle, int *os_code);                /* closed whatever it says */
int64_t weir_sys_read_at(int64_t handle, void *bytes, size_t size, uint64_t offset, int *os_code);
int64_t weir_sys_read_at_now(int64_t handle, void *bytes, size_t size, uint64_t offset);
int64_t weir_sys_write_at(int64_t handle, const void *bytes, size_t size, uint64_t offset, int *os_code);

int weir_sys_pipe(int64_t ret[2], int *os_code); /* both ends non-blocking */
int weir_sys_can_wait(int fd);                   /* whether a poller takes it: 1 or 0, or -1 and errno */
int weir_sys_random(void *bytes, size_t size, int *os_code);

/* A descriptor from outside. */
struct weir_found {
    int64_t handle;
    bool reads, writes;
    bool socket;  /* a connected stream socket */
    bool listens; /* a listening one */
    bool file;    /* a regular file, or a device that cannot be waited for */
    bool blocks;  /* its flags do not say otherwise */
    uint8_t family;
};

/* WEIR_ENOENT: no such descriptor; WEIR_ENOTSUP: of a kind that has no place here, or a listening socket that blocks
 * and is not taken. A taken one is closed when this fails. */
int weir_sys_adopt(int fd, weir_ownership owner, struct weir_found *ret, int *os_code);

/* A duplicate of the descriptor that a service manager left open under `name`, or under a bare number's index.
 * WEIR_ENOENT and the names that are there, separated by colons. Reads the environment. */
int weir_sys_activated(const char *name, int *ret, char *there, size_t size, int *os_code);

/* Descriptors over a UNIX stream, with bytes, `size` > 0. Take returns the bytes, 0 at the end, and a descriptor or
 * -1. */
int weir_sys_pass(int64_t handle, int64_t what, const void *bytes, size_t size, int *os_code);
int64_t weir_sys_take(int64_t handle, void *bytes, size_t size, int *fd, int *os_code);
int weir_sys_same_user(int64_t handle, int *os_code); /* WEIR_EACCES: the peer is another's */
int weir_sys_private(int64_t handle, int *os_code);   /* before bind: the socket file will be its owner's alone */

/* To and from the system's own form. `size` is in/out as in getsockname. */
struct sockaddr_storage;
unsigned weir_sys_sockaddr(const weir_address *address, struct sockaddr_storage *ret);
void weir_sys_address(const struct sockaddr_storage *from, unsigned size, weir_address *ret);

#endif
