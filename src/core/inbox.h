/* SPDX-License-Identifier: MIT
 *
 * How a loop that closes lets go of its inbox. */
#ifndef WEIR_CORE_INBOX_H
#define WEIR_CORE_INBOX_H

#include <stdbool.h>

#include <weir/loop.h>

/* From when this returns no post gets in through it, and none is on its way. `forked`: this is a child process, and
 * those that were on their way are the parent's. NULL is let pass. */
void weir_inbox_shut(weir_inbox *inbox, bool forked);

/* The loop stays after all. */
void weir_inbox_open_again(weir_inbox *inbox, weir_loop *loop);

#endif
