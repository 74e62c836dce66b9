/* SPDX-License-Identifier: MIT
 *
 * Handles come by calls, by accepts and from the threads that open files; all of them pass through `keep`. A file is
 * not watched, so the poller's limit is nothing to it, but it has an entry, for the child that must close its copy. */
#include "backend/ready/own.h"

#include <assert.h>

#include "backend/ready/call.h"
#include "backend/ready/watch.h"
#include "sys/sys.h"

static int make_room(struct weir_ready *r, weir_handle handle) {
    int fd = weir_sys_fd(handle), limit = r->poller->limit;
    if (limit > 0 && fd >= limit && !weir_sys_is(handle, WEIR_HANDLE_FILE)) return WEIR_EMFILE;
    return weir_watch_reserve(r, fd);
}

int weir_ready_keep(struct weir_ready *ready, const weir_handle *handles, int count) {
    int status = 0;
    for (int i = 0; i < count && status == 0; i++)
        status = make_room(ready, handles[i]);
    for (int i = 0; i < count; i++) {
        if (status == 0) {
            ready->entries[weir_sys_fd(handles[i])].ours = true;
        } else {
            weir_sys_close(handles[i], false);
            ready->state.handles--;
        }
    }
    return status;
}

/* With no descriptor at all to be had, whatever needs one says so itself. */
bool weir_ready_has_room(struct weir_ready *ready) {
    if (ready->poller->limit == 0) return true;
    ready->state.system_calls++;
    return weir_sys_next_fd(ready->waker) < ready->poller->limit;
}

int weir_ready_keep_made(struct weir_ready *ready, const struct weir_call *call) {
    weir_handle made[2];
    return weir_ready_keep(ready, made, weir_ready_made(call, made));
}

void weir_ready_disown(struct weir_ready *ready, weir_handle handle) {
    int fd = weir_sys_fd(handle);
    if ((size_t)fd >= ready->known) return;
    bool busy = ready->entries[fd].in || ready->entries[fd].out; /* by another that borrows the same */
    assert(!busy || weir_sys_is(handle, WEIR_HANDLE_BORROWED));
    if (!busy) weir_watch_forget(ready, fd);
}

void weir_ready_reown(struct weir_ready *ready, weir_handle handle) {
    if (!weir_sys_is(handle, WEIR_HANDLE_BORROWED)) ready->entries[weir_sys_fd(handle)].ours = true;
}

void weir_ready_close_copies(struct weir_ready *ready) {
    for (size_t fd = 0; fd < ready->known; fd++) {
        if (ready->entries[fd].ours) weir_sys_close(weir_sys_handle((int)fd, 0), false);
    }
}

/* The outputs of a call are untouched when it fails. */
static int make(struct weir_ready *r, struct weir_call *call) {
    struct weir_call made = *call;
    if (call->kind == WEIR_CALL_ACCEPT && !weir_ready_has_room(r)) return WEIR_EMFILE;
    int status = weir_ready_call(&r->state, &made);
    if (status == 0) status = weir_ready_keep_made(r, &made);
    call->os_code = made.os_code;
    if (status == 0) *call = made;
    return status;
}

int weir_ready_act(struct weir_backend_state *state, struct weir_call *call) {
    struct weir_ready *r = (struct weir_ready *)state;
    if (weir_ready_makes(call->kind)) return make(r, call);
    if (weir_ready_closes(call)) weir_ready_disown(r, call->handle);
    return weir_ready_call(state, call);
}
