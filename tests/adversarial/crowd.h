/* SPDX-License-Identifier: MIT
 *
 * A crowd: many guests connected to one door, each with a host of its own. */
#ifndef ADVERSARIAL_CROWD_H
#define ADVERSARIAL_CROWD_H

#include "support/scene.h"

#define CROWD_MAX 24

struct crowd {
    unsigned size; /* set it first */
    struct actor *guests[CROWD_MAX], *hosts[CROWD_MAX];
    void (*dress)(struct actor *host); /* before a host takes its transport; may be NULL */
};

/* Opens the door and connects the guests, who stay and are silenced, as their hosts are. s->user becomes the crowd. */
void crowd_open(struct crowd *crowd, struct scene *s);

/* Everybody who is still there leaves, and the door is shut. */
void crowd_leave(struct scene *s);

#endif
