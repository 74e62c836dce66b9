/* SPDX-License-Identifier: MIT
 *
 * The life of a connection once there is one; see stream.h for the rules. Everything that reaches an end comes through
 * `wire_event`, but for what one system knows at once of itself: that the other end of a UNIX socket or pipe is closed,
 * and that there is room again. */
#include "backend/sim/stream.h"

#include <assert.h>

#include "backend/sim/listen.h"

static bool is_tcp(const struct weir_sim_end *end) { return end->stream->kind == WEIR_SIM_TCP; }

static const struct weir_sim_end *other_of(const struct weir_sim_end *end) {
    return &end->stream->ends[end == &end->stream->ends[0]];
}

struct weir_sim_end *weir_sim_other(struct weir_sim_end *end) {
    return &end->stream->ends[end == &end->stream->ends[0]];
}

static void poke(struct weir_sim_end *end, enum weir_sim_lane lane) {
    if (end->socket) weir_sim_poke(end->socket, lane);
}

/* ---- what the wire brings ---------------------------------------------------------------------------------------- */

static void send_reset(struct weir_sim_end *end) {
    if (is_tcp(end)) weir_sim_flow_drop_queued(&end->out);
    end->out.rst = true;
    weir_sim_flow_launch(end->stream->sim, &end->out);
}

/* Nobody reads here any more. */
static void refuse_bytes(struct weir_sim_end *end) {
    weir_sim_flow_discard(&weir_sim_other(end)->out);
    if (is_tcp(end) && !end->reset) {
        end->reset = true;
        send_reset(end);
    }
}

static void data_came(struct weir_sim_end *end) {
    struct weir_sim_end *from = weir_sim_other(end);
    if (!end->open) refuse_bytes(end);
    poke(end, WEIR_SIM_IN);
    poke(from, WEIR_SIM_OUT);
}

static void fin_came(struct weir_sim_end *end) {
    end->ended = true;
    poke(end, WEIR_SIM_IN);
}

static void reset_came(struct weir_sim_end *end) {
    end->error = WEIR_ERESET;
    if (is_tcp(end)) {
        end->reset = true;
        weir_sim_flow_stop(end->stream->sim, &end->out);
    } else {
        end->ended = true;
    }
    poke(end, WEIR_SIM_IN);
    poke(end, WEIR_SIM_OUT);
}

static void parcel_came(struct weir_sim_end *end, const struct weir_sim_parcel *parcel, uint64_t content) {
    const struct weir_sim_party *from = &weir_sim_other(end)->party;
    switch (parcel->kind) {
    case WEIR_SIM_SYN: weir_sim_syn_came(end->stream); break;
    case WEIR_SIM_SYN_ACK: weir_sim_answer_came(end->stream, false); break;
    case WEIR_SIM_REFUSAL: weir_sim_answer_came(end->stream, true); break;
    case WEIR_SIM_DATA:
        weir_sim_record(from, &end->party, WEIR_SIM_ACT_DATA, parcel->size, content);
        data_came(end);
        break;
    case WEIR_SIM_FIN:
        weir_sim_record(from, &end->party, WEIR_SIM_ACT_FIN, 0, 0);
        fin_came(end);
        break;
    default: weir_sim_record(from, &end->party, WEIR_SIM_ACT_RESET, 0, 0); reset_came(end);
    }
}

static struct weir_sim_end *end_of(struct weir_sim_event *event) {
    struct weir_sim_flow *flow = (struct weir_sim_flow *)((char *)event - offsetof(struct weir_sim_flow, wire));
    return (struct weir_sim_end *)((char *)flow - offsetof(struct weir_sim_end, out));
}

static void wire_event(struct weir_sim_event *event) {
    struct weir_sim_end *from = end_of(event), *to = weir_sim_other(from);
    weir_sim *sim = from->stream->sim;
    struct weir_sim_parcel parcel;
    uint64_t content;

    if (weir_sim_is_cut(sim, from->party.host, to->party.host)) {
        from->out.held = true;
        return;
    }
    parcel = weir_sim_flow_arrive(sim, &from->out, &content);
    parcel_came(to, &parcel, content);
}

/* ---- made and freed ---------------------------------------------------------------------------------------------- */

static int init_flows(weir_sim *sim, struct weir_sim_stream *stream) {
    bool local = stream->kind != WEIR_SIM_TCP, pipe = stream->kind == WEIR_SIM_PIPE;
    size_t there = pipe ? sim->options.pipe_buffer : sim->options.socket_buffer, back = pipe ? 0 : there;
    if (weir_sim_flow_init(sim, &stream->ends[0].out, there, local) < 0) return WEIR_ENOMEM;
    if (weir_sim_flow_init(sim, &stream->ends[1].out, back, local) == 0) return 0;
    weir_sim_flow_free(sim, &stream->ends[0].out);
    return WEIR_ENOMEM;
}

int weir_sim_stream_new(weir_sim *sim, enum weir_sim_kind kind, struct weir_sim_stream **ret) {
    struct weir_sim_stream *stream = weir_memory_new(&sim->memory, sizeof *stream);
    if (!stream) return WEIR_ENOMEM;
    stream->sim = sim;
    stream->kind = (uint8_t)kind;
    for (int i = 0; i < 2; i++) {
        stream->ends[i].stream = stream;
        stream->ends[i].out.wire.run = wire_event;
    }
    if (init_flows(sim, stream) < 0) {
        weir_memory_free(&sim->memory, stream, sizeof *stream);
        return WEIR_ENOMEM;
    }
    stream->next = sim->streams;
    if (stream->next) stream->next->before = stream;
    sim->streams = stream;
    *ret = stream;
    return 0;
}

