/* SPDX-License-Identifier: MIT
 *
 * The switch from a call of the port to the function of sys/ that does it. A call is counted as one system call: those
 * that take two or three are rare, and none of them is on the way of a byte. */
#include "backend/ready/call.h"

#include "sys/sys.h"

/* The one that every write makes. */
static int try_send(struct weir_call *call) {
    int64_t n = weir_sys_send(call->handle, call->segments, &call->os_code);
    if (n < 0) return (int)n;
    call->count = (size_t)n;
    return 0;
}

/* A new handle, or why there is none. */
static int made(struct weir_backend_state *state, struct weir_call *call, int64_t handle) {
    if (handle < 0) return (int)handle;
    call->handle = handle;
    if (!weir_sys_is(handle, WEIR_HANDLE_BORROWED)) state->handles++;
    return 0;
}

static int make_pipe(struct weir_backend_state *state, struct weir_call *call, bool nonblocking) {
    int64_t ends[2];
    int status = weir_sys_pipe(ends, nonblocking, &call->os_code);
    if (status < 0) return status;
    call->handle = ends[0];
    call->other = ends[1];
    state->handles += 2;
    return 0;
}

static int option(struct weir_call *call) {
    if (call->option == WEIR_OPTION_REUSEPORT) {
        return weir_sys_reuse_port(call->handle, call->value != 0, &call->os_code);
    }
    return weir_sys_ipv6_only(call->handle, call->value != 0, &call->os_code);
}

static int close_handle(struct weir_backend_state *state, const struct weir_call *call) {
    if (!weir_sys_is(call->handle, WEIR_HANDLE_BORROWED)) state->handles--;
    return weir_sys_close(call->handle, call->value != 0);
}

int weir_ready_call(struct weir_backend_state *state, struct weir_call *call, bool nonblocking) {
    state->system_calls++;
    call->os_code = 0;
    switch (call->kind) {
    case WEIR_CALL_TRY_SEND: return try_send(call);
    case WEIR_CALL_SOCKET: return made(state, call, weir_sys_socket(call->family, nonblocking, &call->os_code));
    case WEIR_CALL_BIND: return weir_sys_bind(call->handle, call->address, &call->os_code);
    case WEIR_CALL_LISTEN: return weir_sys_listen(call->handle, call->value, &call->os_code);
    case WEIR_CALL_OPTION: return option(call);
    case WEIR_CALL_LOCAL: return weir_sys_local(call->handle, call->named, &call->os_code);
    case WEIR_CALL_PEER: return weir_sys_peer(call->handle, call->named, &call->os_code);
    case WEIR_CALL_SHUTDOWN: return weir_sys_shutdown_send(call->handle, &call->os_code);
    case WEIR_CALL_CLOSE: return close_handle(state, call);
    case WEIR_CALL_UNSENT: call->count = weir_sys_unsent(call->handle); return 0;
    case WEIR_CALL_ERROR: return weir_sys_pending_error(call->handle, &call->os_code);
    case WEIR_CALL_PIPE: return make_pipe(state, call, nonblocking);
    case WEIR_CALL_STDIO: return made(state, call, weir_sys_stdio(call->value, &call->os_code));
    case WEIR_CALL_UNLINK: return weir_sys_unlink(call->address, &call->os_code);
    case WEIR_CALL_RANDOM: return weir_sys_random(call->bytes, call->count, &call->os_code);
    }
    return WEIR_ENOTSUP;
}
