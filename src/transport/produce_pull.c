/* SPDX-License-Identifier: MIT
 *
 * The pull adapter: turns a source that is asked into a producer that is told. Everything happens in a turn of its own:
 * it asks the source for a block, writes it, and goes on until the consumer has more than its mark, the source has
 * nothing, or the tick has had enough of it. What the consumer refuses stays in the block until it says resume, so that
 * no byte of the source is lost to a queue that was full after all. */
#include <weir/produce.h>

#include "transport/base.h"

#define BLOCK ((size_t)16 * 1024 - sizeof(struct weir_segment))
#define ASKS 16 /* a turn */

struct inside {
    weir_transport *to;
    weir_loop *loop;
    struct weir_turn turn;
    struct weir_segment *block; /* what the consumer has not taken yet; NULL: nothing */
    int code;                   /* it is to end with */
    bool active;
    bool waiting; /* for the consumer */
    bool dry;     /* for the source */
    bool more;    /* the source said so, perhaps while it was being asked */
};
_Static_assert(sizeof(struct inside) <= sizeof((weir_pull *)0)->inside.bytes, "it lives in the user's struct");

static struct inside *inside_of(weir_pull *pull) { return (struct inside *)(void *)pull->inside.bytes; }

static weir_pull *pull_of(struct inside *in) {
    return (weir_pull *)(void *)((char *)in - offsetof(weir_pull, inside.bytes));
}

