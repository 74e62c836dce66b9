/* SPDX-License-Identifier: MIT
 *
 * What layered media put on a transport. */
#ifndef SUPPORT_STACK_H
#define SUPPORT_STACK_H

#include <weir/transport.h>

struct scene;

/* The top of what the scene's medium stacks on `t`: `t` itself when it is not layered, NULL when there was no memory
 * for it: then `t` is aborted. */
weir_transport *scene_stack(struct scene *s, weir_transport *t);

#endif
