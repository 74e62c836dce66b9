/* SPDX-License-Identifier: MIT
 *
 * Listening, connecting, accepting. The connection is one piece of memory made when it is asked for, so that nothing on
 * its way can fail; what a host that nobody has would answer is WEIR_EUNREACH after UNREACH_NS. */
#include "backend/sim/listen.h"

#include "backend/sim/keepalive.h"

#define UNREACH_NS ((uint64_t)3000000000)
#define BACKLOG_MOST 4096

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static struct weir_sim_line *line_of(struct weir_sim_stream *stream) {
    return stream->made ? &stream->listener->made : &stream->listener->waiting;
}

static void join(struct weir_sim_socket *listener, struct weir_sim_stream *stream, bool made) {
    struct weir_sim_line *line;
    stream->listener = listener;
    stream->made = made;
    stream->behind = NULL;
    line = line_of(stream);
    if (line->last)
        line->last->behind = stream;
    else
        line->first = stream;
    line->last = stream;
    line->count++;
}

void weir_sim_line_leave(struct weir_sim_stream *stream) {
    struct weir_sim_stream *before = NULL;
    struct weir_sim_line *line;
    if (!stream->listener) return;
    line = line_of(stream);
    for (struct weir_sim_stream *s = line->first; s != stream; s = s->behind)
        before = s;
    if (before)
        before->behind = stream->behind;
    else
        line->first = stream->behind;
    if (line->last == stream) line->last = before;
    line->count--;
    stream->listener = NULL;
}

/* ---- the way there and back -------------------------------------------------------------------------------------- */

static void answer(struct weir_sim_stream *stream, enum weir_sim_parcel_kind kind) {
    weir_sim_flow_signal(stream->sim, &stream->ends[1].out, kind,
                         weir_sim_latency(stream->sim, stream->kind != WEIR_SIM_TCP));
}

static void refuse(struct weir_sim_stream *stream, int error) {
    stream->refusal = error;
    answer(stream, WEIR_SIM_REFUSAL);
}

static void enter_backlog(struct weir_sim_socket *listener, struct weir_sim_stream *stream) {
    struct weir_sim_end *end = &stream->ends[1];
    join(listener, stream, true);
    end->open = end->connected = true;
    end->party.id = ++end->party.host->serial;
    weir_sim_record(&end->party, &listener->party, WEIR_SIM_ACT_QUEUED, 0, 0);
    answer(stream, WEIR_SIM_SYN_ACK);
    weir_sim_poke(listener, WEIR_SIM_IN);
}

void weir_sim_syn_came(struct weir_sim_stream *stream) {
    struct weir_sim_end *end = &stream->ends[1];
    struct weir_sim_socket *listener;
    int error = WEIR_EUNREACH;

    listener = end->party.host ? weir_sim_find_listener(end->party.host, &end->name, &error) : NULL;
    if (!listener) {
        refuse(stream, error);
    } else if (listener->made.count < listener->backlog) {
        enter_backlog(listener, stream);
    } else if (listener->family == WEIR_FAMILY_UNIX) {
        refuse(stream, WEIR_EREFUSED); /* as a non-blocking connect of Linux, which does not queue */
    } else {
        weir_sim_record(&stream->ends[0].party, &listener->party, WEIR_SIM_ACT_WAITS, 0, 0);
        join(listener, stream, false);
    }
}

void weir_sim_answer_came(struct weir_sim_stream *stream, bool refused) {
    struct weir_sim_end *end = &stream->ends[0];
    enum weir_sim_act act;
    if (!end->open) return;
    act = refused ? WEIR_SIM_ACT_REFUSED : WEIR_SIM_ACT_CONNECTED;
    if (stream->refusal == WEIR_EUNREACH) act = WEIR_SIM_ACT_UNREACHABLE;
    weir_sim_record(&end->party, &stream->ends[1].party, act, 0, 0);
    if (refused)
        end->error = stream->refusal;
    else
        end->connected = true;
    if (end->socket) weir_sim_poke(end->socket, WEIR_SIM_OUT);
}

/* ---- listeners --------------------------------------------------------------------------------------------------- */

static int bind_anywhere(struct weir_sim_socket *socket) {
    weir_address any = weir_sim_nameless(socket->family);
    return weir_sim_bind(socket, &any);
}

