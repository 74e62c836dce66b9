/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

typedef struct {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    uv_shutdown_t shutdown;
    char bytes[4096];
    int status;
} client_t;

static void finish(client_t *c, int status) {
    if (uv_is_closing((uv_handle_t *)&c->tcp)) return;
    c->status = status;
    uv_close((uv_handle_t *)&c->tcp, NULL);
    uv_close((uv_handle_t *)&c->timer, NULL);
}

static void on_timeout(uv_timer_t *timer) { finish(timer->data, UV_ETIMEDOUT); }

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
    client_t *c = handle->data;
    (void)size;
    *buffer = uv_buf_init(c->bytes, sizeof c->bytes);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    client_t *c = stream->data;
    if (n < 0) {
        finish(c, n == UV_EOF ? 0 : (int)n);
    } else {
        fwrite(buffer->base, 1, (size_t)n, stdout);
        uv_timer_again(&c->timer); /* something moved */
    }
}

static void on_shutdown(uv_shutdown_t *request, int status) {
    if (status < 0) finish(request->handle->data, status);
}

static void on_written(uv_write_t *request, int status) {
    if (status < 0) finish(request->handle->data, status);
}

static void on_connect(uv_connect_t *request, int status) {
    uv_stream_t *stream = request->handle;
    client_t *c = stream->data;
    uv_buf_t hello = uv_buf_init("hello\n", 6);
    if (status == 0) status = uv_write(&c->write, stream, &hello, 1, on_written);
    if (status == 0) status = uv_shutdown(&c->shutdown, stream, on_shutdown);
    if (status == 0) status = uv_read_start(stream, on_alloc, on_read);
    if (status < 0) finish(c, status);
}

int main(void) {
    client_t c = {.status = 0};
    struct sockaddr_in address;
    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_ip4_addr("127.0.0.1", 7000, &address);
    uv_tcp_init(&loop, &c.tcp);
    uv_timer_init(&loop, &c.timer);
    c.tcp.data = c.timer.data = &c;
    uv_timer_start(&c.timer, on_timeout, 3000, 3000);
    int status = uv_tcp_connect(&c.connect, &c.tcp, (const struct sockaddr *)&address, on_connect);
    if (status < 0) finish(&c, status);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (c.status < 0) fprintf(stderr, "127.0.0.1:7000: %s\n", uv_strerror(c.status));
    return c.status < 0;
}
