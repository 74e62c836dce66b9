/* SPDX-License-Identifier: MIT */
/* libuv driven at its best: one shared buffer for all reads, uv_try_write in the read callback, and only what the
 * socket refused is copied and written with a request, reading stopped meanwhile. */
#include "server.h"

#include <string.h>
#include <uv.h>

enum { buffer_size = 64 * 1024 }; /* what libuv asks for; it reads again at once while a read fills the buffer */

struct rest {
    uv_write_t request;
    char bytes[];
};

static char buffer[buffer_size];

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret) {
    (void)h;
    (void)suggested;
    *ret = uv_buf_init(buffer, sizeof buffer);
}

static void on_closed(uv_handle_t *h) { free(h); }

static void drop(uv_stream_t *s) {
    if (!uv_is_closing((uv_handle_t *)s)) {
        uv_close((uv_handle_t *)s, on_closed);
    }
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b);

static void on_written(uv_write_t *request, int status) {
    if (status < 0) {
        drop(request->handle);
    } else {
        uv_read_start(request->handle, on_alloc, on_read);
    }
    free(request); /* the first member of its struct rest */
}

static void keep(uv_stream_t *s, const char *bytes, size_t n) {
    struct rest *rest = malloc(sizeof *rest + n);
    if (rest == NULL) {
        die("malloc");
    }
    memcpy(rest->bytes, bytes, n);
    const uv_buf_t b = uv_buf_init(rest->bytes, (unsigned)n);
    uv_read_stop(s);
    if (uv_write(&rest->request, s, &b, 1, on_written) != 0) {
        free(rest);
        drop(s);
    }
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
    if (n == 0) {
        return;
    }
    const uv_buf_t out = uv_buf_init(b->base, n > 0 ? (unsigned)n : 0);
    int sent = n > 0 ? uv_try_write(s, &out, 1) : UV_EOF;
    sent = sent == UV_EAGAIN ? 0 : sent;
    if (sent < 0) {
        drop(s);
    } else if (sent < n) {
        keep(s, b->base + sent, (size_t)(n - sent));
    }
}

static void on_connection(uv_stream_t *listener, int status) {
    uv_tcp_t *c = status == 0 ? malloc(sizeof *c) : NULL;
    if (c == NULL) {
        return;
    }
    uv_tcp_init(listener->loop, c);
    if (uv_accept(listener, (uv_stream_t *)c) != 0) {
        uv_close((uv_handle_t *)c, on_closed);
        return;
    }
    uv_read_start((uv_stream_t *)c, on_alloc, on_read);
}

static void on_stop(uv_signal_t *s, int number) {
    (void)number;
    uv_stop(s->loop);
}

int main(int argc, char **argv) {
    const int fd = server_listen(server_port(argc, argv));
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_signal_t stop;
    uv_loop_init(&loop);
    uv_signal_init(&loop, &stop);
    uv_signal_start(&stop, on_stop, SIGTERM);
    uv_tcp_init(&loop, &listener);
    if (uv_tcp_open(&listener, fd) != 0 || uv_listen((uv_stream_t *)&listener, 4096, on_connection) != 0) {
        die("uv_listen");
    }
    server_announce(fd);
    uv_run(&loop, UV_RUN_DEFAULT);
    server_report("libuv_best", -1);
    return 0;
}
