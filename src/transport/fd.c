/* SPDX-License-Identifier: MIT
 *
 * Pipes and standard input and output: the socket driver over other handles. */
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

int weir_stdio_open(weir_loop *loop, const weir_limits *limits, const weir_protocol *protocol, void *self,
                    weir_transport **ret) {
    if (!loop || !ret) return WEIR_EINVAL;
    struct weir_call in = {.kind = WEIR_CALL_STDIO, .value = 0}, out = {.kind = WEIR_CALL_STDIO, .value = 1};
    struct weir_scope *scope = weir_scope_for(loop, limits);
    if (!scope) return WEIR_ENOMEM;
    int status = weir_port_call(loop, &in);
    if (status >= 0) status = weir_port_call(loop, &out);
    if (status >= 0)
        status = weir_socket_adopt(scope, &weir_driver_stdio, in.handle, out.handle, WEIR_OPEN, protocol, self, ret);
    weir_scope_drop(scope);
    if (status < 0) return weir_loop_fail(loop, status, WEIR_STAGE_OPEN, in.os_code ? in.os_code : out.os_code, NULL);
    weir_transport_step_later(*ret);
    return 0;
}
