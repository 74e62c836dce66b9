/* SPDX-License-Identifier: MIT */
#include <event2/event.h>
#include <stdio.h>

struct ticker {
    struct event *event;
    int left;
};

static void tick(evutil_socket_t fd, short what, void *user) {
    struct ticker *t = user;
    (void)fd, (void)what;
    printf("tick\n");
    if (--t->left == 0) event_del(t->event);
}

int main(void) {
    struct ticker t = {.left = 3};
    struct timeval every = {.tv_usec = 100000};
    struct event_base *base = event_base_new();
    t.event = event_new(base, -1, EV_PERSIST, tick, &t);
    if (!t.event || event_add(t.event, &every) < 0) return 1;
    event_base_dispatch(base);
    event_free(t.event);
    event_base_free(base);
    return 0;
}
