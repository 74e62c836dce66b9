/* SPDX-License-Identifier: MIT
 *
 * The driver over a regular file. It is opened and closed off the loop's thread, since a disk or a network may be slow
 * in both; what it does between is file_io.c's. While the open is under way the transport is connecting; it is gone
 * when the close has told what it had to tell.
 *
 *   OPENING --opened--> reading, writing --drop, both idle--> FINISHING --> gone
 *       +------- failed, or dropped meanwhile ----------------------^
 *
 * Letting go always waits for a turn of its own: a drop may come from within the protocol's callback, when it is not
 * yet known how much of what was read it uses, and a file that was lent must go back by the rest. */
#include <weir/file.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/file_flags.h"
#include "transport/file_at.h"
#include "transport/file_io.h"

struct file {
    weir_transport base;
    struct weir_file_side reader, writer;
    struct weir_port_op acting; /* open or finish */
    struct weir_call call;
    struct weir_turn release;
    weir_handle handle;
    char *path; /* NULL: adopted */
    size_t path_size;
    bool append, borrowed;
};

static struct file *file_of(weir_transport *t) { return (struct file *)(void *)t; }

static struct file *of_acting(struct weir_port_op *op) {
    return (struct file *)(void *)((char *)op - offsetof(struct file, acting));
}

/* ---- letting go -------------------------------------------------------------------------------------------------- */

static void finished(struct weir_port_op *op, const struct weir_completion *c) {
    struct file *f = of_acting(op);
    assert(c->last);
    if (c->result < 0) weir_transport_note(&f->base, (int)c->result, WEIR_STAGE_CLOSE, c->os_code);
    weir_transport_gone(&f->base);
}

/* A thread that cannot be had must not keep a file from being closed. */
static void close_now(struct file *f) {
    f->call.kind = WEIR_CALL_CLOSE;
    weir_port_call(loop_of(&f->base), &f->call);
    weir_transport_gone(&f->base);
}

static void finish_file(struct file *f) {
    f->call = (struct weir_call){.kind = WEIR_CALL_FINISH, .handle = f->handle};
    f->handle = WEIR_NO_HANDLE;
    f->acting.done = finished;
    if (f->borrowed || weir_port_submit(loop_of(&f->base), &f->acting) < 0) close_now(f);
}

static void release(struct weir_turn *turn) {
    struct file *f = (struct file *)(void *)((char *)turn - offsetof(struct file, release));
    if (f->base.gone || f->acting.active || f->reader.op.active || f->writer.op.active) return;
    if (f->handle == WEIR_NO_HANDLE)
        weir_transport_gone(&f->base);
    else
        finish_file(f);
}

static void release_later(weir_transport *t) { weir_turn_later(loop_of(t), &file_of(t)->release); }

