/* SPDX-License-Identifier: MIT
 *
 * The listener's user pointer is the door; `closed` must come exactly once, and no connection after it. */
#include "support/door.h"

#include "support/scene.h"
#include "support/stack.h"

static void to_the_server(struct door *door, weir_transport *t) {
    actor_take(&door->scene->server, t);
    door_shut(door);
}

static void accepted(weir_transport *t, void *user) {
    struct door *door = user;
    scene_enter(door->scene);
    check(!door->closed);
    door->accepted++;
    t = scene_stack(door->scene, t);
    if (t) (door->on_accept ? door->on_accept : to_the_server)(door, t);
    scene_leave(door->scene);
}

static void forget(struct door *door) {
    struct door **link = &door->scene->doors;
    while (*link != door)
        link = &(*link)->next;
    *link = door->next;
    scene_release(door->scene);
}

static void closed(weir_listener *listener, void *user, const weir_error *reason) {
    struct door *door = user;
    scene_enter(door->scene);
    check(listener == door->listener);
    check_int(++door->closed, 1);
    door->listener = NULL;
    if (door->on_closed) door->on_closed(door, reason);
    forget(door);
    scene_leave(door->scene);
}

int door_open(struct door *door, struct scene *s, const weir_address *address) {
    door->scene = s;
    door->closed = 0;
    door->options.closed = closed;
    scene_calls(s);
    int status = scene_called(s, weir_socket_listen(s->loop, address, &door->options, accepted, door, &door->listener));
    if (status < 0) return status;
    door->next = s->doors;
    s->doors = door;
    scene_hold(s);
    check_int(weir_listener_address(door->listener, &door->address), 0);
    check(weir_listener_user(door->listener) == door);
    return 0;
}

int door_shut(struct door *door) {
    if (!door->listener) return WEIR_EALREADY;
    scene_calls(door->scene);
    return scene_called(door->scene, weir_listener_close(door->listener));
}

int door_pause(struct door *door) {
    scene_calls(door->scene);
    return scene_called(door->scene, weir_listener_pause(door->listener));
}

int door_resume(struct door *door) {
    scene_calls(door->scene);
    return scene_called(door->scene, weir_listener_resume(door->listener));
}
