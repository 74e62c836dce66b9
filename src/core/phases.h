/* SPDX-License-Identifier: MIT
 *
 * What core's files ask of each other and nobody else does. */
#ifndef WEIR_CORE_PHASES_H
#define WEIR_CORE_PHASES_H

#include "core/loop.h"

/* Timers that were armed within this tick begin to run down now. */
void weir_loop_settle_timers(weir_loop *loop);

/* Fires the timers that are due. Returns how many. */
unsigned weir_loop_run_timers(weir_loop *loop);

/* Calls `each` for every armed timer of the user's; not for the deadlines of the library's own objects. */
void weir_loop_each_timer(weir_loop *loop, void (*each)(void *user, weir_timer *timer), void *user);

/* Whether this process is a child of the one that made the loop. */
bool weir_loop_forked(const weir_loop *loop);

#endif
