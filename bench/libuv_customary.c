/* SPDX-License-Identifier: MIT */
/* libuv as its own guide drives it: a heap buffer for every read, a heap request for every write, no flow control.
 *
 * Known weakness, and the reason why it is measured: a peer that sends and never reads fills the memory. */
#include "server.h"

#include <uv.h>

struct write {
    uv_write_t request;
    uv_buf_t buffer;
};

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret) {
    (void)h;
    *ret = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void on_closed(uv_handle_t *h) { free(h); }

static void on_written(uv_write_t *request, int status) {
    struct write *w = (struct write *)request;
    (void)status;
    free(w->buffer.base);
    free(w);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
    if (n > 0) {
        struct write *w = malloc(sizeof *w);
        if (w == NULL) {
            die("malloc");
        }
        w->buffer = uv_buf_init(b->base, (unsigned)n);
        if (uv_write(&w->request, s, &w->buffer, 1, on_written) != 0) {
            on_written(&w->request, 0);
        }
        return;
    }
    if (n < 0) {
        uv_close((uv_handle_t *)s, on_closed);
    }
    free(b->base);
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
    server_report("libuv_customary", -1);
    return 0;
}
