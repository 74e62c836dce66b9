/* SPDX-License-Identifier: MIT
 *
 * The backends that can be met from several threads: those of the system. One that is absent here is skipped. */
#ifndef THREADS_BACKENDS_H
#define THREADS_BACKENDS_H

#include <weir/loop.h>

#define ON_EACH_BACKEND(test)                                                                                          \
    {#test " (io_uring)", test, NULL, NULL, "io_uring"}, {#test " (epoll)", test, NULL, NULL, "epoll"},                \
        {#test " (poll)", test, NULL, NULL, "poll"}, {#test " (select)", test, NULL, NULL, "select"}

/* A loop on the backend whose name a test got as its state. */
static inline weir_loop *loop_of(void **state) {
    weir_loop_options options = {.backend = *state};
    weir_loop *loop = NULL;
    int status = weir_loop_open(&loop, &options);
    if (status == WEIR_ENOTSUP || status == WEIR_EINVAL) skip();
    assert_int_equal(status, 0);
    return loop;
}

static inline void close_loop(weir_loop *loop) {
    assert_int_equal(weir_loop_close(loop, NULL, NULL), 0);
}

#endif
