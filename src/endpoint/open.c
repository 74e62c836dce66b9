/* SPDX-License-Identifier: MIT
 *
 * Endpoints become listeners and transports here. The medium is opened first and the layers are put over it from the
 * bottom up, for what connects and for what is accepted alike.
 *
 * What is there only once (standard input, a descriptor, a file) has no listener. It is opened with a protocol of our
 * own and accepted when it hears `connected`, which comes from the loop, never from within the call. */
#include <weir/endpoint.h>

#include <string.h>

#include "core/loop.h"
#include "endpoint/build.h"
#include "endpoint/demand.h"
#include "endpoint/refuse.h"
#include "endpoint/stack.h"
#include "transport/base.h"
#include "transport/listener.h"

/* ---- refusing ---------------------------------------------------------------------------------------------------- */

static const struct weir_layer_spec *layer_at(const weir_endpoint *endpoint, size_t i) {
    return weir_layer_find(endpoint->layers[i], strlen(endpoint->layers[i]));
}

/* What this build lacks of a layer. */
static int check_layer(const weir_endpoint *endpoint, const struct weir_layer_spec *layer, weir_error *error) {
    const struct weir_option_spec *option;
    if (!layer->listen && !layer->connect && !layer->wrap)
        return weir_refuse(error, WEIR_ENOTSUP, "%s: this build has no such %s", layer->name,
                           weir_layer_is_medium(layer) ? "medium" : "layer");
    for (size_t i = 0; (option = weir_option_at(layer, i)); i++)
        if (option->absent && weir_option_given(endpoint, layer, option))
            return weir_refuse(error, WEIR_ENOTSUP, "%s of %s: this build has no such option", option->name,
                               layer->name);
    return 0;
}

static int check_host(const weir_endpoint *endpoint, weir_error *error) {
    weir_address address;
    struct weir_quoted q;
    if (weir_stack_medium(endpoint)->address != WEIR_ADDRESS_HOST) return 0;
    if (weir_endpoint_address(endpoint, &address) >= 0) return 0;
    weir_refuse(error, WEIR_ENOTSUP, "names are not resolved yet: give the address of %s, as in 127.0.0.1",
                weir_quote(&q, endpoint->host, strlen(endpoint->host)));
    error->stage = WEIR_STAGE_RESOLVE;
    return WEIR_ENOTSUP;
}

static int check(const weir_endpoint *endpoint, bool listening, weir_error *error) {
    int status = weir_endpoint_check(endpoint, error);
    for (size_t i = 0; status >= 0 && i < weir_stack_height(endpoint); i++) {
        status = check_layer(endpoint, layer_at(endpoint, i), error);
        if (status < 0) error->stage = listening ? WEIR_STAGE_LISTEN : WEIR_STAGE_CONNECT;
    }
    if (status < 0) return status;
    const struct weir_layer_spec *medium = weir_stack_medium(endpoint);
    if (!listening && !medium->connect) {
        weir_refuse(error, WEIR_ENOTSUP, "%s only listens", medium->name);
        error->stage = WEIR_STAGE_CONNECT;
        return WEIR_ENOTSUP;
    }
    return check_host(endpoint, error);
}

static void name_endpoint(weir_error *error, const weir_endpoint *endpoint) {
    char text[WEIR_ENDPOINT_TEXT_MAX];
    weir_refuse_text(error, weir_endpoint_format(endpoint, text, sizeof text));
}

/* Whether it can be opened; if not, weir_report knows why. */
static int admit(weir_loop *loop, const weir_endpoint *endpoint, bool listening) {
    weir_error error;
    int status = check(endpoint, listening, &error);
    if (status >= 0) return 0;
    name_endpoint(&error, endpoint);
    loop->last_error = error;
    return status;
}

/* For weir_report: what failed now, or before. A failure is told with the endpoint, unless whoever told of it knew the
 * address. */
