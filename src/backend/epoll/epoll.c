/* SPDX-License-Identifier: MIT
 *
 * The epoll backend: one epoll, level-triggered. All else is in backend/ready/.
 *
 * The waker is watched for edges: each wake is one event, so it is never drained. Sleeps are in nanoseconds (Linux
 * 5.11); where that call is missing, or a filter refuses it, in milliseconds, rounded up, since time never runs
 * early. */
#include "backend/epoll/epoll.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/time_types.h>

#include "backend/ready/ready.h"
#include "sys/sys.h"

#define WAKE_COOKIE UINT64_MAX

struct epoll_state {
    struct weir_ready ready; /* first */
    int epoll;
    bool coarse; /* no sleeping in nanoseconds here */
};

/* ---- the poller -------------------------------------------------------------------------------------------------- */

static int watch(struct weir_ready *ready, int fd, unsigned before, unsigned after, uint64_t cookie) {
    const struct epoll_state *e = (const struct epoll_state *)ready;
    ready->state.system_calls++;
    struct epoll_event event = {.data = {.u64 = cookie}};
    if (after & WEIR_READY_IN) event.events |= EPOLLIN;
    if (after & WEIR_READY_OUT) event.events |= EPOLLOUT;
    int act = !before ? EPOLL_CTL_ADD : !after ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    return epoll_ctl(e->epoll, act, fd, &event) == 0 ? 0 : weir_sys_error(errno);
}

static int to_ms(uint64_t timeout_ns) {
    uint64_t ms = timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

static int sleep_until_event(struct epoll_state *e, uint64_t timeout_ns, struct epoll_event *events, int max) {
    if (timeout_ns == 0 || timeout_ns == WEIR_FOREVER) return epoll_wait(e->epoll, events, max, timeout_ns ? -1 : 0);
#ifdef SYS_epoll_pwait2
    if (!e->coarse) {
        struct __kernel_timespec timeout = {.tv_sec = (int64_t)(timeout_ns / 1000000000),
                                            .tv_nsec = (int64_t)(timeout_ns % 1000000000)};
        int count = (int)syscall(SYS_epoll_pwait2, e->epoll, events, max, &timeout, NULL, 0);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
        e->coarse = true;
    }
#endif
    return epoll_wait(e->epoll, events, max, to_ms(timeout_ns));
}

static unsigned bits_of(uint32_t events) {
    if (events & (EPOLLERR | EPOLLHUP)) return WEIR_READY_IN | WEIR_READY_OUT;
    return (events & EPOLLIN ? WEIR_READY_IN : 0u) | (events & EPOLLOUT ? WEIR_READY_OUT : 0u);
}

static int wait(struct weir_ready *ready, uint64_t timeout_ns, struct weir_ready_event *ret, int max) {
    struct epoll_event events[WEIR_READY_EVENTS];
    int count = sleep_until_event((struct epoll_state *)ready, timeout_ns, events, max), kept = 0;
    if (count < 0) return errno == EINTR ? 0 : weir_sys_error(errno);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == WAKE_COOKIE) continue;
        ret[kept++] = (struct weir_ready_event){events[i].data.u64, bits_of(events[i].events)};
    }
    return kept;
}

static const struct weir_poller poller = {.watch = watch, .wait = wait};

/* ---- the backend ------------------------------------------------------------------------------------------------- */

static void close_epoll(struct weir_backend_state *state, bool forked) {
    struct epoll_state *e = (struct epoll_state *)state;
    struct weir_memory *memory = state->env.memory;
    weir_ready_close(&e->ready, forked);
    if (e->epoll >= 0) close(e->epoll);
    weir_memory_free(memory, e, sizeof *e);
}

static int open_poller(struct epoll_state *e) {
    const struct weir_backend_env *env = &e->ready.state.env;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.u64 = WAKE_COOKIE}};
    e->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (e->epoll < 0) return weir_ready_refuse(env, "epoll_create1", errno);
    if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, e->ready.waker, &event) == 0) return 0;
    return weir_ready_refuse(env, "epoll_ctl", errno);
}

static int open_epoll(struct weir_backend_state **ret, const struct weir_backend_env *env) {
    struct epoll_state *e = weir_memory_new(env->memory, sizeof *e);
    if (!e) return WEIR_ENOMEM;
    e->epoll = -1;
    int status = weir_ready_open(&e->ready, &weir_backend_epoll, &poller, env);
    if (status == 0) status = open_poller(e);
    if (status < 0) {
        close_epoll(&e->ready.state, false);
        return status;
    }
    *ret = &e->ready.state;
    return 0;
}

/* Known weakness: ops that end without an event do not make it ready. Who polls it runs the loop until nothing ran. */
static weir_handle handle(struct weir_backend_state *state) {
    return weir_sys_handle(((const struct epoll_state *)state)->epoll, WEIR_HANDLE_BORROWED);
}

const struct weir_backend weir_backend_epoll = {
    .name = "epoll",
    .summary = "readiness: epoll and one system call per transfer",
    .open = open_epoll,
    .close = close_epoll,
    WEIR_READY_SLOTS,
    .handle = handle,
};
