/* SPDX-License-Identifier: MIT
 *
 * One side of a file: reads block by block, the next when the last was delivered; or writes the front of the queue,
 * piece by piece. Small segments are gathered into a block, since a system call, and on most systems a change of
 * threads, costs more than the copy; when there is no memory for a block the first segment goes alone.
 *
 * A block is held only while an op is in flight: a file that nobody reads, and one with nothing to write, hold none.
 *
 * Known weakness: reading and writing a block are not overlapped within one file. The system's own read-ahead and
 * write-behind do that. */
#include "transport/file_io.h"

#include <assert.h>
#include <string.h>

#define BLOCK ((size_t)64 * 1024 - sizeof(struct weir_segment)) /* the largest that the pool keeps */
#define PIECE_MAX ((size_t)256 * 1024)

static struct weir_file_side *side_of(struct weir_port_op *op) {
    return (struct weir_file_side *)(void *)((char *)op - offsetof(struct weir_file_side, op));
}

static void init(struct weir_file_side *side, weir_transport *t, void (*ended)(weir_transport *t),
                 enum weir_port_kind kind, weir_port_fn *done) {
    side->t = t;
    side->ended = ended;
    side->op = (struct weir_port_op){.done = done, .handle = WEIR_NO_HANDLE, .kind = (uint8_t)kind};
    side->op.with.piece = &side->piece;
}

void weir_file_side_open(struct weir_file_side *side, weir_handle handle, uint64_t offset) {
    side->op.handle = handle;
    side->piece.offset = offset;
}

void weir_file_side_fini(struct weir_file_side *side) {
    if (side->block) weir_segment_give(&loop_of(side->t)->pool, side->block);
    side->block = NULL;
}

void weir_file_stop(struct weir_file_side *side) { weir_port_cancel(loop_of(side->t), &side->op); }

static int submit(struct weir_file_side *side) {
    int status = weir_port_submit(loop_of(side->t), &side->op);
    if (status < 0) weir_file_side_fini(side);
    return status;
}

/* `n` bytes have moved: the next ones are behind them. */
static void advance(struct weir_file_side *side, int64_t n) {
    if (n > 0 && side->piece.offset != WEIR_FILE_END) side->piece.offset += (uint64_t)n;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* The block stays whole until its bytes were delivered, though reading may begin anew within that. */
static void deliver(struct weir_file_side *reader, size_t n) {
    struct weir_segment *block = reader->block;
    reader->block = NULL;
    if (n) weir_transport_deliver(reader->t, block->bytes, n);
    weir_segment_give(&loop_of(reader->t)->pool, block);
}

static void has_read(struct weir_port_op *op, const struct weir_completion *c) {
    struct weir_file_side *reader = side_of(op);
    weir_transport *t = reader->t;
    assert(c->last);
    advance(reader, c->result);
    deliver(reader, c->result > 0 ? (size_t)c->result : 0);
    if (t->dropped)
        reader->ended(t);
    else if (c->result == 0)
        weir_transport_ended(t);
    else if (c->result < 0 && c->result != WEIR_ECANCELED)
        weir_transport_read_failed(t, (int)c->result, c->os_code);
    else {
        bool wanted = t->receiving;
        t->receiving = 0;
        if (wanted) weir_receive_update(t);
    }
}

void weir_file_reader_init(struct weir_file_side *reader, weir_transport *t, void (*ended)(weir_transport *t)) {
    init(reader, t, ended, WEIR_PORT_READ_AT, has_read);
}

int weir_file_receive(struct weir_file_side *reader, bool on) {
    if (!on) weir_file_stop(reader);
    if (!on || reader->op.active) return 0;
    reader->block = weir_segment_take(&loop_of(reader->t)->pool, BLOCK);
    if (!reader->block) return WEIR_ENOMEM;
    reader->piece.bytes = reader->block->bytes;
    reader->piece.size = BLOCK;
    return submit(reader);
}

void weir_file_unused(struct weir_file_side *reader, size_t n) {
    struct weir_call call = {.kind = WEIR_CALL_REWIND, .handle = reader->op.handle, .size = n};
    if (reader->piece.offset == WEIR_FILE_END) weir_port_call(loop_of(reader->t), &call);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void has_written(struct weir_port_op *op, const struct weir_completion *c) {
    struct weir_file_side *writer = side_of(op);
    weir_transport *t = writer->t;
    assert(c->last);
    weir_file_side_fini(writer);
    advance(writer, c->result);
    if (c->result < 0 && c->result != WEIR_ECANCELED) weir_transport_write_failed(t, (int)c->result, c->os_code);
    weir_transport_sent(t, c->result > 0 ? (size_t)c->result : 0);
    if (t->dropped) writer->ended(t);
}

void weir_file_writer_init(struct weir_file_side *writer, weir_transport *t, void (*ended)(weir_transport *t)) {
    init(writer, t, ended, WEIR_PORT_WRITE_AT, has_written);
}

static void take_first(struct weir_file_side *writer, const struct weir_segment *first) {
    writer->piece.bytes = first->bytes;
    writer->piece.size = first->size < PIECE_MAX ? first->size : PIECE_MAX;
}

static bool gather(struct weir_file_side *writer, const struct weir_segment *chain) {
    struct weir_segment *block = weir_segment_take(&loop_of(writer->t)->pool, BLOCK);
    if (!block) return false;
    for (; chain && block->size < BLOCK; chain = chain->next) {
        size_t room = BLOCK - block->size, k = chain->size < room ? chain->size : room;
        memcpy(block->bytes + block->size, chain->bytes, k);
        block->size += k;
    }
    writer->block = block;
    take_first(writer, block);
    return true;
}

/* Nothing is taken at once: the bytes are the op's until it ends. */
int64_t weir_file_send(struct weir_file_side *writer, const struct weir_segment *chain, bool now) {
    if (now) return 0;
    bool alone = !chain->next || chain->size >= BLOCK;
    if (alone || !gather(writer, chain)) take_first(writer, chain);
    return submit(writer);
}
