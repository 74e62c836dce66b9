/* SPDX-License-Identifier: MIT
 *
 * A list whose end is known. How long it may become is for ?max= to say. A known weakness: since nothing is read, the
 * departure of one that waits is not noticed before it has a partner. */
#include "waiting.h"

#include <stdlib.h>

struct waiting {
    struct waiting *next;
    weir_transport *t;
    struct waiting_line *line;
};

static void forget(struct waiting_line *line, struct waiting **link) {
    struct waiting *w = *link;
    *link = w->next;
    if (!*link) line->last = link;
    free(w);
}

static void lost(void *self, weir_transport *t, const weir_error *reason) {
    struct waiting *w = self;
    struct waiting **link = &w->line->first;
    (void)t;
    (void)reason;
    while (*link != w)
        link = &(*link)->next;
    forget(w->line, link);
}

bool waiting_add(struct waiting_line *line, weir_transport *t) {
    static const weir_protocol waits = {.disconnected = lost};
    struct waiting *w = calloc(1, sizeof *w);
    if (!w) return false;
    *w = (struct waiting){.t = t, .line = line};
    if (weir_transport_set_protocol(t, &waits, w) < 0) {
        free(w);
        return false;
    }
    if (!line->first) line->last = &line->first;
    *line->last = w;
    line->last = &w->next;
    return true;
}

weir_transport *waiting_take(struct waiting_line *line) {
    for (struct waiting **link = &line->first; *link; link = &(*link)->next) {
        weir_transport *t = (*link)->t;
        if (weir_transport_set_protocol(t, NULL, NULL) < 0) continue;
        forget(line, link);
        return t;
    }
    return NULL;
}

void waiting_abort(struct waiting_line *line) {
    for (struct waiting *w = line->first; w; w = w->next)
        weir_transport_abort(w->t);
}