static int conclude(weir_loop *loop, const weir_endpoint *endpoint, const weir_error *before, int status,
                    weir_stage stage) {
    weir_error *last = &loop->last_error;
    if (status >= 0) {
        *last = *before;
        return status;
    }
    if (!last->code) *last = (weir_error){.code = status, .stage = stage};
    if (!last->peer[0]) name_endpoint(last, endpoint);
    return status;
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

/* Puts the layers over `t`, the medium. 0, or WEIR_E... and `t` is aborted. */
static int put_layers(const weir_endpoint *endpoint, weir_transport *t, weir_transport **ret) {
    int status = 0;
    for (size_t i = weir_stack_height(endpoint) - 1; status >= 0 && i > 0; i--)
        status = layer_at(endpoint, i - 1)->wrap(t, endpoint, NULL, NULL, &t);
    *ret = t;
    if (status < 0) weir_transport_abort(t);
    return status;
}

/* What a listener whose endpoint has layers keeps to build them by. */
struct plan {
    weir_loop *loop;
    weir_endpoint endpoint;
};

static weir_transport *stack_up(weir_listener *listener, weir_transport *t) {
    const struct plan *s = listener->layers;
    return put_layers(&s->endpoint, t, &t) < 0 ? NULL : t;
}

static void drop_plan(weir_listener *listener) {
    struct plan *s = listener->layers;
    weir_memory_free(&s->loop->memory, s, sizeof *s);
}

static int add_plan(weir_listener *listener, const weir_endpoint *endpoint) {
    weir_loop *loop = loop_of_listener(listener);
    struct plan *s = weir_memory_new(&loop->memory, sizeof *s);
    if (!s) return WEIR_ENOMEM;
    *s = (struct plan){loop, *endpoint};
    listener->layers = s;
    listener->stack = stack_up;
    listener->freed = drop_plan;
    return 0;
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

/* Opens the stack with nobody as its protocol. */
static int open_stack(weir_loop *loop, const weir_endpoint *endpoint, const struct weir_demand *d,
                      weir_transport **ret) {
    weir_transport *t;
    int status = weir_stack_medium(endpoint)->connect(loop, endpoint, &d->connect, NULL, NULL, &t);
    return status < 0 ? status : put_layers(endpoint, t, ret);
}

static int connect_stack(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                         const weir_protocol *protocol, void *self, weir_transport **ret) {
    struct weir_demand d;
    weir_transport *t;
    weir_demand_connecting(&d, endpoint, options);
    int status = open_stack(loop, endpoint, &d, &t);
    if (status < 0) return status;
    *ret = t;
    return protocol ? weir_transport_set_protocol(t, protocol, self) : 0;
}

int weir_connect_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                          const weir_protocol *protocol, void *self, weir_transport **ret) {
    weir_transport *t;
    if (!loop || !endpoint) return WEIR_EINVAL;
    int status = admit(loop, endpoint, false);
    if (status < 0) return status;
    const weir_error before = loop->last_error;
    loop->last_error.code = 0;
    status = connect_stack(loop, endpoint, options, protocol, self, ret ? ret : &t);
    return conclude(loop, endpoint, &before, status, WEIR_STAGE_CONNECT);
}

/* ---- what is there only once ------------------------------------------------------------------------------------- */

/* Waits for `connected`. Freed when another protocol takes over, and when there is none left to wait for. */
struct single {
    weir_loop *loop;
    weir_accept_fn *accepted;
    void (*closed)(weir_listener *listener, void *user, const weir_error *reason);
    void *user;
};

static void free_single(struct single *s) { weir_memory_free(&s->loop->memory, s, sizeof *s); }

/* As a listener does: it gets a protocol now or never. */
static void single_connected(void *self, weir_transport *t) {
    struct single s = *(struct single *)self;
    weir_transport_set_protocol(t, NULL, NULL);
    s.accepted(t, s.user);
    if (t->protocol == &weir_nobody && !weir_receive_has_reader(t)) weir_transport_abort(t);
}

static void single_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct single s = *(struct single *)self;
    (void)t;
    free_single(self);
    if (reason) s.loop->last_error = *reason;
    if (s.closed) s.closed(NULL, s.user, reason);
}

static void single_replaced(weir_transport *t) { free_single(t->self); }

static const struct weir_own_protocol single_protocol = {
    .protocol = {.connected = single_connected, .disconnected = single_disconnected}, .replaced = single_replaced};

static int serve_single(weir_loop *loop, const weir_endpoint *endpoint, const struct weir_demand *d,
                        weir_accept_fn *accepted, void *user) {
    weir_transport *t;
    struct single *s = weir_memory_new(&loop->memory, sizeof *s);
    if (!s) return WEIR_ENOMEM;
    *s = (struct single){loop, accepted, d->listen.closed, user};
    int status = open_stack(loop, endpoint, d, &t);
    if (status >= 0) return weir_transport_read_by(t, &single_protocol, s);
    free_single(s);
    return status;
}

/* ---- listening --------------------------------------------------------------------------------------------------- */

/* A listener that cannot have its layers goes, and nobody hears of it. */
static int give_layers(weir_listener *listener, const weir_endpoint *endpoint) {
    int status = weir_stack_height(endpoint) > 1 ? add_plan(listener, endpoint) : 0;
    if (status >= 0) return 0;
    listener->closed = NULL;
    weir_listener_close(listener);
    return status;
}

static int listen_stack(weir_loop *loop, const weir_endpoint *endpoint, const struct weir_demand *d,
                        weir_accept_fn *accepted, void *user, weir_listener **ret) {
    int status = weir_stack_medium(endpoint)->listen(loop, endpoint, &d->listen, accepted, user, ret);
    return status < 0 ? status : give_layers(*ret, endpoint);
}

static int serve_stack(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                       weir_accept_fn *accepted, void *user, weir_listener **ret) {
    struct weir_demand d;
    weir_listener *listener = NULL;
    weir_demand_listening(&d, endpoint, options);
    int status = weir_stack_medium(endpoint)->single ? serve_single(loop, endpoint, &d, accepted, user)
                                                     : listen_stack(loop, endpoint, &d, accepted, user, &listener);
    if (status >= 0 && ret) *ret = listener;
    return status;
}

int weir_serve_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                        weir_accept_fn *accepted, void *user, weir_listener **ret) {
    if (!loop || !endpoint || !accepted) return WEIR_EINVAL;
    int status = admit(loop, endpoint, true);
    if (status < 0) return status;
    const weir_error before = loop->last_error;
    loop->last_error.code = 0;
    status = serve_stack(loop, endpoint, options, accepted, user, ret);
    return conclude(loop, endpoint, &before, status, WEIR_STAGE_LISTEN);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* Parses, and keeps what is wrong for weir_report. */
static int parse(weir_loop *loop, const char *text, weir_endpoint *ret) {
    weir_error error;
    int status = loop ? weir_endpoint_parse(ret, text, &error) : WEIR_EINVAL;
    if (loop && status < 0) loop->last_error = error;
    return status;
}

int weir_serve(weir_loop *loop, const char *endpoint, weir_accept_fn *accepted, void *user) {
    weir_endpoint e;
    int status = parse(loop, endpoint, &e);
    return status < 0 ? status : weir_serve_endpoint(loop, &e, NULL, accepted, user, NULL);
}

int weir_connect(weir_loop *loop, const char *endpoint, const weir_protocol *protocol, void *self,
                 weir_transport **ret) {
    weir_endpoint e;
    int status = parse(loop, endpoint, &e);
    return status < 0 ? status : weir_connect_endpoint(loop, &e, NULL, protocol, self, ret);
}
