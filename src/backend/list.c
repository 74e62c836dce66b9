/* SPDX-License-Identifier: MIT
 *
 * The one table that names all backends, and the choice among them: by name from the options, by WEIR_BACKEND from the
 * environment, else the first that opens. A better one that does not open is passed over silently; why is kept for
 * whoever asks. The simulated one is never chosen unasked. */
#include "backend/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/epoll/epoll.h"
#ifdef WEIR_HAVE_IO_URING
#include "backend/io_uring/uring.h"
#endif
#include "backend/poll/poll.h"
#include "backend/select/select.h"
#include "backend/sim/sim.h"
#include "core/loop.h"

static const struct weir_backend *const backends[] = {
#ifdef WEIR_HAVE_IO_URING
    &weir_backend_io_uring,
#endif
    &weir_backend_epoll,    &weir_backend_poll, &weir_backend_select, &weir_backend_sim,
};

const struct weir_backend *weir_backend_at(size_t index) {
    return index < sizeof backends / sizeof *backends ? backends[index] : NULL;
}

static const struct weir_backend *find(const char *name) {
    const struct weir_backend *b;
    for (size_t i = 0; (b = weir_backend_at(i)); i++)
        if (strcmp(b->name, name) == 0) return b;
    return NULL;
}

static void keep_reason(char *reason, size_t size, const struct weir_backend *backend, const char *why) {
    size_t used = strlen(reason);
    int n = snprintf(reason + used, size - used, "%s%s: %s", used ? "; " : "", backend->name, why);
    if (n < 0) reason[used] = 0;
}

static int open_named(weir_loop **ret, const weir_loop_options *options, const char *name) {
    char why[sizeof(*ret)->reason] = "";
    const struct weir_backend *backend = find(name);
    return backend ? weir_loop_make(ret, options, backend, why, sizeof why) : WEIR_EINVAL;
}

static bool is_real(const struct weir_backend *backend) { return backend->turn == NULL; }

static int open_best(weir_loop **ret, const weir_loop_options *options) {
    const struct weir_backend *b;
    char reason[sizeof(*ret)->reason] = "";
    int status = WEIR_ENOTSUP;
    for (size_t i = 0; (b = weir_backend_at(i)); i++) {
        char why[sizeof reason] = "";
        if (!is_real(b)) continue;
        status = weir_loop_make(ret, options, b, why, sizeof why);
        if (status >= 0) {
            memcpy((*ret)->reason, reason, sizeof reason);
            return 0;
        }
        keep_reason(reason, sizeof reason, b, *why ? why : weir_error_text(status));
    }
    return status;
}

int weir_loop_open(weir_loop **ret, const weir_loop_options *options) {
    static const weir_loop_options none = {0};
    const weir_loop_options *o = options ? options : &none;
    const char *name = o->backend ? o->backend : o->host ? "sim" : getenv("WEIR_BACKEND");
    if (!ret) return WEIR_EINVAL;
    return name && *name ? open_named(ret, o, name) : open_best(ret, o);
}

weir_loop *weir_loop_new(const weir_loop_options *options) {
    weir_loop *loop = NULL;
    return weir_loop_open(&loop, options) < 0 ? NULL : loop;
}

int weir_backend_probe(size_t index, weir_backend_info *ret) {
    const struct weir_backend *backend = weir_backend_at(index);
    static const weir_loop_options none = {0};
    weir_loop *loop;
    if (!backend || !ret) return backend ? WEIR_EINVAL : WEIR_ENOENT;
    *ret = (weir_backend_info){.name = backend->name, .summary = backend->summary};
    ret->status = weir_loop_make(&loop, &none, backend, ret->reason, sizeof ret->reason);
    if (ret->status >= 0) weir_loop_destroy(loop, false);
    return 0;
}
