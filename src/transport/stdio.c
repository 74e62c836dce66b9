/* SPDX-License-Identifier: MIT
 *
 * Standard input and output as one transport: two handles, each of which may be a stream, which the socket driver
 * moves, or a file, which must not be waited for on the loop's thread. What the process shares with others it gives
 * back as it found it: no flag is changed, and a file on standard input stands where the protocol has read to. */
#include <weir/fd.h>

#include "transport/connect.h"
#include "transport/socket.h"

static struct weir_stdio *stdio_of(weir_transport *t) { return (struct weir_stdio *)(void *)t; }

static int receive(weir_transport *t, bool on) {
    struct weir_stdio *s = stdio_of(t);
    return s->reader.t ? weir_file_receive(&s->reader, on) : weir_socket_receive(t, on);
}

static int64_t send_chain(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code) {
    struct weir_stdio *s = stdio_of(t);
    return s->writer.t ? weir_file_send(&s->writer, chain, now) : weir_socket_send(t, chain, now, os_code);
}

static void recall(weir_transport *t) {
    struct weir_stdio *s = stdio_of(t);
    if (s->writer.t)
        weir_file_stop(&s->writer);
    else
        weir_socket_recall(t);
}

/* The end of what a process writes is the end of the process. */
static void finish(weir_transport *t) { (void)t; }

static void release(struct weir_turn *turn) {
    struct weir_stdio *s = (struct weir_stdio *)(void *)((char *)turn - offsetof(struct weir_stdio, release));
    weir_socket_release(&s->socket);
}

static void release_later(weir_transport *t) { weir_turn_later(loop_of(t), &stdio_of(t)->release); }

/* In a turn of its own: only when the callback under way has returned is it known what it used of a file. */
static void drop(weir_transport *t, bool reset) {
    struct weir_stdio *s = stdio_of(t);
    weir_socket_stop(t, reset);
    if (s->reader.t) weir_file_stop(&s->reader);
    if (s->writer.t) weir_file_stop(&s->writer);
    release_later(t);
}

static void unused(weir_transport *t, size_t n) {
    struct weir_stdio *s = stdio_of(t);
    if (s->reader.t) weir_file_unused(&s->reader, n);
}

static void fini(weir_transport *t) {
    struct weir_stdio *s = stdio_of(t);
    weir_turn_cancel(loop_of(t), &s->release);
    weir_file_side_fini(&s->reader);
    weir_file_side_fini(&s->writer);
    weir_connect_forget(t);
}

const struct weir_driver weir_driver_stdio = {
    .name = "stdio",
    .size = sizeof(struct weir_stdio),
    .caps = WEIR_CAN_RECEIVE | WEIR_CAN_SEND | WEIR_CAN_HALF_CLOSE,
    .receive = receive,
    .send = send_chain,
    .recall = recall,
    .finish = finish,
    .drop = drop,
    .unused = unused,
    .fini = fini,
};

static int adopt(weir_loop *loop, int fd, struct weir_call *call) {
    *call = (struct weir_call){.kind = WEIR_CALL_ADOPT, .value = fd, .owner = WEIR_BORROW};
    int status = weir_port_call(loop, call);
    if (status == 0 && (call->count & WEIR_ADOPTED_LISTENS)) status = WEIR_ENOTSUP;
    return status < 0 ? weir_loop_fail(loop, status, WEIR_STAGE_OPEN, call->os_code, NULL) : 0;
}

static void use_files(struct weir_stdio *s, const struct weir_call *in, const struct weir_call *out) {
    weir_transport *t = &s->socket.base;
    s->release.run = release;
    if (in->count & WEIR_ADOPTED_FILE) {
        weir_file_reader_init(&s->reader, t, release_later);
        weir_file_side_open(&s->reader, in->handle, WEIR_FILE_END);
    }
    if (out->count & WEIR_ADOPTED_FILE) {
        weir_file_writer_init(&s->writer, t, release_later);
        weir_file_side_open(&s->writer, out->handle, WEIR_FILE_END);
    }
}

int weir_stdio_open(weir_loop *loop, const weir_limits *limits, const weir_protocol *protocol, void *self,
                    weir_transport **ret) {
    struct weir_call in, out;
    if (!loop || !ret) return WEIR_EINVAL;
    int status = adopt(loop, 0, &in);
    if (status == 0) status = adopt(loop, 1, &out);
    if (status < 0) return status;
    struct weir_scope *scope = weir_scope_for(loop, limits);
    if (!scope) return WEIR_ENOMEM;
    status = weir_socket_adopt(scope, &weir_driver_stdio, in.handle, out.handle, WEIR_OPEN, protocol, self, ret);
    weir_scope_drop(scope);
    if (status < 0) return weir_loop_fail(loop, status, WEIR_STAGE_OPEN, 0, NULL);
    use_files(stdio_of(*ret), &in, &out);
    weir_transport_step_later(*ret);
    return 0;
}
