/* SPDX-License-Identifier: MIT
 *
 * Listeners on sockets that others made: an inherited descriptor, or one that a service manager left open for us.
 * Whoever made the socket, or holds it too, may go on with it, so closing leaves its name alone. Why a descriptor is
 * not fit is told in the hint of the loop's last error. */
#include <stdio.h>

#include "sys/sys.h"
#include "transport/listener.h"
#include "transport/socket.h"

static int fail(weir_loop *loop, int code, int os_code, const char *hint, const char *more) {
    weir_loop_fail(loop, code, WEIR_STAGE_LISTEN, os_code, NULL);
    snprintf(loop->last_error.hint, sizeof loop->last_error.hint, "%s%s", hint, more);
    return code;
}

static const char *hint_for(int code, weir_ownership owner) {
    if (code == WEIR_ENOENT) return "there is no such descriptor";
    if (code != WEIR_ENOTSUP && code != WEIR_ENOTCONN) return "";
    if (owner == WEIR_TAKE) return "it is no stream socket that listens";
    return "it is no stream socket that listens, or it blocks: set O_NONBLOCK, or give it away";
}

static void close_handle(weir_loop *loop, weir_handle handle) {
    struct weir_call close = {.kind = WEIR_CALL_CLOSE, .handle = handle};
    weir_port_call(loop, &close);
}

/* Takes the descriptor whatever happens, if it is given away. */
static int adopt(weir_loop *loop, int fd, weir_ownership owner, weir_handle *ret) {
    struct weir_call call = {.kind = WEIR_CALL_ADOPT, .value = fd, .owner = owner};
    int status = weir_port_call(loop, &call);
    if (status < 0)
        return fail(loop, status == WEIR_ENOTCONN ? WEIR_ENOTSUP : status, call.os_code, hint_for(status, owner), "");
    if (!(call.count & WEIR_ADOPTED_LISTENS) || !call.family) {
        close_handle(loop, call.handle);
        return fail(loop, WEIR_ENOTSUP, 0, "it does not listen, or to no address of a known family", "");
    }
    *ret = call.handle;
    return 0;
}

static int listen_on(weir_loop *loop, weir_handle handle, const weir_listen_options *options, weir_accept_fn *accepted,
                     void *user, weir_listener **ret) {
    weir_listener *l = NULL;
    int status = weir_listener_new(loop, &weir_socket_listener_kind, options, accepted, user, &l);
    if (status >= 0) status = weir_listener_on(l, handle, true);
    if (status < 0) {
        if (l) weir_listener_forget(l);
        close_handle(loop, handle);
        return fail(loop, status, 0, "", "");
    }
    weir_listener_open(l);
    if (ret) *ret = l;
    return 0;
}

int weir_listener_adopt(weir_loop *loop, int fd, weir_ownership owner, const weir_listen_options *options,
                        weir_accept_fn *accepted, void *user, weir_listener **ret) {
    weir_handle handle = WEIR_NO_HANDLE;
    if (!loop || fd < 0 || owner < WEIR_TAKE || owner > WEIR_DUP || !accepted) return WEIR_EINVAL;
    int status = adopt(loop, fd, owner, &handle);
    return status < 0 ? status : listen_on(loop, handle, options, accepted, user, ret);
}

int weir_systemd_listen(weir_loop *loop, const char *name, const weir_listen_options *options, weir_accept_fn *accepted,
                        void *user, weir_listener **ret) {
    struct weir_call probe = {.kind = WEIR_CALL_ADOPT, .value = -1, .owner = WEIR_BORROW};
    char there[96];
    int fd, os_code;
    if (!loop || !name || !*name || !accepted) return WEIR_EINVAL;
    if (weir_port_call(loop, &probe) == WEIR_ENOTSUP)
        return fail(loop, WEIR_ENOTSUP, 0, "a simulated system has no descriptors", "");
    int status = weir_sys_activated(name, &fd, there, sizeof there, &os_code);
    if (status < 0) return fail(loop, status, os_code, *there ? "there are: " : "no socket was passed on", there);
    return weir_listener_adopt(loop, fd, WEIR_TAKE, options, accepted, user, ret);
}
