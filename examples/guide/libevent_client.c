/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int status;

static void on_flushed(struct bufferevent *b, void *user) {
    (void)user;
    shutdown(bufferevent_getfd(b), SHUT_WR);
}

static void on_read(struct bufferevent *b, void *user) {
    char bytes[4096];
    size_t n;
    (void)user;
    while ((n = bufferevent_read(b, bytes, sizeof bytes)) > 0)
        fwrite(bytes, 1, n, stdout);
}

static void on_event(struct bufferevent *b, short what, void *user) {
    if (what & BEV_EVENT_CONNECTED) return;
    if (what & BEV_EVENT_TIMEOUT) {
        fprintf(stderr, "127.0.0.1:7000: timed out\n");
        status = 1;
    } else if (what & BEV_EVENT_ERROR) {
        fprintf(stderr, "127.0.0.1:7000: %s\n", evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
        status = 1;
    }
    bufferevent_free(b);
    event_base_loopbreak(user);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7000)};
    struct timeval patience = {.tv_sec = 3};
    struct event_base *base = event_base_new();
    struct bufferevent *b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bufferevent_setcb(b, on_read, on_flushed, on_event, base);
    bufferevent_set_timeouts(b, &patience, &patience);
    bufferevent_enable(b, EV_READ | EV_WRITE);
    bufferevent_write(b, "hello\n", 6);
    if (bufferevent_socket_connect(b, (struct sockaddr *)&address, sizeof address) < 0) return 1;
    event_base_dispatch(base);
    event_base_free(base);
    return status;
}
