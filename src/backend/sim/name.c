/* SPDX-License-Identifier: MIT
 *
 * Who answers to an address. Ports are counted up from 49152, so that they are the same in each run of a seed. */
#include "backend/sim/name.h"

#include <string.h>

#include "backend/sim/port.h"

#define PORT_FIRST 49152
#define PORT_COUNT (65536 - PORT_FIRST)

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t loopback6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

bool weir_sim_is_any(const weir_address *a) {
    for (size_t i = 0; i < a->length; i++) {
        if (a->bytes[i]) return false;
    }
    return true;
}

bool weir_sim_is_loopback(const weir_address *a) {
    return a->family == WEIR_FAMILY_IPV4 ? a->bytes[0] == 127 : memcmp(a->bytes, loopback6, sizeof loopback6) == 0;
}

bool weir_sim_same_ip(const weir_address *a, const weir_address *b) {
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->length) == 0;
}

weir_address weir_sim_unmapped(const weir_address *a) {
    weir_address ret = *a;
    if (a->family != WEIR_FAMILY_IPV6 || memcmp(a->bytes, mapped_prefix, sizeof mapped_prefix) != 0) return ret;
    ret = (weir_address){.family = WEIR_FAMILY_IPV4, .length = 4, .port = a->port};
    memcpy(ret.bytes, a->bytes + sizeof mapped_prefix, 4);
    return ret;
}

weir_address weir_sim_shown(const weir_address *a, uint8_t family) {
    weir_address ret = *a;
    if (family != WEIR_FAMILY_IPV6 || a->family != WEIR_FAMILY_IPV4) return ret;
    ret = (weir_address){.family = WEIR_FAMILY_IPV6, .length = 16, .port = a->port};
    memcpy(ret.bytes, mapped_prefix, sizeof mapped_prefix);
    memcpy(ret.bytes + sizeof mapped_prefix, a->bytes, 4);
    return ret;
}

weir_address weir_sim_nameless(uint8_t family) {
    uint8_t length = family == WEIR_FAMILY_IPV4 ? 4 : family == WEIR_FAMILY_IPV6 ? 16 : 0;
    return (weir_address){.family = family, .length = length};
}

/* ---- TCP ports --------------------------------------------------------------------------------------------------- */

/* Whether connections to the IP of `target` are for `socket`. */
static bool covers(const struct weir_sim_socket *socket, const weir_address *target) {
    const weir_address *own = &socket->local;
    if (own->family == target->family) return weir_sim_is_any(own) || weir_sim_same_ip(own, target);
    return own->family == WEIR_FAMILY_IPV6 && weir_sim_is_any(own) && !socket->ipv6_only;
}

static bool overlap(const struct weir_sim_socket *a, const struct weir_sim_socket *b) {
    return covers(a, &b->local) || covers(b, &a->local);
}

static bool port_taken(const struct weir_sim_socket *socket) {
    const struct weir_sim_socket *other = socket->party.host->bound;
    for (; other; other = other->next_bound) {
        bool shared = other->reuse_port && socket->reuse_port;
        if (other->local.port == socket->local.port && overlap(other, socket) && !shared) return true;
    }
    return false;
}

static uint16_t next_port(weir_sim_host *host) {
    host->last_port = (uint16_t)(host->last_port < PORT_FIRST ? PORT_FIRST : host->last_port + 1);
    if (host->last_port < PORT_FIRST) host->last_port = PORT_FIRST;
    return host->last_port;
}

/* Gives socket->local a port that no bound socket has. */
static bool choose_port(struct weir_sim_socket *socket) {
    for (int i = 0; i < PORT_COUNT; i++) {
        socket->local.port = next_port(socket->party.host);
        if (!port_taken(socket)) return true;
    }
    return false;
}

static bool is_local(const weir_sim_host *host, const weir_address *address) {
    return weir_sim_is_any(address) || weir_sim_is_loopback(address) || weir_sim_same_ip(address, &host->address);
}

static int bind_tcp(struct weir_sim_socket *socket, const weir_address *address) {
    weir_sim_host *host = socket->party.host;
    weir_address own = weir_sim_unmapped(address);
    if (address->family != socket->family) return WEIR_EINVAL;
    if (!is_local(host, &own)) return WEIR_EADDRNOTAVAIL;
    socket->local = own;
    if (own.port == 0 ? !choose_port(socket) : port_taken(socket)) {
        socket->local = (weir_address){0};
        return WEIR_EADDRINUSE;
    }
    socket->next_bound = host->bound;
    host->bound = socket;
    return 0;
}

static void unbind_tcp(struct weir_sim_socket *socket) {
    for (struct weir_sim_socket **at = &socket->party.host->bound; *at; at = &(*at)->next_bound) {
        if (*at != socket) continue;
        *at = socket->next_bound;
        return;
    }
}