void weir_sim_stream_free(struct weir_sim_stream *stream) {
    weir_sim *sim = stream->sim;
    weir_sim_line_leave(stream);
    if (stream->before)
        stream->before->next = stream->next;
    else
        sim->streams = stream->next;
    if (stream->next) stream->next->before = stream->before;
    for (int i = 0; i < 2; i++) {
        weir_sim_queue_remove(&sim->events, &stream->ends[i].silence);
        weir_sim_flow_free(sim, &stream->ends[i].out);
    }
    weir_memory_free(&sim->memory, stream, sizeof *stream);
}

/* ---- what a program does ----------------------------------------------------------------------------------------- */

int weir_sim_end_take_error(struct weir_sim_end *end) {
    int error = end->error;
    end->error = 0;
    return error;
}

/* Without bytes: the order in which the kernel looks at the rest. */
static int64_t receive_none(struct weir_sim_end *end) {
    if (is_tcp(end) && end->ended) return 0;
    if (end->error) return weir_sim_end_take_error(end);
    return end->ended || end->reset ? 0 : WEIR_EAGAIN;
}

int64_t weir_sim_end_receive(struct weir_sim_end *end, uint8_t *bytes, size_t size) {
    weir_sim *sim = end->stream->sim;
    struct weir_sim_end *from = weir_sim_other(end);
    size_t n = from->out.arrived < size ? from->out.arrived : size;
    if (!n) return receive_none(end);
    n = weir_sim_flow_read(&from->out, bytes, weir_sim_part(sim, n));
    weir_sim_record(&end->party, NULL, WEIR_SIM_ACT_RECEIVE, n, 0);
    weir_sim_flow_launch(sim, &from->out);
    if (!is_tcp(end)) poke(from, WEIR_SIM_OUT);
    return (int64_t)n;
}

static bool is_broken(const struct weir_sim_end *end) {
    return end->half_closed || end->reset || (!is_tcp(end) && !other_of(end)->open);
}

int64_t weir_sim_end_send(struct weir_sim_end *end, const struct weir_segment *chain) {
    weir_sim *sim = end->stream->sim;
    size_t room = weir_sim_flow_room(&end->out), n = 0;

    if (is_tcp(end) && end->error) return weir_sim_end_take_error(end);
    if (is_broken(end)) return WEIR_ERESET;
    for (const struct weir_segment *s = chain; s && n < room; s = s->next)
        n += s->size;
    if (n > room) n = room;
    if (n) n = weir_sim_flow_write(sim, &end->out, chain, weir_sim_part(sim, n));
    if (!n) return WEIR_EAGAIN;
    weir_sim_record(&end->party, NULL, WEIR_SIM_ACT_SEND, n, 0);
    weir_sim_flow_launch(sim, &end->out);
    return (int64_t)n;
}

int weir_sim_end_shutdown(struct weir_sim_end *end) {
    if (!end->connected || end->reset) return WEIR_ENOTCONN;
    if (end->half_closed) return 0;
    end->half_closed = true;
    end->out.fin = true;
    weir_sim_record(&end->party, NULL, WEIR_SIM_ACT_SHUTDOWN, 0, 0);
    weir_sim_flow_launch(end->stream->sim, &end->out);
    return 0;
}

size_t weir_sim_end_unsent(const struct weir_sim_end *end) {
    return is_tcp(end) ? end->out.queued + end->out.flying : 0;
}

/* Bytes sent to this end that it did not take: TCP counts what is here, one system knows of all. */
static bool has_unread(const struct weir_sim_end *end) {
    const struct weir_sim_flow *in = &other_of(end)->out;
    return in->arrived || (!is_tcp(end) && (in->flying || in->queued));
}

static void finish(struct weir_sim_end *end) {
    if (!end->half_closed) end->out.fin = true;
    end->half_closed = true;
    weir_sim_flow_launch(end->stream->sim, &end->out);
}

/* `reset`: the other end is to find out that not everything was read. */
static void close_end(struct weir_sim_end *end, bool reset) {
    struct weir_sim_stream *stream = end->stream;
    struct weir_sim_end *other = weir_sim_other(end);

    assert(end->open);
    end->open = false;
    end->socket = NULL;
    weir_sim_queue_remove(&stream->sim->events, &end->silence);
    weir_sim_record(&end->party, NULL, WEIR_SIM_ACT_CLOSE, reset, 0);
    if (!other->open) {
        weir_sim_stream_free(stream);
        return;
    }
    weir_sim_flow_discard(&other->out);
    if (!is_tcp(end)) weir_sim_flow_stop(stream->sim, &other->out);
    if (end->reset) return;
    if (reset) {
        end->reset = is_tcp(end);
        send_reset(end);
    } else {
        finish(end);
    }
    if (!is_tcp(end)) poke(other, WEIR_SIM_OUT);
}

void weir_sim_end_close(struct weir_sim_end *end, bool reset) {
    bool unread = end->stream->kind != WEIR_SIM_PIPE && has_unread(end);
    close_end(end, unread || (reset && is_tcp(end)));
}

void weir_sim_end_abandon(struct weir_sim_end *end) { close_end(end, true); }

void weir_sim_end_give_up(struct weir_sim_end *end, int error) {
    end->reset = true;
    end->error = error;
    send_reset(end);
    poke(end, WEIR_SIM_IN);
    poke(end, WEIR_SIM_OUT);
}

void weir_sim_stream_lose(struct weir_sim_stream *stream) {
    for (int i = 0; i < 2; i++) {
        struct weir_sim_end *end = &stream->ends[i];
        weir_sim_flow_stop(stream->sim, &end->out);
        end->reset = true;
        end->error = WEIR_ERESET;
        weir_sim_queue_remove(&stream->sim->events, &end->silence);
        poke(end, WEIR_SIM_IN);
        poke(end, WEIR_SIM_OUT);
    }
}
