/* SPDX-License-Identifier: MIT
 *
 * What the two halves of moving bytes, sockets and all the rest, share. */
#ifndef WEIR_SYS_POSIX_BYTES_H
#define WEIR_SYS_POSIX_BYTES_H

#include <sys/types.h>
#include <sys/uio.h>

#include "sys/sys.h"

#define WEIR_SYS_GATHER_MAX 64

/* The first `max` segments at most. Returns how many. */
int weir_sys_gather(const struct weir_segment *chain, struct iovec *ret, int max);

/* Streams that are no sockets. As read and writev: -1 and errno, EAGAIN when not now. */
ssize_t weir_sys_read_now(int64_t handle, void *bytes, size_t size);
ssize_t weir_sys_write_now(int64_t handle, const struct weir_segment *chain);

#endif
