/* SPDX-License-Identifier: MIT
 *
 * The drive over descriptors: a loop that runs until it has nothing left. Where everything is paused nobody is there to
 * resume it, since the thread is here; then what is open is aborted, and the caller is told. */
#include "backend/blocking/blocking.h"

#include "drive/drive.h"
#include "sys/sys.h"

/* What the stream is made of. */
struct ends {
    weir_handle in, out;
    bool socket; /* one and the same, and so it can be shut down */
};

static int look_at(int fd, bool reads, weir_handle *ret, bool *socket) {
    struct weir_found found;
    int os_code, status = fd < 0 ? 0 : weir_sys_adopt(fd, WEIR_BORROW, &found, &os_code);
    if (status < 0 || fd < 0) return status;
    if (found.listens) return WEIR_ENOTSUP;
    if (reads ? !found.reads : !found.writes) return WEIR_EINVAL;
    *ret = found.handle;
    *socket = found.socket;
    return 0;
}

static int look_at_both(int in, int out, struct ends *ret) {
    bool in_socket = false, out_socket = false;
    *ret = (struct ends){.in = WEIR_NO_HANDLE, .out = WEIR_NO_HANDLE};
    int status = look_at(in, true, &ret->in, &in_socket);
    if (status == 0) status = look_at(out, false, &ret->out, &out_socket);
    ret->socket = in == out && in_socket;
    return status;
}

static unsigned caps_of(const struct ends *e) {
    unsigned caps = e->socket ? WEIR_LINGERS | WEIR_DRAINS : 0;
    if (e->in != WEIR_NO_HANDLE) caps |= WEIR_CAN_RECEIVE;
    if (e->out != WEIR_NO_HANDLE) caps |= WEIR_CAN_SEND | WEIR_CAN_HALF_CLOSE;
    return caps;
}

static void abort_one(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)what;
    if (kind == WEIR_OBJECT_TRANSPORT) weir_transport_abort(object);
}

/* Until nothing is left. Returns 0 or WEIR_ESTALLED. */
static int run(struct weir_drive *d) {
    int result = 0;
    while (weir_loop_alive(d->loop)) {
        if (weir_drive_tick(d) >= 0) continue;
        result = WEIR_ESTALLED;
        weir_loop_each(d->loop, abort_one, NULL);
    }
    return result;
}

static int run_in(weir_loop *loop, const struct ends *e, const weir_protocol *protocol, void *self) {
    struct weir_drive d;
    weir_blocking_use(loop->state, e->in, e->out);
    int status = weir_drive_start(&d, loop, "descriptor", caps_of(e), protocol, self);
    if (status == 0) status = run(&d);
    return status < 0 ? status : d.code;
}

int weir_blocking_run(int in, int out, const weir_protocol *protocol, void *self, const weir_loop_options *options) {
    static const weir_loop_options none = {0};
    char reason[1];
    struct ends e;
    weir_loop *loop = NULL;
    if (!protocol || (in < 0 && out < 0)) return WEIR_EINVAL;
    if (weir_loop_running_here()) return WEIR_EBUSY;
    int status = look_at_both(in, out, &e);
    if (status == 0)
        status = weir_loop_make(&loop, options ? options : &none, &weir_backend_blocking, reason, sizeof reason);
    if (status < 0) return status;
    status = run_in(loop, &e, protocol, self);
    weir_loop_destroy(loop, false);
    return status;
}
