/* SPDX-License-Identifier: MIT
 *
 * What a thread does for an op. It sees the op and what that points to, which nobody else touches meanwhile; the state
 * of the backend belongs to the loop, which counts afterwards what was done here. */
#include "backend/ready/perform.h"

#include "backend/ready/call.h"
#include "sys/sys.h"

static int64_t do_call(struct weir_call *call, int *os_code) {
    int status = weir_ready_do(call);
    *os_code = call->os_code;
    return status;
}

int64_t weir_ready_perform(struct weir_port_op *op, int *os_code) {
    const struct weir_piece *piece = op->with.piece;
    switch (op->kind) {
    case WEIR_PORT_READ_AT: return weir_sys_read_at(op->handle, piece->bytes, piece->size, piece->offset, os_code);
    case WEIR_PORT_WRITE_AT: return weir_sys_write_at(op->handle, piece->bytes, piece->size, piece->offset, os_code);
    case WEIR_PORT_CALL: return do_call(op->with.call, os_code);
    default: return op->with.work->run(op->with.work, os_code);
    }
}

void weir_ready_performed(struct weir_backend_state *state, const struct weir_completion *completion) {
    if (completion->op->kind == WEIR_PORT_WORK || weir_ready_undone(completion)) return;
    state->system_calls++;
    if (completion->op->kind == WEIR_PORT_CALL)
        weir_ready_count(state, completion->op->with.call, (int)completion->result);
}