/* ---- UNIX names -------------------------------------------------------------------------------------------------- */

static bool is_file(const struct weir_sim_name *name) { return name->address.bytes[0] != 0; }

static struct weir_sim_name *find_name(weir_sim_host *host, const weir_address *address) {
    struct weir_sim_name *name = host->names;
    while (name && !weir_address_equal(&name->address, address))
        name = name->next;
    return name;
}

static void remove_name(weir_sim_host *host, struct weir_sim_name *name) {
    struct weir_sim_name **at = &host->names;
    while (*at != name)
        at = &(*at)->next;
    *at = name->next;
    if (name->owner) name->owner->name = NULL;
    weir_memory_free(&host->sim->memory, name, sizeof *name);
}

static int bind_unix(struct weir_sim_socket *socket, const weir_address *address) {
    weir_sim_host *host = socket->party.host;
    struct weir_sim_name *name = find_name(host, address);
    if (address->family != WEIR_FAMILY_UNIX || !address->length) return WEIR_EINVAL;
    if (name && name->owner) return WEIR_EADDRINUSE;
    if (!name) {
        name = weir_memory_new(&host->sim->memory, sizeof *name);
        if (!name) return WEIR_ENOMEM;
        name->address = *address;
        name->next = host->names;
        host->names = name;
    }
    name->owner = socket;
    socket->name = name;
    socket->local = *address;
    return 0;
}

int weir_sim_bind(struct weir_sim_socket *socket, const weir_address *address) {
    if (socket->end || socket->local.family) return WEIR_EINVAL;
    return socket->family == WEIR_FAMILY_UNIX ? bind_unix(socket, address) : bind_tcp(socket, address);
}

void weir_sim_unbind(struct weir_sim_socket *socket) {
    struct weir_sim_name *name = socket->name;
    if (name) {
        socket->name = NULL;
        name->owner = NULL;
        if (!is_file(name)) remove_name(socket->party.host, name);
    } else if (socket->party.kind == WEIR_SIM_TCP && socket->local.family) {
        unbind_tcp(socket);
    }
}

int weir_sim_unlink(weir_sim_host *host, const weir_address *address) {
    struct weir_sim_name *name = find_name(host, address);
    if (!name || !is_file(name)) return WEIR_ENOENT;
    remove_name(host, name);
    return 0;
}

void weir_sim_names_free(weir_sim_host *host) {
    while (host->names)
        remove_name(host, host->names);
}

/* ---- ways -------------------------------------------------------------------------------------------------------- */

weir_sim_host *weir_sim_route(weir_sim_host *host, const weir_address *target) {
    if (target->family == WEIR_FAMILY_UNIX || is_local(host, target)) return host;
    for (weir_sim_host *to = host->sim->hosts; to; to = to->next) {
        if (weir_sim_same_ip(&to->address, target)) return to;
    }
    return NULL;
}

weir_address weir_sim_source(struct weir_sim_socket *socket, const weir_address *target) {
    weir_address source = socket->local;
    if (socket->family == WEIR_FAMILY_UNIX) {
        source.family = WEIR_FAMILY_UNIX;
        return source;
    }
    if (!source.family || weir_sim_is_any(&source)) {
        uint16_t port = source.port;
        source = weir_sim_is_loopback(target) ? *target : socket->party.host->address;
        source.port = port ? port : next_port(socket->party.host);
    }
    return source;
}

static struct weir_sim_socket *find_unix(weir_sim_host *host, const weir_address *target, int *error) {
    struct weir_sim_name *name = find_name(host, target);
    *error = name || target->bytes[0] == 0 ? WEIR_EREFUSED : WEIR_ENOENT;
    return name && name->owner && name->owner->listening ? name->owner : NULL;
}

/* One of those that listen on exactly this address, or on the wildcard. */
static struct weir_sim_socket *find_tcp(weir_sim_host *host, const weir_address *target, bool wildcard) {
    struct weir_sim_socket *found = NULL;
    uint64_t n = 0;
    for (struct weir_sim_socket *s = host->bound; s; s = s->next_bound) {
        bool fits = s->listening && s->local.port == target->port && weir_sim_is_any(&s->local) == wildcard;
        if (fits && covers(s, target) && weir_sim_draw(host->sim, ++n) == 0) found = s;
    }
    return found;
}

struct weir_sim_socket *weir_sim_find_listener(weir_sim_host *host, const weir_address *target, int *error) {
    struct weir_sim_socket *found;
    if (target->family == WEIR_FAMILY_UNIX) return find_unix(host, target, error);
    *error = WEIR_EREFUSED;
    found = find_tcp(host, target, false);
    return found ? found : find_tcp(host, target, true);
}
