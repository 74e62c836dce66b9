/* SPDX-License-Identifier: MIT
 *
 * The mask of one signal, for the length of one call. */
#include "sys/posix/sigpipe.h"

#include <errno.h>
#include <time.h>

static sigset_t only_pipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

void weir_sigpipe_mask(struct weir_sigpipe *s) {
    sigset_t pipe_only = only_pipe(), pending;
    sigemptyset(&pending);
    sigpending(&pending);
    s->was_pending = sigismember(&pending, SIGPIPE) != 0;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &s->before);
}

void weir_sigpipe_unmask(const struct weir_sigpipe *s, bool raised) {
    const struct timespec at_once = {0, 0};
    sigset_t pipe_only = only_pipe();
    int error = errno;
    if (raised && !s->was_pending) {
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    errno = error;
}
