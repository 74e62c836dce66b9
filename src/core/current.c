/* SPDX-License-Identifier: MIT
 *
 * The loop of a thread: the one whose callback runs, else the one the program chose. It is the library's only state
 * outside its objects, and it is per thread. */
#include "core/loop.h"

static _Thread_local weir_loop *running;
static _Thread_local weir_loop *chosen;

weir_loop *weir_loop_current(void) { return running ? running : chosen; }

void weir_loop_set_current(weir_loop *loop) { chosen = loop; }

weir_loop *weir_loop_enter(weir_loop *loop) {
    weir_loop *before = running;
    running = loop;
    return before;
}

void weir_loop_leave(weir_loop *before) { running = before; }

const void *weir_thread_here(void) { return &running; }

bool weir_loop_running_here(void) { return running != NULL; }
