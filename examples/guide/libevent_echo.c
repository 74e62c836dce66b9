/* SPDX-License-Identifier: MIT
 *
 * An echo server that stays small under a peer which never reads, and passes on the end of the stream. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#define MARK (64 * 1024)

static void on_read(struct bufferevent *b, void *user) {
    (void)user;
    bufferevent_write_buffer(b, bufferevent_get_input(b));
    if (evbuffer_get_length(bufferevent_get_output(b)) > MARK) bufferevent_disable(b, EV_READ);
}

static void on_low(struct bufferevent *b, void *user) {
    (void)user;
    bufferevent_enable(b, EV_READ);
}

static void on_flushed(struct bufferevent *b, void *user) {
    (void)user;
    shutdown(bufferevent_getfd(b), SHUT_WR);
    bufferevent_free(b);
}

static void on_event(struct bufferevent *b, short what, void *user) {
    if (!(what & BEV_EVENT_EOF)) {
        bufferevent_free(b);
        return;
    }
    bufferevent_disable(b, EV_READ);
    bufferevent_setwatermark(b, EV_WRITE, 0, 0);
    bufferevent_setcb(b, NULL, on_flushed, on_event, user);
    if (evbuffer_get_length(bufferevent_get_output(b)) == 0) on_flushed(b, user);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int size,
                          void *user) {
    struct event_base *base = evconnlistener_get_base(listener);
    struct bufferevent *b = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    (void)peer, (void)size, (void)user;
    if (!b) {
        evutil_closesocket(fd);
        return;
    }
    bufferevent_setwatermark(b, EV_WRITE, MARK / 4, 0);
    bufferevent_setcb(b, on_read, on_low, on_event, NULL);
    bufferevent_enable(b, EV_READ | EV_WRITE);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7000)};
    struct event_base *base = event_base_new();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    signal(SIGPIPE, SIG_IGN);
    if (!evconnlistener_new_bind(base, on_connection, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 128,
                                 (struct sockaddr *)&address, sizeof address)) {
        perror("listen");
        return 1;
    }
    return event_base_dispatch(base) < 0;
}
