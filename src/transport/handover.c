/* SPDX-License-Identifier: MIT
 *
 * The predecessor's side of a hand-over: a control listener of its own, over which whoever connects is sent the
 * descriptors at once, and one word is awaited. Nothing changes until that word has come, so whatever happens to the
 * successor before it, the listeners go on; and two processes that accept from one queue for a moment do no harm.
 *
 * Each message is far smaller than an empty socket buffer, so passing never has to wait; a buffer that is full is a
 * successor that does not read, and fails like one.
 *
 * The offer lives and dies with its control listener: closing that, for whatever reason, is how it ends. When it was
 * taken, the conversation is ended after the control socket is gone, so that the successor can offer at
 * the same path. */
#include "transport/handover.h"

#include <stdio.h>
#include <string.h>

#include "transport/listener.h"
#include "transport/socket.h"

#define ANSWER "taken\n"
#define LINE_MAX (WEIR_LISTENER_TEXT_MAX + 64)

struct weir_handover {
    weir_loop *loop;
    weir_listener *control;
    weir_transport *successor; /* the one under way */
    weir_handover_done_fn *done;
    void *user;
    int status; /* to be told at the end */
    bool ending;
    bool leaving; /* the successor was on its way out before it could be dismissed, and still calls */
    size_t count;
    weir_listener *listeners[WEIR_HANDOVER_MAX];
};

static void end(weir_handover *h, int status) {
    if (h->ending) return;
    h->ending = true;
    h->status = status;
    weir_listener_end(h->control, WEIR_LAST_NONE);
}

static void tell(weir_handover *h, const char *what, int code) {
    char text[WEIR_ADDRESS_TEXT_MAX];
    weir_loop_log(h->loop, WEIR_LOG_WARN, "hand-over at %s: %s%s%s",
                  h->control->kind->text(h->control, false, text, sizeof text), what, code ? ": " : "",
                  code ? weir_error_text(code) : "");
}

/* ---- with a successor -------------------------------------------------------------------------------------------- */

/* One that its user has closed is as good as gone. */
static size_t count_open(const weir_handover *h) {
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++)
        n += !h->listeners[i]->closing;
    return n;
}

static int pass_one(weir_handover *h, weir_handle to, const weir_listener *l, size_t index, size_t count) {
    char name[WEIR_LISTENER_TEXT_MAX], line[LINE_MAX];
    struct weir_call call = {.kind = WEIR_CALL_PASS, .handle = to, .bytes = (uint8_t *)line};
    weir_listener_handle(l, &call.other);
    call.count = (size_t)snprintf(line, sizeof line, "weir-handover 1 %zu %zu %s\n", index, count,
                                  l->kind->text(l, true, name, sizeof name));
    return weir_port_call(h->loop, &call);
}

static int pass_all(weir_handover *h, weir_handle to) {
    size_t count = count_open(h), index = 0;
    struct weir_call same = {.kind = WEIR_CALL_SAME_USER, .handle = to};
    int status = count ? weir_port_call(h->loop, &same) : WEIR_ECLOSED;
    for (size_t i = 0; i < h->count && status >= 0; i++) {
        if (!h->listeners[i]->closing) status = pass_one(h, to, h->listeners[i], index++, count);
    }
    return status;
}

static void connected(void *self, weir_transport *t) {
    weir_handover *h = self;
    int status = pass_all(h, ((struct weir_socket *)(void *)t)->receive.handle);
    if (status >= 0) return;
    tell(h, "not given", status);
    weir_transport_abort(t);
}

static void let_go(weir_handover *h) {
    for (size_t i = 0; i < h->count; i++) {
        weir_listener *l = h->listeners[i];
        l->offer = NULL;
        l->keep = true;
        if (!l->closing) weir_listener_end(l, WEIR_LAST_IN_HAND);
    }
    h->count = 0;
    end(h, 0);
}

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    const size_t whole = sizeof ANSWER - 1;
    weir_handover *h = self;
    if (n > whole || memcmp(bytes, ANSWER, n) != 0) {
        tell(h, "the successor talks otherwise", 0);
        weir_transport_abort(t);
        return n;
    }
    if (n < whole) return 0;
    let_go(h);
    return n;
}

static void set_free(weir_handover *h) { weir_memory_free(&h->loop->memory, h, sizeof *h); }

