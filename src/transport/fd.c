/* SPDX-License-Identifier: MIT
 *
 * Pipes and inherited descriptors: the socket driver over other handles, or the file driver over a file. */
#include <weir/fd.h>

#include "transport/socket.h"

static void close_handle(weir_loop *loop, weir_handle handle) {
    struct weir_call call = {.kind = WEIR_CALL_CLOSE, .handle = handle};
    weir_port_call(loop, &call);
}

/* Takes both handles whatever happens. */
static int adopt_pair(struct weir_scope *scope, weir_handle in, weir_handle out, weir_transport *ret[2]) {
    weir_transport *reader, *writer;
    int status = weir_socket_adopt(scope, &weir_driver_pipe_reader, in, in, WEIR_OPEN, NULL, NULL, &reader);
    if (status >= 0) {
        status = weir_socket_adopt(scope, &weir_driver_pipe_writer, out, out, WEIR_OPEN, NULL, NULL, &writer);
        if (status < 0) weir_transport_free(reader);
    }
    if (status < 0) {
        close_handle(scope->loop, in);
        close_handle(scope->loop, out);
        return status;
    }
    for (int i = 0; i < 2; i++)
        weir_transport_step_later(ret[i] = i ? writer : reader);
    return 0;
}

int weir_pipe_pair(weir_loop *loop, const weir_limits *limits, weir_transport *ret[2]) {
    if (!loop || !ret) return WEIR_EINVAL;
    struct weir_call call = {.kind = WEIR_CALL_PIPE};
    struct weir_scope *scope = weir_scope_for(loop, limits);
    if (!scope) return WEIR_ENOMEM;
    int status = weir_port_call(loop, &call);
    if (status >= 0) status = adopt_pair(scope, call.handle, call.other, ret);
    weir_scope_drop(scope);
    return status < 0 ? weir_loop_fail(loop, status, WEIR_STAGE_OPEN, call.os_code, NULL) : 0;
}

/* Takes the handle when it succeeds. */
static int adopt(struct weir_scope *scope, const struct weir_call *call, const weir_protocol *protocol, void *self,
                 weir_transport **ret) {
    const size_t moves = WEIR_ADOPTED_READS | WEIR_ADOPTED_WRITES;
    if ((call->count & WEIR_ADOPTED_LISTENS) || !(call->count & moves)) return WEIR_ENOTSUP;
    if (call->count & WEIR_ADOPTED_FILE)
        return weir_file_adopt(scope, call->handle, call->owner, call->count, protocol, self, ret);
    return weir_socket_adopt(scope, weir_socket_adopted_driver(call), call->handle, call->handle, WEIR_OPEN, protocol,
                             self, ret);
}

int weir_fd_open(weir_loop *loop, int fd, weir_ownership owner, const weir_limits *limits,
                 const weir_protocol *protocol, void *self, weir_transport **ret) {
    struct weir_call call = {.kind = WEIR_CALL_ADOPT, .value = fd, .owner = owner};
    if (!loop || !ret || fd < 0 || owner < WEIR_TAKE || owner > WEIR_DUP) return WEIR_EINVAL;
    int status = weir_port_call(loop, &call);
    if (status < 0) return weir_loop_fail(loop, status, WEIR_STAGE_OPEN, call.os_code, NULL);
    struct weir_scope *scope = weir_scope_for(loop, limits);
    status = scope ? adopt(scope, &call, protocol, self, ret) : WEIR_ENOMEM;
    if (scope) weir_scope_drop(scope);
    if (status < 0) {
        close_handle(loop, call.handle);
        return weir_loop_fail(loop, status, WEIR_STAGE_OPEN, 0, NULL);
    }
    weir_transport_step_later(*ret);
    return 0;
}
