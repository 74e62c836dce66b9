/* SPDX-License-Identifier: MIT
 *
 * Calls that raise SIGPIPE and cannot be told not to. It is raised for the thread that calls: masked there, it becomes
 * pending there, and is taken away again unless it had been pending before. */
#ifndef WEIR_SYS_POSIX_SIGPIPE_H
#define WEIR_SYS_POSIX_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct weir_sigpipe {
    sigset_t before;
    bool was_pending;
};

void weir_sigpipe_mask(struct weir_sigpipe *s);

/* `raised`: a call since then has failed with EPIPE. Keeps errno. */
void weir_sigpipe_unmask(const struct weir_sigpipe *s, bool raised);

#endif
