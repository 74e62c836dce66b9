/* SPDX-License-Identifier: MIT
 *
 * A file into a transport: three spans, in order: the bytes before, the range of the file, the bytes after. One piece
 * is with the transport at a time, as a borrowed write, so that nothing is copied and what has left is known to the
 * byte; meanwhile the next block of the file may be read. `advance` looks at what is idle and starts what comes next;
 * it is over when nothing is in flight and either all has left or something has failed.
 *
 * It is the producer of the transport: that keeps others from flooding it, brings word when there is room again, and
 * word of its loss.
 *
 * Known weaknesses: there is one block, so a disk and a network that are equally slow wait for each other. A process
 * forked between the loss of the transport and the end of the read under way does not give that block back. */
#include <weir/file.h>

#include "transport/base.h"
#include "transport/file_at.h"

#define BLOCK ((size_t)64 * 1024 - sizeof(struct weir_segment)) /* the largest that the pool keeps */

struct span {
    const uint8_t *bytes;
    size_t size; /* that have not left */
};

struct inside {
    weir_transport *to; /* NULL when it is lost */
    weir_loop *loop;
    weir_file *file;
    weir_file_op read;
    weir_op write;
    struct weir_segment *block; /* NULL before the first read and after the last write */
    struct span before, block_rest, after;
    uint64_t offset, left; /* of the file, to be read; left is UINT64_MAX for all there is */
    int code;              /* the first failure, but see `fail` */
    struct weir_turn turn; /* what a call asked for */
    bool active;
    bool waiting;    /* the transport has no room */
    bool from_block; /* the write in flight, if any, is of the block */
};
_Static_assert(sizeof(struct inside) <= sizeof((weir_sendfile_op *)0)->inside.bytes, "it lives in the user's struct");

static struct inside *inside_of(weir_sendfile_op *op) { return (struct inside *)(void *)op->inside.bytes; }

static weir_sendfile_op *op_of(struct inside *in) {
    return (weir_sendfile_op *)(void *)((char *)in - offsetof(weir_sendfile_op, inside.bytes));
}

static void advance(struct inside *in);

/* A file that was too short lets go on what it gave; whatever stops that counts more. */
static void fail(struct inside *in, int code) {
    if (!in->code || in->code == WEIR_ETRUNCATED) in->code = code;
}

