/* SPDX-License-Identifier: MIT
 *
 * Making a loop and freeing it. What a freed loop leaves behind is nothing: no byte of memory, no descriptor, no op in
 * flight. */
#include <assert.h>

#include "core/inbox.h"
#include "core/loop.h"
#include "core/phases.h"

static void list_init(struct weir_object_list *list) { list->head.next = list->head.prev = &list->head; }

void weir_object_add(struct weir_object_list *list, struct weir_object *object) {
    object->next = &list->head;
    object->prev = list->head.prev;
    object->prev->next = object->next->prev = object;
    list->count++;
}

void weir_object_remove(struct weir_object_list *list, struct weir_object *object) {
    object->prev->next = object->next;
    object->next->prev = object->prev;
    object->next = object->prev = NULL;
    list->count--;
}

static int tick_for_world(weir_loop *loop) { return weir_loop_tick(loop, WEIR_FOREVER); }

static bool wants_to_run(const weir_loop *loop) { return !atomic_load(&loop->stop) && weir_loop_alive(loop); }

static void run_turn(struct weir_task *task) {
    struct weir_turn *turn = (struct weir_turn *)(void *)task;
    turn->run(turn);
}

static void init(weir_loop *loop, const weir_loop_options *options) {
    loop->scope.loop = loop;
    loop->scope.limits = weir_limits_fill(&options->limits, &weir_limits_default);
    loop->scope.budget.limit = options->budget ? options->budget : WEIR_DEFAULT_BUDGET;
    loop->tick_completions = options->tick_completions ? options->tick_completions : 256;
    loop->log = options->log;
    loop->log_user = options->log_user;
    loop->due.next = loop->due.prev = &loop->due;
    weir_pool_init(&loop->pool, &loop->memory);
    loop->pulls.run = run_turn;
    list_init(&loop->transports);
    list_init(&loop->listeners);
    list_init(&loop->files);
    list_init(&loop->works);
}

static int open_backend(weir_loop *loop, const weir_loop_options *options, char *reason, size_t reason_size) {
    struct weir_backend_env env = {.memory = &loop->memory,
                                   .host = options->host,
                                   .loop = loop,
                                   .tick = tick_for_world,
                                   .wants = wants_to_run,
                                   .reason = reason,
                                   .reason_size = reason_size};
    return loop->backend->open(&loop->state, &env);
}

/* The loop itself is the first piece taken from its own allocator. */
int weir_loop_make(weir_loop **ret, const weir_loop_options *options, const struct weir_backend *backend, char *reason,
                   size_t reason_size) {
    struct weir_memory memory;
    weir_memory_init(&memory, options->allocator);
    weir_loop *loop = weir_memory_new(&memory, sizeof *loop);
    if (!loop) return WEIR_ENOMEM;
    loop->memory = memory;
    loop->backend = backend;
    loop->maker = weir_thread_here();
    init(loop, options);
    int status = open_backend(loop, options, reason, reason_size);
    if (status < 0) {
        memory = loop->memory;
        weir_memory_free(&memory, loop, sizeof *loop);
        return status;
    }
    loop->now_ns = backend->now_ns(loop->state);
    weir_wheel_init(&loop->wheel, loop->now_ns);
    *ret = loop;
    return 0;
}

static void discard_all(struct weir_object_list *list) {
    while (list->head.next != &list->head)
        list->discard(list->head.next);
}

void weir_loop_destroy(weir_loop *loop, bool forked) {
    loop->backend->close(loop->state, forked); /* first: in a forked child it still knows the ops of what is open */
    discard_all(&loop->transports);
    discard_all(&loop->listeners);
    discard_all(&loop->files);
    discard_all(&loop->works);
    weir_pool_drain(&loop->pool);
    weir_inbox_shut(loop->inbox, forked);
    weir_inbox_drop(loop->inbox);
    struct weir_memory memory = loop->memory;
    if (weir_loop_current() == loop) weir_loop_set_current(NULL);
    weir_memory_free(&memory, loop, sizeof *loop);
    assert(memory.held == 0);
}

bool weir_loop_forked(const weir_loop *loop) { return loop->state->fork_mark && !*loop->state->fork_mark; }

bool weir_loop_is_ours(const weir_loop *loop) {
    const void *owner = atomic_load_explicit(&loop->owner, memory_order_relaxed);
    return !owner || owner == weir_thread_here() || weir_loop_forked(loop);
}

uint64_t weir_now_ns(const weir_loop *loop) { return loop ? loop->now_ns : 0; }

const char *weir_loop_backend(const weir_loop *loop) { return loop ? loop->backend->name : ""; }

const char *weir_loop_backend_reason(const weir_loop *loop) { return loop ? loop->reason : ""; }

void weir_loop_stats_get(const weir_loop *loop, weir_loop_stats *ret) {
    *ret = (weir_loop_stats){
        .ticks = loop->ticks,
        .completions = loop->completions,
        .system_calls = loop->state->system_calls,
        .allocations = loop->memory.requests,
        .memory = loop->memory.held,
        .memory_peak = loop->memory.peak,
        .charged = loop->scope.budget.used,
        .transports = loop->transports.count,
        .listeners = loop->listeners.count,
        .timers = loop->wheel.count,
        .ops = loop->ops,
        .handles = loop->state->handles,
    };
}
