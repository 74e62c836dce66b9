/* SPDX-License-Identifier: MIT
 *
 * The life of a port op as the core keeps it: counted from submit to its last completion. A forked child has copies of
 * everything but the kernel's half and the threads, which are the parent's: there no op starts, and
 * none is cancelled. */
#include <assert.h>

#include "core/loop.h"
#include "core/phases.h"

int weir_port_submit(weir_loop *loop, struct weir_port_op *op) {
    assert(weir_loop_is_ours(loop));
    assert(!op->active);
    if (weir_loop_forked(loop)) return WEIR_EFORKED;
    int status = loop->backend->submit(loop->state, op);
    if (status < 0) return status;
    op->active = true;
    loop->ops++;
    return 0;
}

void weir_port_cancel(weir_loop *loop, struct weir_port_op *op) {
    assert(weir_loop_is_ours(loop));
    if (op->active && !weir_loop_forked(loop)) loop->backend->cancel(loop->state, op);
}