static void give_block(struct inside *in) {
    if (in->block) weir_segment_give(&in->loop->pool, in->block);
    in->block = NULL;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static bool to_the_end(const struct inside *in) { return in->left == UINT64_MAX; }

/* Fewer bytes than asked for: the file ends there. */
static void has_read(weir_file_op *read, int64_t result) {
    struct inside *in = read->user;
    bool short_read = read->moved < BLOCK && read->moved < in->left;
    in->block_rest = (struct span){in->block->bytes, read->moved};
    in->offset += read->moved;
    if (!to_the_end(in)) in->left -= read->moved;
    if (result < 0)
        fail(in, (int)result);
    else if (short_read && to_the_end(in))
        in->left = 0;
    else if (short_read)
        fail(in, WEIR_ETRUNCATED);
    advance(in);
}

static void start_reading(struct inside *in) {
    size_t n = in->left < BLOCK ? (size_t)in->left : BLOCK;
    if (!in->block) in->block = weir_segment_take(&in->loop->pool, BLOCK);
    in->read = (weir_file_op){.done = has_read, .user = in};
    int status = in->block ? weir_file_read_at(in->file, &in->read, in->block->bytes, n, in->offset) : WEIR_ENOMEM;
    if (status < 0) fail(in, status);
}

/* ---- the transport ----------------------------------------------------------------------------------------------- */

static void has_written(weir_op *write, int64_t result) {
    struct inside *in = write->user;
    op_of(in)->moved += write->moved;
    if (result < 0) fail(in, (int)result);
    advance(in);
}

/* What goes next; NULL when nothing is there, or not yet. A truncated file's last bytes go, what comes after does not.
 * */
static struct span *next_span(struct inside *in) {
    if (in->before.size) return &in->before;
    if (weir_file_op_active(&in->read)) return NULL;
    if (in->block_rest.size) return &in->block_rest;
    return in->after.size && !in->left && !in->code ? &in->after : NULL;
}

/* How much of `n` bytes may go now, or why none. */
static int64_t room_for(const struct inside *in, size_t n) {
    size_t most = weir_send_largest(in->to);
    int room = weir_transport_write(in->to, NULL, 0);
    if (room <= 0) return room < 0 ? room : WEIR_ENOBUFS;
    if (most > (size_t)room) most = (size_t)room;
    return (int64_t)(n < most ? n : most);
}

static void start_writing(struct inside *in, struct span *span) {
    int64_t n = room_for(in, span->size);
    in->write = (weir_op){.done = has_written, .user = in};
    if (n > 0) {
        int status = weir_transport_write_borrowed(in->to, &in->write, span->bytes, (size_t)n);
        if (status < 0) n = status;
    }
    if (n == WEIR_ENOBUFS || n == WEIR_EBUDGET) {
        in->waiting = true;
        weir_send_promise(in->to);
    } else if (n < 0) {
        fail(in, (int)n);
    } else {
        in->from_block = span == &in->block_rest;
        span->bytes += n;
        span->size -= (size_t)n;
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool idle(const struct inside *in) { return !weir_file_op_active(&in->read) && !weir_op_active(&in->write); }

/* What a truncated file gave still goes out; after any other failure nothing does. */
static bool may_write(const struct inside *in) {
    return in->to && !in->waiting && !weir_op_active(&in->write) && (!in->code || in->code == WEIR_ETRUNCATED);
}

static bool may_read(const struct inside *in) {
    bool block_busy = in->block_rest.size || (in->from_block && weir_op_active(&in->write));
    return in->to && !in->code && in->left && !block_busy && !weir_file_op_active(&in->read);
}

static bool is_over(const struct inside *in) {
    if (!idle(in)) return false;
    if (in->code && in->code != WEIR_ETRUNCATED) return true;
    if (in->before.size || in->block_rest.size) return false;
    return in->code || (!in->left && !in->after.size);
}

static void finish(struct inside *in) {
    weir_sendfile_op *op = op_of(in);
    if (in->to) weir_transport_unfeed(in->to);
    weir_turn_cancel(in->loop, &in->turn);
    give_block(in);
    in->active = false;
    op->done(op, in->code ? in->code : (int64_t)op->moved);
}

static void advance(struct inside *in) {
    struct span *span;
    if (may_write(in) && (span = next_span(in))) start_writing(in, span);
    if (may_read(in)) start_reading(in);
    if (is_over(in)) finish(in);
}

static void run_turn(struct weir_turn *turn) {
    advance((struct inside *)(void *)((char *)turn - offsetof(struct inside, turn)));
}

static void pause(void *self, weir_transport *to) {
    (void)to;
    ((struct inside *)self)->waiting = true;
}

static void resume(void *self, weir_transport *to) {
    (void)to;
    ((struct inside *)self)->waiting = false;
    advance(self);
}

static void stop(void *self, weir_transport *to, const weir_error *reason) {
    struct inside *in = self;
    (void)to;
    in->to = NULL;
    fail(in, reason ? reason->code : WEIR_ECLOSED);
    advance(in);
}

static void forget(void *self) {
    struct inside *in = self;
    give_block(in);
    in->to = NULL;
    in->active = false;
}

static const struct weir_own_producer producer = {.producer = {.pause = pause, .resume = resume, .stop = stop},
                                                  .forget = forget};

static int check(const weir_transport *to, const weir_sendfile_op *op, const weir_file *file) {
    if (!to || !op || !op->done || !file) return WEIR_EINVAL;
    if (((const struct inside *)(const void *)op->inside.bytes)->active) return WEIR_EBUSY;
    if (!weir_file_is_open(file)) return WEIR_ECLOSED;
    if (weir_file_loop(file) != loop_of(to)) return WEIR_EINVAL;
    if (!(to->caps & WEIR_CAN_SEND)) return WEIR_ENOTSUP;
    return to->half_closed || to->send_dead ? WEIR_ECLOSED : 0;
}

int weir_sendfile(weir_transport *to, weir_sendfile_op *op, const void *before, size_t before_size, weir_file *file,
                  uint64_t offset, uint64_t length, const void *after, size_t after_size) {
    if ((!before && before_size) || (!after && after_size)) return WEIR_EINVAL;
    int status = check(to, op, file);
    if (status < 0) return status;
    struct inside *in = inside_of(op);
    if ((status = weir_transport_feed_by(to, &producer, in)) < 0) return status;
    *in = (struct inside){.to = to,
                          .loop = loop_of(to),
                          .file = file,
                          .before = {before, before_size},
                          .after = {after, after_size},
                          .offset = offset,
                          .left = length,
                          .turn.run = run_turn,
                          .active = true,
                          .waiting = to->above};
    op->moved = 0;
    weir_turn_later(in->loop, &in->turn);
    return 0;
}

int weir_sendfile_cancel(weir_sendfile_op *op) {
    if (!op) return WEIR_EINVAL;
    struct inside *in = inside_of(op);
    if (!in->active) return 0;
    fail(in, WEIR_ECANCELED);
    weir_file_op_cancel(&in->read);
    weir_op_cancel(&in->write);
    weir_turn_later(in->loop, &in->turn);
    return 0;
}
