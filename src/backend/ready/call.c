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
static int made(struct weir_call *call, int64_t handle) {
    if (handle < 0) return (int)handle;
    call->handle = handle;
    return 0;
}

static int make_pipe(struct weir_call *call) {
    int64_t ends[2] = {WEIR_NO_HANDLE, WEIR_NO_HANDLE};
    int status = weir_sys_pipe(ends, &call->os_code);
    if (status < 0) return status;
    call->handle = ends[0];
    call->other = ends[1];
    return 0;
}

static int option(const struct weir_call *call, int *os_code) {
    switch (call->option) {
    case WEIR_OPTION_REUSEPORT: return weir_sys_reuse_port(call->handle, call->value != 0, os_code);
    case WEIR_OPTION_IPV6_ONLY: return weir_sys_ipv6_only(call->handle, call->value != 0, os_code);
    case WEIR_OPTION_PRIVATE: return weir_sys_private(call->handle, os_code);
    case WEIR_OPTION_KEEPALIVE: return weir_sys_keepalive(call->handle, call->value, os_code);
    }
    return WEIR_ENOTSUP;
}

static int adopt(struct weir_call *call) {
    struct weir_found found;
    int status = weir_sys_adopt(call->value, call->owner, &found, &call->os_code);
    if (status < 0) return status;
    call->handle = found.handle;
    call->family = found.family;
    call->count = (found.reads ? WEIR_ADOPTED_READS : 0u) | (found.writes ? WEIR_ADOPTED_WRITES : 0u) |
                  (found.socket ? WEIR_ADOPTED_SOCKET : 0u) | (found.listens ? WEIR_ADOPTED_LISTENS : 0u) |
                  (found.file ? WEIR_ADOPTED_FILE : 0u);
    return 0;
}

static int take(struct weir_call *call) {
    int64_t n = weir_sys_take(call->handle, call->bytes, call->count, &call->value, &call->os_code);
    if (n < 0) return (int)n;
    call->count = (size_t)n;
    return 0;
}

static int accept_now(struct weir_call *call) {
    int64_t handle = weir_sys_accept(call->handle, &call->os_code);
    if (handle < 0) return (int)handle;
    call->other = handle;
    return 0;
}

int weir_ready_do(struct weir_call *call) {
    call->os_code = 0;
    switch (call->kind) {
    case WEIR_CALL_TRY_SEND: return try_send(call);
    case WEIR_CALL_SOCKET: return made(call, weir_sys_socket(call->family, &call->os_code));
    case WEIR_CALL_BIND: return weir_sys_bind(call->handle, call->address, &call->os_code);
    case WEIR_CALL_LISTEN: return weir_sys_listen(call->handle, call->value, &call->os_code);
    case WEIR_CALL_OPTION: return option(call, &call->os_code);
    case WEIR_CALL_LOCAL: return weir_sys_local(call->handle, call->named, &call->os_code);
    case WEIR_CALL_PEER: return weir_sys_peer(call->handle, call->named, &call->os_code);
    case WEIR_CALL_SHUTDOWN: return weir_sys_shutdown_send(call->handle, &call->os_code);
    case WEIR_CALL_CLOSE: return weir_sys_close(call->handle, call->value != 0);
    case WEIR_CALL_UNSENT: call->count = weir_sys_unsent(call->handle); return 0;
    case WEIR_CALL_ERROR: return weir_sys_pending_error(call->handle, &call->os_code);
    case WEIR_CALL_PIPE: return make_pipe(call);
    case WEIR_CALL_UNLINK: return weir_sys_unlink(call->address, &call->os_code);
    case WEIR_CALL_RANDOM: return weir_sys_random(call->bytes, call->count, &call->os_code);
    case WEIR_CALL_OPEN: return made(call, weir_sys_open(call->path, call->value, &call->os_code));
    case WEIR_CALL_SIZE: return weir_sys_size(call->handle, &call->size, &call->os_code);
    case WEIR_CALL_SYNC: return weir_sys_sync(call->handle, &call->os_code);
    case WEIR_CALL_FINISH: return weir_sys_finish(call->handle, &call->os_code);
    case WEIR_CALL_ADOPT: return adopt(call);
    case WEIR_CALL_PASS: return weir_sys_pass(call->handle, call->other, call->bytes, call->count, &call->os_code);
    case WEIR_CALL_TAKE: return take(call);
    case WEIR_CALL_SAME_USER: return weir_sys_same_user(call->handle, &call->os_code);
    case WEIR_CALL_ACCEPT: return accept_now(call);
    case WEIR_CALL_REWIND: return weir_sys_rewind(call->handle, call->size, &call->os_code);
    }
    return WEIR_ENOTSUP;
}

static bool makes_handle(enum weir_call_kind kind) {
    return kind == WEIR_CALL_SOCKET || kind == WEIR_CALL_PIPE || kind == WEIR_CALL_OPEN || kind == WEIR_CALL_ADOPT;
}

static bool makes_other(enum weir_call_kind kind) { return kind == WEIR_CALL_PIPE || kind == WEIR_CALL_ACCEPT; }

bool weir_ready_makes(enum weir_call_kind kind) { return makes_handle(kind) || makes_other(kind); }

static bool is_open(weir_handle handle) {
    return handle != WEIR_NO_HANDLE && !weir_sys_is(handle, WEIR_HANDLE_BORROWED);
}

int weir_ready_made(const struct weir_call *call, weir_handle ret[2]) {
    int count = 0;
    if (makes_handle(call->kind) && is_open(call->handle)) ret[count++] = call->handle;
    if (makes_other(call->kind) && is_open(call->other)) ret[count++] = call->other;
    return count;
}

/* A descriptor is gone after a close, whatever that returned. */
void weir_ready_count(struct weir_backend_state *state, const struct weir_call *call, int status) {
    weir_handle made[2];
    if (call->kind == WEIR_CALL_CLOSE || call->kind == WEIR_CALL_FINISH)
        state->handles -= is_open(call->handle);
    else if (status == 0)
        state->handles += (size_t)weir_ready_made(call, made);
}

int weir_ready_call(struct weir_backend_state *state, struct weir_call *call) {
    state->system_calls++;
    int status = weir_ready_do(call);
    weir_ready_count(state, call, status);
    return status;
}
