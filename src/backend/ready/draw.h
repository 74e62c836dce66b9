/* SPDX-License-Identifier: MIT
 *
 * Drawing the bytes of a receive op: into a buffer, or, after a large receive and where the op says so, onward to
 * another socket without being seen. For every backend of real descriptors. */
#ifndef WEIR_BACKEND_READY_DRAW_H
#define WEIR_BACKEND_READY_DRAW_H

#include "core/backend.h"
#include "sys/sys.h"

/* As weir_sys_forward: what is in `bytes`, with `*moved` (zero before) gone onward. */
static inline int64_t weir_ready_draw(struct weir_conduit *conduit, struct weir_port_op *op, void *bytes, size_t size,
                                      size_t *moved, int *os_code) {
    weir_handle to = op->large && op->with.onward ? op->with.onward(op) : WEIR_NO_HANDLE;
    int64_t n = to == WEIR_NO_HANDLE ? weir_sys_receive(op->handle, bytes, size, os_code)
                                     : weir_sys_forward(conduit, op->handle, to, bytes, size, moved, os_code);
    if (n >= 0) op->large = (size_t)n + *moved >= WEIR_LARGE_RECEIVE;
    return n;
}

#endif
