/* SPDX-License-Identifier: MIT
 *
 * The inbox outlives its loop: a counted piece of memory that knows the loop as long as there is one. Who posts says
 * so before he looks for the loop; who closes takes the loop away and then waits until nobody is posting. Both are
 * sequentially consistent, so one of the two sees the other. The wait is for a few instructions of another thread,
 * never for a callback. */
#include "core/inbox.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "core/loop.h"

struct weir_inbox {
    _Atomic(weir_loop *) loop; /* NULL: closed */
    atomic_uint posting;
    atomic_uint holders;
    struct weir_memory memory; /* what it lies in; not the loop's, which counts its own */
};

static weir_inbox *new_inbox(weir_loop *loop) {
    struct weir_memory memory;
    weir_memory_init(&memory, &loop->memory.allocator);
    weir_inbox *inbox = weir_memory_new(&memory, sizeof *inbox);
    if (!inbox) return NULL;
    inbox->memory = memory;
    atomic_store(&inbox->loop, loop);
    atomic_store(&inbox->holders, 1); /* the loop's own */
    return inbox;
}

weir_inbox *weir_loop_inbox(weir_loop *loop) {
    if (!loop) return NULL;
    if (!loop->inbox) loop->inbox = new_inbox(loop);
    return weir_inbox_hold(loop->inbox);
}

weir_inbox *weir_inbox_hold(weir_inbox *inbox) {
    if (inbox) atomic_fetch_add(&inbox->holders, 1);
    return inbox;
}

void weir_inbox_drop(weir_inbox *inbox) {
    if (!inbox || atomic_fetch_sub(&inbox->holders, 1) > 1) return;
    struct weir_memory memory = inbox->memory;
    weir_memory_free(&memory, inbox, sizeof *inbox);
}

int weir_inbox_post(weir_inbox *inbox, weir_post *post) {
    if (!inbox) return WEIR_EINVAL;
    atomic_fetch_add(&inbox->posting, 1);
    weir_loop *loop = atomic_load(&inbox->loop);
    int status = loop ? weir_loop_post(loop, post) : WEIR_ECLOSED;
    atomic_fetch_sub(&inbox->posting, 1);
    return status;
}

void weir_inbox_shut(weir_inbox *inbox, bool forked) {
    if (!inbox) return;
    atomic_store(&inbox->loop, NULL);
    while (!forked && atomic_load(&inbox->posting))
        continue;
}

void weir_inbox_open_again(weir_inbox *inbox, weir_loop *loop) {
    if (inbox) atomic_store(&inbox->loop, loop);
}
