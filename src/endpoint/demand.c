/* SPDX-License-Identifier: MIT
 *
 * What an endpoint's options demand: those of the listener, of the connection and of the limits are told apart here,
 * and written over what the caller gave. */
#include "endpoint/demand.h"

#include <string.h>

static const struct {
    const char *option;
    size_t at;
    bool is_time; /* or rate: uint64_t; else size_t */
} limit_fields[] = {
    {"idle", offsetof(weir_limits, idle_ns), true},
    {"stall", offsetof(weir_limits, stall_ns), true},
    {"linger", offsetof(weir_limits, linger_ns), true},
    {"receive", offsetof(weir_limits, receive), false},
    {"write_cap", offsetof(weir_limits, write_cap), false},
    {"pause_mark", offsetof(weir_limits, pause_mark), false},
    {"resume_mark", offsetof(weir_limits, resume_mark), false},
    {"floor", offsetof(weir_limits, floor), false},
    {"rate_min", offsetof(weir_limits, rate_min), true},
    {"send_rate_min", offsetof(weir_limits, send_rate_min), true},
    {"rate_window", offsetof(weir_limits, rate_window_ns), true},
    {"keepalive", offsetof(weir_limits, keepalive_ns), true},
};

/* Writes what the endpoint says over `limits`. Whether it says anything. */
static bool read_limits(const weir_endpoint *endpoint, weir_limits *limits) {
    bool any = false;
    for (size_t i = 0; i < sizeof limit_fields / sizeof *limit_fields; i++) {
        uint64_t value = weir_endpoint_number(endpoint, NULL, limit_fields[i].option, 0);
        char *field = (char *)limits + limit_fields[i].at;
        if (!value) continue;
        any = true;
        if (limit_fields[i].is_time)
            memcpy(field, &value, sizeof value);
        else
            memcpy(field, &(size_t){(size_t)value}, sizeof(size_t));
    }
    return any;
}

static void read_demand(struct weir_demand *d, const weir_endpoint *endpoint, const weir_limits *given) {
    if (given) d->limits = *given;
    if (!read_limits(endpoint, &d->limits) && !given) return;
    d->listen.limits = d->connect.limits = &d->limits;
}

void weir_demand_listening(struct weir_demand *d, const weir_endpoint *e, const weir_listen_options *options) {
    *d = (struct weir_demand){.listen = options ? *options : (weir_listen_options){.backlog = 0}};
    read_demand(d, e, d->listen.limits);
    weir_listen_options *o = &d->listen;
    o->backlog = (int)weir_endpoint_number(e, NULL, "backlog", (uint64_t)o->backlog);
    o->max_connections = (size_t)weir_endpoint_number(e, NULL, "max", o->max_connections);
    o->budget = (size_t)weir_endpoint_number(e, NULL, "budget", o->budget);
    o->reuse_port |= weir_endpoint_get(e, NULL, "reuseport") != NULL;
    o->ipv6_only |= weir_endpoint_get(e, NULL, "ipv6only") != NULL;
}

void weir_demand_connecting(struct weir_demand *d, const weir_endpoint *e, const weir_connect_options *options) {
    *d = (struct weir_demand){.connect = options ? *options : (weir_connect_options){.timeout_ns = 0}};
    read_demand(d, e, d->connect.limits);
    d->connect.timeout_ns = weir_endpoint_number(e, NULL, "timeout", d->connect.timeout_ns);
}
