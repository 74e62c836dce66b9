/* SPDX-License-Identifier: MIT
 *
 * Files by offset: every operation is one port op inside the user's struct, submitted again for what the system left of
 * a read or a write. So nothing is allocated, and a cancel needs nothing but the port's.
 *
 *   IDLE --open--> OPENING --> OPEN --close--> CLOSING --> IDLE
 *                     +- failed -> IDLE
 *
 * A file is in the loop's list while it is not IDLE; `busy` counts its operations in flight, and it closes only without
 * any, so that no handle is closed under an operation. */
#include "transport/file_at.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/file_flags.h"

enum state { IDLE, OPENING, OPEN, CLOSING };

struct inside {
    struct weir_object object;
    weir_loop *loop;
    weir_handle handle;
    unsigned busy;
    uint8_t state;
    bool append;
};
_Static_assert(sizeof(struct inside) <= sizeof((weir_file *)0)->inside.bytes, "it lives in the user's struct");

struct act {
    struct weir_port_op op;
    union {
        struct weir_piece piece;
        struct weir_call call;
        struct weir_turn turn;
    } with;
    weir_file *file;
    bool active, canceled;
};
_Static_assert(sizeof(struct act) <= sizeof((weir_file_op *)0)->inside.bytes, "it lives in the user's struct");

static struct inside *inside_of(weir_file *file) { return (struct inside *)(void *)file->inside.bytes; }
static const struct inside *seen(const weir_file *file) {
    return (const struct inside *)(const void *)file->inside.bytes;
}
static struct act *act_of(weir_file_op *op) { return (struct act *)(void *)op->inside.bytes; }

static weir_file_op *of_act(struct act *act) {
    return (weir_file_op *)(void *)((char *)act - offsetof(weir_file_op, inside.bytes));
}

