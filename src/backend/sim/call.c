/* SPDX-License-Identifier: MIT
 *
 * The immediate acts of the port on a simulated system. */
#include "backend/sim/file.h"
#include "backend/sim/keepalive.h"
#include "backend/sim/listen.h"
#include "backend/sim/stream.h"

static int call_socket(struct weir_sim_port *port, struct weir_call *call) {
    struct weir_sim_socket *socket;
    enum weir_sim_kind kind = call->family == WEIR_FAMILY_UNIX ? WEIR_SIM_UNIX : WEIR_SIM_TCP;
    int result;
    if (call->family < WEIR_FAMILY_IPV4 || call->family > WEIR_FAMILY_UNIX) return WEIR_ENOTSUP;
    result = weir_sim_socket_open(port, kind, call->family, &socket);
    if (result == 0) call->handle = weir_sim_socket_handle(socket);
    return result;
}

static void join_pipe(struct weir_sim_stream *stream, struct weir_sim_socket *writer, struct weir_sim_socket *reader) {
    struct weir_sim_socket *sockets[2] = {writer, reader};
    for (int i = 0; i < 2; i++) {
        struct weir_sim_end *end = &stream->ends[i];
        end->socket = sockets[i];
        end->party = sockets[i]->party;
        end->open = end->connected = true;
        sockets[i]->end = end;
    }
    weir_sim_record(&writer->party, &reader->party, WEIR_SIM_ACT_PIPE, 0, 0);
}

static int call_pipe(struct weir_sim_port *port, struct weir_call *call) {
    struct weir_sim_socket *reader = NULL, *writer = NULL;
    struct weir_sim_stream *stream;
    int result = weir_sim_socket_open(port, WEIR_SIM_PIPE, WEIR_FAMILY_NONE, &reader);
    if (result == 0) result = weir_sim_socket_open(port, WEIR_SIM_PIPE, WEIR_FAMILY_NONE, &writer);
    if (result == 0) result = weir_sim_stream_new(port->host->sim, WEIR_SIM_PIPE, &stream);
    if (result == 0) {
        join_pipe(stream, writer, reader);
        call->handle = weir_sim_socket_handle(reader);
        call->other = weir_sim_socket_handle(writer);
        return 0;
    }
    if (writer) weir_sim_socket_free(writer);
    if (reader) weir_sim_socket_free(reader);
    return result;
}

static int call_option(struct weir_sim_socket *socket, const struct weir_call *call) {
    if (socket->party.kind >= WEIR_SIM_PIPE) return WEIR_ENOTSUP;
    if (call->option == WEIR_OPTION_KEEPALIVE) return weir_sim_keepalive_set(socket, call->value);
    if (call->option == WEIR_OPTION_PRIVATE) return WEIR_ENOTSUP;
    if (call->option == WEIR_OPTION_REUSEPORT)
        socket->reuse_port = call->value != 0;
    else if (socket->family == WEIR_FAMILY_IPV6)
        socket->ipv6_only = call->value != 0;
    else
        return WEIR_EINVAL;
    return 0;
}

static int call_local(const struct weir_sim_socket *socket, const struct weir_call *call) {
    const weir_address *name = socket->end ? &socket->end->name : &socket->local;
    if (socket->party.kind >= WEIR_SIM_PIPE) return WEIR_ENOTSUP;
    *call->named = weir_sim_shown(name, socket->family);
    if (!call->named->family) *call->named = weir_sim_nameless(socket->family);
    return 0;
}

static int call_peer(const struct weir_sim_socket *socket, const struct weir_call *call) {
    if (socket->party.kind >= WEIR_SIM_PIPE) return WEIR_ENOTSUP;
    if (!socket->end || !socket->end->connected || socket->end->reset) return WEIR_ENOTCONN;
    *call->named = weir_sim_shown(&weir_sim_other(socket->end)->name, socket->family);
    return 0;
}

static int call_shutdown(const struct weir_sim_socket *socket) {
    if (socket->party.kind >= WEIR_SIM_PIPE) return WEIR_ENOTSUP;
    return socket->end ? weir_sim_end_shutdown(socket->end) : WEIR_ENOTCONN;
}

static int call_try_send(const struct weir_sim_socket *socket, struct weir_call *call) {
    int64_t result;
    if (socket->file) return WEIR_ENOTSUP;
    if (!socket->end || !socket->end->connected) return WEIR_ENOTCONN;
    if (socket->party.kind == WEIR_SIM_PIPE && socket->end != &socket->end->stream->ends[0]) return WEIR_ENOTSUP;
    result = weir_sim_end_send(socket->end, call->segments);
    if (result < 0) return (int)result;
    call->count = (size_t)result;
    return 0;
}

static int call_random(weir_sim *sim, const struct weir_call *call) {
    for (size_t i = 0; i < call->count; i++)
        call->bytes[i] = (uint8_t)(weir_sim_random(sim) >> 56);
    return 0;
}

static int call_accept(struct weir_sim_socket *listener, struct weir_call *call) {
    struct weir_sim_socket *socket;
    int result = listener->listening ? weir_sim_accept(listener, &socket) : WEIR_EINVAL;
    if (result == 0) call->other = weir_sim_socket_handle(socket);
    return result;
}

/* Acts on a socket that is there. */
static int call_on(struct weir_sim_socket *socket, struct weir_call *call) {
    switch (call->kind) {
    case WEIR_CALL_BIND: return weir_sim_bind(socket, call->address);
    case WEIR_CALL_LISTEN: return weir_sim_listen(socket, call->value);
    case WEIR_CALL_OPTION: return call_option(socket, call);
    case WEIR_CALL_LOCAL: return call_local(socket, call);
    case WEIR_CALL_PEER: return call_peer(socket, call);
    case WEIR_CALL_SHUTDOWN: return call_shutdown(socket);
    case WEIR_CALL_CLOSE: weir_sim_socket_close(socket, call->value != 0); return 0;
    case WEIR_CALL_TRY_SEND: return call_try_send(socket, call);
    case WEIR_CALL_UNSENT: call->count = socket->end ? weir_sim_end_unsent(socket->end) : 0; return 0;
    case WEIR_CALL_ERROR: return socket->end ? weir_sim_end_take_error(socket->end) : 0;
    case WEIR_CALL_ACCEPT: return call_accept(socket, call);
    case WEIR_CALL_SIZE: return weir_sim_file_size(socket, call);
    case WEIR_CALL_SYNC: return weir_sim_file_sync(socket);
    case WEIR_CALL_FINISH: return weir_sim_file_finish(socket, call->value != 0);
    default: return WEIR_ENOTSUP;
    }
}

int weir_sim_call(struct weir_backend_state *state, struct weir_call *call) {
    struct weir_sim_port *port = (struct weir_sim_port *)state;
    struct weir_sim_socket *socket;
    call->os_code = 0;
    switch (call->kind) {
    case WEIR_CALL_SOCKET: return call_socket(port, call);
    case WEIR_CALL_PIPE: return call_pipe(port, call);
    case WEIR_CALL_UNLINK: return weir_sim_unlink(port->host, call->address);
    case WEIR_CALL_RANDOM: return call_random(port->host->sim, call);
    case WEIR_CALL_OPEN: return weir_sim_file_open(port, call);
    case WEIR_CALL_ADOPT:
    case WEIR_CALL_REWIND:
    case WEIR_CALL_PASS:
    case WEIR_CALL_TAKE: return WEIR_ENOTSUP; /* descriptors of the real system have no place here */
    default: socket = weir_sim_socket_find(port, call->handle);
    }
    return socket ? call_on(socket, call) : WEIR_EINVAL;
}
