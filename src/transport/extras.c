/* SPDX-License-Identifier: MIT
 *
 * What few transports have, and what hardly any has: made when first needed, gone with the transport. */
#include "transport/base.h"

struct weir_extras *weir_extras_of(weir_transport *t) {
    if (!t->extras) t->extras = weir_memory_new(&loop_of(t)->memory, sizeof *t->extras);
    return t->extras;
}

struct weir_rare *weir_rare_of(weir_transport *t) {
    struct weir_extras *e = weir_extras_of(t);
    if (!e || e->rare) return e ? e->rare : NULL;
    e->rare = weir_memory_new(&loop_of(t)->memory, sizeof *e->rare);
    if (e->rare) e->rare->due_ns = WEIR_FOREVER;
    return e->rare;
}

void weir_extras_free(weir_transport *t) {
    struct weir_memory *memory = &loop_of(t)->memory;
    if (!t->extras) return;
    weir_memory_free(memory, t->extras->rare, sizeof *t->extras->rare);
    weir_memory_free(memory, t->extras, sizeof *t->extras);
    t->extras = NULL;
}