static weir_file_op *op_of(struct weir_port_op *op) {
    return of_act((struct act *)(void *)((char *)op - offsetof(struct act, op)));
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static struct inside *of_object(struct weir_object *object) {
    return (struct inside *)(void *)((char *)object - offsetof(struct inside, object));
}

static void describe(const struct weir_object *object, char *text, size_t size) {
    static const char *const names[] = {"idle", "opening", "open", "closing"};
    const struct inside *in =
        (const struct inside *)(const void *)((const char *)object - offsetof(struct inside, object));
    snprintf(text, size, "file (%s, %u in flight)", names[in->state], in->busy);
}

static void *publish(struct weir_object *object) {
    return (char *)of_object(object) - offsetof(weir_file, inside.bytes);
}

static void leave(struct inside *in) {
    weir_object_remove(&in->loop->files, &in->object);
    in->state = IDLE;
}

static void discard(struct weir_object *object) { leave(of_object(object)); }

static void join(weir_loop *loop, struct inside *in) {
    loop->files.describe = describe;
    loop->files.publish = publish;
    loop->files.discard = discard;
    in->loop = loop;
    weir_object_add(&loop->files, &in->object);
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static void end(weir_file_op *op, int64_t result, int os_code) {
    struct act *act = act_of(op);
    act->active = false;
    op->os_code = os_code;
    inside_of(act->file)->busy--;
    op->done(op, result);
}

static void begun(weir_file_op *op) {
    act_of(op)->active = true;
    op->moved = 0;
    op->os_code = 0;
    inside_of(act_of(op)->file)->busy++;
}

/* 0, or an error and the op is idle. */
static int start(weir_file *file, weir_file_op *op, struct act act) {
    struct inside *in = inside_of(file);
    struct act *placed = act_of(op);
    *placed = act;
    placed->file = file;
    placed->op.handle = in->handle;
    if (act.op.kind == WEIR_PORT_CALL)
        placed->op.with.call = &placed->with.call;
    else
        placed->op.with.piece = &placed->with.piece;
    int status = weir_port_submit(in->loop, &placed->op);
    if (status == 0) begun(op);
    return status;
}

static int may_start(const weir_file *file, const weir_file_op *op) {
    if (!file || !op || !op->done) return WEIR_EINVAL;
    if (weir_file_op_active(op)) return WEIR_EBUSY;
    return seen(file)->state == OPEN ? 0 : WEIR_ECLOSED;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* Whether a part has moved and there is more to do. */
static bool has_more(const struct act *act, int64_t n) { return n > 0 && (size_t)n < act->with.piece.size; }

static void go_on(weir_file_op *op, size_t n) {
    struct act *act = act_of(op);
    struct weir_piece *piece = &act->with.piece;
    piece->bytes += n;
    piece->size -= n;
    if (piece->offset != WEIR_FILE_END) piece->offset += n;
    int status = act->canceled ? WEIR_ECANCELED : weir_port_submit(inside_of(act->file)->loop, &act->op);
    if (status < 0) end(op, status, 0);
}

static void moved(struct weir_port_op *port_op, const struct weir_completion *c) {
    weir_file_op *op = op_of(port_op);
    assert(c->last);
    if (c->result > 0) op->moved += (size_t)c->result;
    if (has_more(act_of(op), c->result))
        go_on(op, (size_t)c->result);
    else
        end(op, c->result < 0 ? c->result : (int64_t)op->moved, c->os_code);
}

static int move(weir_file *file, weir_file_op *op, enum weir_port_kind kind, struct weir_piece piece) {
    int status = may_start(file, op);
    if (status < 0) return status;
    if (!piece.bytes || !piece.size || piece.size > INT64_MAX || piece.offset > INT64_MAX - piece.size)
        return WEIR_EINVAL;
    if (kind == WEIR_PORT_WRITE_AT && seen(file)->append) piece.offset = WEIR_FILE_END;
    return start(file, op, (struct act){.op = {.done = moved, .kind = (uint8_t)kind}, .with.piece = piece});
}

int weir_file_read_at(weir_file *file, weir_file_op *op, void *bytes, size_t size, uint64_t offset) {
    return move(file, op, WEIR_PORT_READ_AT, (struct weir_piece){bytes, size, offset});
}

int weir_file_write_at(weir_file *file, weir_file_op *op, const void *bytes, size_t size, uint64_t offset) {
    union {
        const void *in;
        uint8_t *out;
    } lent = {bytes}; /* a write only reads them */
    return move(file, op, WEIR_PORT_WRITE_AT, (struct weir_piece){lent.out, size, offset});
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static int call_it(weir_file *file, weir_file_op *op, weir_port_fn *done, struct weir_call call) {
    call.handle = inside_of(file)->handle;
    return start(file, op, (struct act){.op = {.done = done, .kind = WEIR_PORT_CALL}, .with.call = call});
}

static void called(struct weir_port_op *port_op, const struct weir_completion *c) {
    weir_file_op *op = op_of(port_op);
    const struct weir_call *call = &act_of(op)->with.call;
    assert(c->last);
    end(op, c->result == 0 && call->kind == WEIR_CALL_SIZE ? (int64_t)call->size : c->result, c->os_code);
}

int weir_file_size(weir_file *file, weir_file_op *op) {
    int status = may_start(file, op);
    return status < 0 ? status : call_it(file, op, called, (struct weir_call){.kind = WEIR_CALL_SIZE});
}

int weir_file_sync(weir_file *file, weir_file_op *op) {
    int status = may_start(file, op);
    return status < 0 ? status : call_it(file, op, called, (struct weir_call){.kind = WEIR_CALL_SYNC});
}

static void opened(struct weir_port_op *port_op, const struct weir_completion *c) {
    weir_file_op *op = op_of(port_op);
    struct inside *in = inside_of(act_of(op)->file);
    assert(c->last);
    in->handle = c->result == 0 ? act_of(op)->with.call.handle : WEIR_NO_HANDLE;
    in->state = OPEN;
    if (c->result < 0) leave(in);
    end(op, c->result, c->os_code);
}

int weir_file_at_open(weir_loop *loop, weir_file *file, const char *path, unsigned flags, weir_file_op *op) {
    if (!loop || !file || !path || !op || !op->done || !weir_file_flags_valid(flags)) return WEIR_EINVAL;
    struct inside *in = inside_of(file);
    if (weir_file_op_active(op) || in->state != IDLE) return WEIR_EBUSY;
    *in = (struct inside){.loop = loop, .handle = WEIR_NO_HANDLE, .append = (flags & WEIR_FILE_APPEND) != 0};
    int status =
        call_it(file, op, opened, (struct weir_call){.kind = WEIR_CALL_OPEN, .path = path, .value = (int)flags});
    if (status < 0) return status;
    in->state = OPENING;
    join(loop, in);
    return 0;
}

static void closed(struct weir_port_op *port_op, const struct weir_completion *c) {
    weir_file_op *op = op_of(port_op);
    assert(c->last);
    leave(inside_of(act_of(op)->file));
    end(op, c->result, c->os_code);
}

static void closed_now(struct weir_turn *turn) {
    struct act *act = (struct act *)(void *)((char *)turn - offsetof(struct act, with.turn));
    leave(inside_of(act->file));
    end(of_act(act), 0, 0);
}

/* A thread that cannot be had must not keep a file open: then it is closed in the call. */
static void close_now(weir_file *file, weir_file_op *op) {
    struct weir_call call = {.kind = WEIR_CALL_CLOSE, .handle = inside_of(file)->handle};
    struct act *act = act_of(op);
    weir_port_call(inside_of(file)->loop, &call);
    *act = (struct act){.op.done = closed, .with.turn.run = closed_now, .file = file};
    begun(op);
    weir_turn_later(inside_of(file)->loop, &act->with.turn);
}

int weir_file_close(weir_file *file, weir_file_op *op) {
    int status = may_start(file, op);
    if (status < 0) return status;
    if (inside_of(file)->busy) return WEIR_EBUSY;
    if (call_it(file, op, closed, (struct weir_call){.kind = WEIR_CALL_FINISH}) < 0) close_now(file, op);
    inside_of(file)->state = CLOSING;
    return 0;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

int weir_file_op_cancel(weir_file_op *op) {
    if (!op) return WEIR_EINVAL;
    struct act *act = act_of(op);
    if (!act->active || act->op.done == closed) return 0;
    act->canceled = true;
    weir_port_cancel(inside_of(act->file)->loop, &act->op);
    return 0;
}

bool weir_file_op_active(const weir_file_op *op) {
    return op && ((const struct act *)(const void *)op->inside.bytes)->active;
}

bool weir_file_is_open(const weir_file *file) { return file && seen(file)->state == OPEN; }

weir_loop *weir_file_loop(const weir_file *file) { return weir_file_is_open(file) ? seen(file)->loop : NULL; }
