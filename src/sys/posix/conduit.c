/* SPDX-License-Identifier: MIT
 *
 * From one socket to another without a copy: a pipe takes the pages of what was received and hands them on. It never
 * keeps any: what the second socket refuses is read back from it in the same call, and so one pipe serves a whole loop.
 * Where there is no such pipe, or the system does not splice what it is given, it is a plain receive. */
#include <fcntl.h>
#include <unistd.h>

#include "sys/posix/fail.h"
#include "sys/posix/sigpipe.h"

enum { how = SPLICE_F_NONBLOCK | SPLICE_F_MOVE, roomy = 1 << 20 };

static bool is_open(struct weir_conduit *c) {
    int fds[2];
    if (c->in) return c->in > 0;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
        c->in = -1;
        return false;
    }
    fcntl(fds[1], F_SETPIPE_SZ, roomy); /* as large as it comes, if refused */
    c->out = fds[0];
    c->in = fds[1];
    return true;
}

void weir_sys_conduit_close(struct weir_conduit *c) {
    if (c->in <= 0) return;
    close(c->in);
    close(c->out);
}

static ssize_t move(int from, int to, size_t n) {
    ssize_t moved;
    do
        moved = splice(from, NULL, to, NULL, n, how);
    while (moved < 0 && errno == EINTR);
    return moved;
}

static size_t pass_on(int from, int to, size_t n) {
    size_t moved = 0;
    for (ssize_t k; moved < n && (k = move(from, to, n - moved)) > 0;)
        moved += (size_t)k;
    return moved;
}

/* A socket whose peer has reset it would raise SIGPIPE here. */
static size_t pass_on_masked(int from, int to, size_t n) {
    struct weir_sigpipe mask;
    weir_sigpipe_mask(&mask);
    errno = 0;
    size_t moved = pass_on(from, to, n);
    weir_sigpipe_unmask(&mask, moved < n && errno == EPIPE);
    return moved;
}

/* All `n` bytes are there, so that nothing but a broken system makes this false. */
static bool read_back(int from, uint8_t *bytes, size_t n) {
    for (size_t got = 0; got < n;) {
        ssize_t k = read(from, bytes + got, n - got);
        if (k == 0 || (k < 0 && errno != EINTR)) return false;
        if (k > 0) got += (size_t)k;
    }
    return true;
}

int64_t weir_sys_forward(struct weir_conduit *c, int64_t from, int64_t to, void *bytes, size_t size, size_t *moved,
                         int *os_code) {
    if (!is_open(c)) return weir_sys_receive(from, bytes, size, os_code);
    ssize_t n = move(weir_sys_fd(from), c->in, size);
    if (n < 0 && errno == EINVAL) return weir_sys_receive(from, bytes, size, os_code);
    if (n < 0) return weir_sys_fail(os_code);
    *moved = pass_on_masked(c->out, weir_sys_fd(to), (size_t)n);
    if (read_back(c->out, bytes, (size_t)n - *moved)) return n - (ssize_t)*moved;
    *moved = 0;
    return weir_sys_fail_with(EIO, os_code);
}
