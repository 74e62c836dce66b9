/* SPDX-License-Identifier: MIT
 *
 * An echo server that stays small under a peer which never reads, and passes on the end of the stream. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define MARK (64 * 1024)

typedef struct {
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    int reading;
} client_t;

typedef struct {
    uv_write_t request;
    char bytes[];
} block_t;

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

static void on_closed(uv_handle_t *handle) { free(handle); }

static void drop(uv_stream_t *stream) {
    if (!uv_is_closing((uv_handle_t *)stream)) uv_close((uv_handle_t *)stream, on_closed);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
    block_t *block = malloc(sizeof *block + size);
    (void)handle;
    *buffer = uv_buf_init(block ? block->bytes : NULL, block ? (unsigned)size : 0);
}

static block_t *block_of(const uv_buf_t *buffer) {
    return buffer->base ? (block_t *)(void *)(buffer->base - offsetof(block_t, bytes)) : NULL;
}

static void on_written(uv_write_t *request, int status) {
    client_t *client = (client_t *)request->handle;
    free(request);
    if (status < 0) {
        drop((uv_stream_t *)client);
    } else if (!client->reading && client->tcp.write_queue_size <= MARK / 4) {
        client->reading = 1;
        uv_read_start((uv_stream_t *)client, on_alloc, on_read);
    }
}

static void on_shutdown(uv_shutdown_t *request, int status) {
    (void)status;
    drop(request->handle);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    client_t *client = (client_t *)stream;
    block_t *block = block_of(buffer);
    if (n > 0) {
        uv_buf_t bytes = uv_buf_init(block->bytes, (unsigned)n);
        if (uv_write(&block->request, stream, &bytes, 1, on_written) < 0) {
            free(block);
            drop(stream);
        } else if (client->tcp.write_queue_size > MARK) {
            client->reading = 0;
            uv_read_stop(stream);
        }
        return;
    }
    free(block);
    if (n == UV_EOF) {
        client->reading = 1; /* the end: not to be read again */
        uv_read_stop(stream);
        if (uv_shutdown(&client->shutdown, stream, on_shutdown) < 0) drop(stream);
    } else if (n < 0) {
        drop(stream);
    }
}

static void on_connection(uv_stream_t *server, int status) {
    client_t *client = status < 0 ? NULL : calloc(1, sizeof *client);
    if (!client) return;
    uv_tcp_init(server->loop, &client->tcp);
    client->reading = 1;
    if (uv_accept(server, (uv_stream_t *)client) < 0)
        drop((uv_stream_t *)client);
    else
        uv_read_start((uv_stream_t *)client, on_alloc, on_read);
}

int main(void) {
    uv_tcp_t server;
    struct sockaddr_in address;
    uv_loop_t *loop = uv_default_loop();
    uv_ip4_addr("127.0.0.1", 7000, &address);
    uv_tcp_init(loop, &server);
    int status = uv_tcp_bind(&server, (const struct sockaddr *)&address, 0);
    if (status == 0) status = uv_listen((uv_stream_t *)&server, 128, on_connection);
    if (status < 0) return fprintf(stderr, "%s\n", uv_strerror(status)), 1;
    return uv_run(loop, UV_RUN_DEFAULT);
}