static void give_block(struct inside *in) {
    if (in->block) weir_segment_give(&in->loop->pool, in->block);
    in->block = NULL;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void over(struct inside *in, const weir_error *reason) {
    weir_pull *pull = pull_of(in);
    if (in->to) weir_transport_unfeed(in->to);
    weir_turn_cancel(in->loop, &in->turn);
    give_block(in);
    in->active = false;
    if (pull->ended) pull->ended(pull, reason);
}

static void over_with(struct inside *in, int code, weir_stage stage) {
    const weir_error reason = {.code = code, .stage = stage};
    over(in, &reason);
}

/* A part must not be taken for the whole. */
static void fail(struct inside *in, int code) {
    weir_transport_abort(in->to);
    over_with(in, code, WEIR_STAGE_READ);
}

static void end(struct inside *in) {
    if (!(pull_of(in)->flags & WEIR_PULL_LEAVE_OPEN)) weir_flow_pass_end(in->to);
    over(in, NULL);
}

/* ---- one block --------------------------------------------------------------------------------------------------- */

enum step { GO_ON, WAIT, OVER };

/* The consumer takes no more; perhaps it knows already why. */
static enum step lost(struct inside *in) {
    weir_error storage;
    const weir_error *reason = weir_transport_reason(in->to, &storage);
    if (reason)
        over(in, reason);
    else
        over_with(in, WEIR_ECLOSED, WEIR_STAGE_WRITE);
    return OVER;
}

static enum step wait_for_room(struct inside *in) {
    in->waiting = true;
    weir_send_promise(in->to);
    return WAIT;
}

/* Gives the block to the consumer, whole or not at all. */
static enum step write_block(struct inside *in) {
    int room = weir_transport_write(in->to, in->block->bytes, in->block->size);
    if (room == WEIR_ENOBUFS || room == WEIR_EBUDGET) return wait_for_room(in);
    if (room == WEIR_ECLOSED) return lost(in);
    if (room < 0) {
        fail(in, room);
        return OVER;
    }
    pull_of(in)->bytes += in->block->size;
    give_block(in);
    return GO_ON;
}

static enum step asked(struct inside *in, int64_t n, size_t size) {
    if (n > 0 && (uint64_t)n <= size) {
        in->block->size = (size_t)n;
        return write_block(in);
    }
    give_block(in);
    if (n == WEIR_EAGAIN) {
        in->dry = !in->more;
        return in->dry ? WAIT : GO_ON;
    }
    if (n)
        fail(in, n < 0 && n >= INT32_MIN ? (int)n : WEIR_EINVAL);
    else
        end(in);
    return OVER;
}

/* `room` for as much as the source is asked for. */
static enum step ask(struct inside *in, size_t room) {
    weir_pull *pull = pull_of(in);
    size_t size = room < BLOCK ? room : BLOCK;
    in->block = weir_segment_take(&in->loop->pool, BLOCK);
    if (!in->block) {
        fail(in, WEIR_ENOMEM);
        return OVER;
    }
    in->more = false;
    return asked(in, pull->next(pull, in->block->bytes, size), size);
}

static enum step step(struct inside *in) {
    if (in->block) return write_block(in);
    size_t most = weir_send_largest(in->to);
    int room = weir_transport_write(in->to, NULL, 0);
    if (room == 0 || room == WEIR_ENOBUFS || room == WEIR_EBUDGET) return wait_for_room(in);
    if (room < 0) return lost(in);
    return ask(in, (size_t)room < most ? (size_t)room : most);
}

/* ---- the turn ---------------------------------------------------------------------------------------------------- */

static bool above_mark(const weir_transport *t) { return t->queued > t->scope->limits.pause_mark; }

/* One that has failed is asked, too, or nobody would notice. */
static bool may_ask(const weir_transport *t) { return t->send_dead || t->state > WEIR_OPEN || !above_mark(t); }

static void go_on(struct inside *in) { weir_turn_later(in->loop, &in->turn); }

static void run(struct weir_turn *turn) {
    struct inside *in = (struct inside *)(void *)((char *)turn - offsetof(struct inside, turn));
    enum step next = GO_ON;
    if (in->code) {
        over_with(in, in->code, WEIR_STAGE_READ);
        return;
    }
    if (in->waiting || in->dry) return;
    for (unsigned i = 0; next == GO_ON && i < ASKS && !in->code && may_ask(in->to); i++)
        next = step(in);
    if (next == GO_ON) go_on(in);
}

static void pause(void *self, weir_transport *to) {
    (void)to;
    ((struct inside *)self)->waiting = true;
}

static void resume(void *self, weir_transport *to) {
    struct inside *in = self;
    (void)to;
    in->waiting = false;
    go_on(in);
}

static void stop(void *self, weir_transport *to, const weir_error *reason) {
    struct inside *in = self;
    (void)to;
    in->to = NULL;
    if (reason)
        over(in, reason);
    else
        over_with(in, WEIR_ECLOSED, WEIR_STAGE_WRITE);
}

static void forget(void *self) {
    struct inside *in = self;
    give_block(in);
    in->active = false;
}

static const struct weir_own_producer producer = {.producer = {.pause = pause, .resume = resume, .stop = stop},
                                                  .forget = forget};

int weir_pull_start(weir_pull *pull, weir_transport *to) {
    if (!pull || !to || !pull->next) return WEIR_EINVAL;
    struct inside *in = inside_of(pull);
    if (in->active) return WEIR_EBUSY;
    if (!(to->caps & WEIR_CAN_SEND)) return WEIR_ENOTSUP;
    if (to->half_closed || to->send_dead) return WEIR_ECLOSED;
    int status = weir_transport_feed_by(to, &producer, in);
    if (status < 0) return status;
    *in = (struct inside){
        .to = to, .loop = loop_of(to), .turn.run = run, .active = true, .waiting = weir_flow_must_wait(to)};
    pull->bytes = 0;
    go_on(in);
    return 0;
}

void weir_pull_more(weir_pull *pull) {
    struct inside *in = pull ? inside_of(pull) : NULL;
    if (!in || !in->active) return;
    in->more = true;
    in->dry = false;
    go_on(in);
}

int weir_pull_stop(weir_pull *pull) {
    if (!pull) return WEIR_EINVAL;
    struct inside *in = inside_of(pull);
    if (!in->active) return 0;
    in->code = WEIR_ECANCELED;
    go_on(in);
    return 0;
}