static void drop(weir_transport *t, bool reset) {
    struct file *f = file_of(t);
    (void)reset;
    weir_port_cancel(loop_of(t), &f->acting);
    weir_file_stop(&f->reader);
    weir_file_stop(&f->writer);
    release_later(t);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void begin(struct file *f, weir_handle handle, uint64_t offset) {
    f->handle = handle;
    weir_file_side_open(&f->reader, handle, offset);
    weir_file_side_open(&f->writer, handle, f->append ? WEIR_FILE_END : offset);
}

static void opened(struct weir_port_op *op, const struct weir_completion *c) {
    struct file *f = of_acting(op);
    assert(c->last);
    if (c->result >= 0) begin(f, f->call.handle, 0);
    if (f->base.dropped)
        release_later(&f->base);
    else if (c->result < 0)
        weir_transport_fail(&f->base, (int)c->result, WEIR_STAGE_OPEN, c->os_code);
    else
        weir_transport_connected(&f->base);
}

/* ---- the driver -------------------------------------------------------------------------------------------------- */

static int receive(weir_transport *t, bool on) { return weir_file_receive(&file_of(t)->reader, on); }

static int64_t send_chain(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code) {
    (void)os_code;
    return weir_file_send(&file_of(t)->writer, chain, now);
}

static void recall(weir_transport *t) { weir_file_stop(&file_of(t)->writer); }

/* The end of a file is where its bytes end. */
static void finish(weir_transport *t) { (void)t; }

static void unused(weir_transport *t, size_t n) { weir_file_unused(&file_of(t)->reader, n); }

static void label(const weir_transport *t, char *text, size_t size) {
    const struct file *f = (const struct file *)(const void *)t;
    snprintf(text, size, "%s", f->path ? f->path : "");
}

static void fini(weir_transport *t) {
    struct file *f = file_of(t);
    weir_turn_cancel(loop_of(t), &f->release);
    weir_file_side_fini(&f->reader);
    weir_file_side_fini(&f->writer);
    weir_memory_free(&loop_of(t)->memory, f->path, f->path_size);
}

#define FILE_DRIVER(bits)                                                                                              \
    {                                                                                                                  \
        .name = "file", .size = sizeof(struct file), .caps = (bits), .receive = receive, .send = send_chain,           \
        .recall = recall, .finish = finish, .drop = drop, .unused = unused, .label = label, .fini = fini               \
    }

static const struct weir_driver reads = FILE_DRIVER(WEIR_CAN_RECEIVE), writes = FILE_DRIVER(WEIR_CAN_SEND),
                                both = FILE_DRIVER(WEIR_CAN_RECEIVE | WEIR_CAN_SEND | WEIR_CAN_HALF_CLOSE);

static const struct weir_driver *driver_for(bool reading, bool writing) {
    return !writing ? &reads : !reading ? &writes : &both;
}

static int make(struct weir_scope *scope, const struct weir_driver *driver, weir_transport_state state,
                const weir_protocol *protocol, void *self, struct file **ret) {
    struct weir_memory *memory = &scope->loop->memory;
    struct file *f = weir_memory_new(memory, sizeof *f);
    if (!f) return WEIR_ENOMEM;
    int status = weir_transport_init(&f->base, driver, scope, state, protocol, self);
    if (status < 0) {
        weir_memory_free(memory, f, sizeof *f);
        return status;
    }
    f->handle = WEIR_NO_HANDLE;
    f->release.run = release;
    f->acting = (struct weir_port_op){.handle = WEIR_NO_HANDLE, .with.call = &f->call, .kind = WEIR_PORT_CALL};
    weir_file_reader_init(&f->reader, &f->base, release_later);
    weir_file_writer_init(&f->writer, &f->base, release_later);
    *ret = f;
    return 0;
}

/* ---- the ways in ------------------------------------------------------------------------------------------------- */

static int start_opening(struct file *f, const char *path, unsigned flags) {
    size_t size = strlen(path) + 1;
    f->path = weir_memory_new(&loop_of(&f->base)->memory, size);
    if (!f->path) return WEIR_ENOMEM;
    memcpy(f->path, path, size);
    f->path_size = size;
    f->append = (flags & WEIR_FILE_APPEND) != 0;
    f->call = (struct weir_call){.kind = WEIR_CALL_OPEN, .path = f->path, .value = (int)flags};
    f->acting.done = opened;
    return weir_port_submit(loop_of(&f->base), &f->acting);
}

int weir_file_open(weir_loop *loop, const char *path, unsigned flags, const weir_limits *limits,
                   const weir_protocol *protocol, void *self, weir_transport **ret) {
    if (!loop || !path || !ret || !weir_file_flags_valid(flags)) return WEIR_EINVAL;
    struct weir_scope *scope = weir_scope_for(loop, limits);
    struct file *f;
    if (!scope) return WEIR_ENOMEM;
    int status =
        make(scope, driver_for(flags & WEIR_FILE_READ, flags & WEIR_FILE_WRITE), WEIR_CONNECTING, protocol, self, &f);
    weir_scope_drop(scope);
    if (status < 0) return status;
    status = start_opening(f, path, flags);
    if (status < 0)
        weir_transport_free(&f->base);
    else
        *ret = &f->base;
    return status;
}

int weir_file_adopt(struct weir_scope *scope, weir_handle handle, weir_ownership owner, size_t adopted,
                    const weir_protocol *protocol, void *self, weir_transport **ret) {
    struct file *f;
    int status = make(scope, driver_for(adopted & WEIR_ADOPTED_READS, adopted & WEIR_ADOPTED_WRITES), WEIR_OPEN,
                      protocol, self, &f);
    if (status < 0) return status;
    f->borrowed = owner == WEIR_BORROW;
    begin(f, handle, WEIR_FILE_END);
    *ret = &f->base;
    return 0;
}
