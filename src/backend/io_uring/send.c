/* SPDX-License-Identifier: MIT
 *
 * Sending has two ways. A small single segment for a socket goes into the ring, so that all sends of a tick leave in
 * one enter. It must be taken at once (DONTWAIT) and whole (WAITALL, which makes a short count a failure), and its
 * success is silent: an entry that was taken by the kernel and has no completion has been sent. Everything else is
 * tried in the call. What the system refuses waits for room by a poll, and is then tried in the call.
 *
 * A send in the ring can no longer be stopped, but it ends with the next enter, so its cancel only waits for it. The
 * loop may sleep while quiet sends are on their way; those that somebody waits for (`awaited`) keep it awake. */
#include "backend/io_uring/uring.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum { largest_in_ring = 8 * 1024 - 1 };

/* Whether the op has come to an end. */
static bool try(struct weir_uring *u, const struct weir_port_op *op, int64_t *ret_result, int *ret_os_code) {
    u->base.system_calls++;
    *ret_os_code = 0;
    *ret_result = weir_sys_send(op->handle, op->with.segments, ret_os_code);
    return *ret_result != WEIR_EAGAIN;
}

static void wait_for_room(struct weir_uring *u, struct weir_port_op *op) { weir_uring_poll(u, op, POLLOUT); }

static bool fits_ring(const struct weir_port_op *op) {
    const struct weir_segment *s = op->with.segments;
    return !s->next && s->size <= largest_in_ring && weir_sys_is(op->handle, WEIR_HANDLE_SOCKET);
}

static bool into_ring(struct weir_uring *u, struct weir_port_op *op) {
    const struct weir_segment *s = op->with.segments;
    struct io_uring_sqe *sqe = fits_ring(op) ? weir_ring_sqe(&u->ring) : NULL;
    if (!sqe) return false;
    io_uring_prep_send(sqe, weir_sys_fd(op->handle), s->bytes, s->size, MSG_NOSIGNAL | MSG_WAITALL | MSG_DONTWAIT);
    io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
    weir_uring_seal(u, sqe, op, WEIR_URING_ASKED);
    weir_uring_slot(u, op)->place = weir_ring_place(&u->ring);
    weir_uring_slot(u, op)->with.result = (int64_t)s->size; /* the segment may grow until it lands */
    weir_port_push(&u->flying, op);
    if (!op->quiet) weir_uring_await(u, op);
    return true;
}

void weir_uring_await(struct weir_uring *u, struct weir_port_op *op) {
    struct weir_slot *slot = weir_uring_slot(u, op);
    if (slot->flags & (WEIR_SLOT_AWAITED | WEIR_SLOT_ANSWERED)) return;
    slot->flags |= WEIR_SLOT_AWAITED;
    u->awaited++;
}

void weir_uring_send(struct weir_uring *u, struct weir_port_op *op) {
    int64_t result;
    int os_code;
    if (op->stalled || op->state == WEIR_URING_HUNGRY)
        wait_for_room(u, op);
    else if (into_ring(u, op))
        return;
    else if (try(u, op, &result, &os_code))
        weir_uring_end_later(u, op, result, os_code);
    else
        wait_for_room(u, op);
}

bool weir_uring_sent(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                     struct weir_completion *ret) {
    if (cqe->res > 0) return weir_uring_end(u, op, cqe->res, 0, ret);
    const bool refused = cqe->res == 0 || cqe->res == -EAGAIN || cqe->res == -EINTR;
    if (!refused || weir_uring_flag(u, op, WEIR_SLOT_CANCELED))
        return weir_uring_fail(u, op, refused ? EAGAIN : -cqe->res, ret);
    wait_for_room(u, op);
    return false;
}

bool weir_uring_writable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret) {
    int64_t result;
    int os_code;
    if (weir_uring_flag(u, op, WEIR_SLOT_CANCELED)) return weir_uring_end(u, op, WEIR_ECANCELED, 0, ret);
    if (try(u, op, &result, &os_code)) return weir_uring_end(u, op, result, os_code, ret);
    wait_for_room(u, op);
    return false;
}

static void note_answers(struct weir_uring *u, unsigned from, unsigned until) {
    for (; from != until; from++) {
        const uint64_t name = weir_ring_cqe(&u->ring, from)->user_data;
        struct weir_slot *slot =
            weir_name_tag(name) == WEIR_TAG_KIND + WEIR_PORT_SEND ? weir_slot_find(&u->slots, name) : NULL;
        if (slot) slot->flags |= WEIR_SLOT_ANSWERED;
    }
}

/* While completions are still in the kernel, silence says nothing yet. */
void weir_uring_land(struct weir_uring *u, unsigned from, unsigned until) {
    if (!u->flying.first) return;
    note_answers(u, from, until);
    const bool all_seen = !weir_ring_overflown(&u->ring);
    struct weir_port_queue flying = weir_port_take(&u->flying);
    for (struct weir_port_op *op; (op = weir_port_pop(&flying));) {
        struct weir_slot *slot = weir_uring_slot(u, op);
        const bool answered = (slot->flags & WEIR_SLOT_ANSWERED) != 0;
        if (!answered && !(all_seen && weir_ring_taken(&u->ring, slot->place))) {
            weir_port_push(&u->flying, op);
            continue;
        }
        if (slot->flags & WEIR_SLOT_AWAITED) u->awaited--;
        slot->flags &= (uint8_t)~WEIR_SLOT_AWAITED;
        if (!answered) weir_uring_end_later(u, op, slot->with.result, 0);
    }
}
