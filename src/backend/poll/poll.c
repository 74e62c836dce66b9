/* SPDX-License-Identifier: MIT
 *
 * The poll backend, for systems without epoll and for those who want to compare: one dense array of what is watched,
 * and beside it where each descriptor stands in that. All else is in backend/ready/.
 *
 * Row 0 is the waker; row n belongs to the descriptor in it, and `row[fd]` is n, or 0 for one that is not watched. A
 * row that goes is filled by the last one. The scan for what is ready goes on where the last one stopped, so that no
 * row is served before the others when more are ready than one wait reports.
 *
 * Known weakness: every sleep costs a pass over all that is watched, in the system and here. A process that lowers its
 * limit of descriptors below what it has open is refused the sleep (EINVAL), and the loop ends with that. */
#include "backend/poll/poll.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "backend/ready/ready.h"
#include "backend/ready/sleep.h"
#include "backend/ready/watch.h"
#include "sys/sys.h"

struct poll_state {
    struct weir_ready ready; /* first */
    struct pollfd *rows;
    size_t count, capacity;
    uint32_t *row; /* by descriptor */
    size_t known;
    size_t from; /* the row that the next scan begins with */
};

static struct poll_state *of(struct weir_ready *ready) { return (struct poll_state *)ready; }

/* ---- the poller -------------------------------------------------------------------------------------------------- */

static size_t twice(size_t capacity, size_t least) {
    enum { first_capacity = 64 };
    size_t more = capacity ? capacity : first_capacity;
    while (more < least)
        more *= 2;
    return more;
}

/* Room for one row more, and for a descriptor of this number. */
static int make_room(struct poll_state *p, size_t fd) {
    struct weir_memory *memory = p->ready.state.env.memory;
    if (p->count == p->capacity) {
        size_t capacity = twice(p->capacity, p->count + 1), size = sizeof *p->rows;
        struct pollfd *rows = weir_memory_resize(memory, p->rows, p->capacity * size, capacity * size);
        if (!rows) return WEIR_ENOMEM;
        p->rows = rows;
        p->capacity = capacity;
    }
    if (fd >= p->known) {
        size_t known = twice(p->known, fd + 1), size = sizeof *p->row;
        uint32_t *row = weir_memory_resize(memory, p->row, p->known * size, known * size);
        if (!row) return WEIR_ENOMEM;
        memset(row + p->known, 0, (known - p->known) * size);
        p->row = row;
        p->known = known;
    }
    return 0;
}

static void remove_row(struct poll_state *p, uint32_t at) {
    const struct pollfd last = p->rows[--p->count];
    p->row[p->rows[at].fd] = 0;
    if (at == p->count) return;
    p->rows[at] = last;
    p->row[last.fd] = at;
}

static int watch(struct weir_ready *ready, int fd, unsigned before, unsigned after, uint64_t cookie) {
    struct poll_state *p = of(ready);
    (void)cookie;
    if (!after) {
        remove_row(p, p->row[fd]);
        return 0;
    }
    if (!before) {
        if (make_room(p, (size_t)fd) < 0) return WEIR_ENOMEM;
        p->row[fd] = (uint32_t)p->count;
        p->rows[p->count++] = (struct pollfd){.fd = fd};
    }
    p->rows[p->row[fd]].events = (short)((after & WEIR_READY_IN ? POLLIN : 0) | (after & WEIR_READY_OUT ? POLLOUT : 0));
    return 0;
}

static unsigned bits_of(short events) {
    if (events & (POLLERR | POLLHUP | POLLNVAL)) return WEIR_READY_IN | WEIR_READY_OUT;
    return (events & POLLIN ? WEIR_READY_IN : 0u) | (events & POLLOUT ? WEIR_READY_OUT : 0u);
}

/* Reports up to `max` of the `left` rows that are ready. */
static int scan(struct poll_state *p, int left, struct weir_ready_event *ret, int max) {
    int kept = 0;
    for (size_t seen = 0; seen < p->count && left > 0 && kept < max; seen++, p->from++) {
        if (p->from >= p->count) p->from = 0;
        const struct pollfd *row = &p->rows[p->from];
        if (!row->revents) continue;
        left--;
        if (p->from == 0)
            weir_sys_waker_drain(row->fd);
        else
            ret[kept++] = (struct weir_ready_event){weir_watch_cookie(&p->ready, row->fd), bits_of(row->revents)};
    }
    return kept;
}

static int wait(struct weir_ready *ready, uint64_t timeout_ns, struct weir_ready_event *ret, int max) {
    struct poll_state *p = of(ready);
    struct timespec timeout;
    int count = ppoll(p->rows, (nfds_t)p->count, weir_ready_timeout(timeout_ns, &timeout), NULL);
    if (count < 0) return errno == EINTR ? 0 : weir_sys_error(errno);
    return scan(p, count, ret, max);
}

static const struct weir_poller poller = {.watch = watch, .wait = wait};

/* ---- the backend ------------------------------------------------------------------------------------------------- */

static void close_poll(struct weir_backend_state *state, bool forked) {
    struct poll_state *p = (struct poll_state *)state;
    struct weir_memory *memory = state->env.memory;
    weir_ready_close(&p->ready, forked);
    weir_memory_free(memory, p->rows, p->capacity * sizeof *p->rows);
    weir_memory_free(memory, p->row, p->known * sizeof *p->row);
    weir_memory_free(memory, p, sizeof *p);
}

static int watch_waker(struct poll_state *p) { return watch(&p->ready, p->ready.waker, 0, WEIR_READY_IN, 0); }

static int open_poll(struct weir_backend_state **ret, const struct weir_backend_env *env) {
    struct poll_state *p = weir_memory_new(env->memory, sizeof *p);
    if (!p) return WEIR_ENOMEM;
    int status = weir_ready_open(&p->ready, &weir_backend_poll, &poller, env);
    if (status == 0) status = watch_waker(p);
    if (status < 0) {
        close_poll(&p->ready.state, false);
        return status;
    }
    *ret = &p->ready.state;
    return 0;
}

const struct weir_backend weir_backend_poll = {
    .name = "poll",
    .summary = "readiness: poll, which looks at all that is watched each time",
    .open = open_poll,
    .close = close_poll,
    WEIR_READY_SLOTS,
    .handle = weir_ready_no_handle,
};
