/* SPDX-License-Identifier: MIT
 *
 * Hosts are numbered in the order of their arrival, which need not be that of the guests. */
#include "adversarial/crowd.h"

static struct actor *silent(struct scene *s, const char *name) {
    struct actor *a = scene_cast(s, name);
    a->silenced = true;
    return a;
}

static void host(struct door *door, weir_transport *t) {
    struct crowd *crowd = door->scene->user;
    if (!check(door->accepted <= crowd->size)) return;
    struct actor *a = crowd->hosts[door->accepted - 1] = silent(door->scene, "host");
    if (crowd->dress) crowd->dress(a);
    actor_take(a, t);
}

void crowd_open(struct crowd *crowd, struct scene *s) {
    weir_address address = scene_address(s);
    s->user = crowd;
    s->door.on_accept = host;
    if (!check_int(door_open(&s->door, s, &address), 0)) return;
    for (unsigned i = 0; i < crowd->size; i++) {
        crowd->guests[i] = silent(s, "guest");
        check_int(actor_connect(crowd->guests[i], &s->door.address), 0);
    }
}

void crowd_leave(struct scene *s) {
    struct crowd *crowd = s->user;
    for (unsigned i = 0; i < crowd->size; i++) {
        if (crowd->guests[i]) actor_abort(crowd->guests[i]);
        if (crowd->hosts[i]) actor_abort(crowd->hosts[i]);
    }
    door_shut(&s->door);
}
