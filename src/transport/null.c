/* SPDX-License-Identifier: MIT
 *
 * The transport over nothing: it ends when it is read, and takes every byte at once. The end is told in a turn of its
 * own, since a driver may not call back from within. */
#include <weir/file.h>

#include "transport/base.h"

struct null {
    weir_transport base;
    struct weir_turn end;
};

static struct null *null_of(weir_transport *t) { return (struct null *)(void *)t; }

static void tell_end(struct weir_turn *turn) {
    struct null *n = (struct null *)(void *)((char *)turn - offsetof(struct null, end));
    if (n->base.receiving) weir_transport_ended(&n->base);
}

static int receive(weir_transport *t, bool on) {
    if (on) weir_turn_later(loop_of(t), &null_of(t)->end);
    return 0;
}

static int64_t swallow(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code) {
    int64_t n = 0;
    (void)t;
    (void)now;
    (void)os_code;
    for (; chain; chain = chain->next)
        n += (int64_t)chain->size;
    return n;
}

static void recall(weir_transport *t) { (void)t; }

static void finish(weir_transport *t) { (void)t; }

static void drop(weir_transport *t, bool reset) {
    (void)reset;
    weir_transport_gone(t);
}

static void fini(weir_transport *t) { weir_turn_cancel(loop_of(t), &null_of(t)->end); }

static const struct weir_driver driver = {
    .name = "null",
    .size = sizeof(struct null),
    .caps = WEIR_CAN_RECEIVE | WEIR_CAN_SEND | WEIR_CAN_HALF_CLOSE,
    .receive = receive,
    .send = swallow,
    .recall = recall,
    .finish = finish,
    .drop = drop,
    .fini = fini,
};

static int make(struct weir_scope *scope, const weir_protocol *protocol, void *self, weir_transport **ret) {
    struct weir_memory *memory = &scope->loop->memory;
    struct null *n = weir_memory_new(memory, sizeof *n);
    int status = n ? weir_transport_init(&n->base, &driver, scope, WEIR_OPEN, protocol, self) : WEIR_ENOMEM;
    if (status < 0) {
        weir_memory_free(memory, n, sizeof *n);
        return status;
    }
    n->end.run = tell_end;
    weir_transport_step_later(*ret = &n->base);
    return 0;
}

int weir_null_open(weir_loop *loop, const weir_limits *limits, const weir_protocol *protocol, void *self,
                   weir_transport **ret) {
    if (!loop || !ret) return WEIR_EINVAL;
    struct weir_scope *scope = weir_scope_for(loop, limits);
    if (!scope) return WEIR_ENOMEM;
    int status = make(scope, protocol, self, ret);
    weir_scope_drop(scope);
    return status;
}
