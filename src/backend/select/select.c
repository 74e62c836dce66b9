/* SPDX-License-Identifier: MIT
 *
 * The select backend: the call that every system has. Two sets of bits say what is watched; the system is given
 * copies, which it changes. All else is in backend/ready/.
 *
 * A set has room for FD_SETSIZE descriptors, and to write the bit of a higher one is to write into other memory. So
 * such a descriptor is refused, with WEIR_EMFILE, where it is made or accepted, and, if it came another way, where it
 * is to be watched; no bit is written. A connection that would get such a number stays in its queue. Reading and
 * writing it without waiting works, as does a file.
 *
 * Known weakness: every sleep costs a pass over all numbers below the highest. A descriptor that was closed behind our
 * back fails the whole call without saying which one it is; then each is looked at. */
#include "backend/select/select.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/select.h>

#include "backend/ready/ready.h"
#include "backend/ready/sleep.h"
#include "backend/ready/watch.h"
#include "sys/sys.h"

struct select_state {
    struct weir_ready ready; /* first */
    fd_set in, out;
    int end;  /* above all that is watched */
    int from; /* the descriptor that the next scan begins with, so that the lowest are not always served first */
};

static struct select_state *of(struct weir_ready *ready) { return (struct select_state *)ready; }

/* ---- the poller -------------------------------------------------------------------------------------------------- */

static void mark(fd_set *set, int fd, bool on) {
    if (on)
        FD_SET(fd, set);
    else
        FD_CLR(fd, set);
}

static bool is_watched(const struct select_state *s, int fd) { return FD_ISSET(fd, &s->in) || FD_ISSET(fd, &s->out); }

static int watch(struct weir_ready *ready, int fd, unsigned before, unsigned after, uint64_t cookie) {
    struct select_state *s = of(ready);
    (void)before;
    (void)cookie;
    if (fd >= FD_SETSIZE) return WEIR_EMFILE;
    mark(&s->in, fd, after & WEIR_READY_IN);
    mark(&s->out, fd, after & WEIR_READY_OUT);
    if (fd >= s->end) s->end = fd + 1;
    while (s->end > 0 && !is_watched(s, s->end - 1))
        s->end--;
    return 0;
}

/* Makes both sets say which of the watched are none any longer: whatever is tried there, tells. */
static int find_closed(const struct select_state *s, fd_set *in, fd_set *out) {
    int count = 0;
    for (int fd = 0; fd < s->end; fd++) {
        bool closed = is_watched(s, fd) && fcntl(fd, F_GETFD) < 0;
        mark(in, fd, closed);
        mark(out, fd, closed);
        count += closed ? 2 : 0;
    }
    return count;
}

/* Reports up to `max` descriptors, of which `left` bits are set. */
static int scan(struct select_state *s, const fd_set *in, const fd_set *out, int left, struct weir_ready_event *ret,
                int max) {
    int kept = 0;
    for (int seen = 0; seen < s->end && left > 0 && kept < max; seen++, s->from++) {
        if (s->from >= s->end) s->from = 0;
        const int fd = s->from;
        const bool reads = FD_ISSET(fd, in), writes = FD_ISSET(fd, out);
        left -= reads + writes;
        if (fd == s->ready.waker && reads)
            weir_sys_waker_drain(fd);
        else if (reads || writes)
            ret[kept++] = (struct weir_ready_event){weir_watch_cookie(&s->ready, fd),
                                                    (reads ? WEIR_READY_IN : 0u) | (writes ? WEIR_READY_OUT : 0u)};
    }
    return kept;
}

static int wait(struct weir_ready *ready, uint64_t timeout_ns, struct weir_ready_event *ret, int max) {
    struct select_state *s = of(ready);
    struct timespec timeout;
    fd_set in = s->in, out = s->out;
    int count = pselect(s->end, &in, &out, NULL, weir_ready_timeout(timeout_ns, &timeout), NULL);
    if (count < 0 && errno == EBADF) count = find_closed(s, &in, &out);
    if (count < 0) return errno == EINTR ? 0 : weir_sys_error(errno);
    return scan(s, &in, &out, count, ret, max);
}

static const struct weir_poller poller = {.limit = FD_SETSIZE, .watch = watch, .wait = wait};

/* ---- the backend ------------------------------------------------------------------------------------------------- */

static void close_select(struct weir_backend_state *state, bool forked) {
    struct select_state *s = (struct select_state *)state;
    struct weir_memory *memory = state->env.memory;
    weir_ready_close(&s->ready, forked);
    weir_memory_free(memory, s, sizeof *s);
}

static int watch_waker(struct select_state *s) {
    FD_ZERO(&s->in);
    FD_ZERO(&s->out);
    if (watch(&s->ready, s->ready.waker, 0, WEIR_READY_IN, 0) == 0) return 0;
    return weir_ready_refuse(&s->ready.state.env, "eventfd beyond FD_SETSIZE", EMFILE);
}

static int open_select(struct weir_backend_state **ret, const struct weir_backend_env *env) {
    struct select_state *s = weir_memory_new(env->memory, sizeof *s);
    if (!s) return WEIR_ENOMEM;
    int status = weir_ready_open(&s->ready, &weir_backend_select, &poller, env);
    if (status == 0) status = watch_waker(s);
    if (status < 0) {
        close_select(&s->ready.state, false);
        return status;
    }
    *ret = &s->ready.state;
    return 0;
}

const struct weir_backend weir_backend_select = {
    .name = "select",
    .summary = "readiness: select, for descriptors below FD_SETSIZE",
    .open = open_select,
    .close = close_select,
    WEIR_READY_SLOTS,
    .handle = weir_ready_no_handle,
};
