/* SPDX-License-Identifier: MIT
 *
 * The backend's name is checked against what the library itself lists, so a new one needs no edit here. */
#include "looping.h"

#include "say.h"
#include "spell.h"

#include <weir/socket.h>
#include <weir/timer.h>
#include <weir/transport.h>
#include <weir/work.h>

#include <stdlib.h>
#include <string.h>

enum { BACKENDS_MAX = 16 };

bool looping_known(const char *name) {
    const char *names[BACKENDS_MAX];
    weir_backend_info info;
    size_t count = 0;
    if (!name) return true;
    while (count < BACKENDS_MAX && weir_backend_probe(count, &info) == 0) {
        if (strcmp(info.name, name) == 0) return true;
        names[count++] = info.name;
    }
    say_error("no backend is called %s; `weir doctor` lists them", name);
    say_hint(spell_nearest(name, names, count, sizeof *names));
    return false;
}

bool looping_reaches_others(const char *name) {
    const char *environment = getenv("WEIR_BACKEND");
    if (!name && environment) name = environment;
    if (!name || strcmp(name, "sim") != 0) return true;
    say_error("the backend sim is a world of its own, and reaches nobody outside; `weir demo` can use it");
    return false;
}

/* Why the backend of that name does not work. */
static void explain(const char *name, int code) {
    weir_backend_info info;
    for (size_t i = 0; weir_backend_probe(i, &info) == 0; i++) {
        if (strcmp(info.name, name) != 0 || !*info.reason) continue;
        say_error("open a loop on %s: %s: %s", name, weir_error_text(code), info.reason);
        return;
    }
    say_error("open a loop on %s: %s", name, weir_error_text(code));
}

int looping_open(weir_loop **ret, const char *backend) {
    const weir_loop_options options = {.backend = backend, .log = say_log};
    const char *name = backend ? backend : getenv("WEIR_BACKEND");
    int code = weir_loop_open(ret, &options);
    if (code < 0 && name && *name)
        explain(name, code);
    else if (code < 0)
        say_error("open a loop: %s", weir_error_text(code));
    return code;
}

static void abort_object(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)what;
    switch (kind) {
    case WEIR_OBJECT_TRANSPORT: weir_transport_abort(object); break;
    case WEIR_OBJECT_LISTENER: weir_listener_close(object); break;
    case WEIR_OBJECT_TIMER: weir_timer_stop(object); break;
    case WEIR_OBJECT_WORK: weir_work_cancel(object); break;
    case WEIR_OBJECT_POST:
    case WEIR_OBJECT_FILE:
    case WEIR_OBJECT_RUNNING: break; /* a post runs by itself; a file closes only with an op */
    }
}

void looping_abort(weir_loop *loop) { weir_loop_each(loop, abort_object, NULL); }

static void say_left(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)kind;
    (void)object;
    say_error("still open at the end: %s", what);
}

void looping_end(weir_loop *loop) {
    looping_abort(loop);
    weir_run(loop);
    weir_loop_close(loop, say_left, NULL);
}
