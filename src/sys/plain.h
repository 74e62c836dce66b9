/* SPDX-License-Identifier: MIT
 *
 * A descriptor as its owner has made it: a call blocks if the descriptor does. */
#ifndef WEIR_SYS_PLAIN_H
#define WEIR_SYS_PLAIN_H

#include <stddef.h>
#include <stdint.h>

/* Bytes, 0 at the end, WEIR_EAGAIN, or WEIR_E... and the system's number. An interrupted call is made again. */
int64_t weir_sys_read(int fd, void *bytes, size_t size, int *os_code);

#endif