int weir_sim_listen(struct weir_sim_socket *socket, int backlog) {
    if (socket->party.kind >= WEIR_SIM_PIPE || socket->end) return WEIR_EINVAL;
    if (!socket->local.family) {
        int result = socket->family == WEIR_FAMILY_UNIX ? WEIR_EINVAL : bind_anywhere(socket);
        if (result < 0) return result;
    }
    /* As Linux counts: a backlog of n holds n + 1. */
    socket->backlog = backlog > 0 && backlog < BACKLOG_MOST ? (size_t)backlog + 1 : BACKLOG_MOST;
    socket->listening = true;
    weir_sim_record(&socket->party, NULL, WEIR_SIM_ACT_LISTEN, 0, 0);
    return 0;
}

void weir_sim_unlisten(struct weir_sim_socket *socket) {
    struct weir_sim_stream *stream;
    socket->listening = false;
    while ((stream = socket->waiting.first)) {
        weir_sim_line_leave(stream);
        refuse(stream, WEIR_EREFUSED);
    }
    while ((stream = socket->made.first)) {
        weir_sim_line_leave(stream);
        weir_sim_end_abandon(&stream->ends[1]);
    }
}

int weir_sim_accept(struct weir_sim_socket *listener, struct weir_sim_socket **ret) {
    struct weir_sim_stream *stream = listener->made.first;
    struct weir_sim_socket *socket;
    int result;

    if (!stream) return WEIR_EAGAIN;
    result = weir_sim_socket_open(listener->port, (enum weir_sim_kind)stream->kind, listener->family, &socket);
    if (result < 0) return result;
    weir_sim_line_leave(stream);
    socket->end = &stream->ends[1];
    socket->end->socket = socket;
    socket->keepalive = listener->keepalive;
    weir_sim_keepalive_check(socket->end);
    weir_sim_record(&listener->party, &stream->ends[1].party, WEIR_SIM_ACT_ACCEPT, 0, 0);
    if (listener->waiting.first) {
        stream = listener->waiting.first;
        weir_sim_line_leave(stream);
        enter_backlog(listener, stream);
    }
    *ret = socket;
    return 0;
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

/* Where it really goes: the wildcard address means this host. */
static weir_address destination(const weir_address *address) {
    weir_address target = weir_sim_unmapped(address);
    if (target.family == WEIR_FAMILY_UNIX || !weir_sim_is_any(&target)) return target;
    target.bytes[0] = target.family == WEIR_FAMILY_IPV4 ? 127 : 0;
    target.bytes[target.length - 1] = 1;
    return target;
}

static void depart(struct weir_sim_stream *stream) {
    bool nobody = !stream->ends[1].party.host;
    uint64_t delay = nobody ? UNREACH_NS : weir_sim_latency(stream->sim, stream->kind != WEIR_SIM_TCP);
    weir_sim_record(&stream->ends[0].party, &stream->ends[1].party, WEIR_SIM_ACT_CONNECT, 0, 0);
    weir_sim_flow_signal(stream->sim, &stream->ends[0].out, WEIR_SIM_SYN, delay);
}

int weir_sim_connect(struct weir_sim_socket *socket, const weir_address *address) {
    weir_address target = destination(address);
    weir_sim_host *host = socket->party.host;
    struct weir_sim_stream *stream;
    int result;

    if (address->family != socket->family || socket->end || socket->listening) return WEIR_EINVAL;
    result = weir_sim_stream_new(host->sim, (enum weir_sim_kind)socket->party.kind, &stream);
    if (result < 0) return result;
    stream->ends[0].party = socket->party;
    stream->ends[0].name = weir_sim_source(socket, &target);
    stream->ends[0].socket = socket;
    stream->ends[0].open = true;
    stream->ends[1].party = (struct weir_sim_party){weir_sim_route(host, &target), 0, socket->party.kind};
    stream->ends[1].name = target;
    socket->end = &stream->ends[0];
    depart(stream);
    return 0;
}

int weir_sim_connect_result(struct weir_sim_socket *socket) {
    struct weir_sim_end *end = socket->end;
    int error = end->error;
    if (!error) return end->connected ? 0 : WEIR_EAGAIN;
    end->error = 0;
    if (!end->connected) weir_sim_connect_drop(socket);
    return error;
}

void weir_sim_connect_drop(struct weir_sim_socket *socket) {
    weir_sim_end_close(socket->end, true);
    socket->end = NULL;
}
