/* SPDX-License-Identifier: MIT
 *
 * The life of a port op as the core keeps it: counted from submit to its last completion. */
#include <assert.h>

#include "core/loop.h"

int weir_port_submit(weir_loop *loop, struct weir_port_op *op) {
    assert(weir_loop_is_ours(loop));
    assert(!op->active);
    int status = loop->backend->submit(loop->state, op);
    if (status < 0) return status;
    op->active = true;
    loop->ops++;
    return 0;
}

void weir_port_cancel(weir_loop *loop, struct weir_port_op *op) {
    assert(weir_loop_is_ours(loop));
    if (op->active) loop->backend->cancel(loop->state, op);
}
