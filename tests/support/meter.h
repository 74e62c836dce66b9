/* SPDX-License-Identifier: MIT
 *
 * An allocator that counts, refuses on demand, insists that the sizes it is told are right, and moves everything that
 * may move: growing a piece always gives another one, and new bytes are never zero. */
#ifndef SUPPORT_METER_H
#define SUPPORT_METER_H

#include <weir/alloc.h>

struct meter {
    size_t held, pieces; /* now */
    size_t requests;     /* for more memory, so far */
    size_t refuse_at;    /* the request that is refused, from 1; 0: none */
    bool refuse_on;      /* and all after it */
    size_t refused;
};

weir_allocator meter_allocator(struct meter *meter);

#endif