static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    weir_handover *h = self;
    (void)t;
    h->successor = NULL;
    h->leaving = false;
    if (!h->ending) tell(h, "the successor has gone", reason ? reason->code : 0);
    if (!h->control) set_free(h);
}

static const weir_protocol giver = {.connected = connected, .received = received, .disconnected = disconnected};

static void came(weir_transport *t, void *user) {
    weir_handover *h = user;
    if (weir_transport_set_protocol(t, &giver, h) == 0) h->successor = t;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void dismiss(weir_handover *h) {
    if (!h->successor) return;
    h->leaving = weir_transport_set_protocol(h->successor, NULL, NULL) < 0;
    if (h->status)
        weir_transport_abort(h->successor);
    else
        weir_transport_close(h->successor);
}

static void control_closed(weir_listener *control, void *user, const weir_error *reason) {
    weir_handover *h = user;
    (void)control;
    if (!h->ending) h->status = reason ? reason->code : WEIR_ECANCELED;
    h->ending = true;
    dismiss(h);
    if (h->done) h->done(h, h->status, h->user);
}

static void control_freed(weir_listener *control) {
    weir_handover *h = control->user;
    for (size_t i = 0; i < h->count; i++)
        h->listeners[i]->offer = NULL;
    h->control = NULL;
    if (!h->leaving) set_free(h);
}

void weir_handover_left(weir_handover *offer, const weir_listener *listener) {
    size_t kept = 0;
    for (size_t i = 0; i < offer->count; i++) {
        if (offer->listeners[i] != listener) offer->listeners[kept++] = offer->listeners[i];
    }
    offer->count = kept;
    if (!kept) end(offer, WEIR_ECLOSED);
}

int weir_handover_withdraw(weir_handover *offer) {
    if (!offer) return WEIR_EINVAL;
    if (offer->ending) return WEIR_EALREADY;
    end(offer, WEIR_ECANCELED);
    return 0;
}

/* ---- the offer --------------------------------------------------------------------------------------------------- */

static int can_be_offered(const weir_loop *loop, const weir_listener *l) {
    weir_handle handle;
    if (!l || loop_of_listener(l) != loop) return WEIR_EINVAL;
    if (l->offer) return WEIR_EBUSY;
    if (l->closing) return WEIR_ECLOSED;
    return weir_listener_handle(l, &handle) ? 0 : WEIR_ENOTSUP;
}

static int listen_for_successor(weir_handover *h, const weir_address *address) {
    const weir_limits limits = {.receive = 64, .idle_ns = WEIR_HANDOVER_PATIENCE_NS};
    const weir_listen_options options = {
        .backlog = 4, .max_connections = 1, .limits = &limits, .closed = control_closed};
    int status = weir_socket_listen_as(h->loop, address, true, &options, came, h, &h->control);
    if (status >= 0) h->control->freed = control_freed;
    return status;
}

static int make_offer(weir_loop *loop, const weir_address *address, weir_listener *const *listeners, size_t n,
                      weir_handover **ret) {
    weir_handover *h = weir_memory_new(&loop->memory, sizeof *h);
    if (!h) return weir_loop_fail(loop, WEIR_ENOMEM, WEIR_STAGE_LISTEN, 0, address);
    h->loop = loop;
    int status = listen_for_successor(h, address);
    if (status < 0) {
        weir_memory_free(&loop->memory, h, sizeof *h);
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        h->listeners[h->count++] = listeners[i];
        listeners[i]->offer = h;
    }
    *ret = h;
    return 0;
}

static bool is_twice(weir_listener *const *listeners, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            if (listeners[i] == listeners[j]) return true;
    }
    return false;
}

int weir_handover_offer(weir_loop *loop, const char *path, weir_listener *const *listeners, size_t n,
                        weir_handover_done_fn *done, void *user, weir_handover **ret) {
    weir_address address;
    weir_handover *h = NULL;
    if (!loop || !path || !listeners || !n || n > WEIR_HANDOVER_MAX || is_twice(listeners, n)) return WEIR_EINVAL;
    int status = weir_address_unix(&address, path, strlen(path));
    for (size_t i = 0; i < n && status >= 0; i++)
        status = can_be_offered(loop, listeners[i]);
    if (status < 0) return weir_loop_fail(loop, status, WEIR_STAGE_LISTEN, 0, NULL);
    status = make_offer(loop, &address, listeners, n, &h);
    if (status < 0) return status;
    h->done = done;
    h->user = user;
    if (ret) *ret = h;
    return 0;
}
