/* SPDX-License-Identifier: MIT
 *
 * Sockets through the port, and plain, blocking ones as their peers, so that they can misbehave. */
#ifndef WEIR_TESTS_UNIT_READY_PEER_H
#define WEIR_TESTS_UNIT_READY_PEER_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "unit/ready_port.h"

static void close_handle(struct port *p, weir_handle handle, bool reset) {
    assert_int_equal(act(p, (struct weir_call){.kind = WEIR_CALL_CLOSE, .handle = handle, .value = reset}), 0);
}

static weir_handle new_socket(struct port *p, uint8_t family) {
    struct weir_call call = {.kind = WEIR_CALL_SOCKET, .family = family};
    assert_int_equal(p->table->call(p->state, &call), 0);
    return call.handle;
}

/* A listener on an address of the test's choice, whose port (in/out) the system may choose. */
static weir_handle new_listener(struct port *p, weir_address *address, int backlog) {
    const weir_handle handle = new_socket(p, address->family);
    assert_int_equal(act(p, (struct weir_call){.kind = WEIR_CALL_BIND, .handle = handle, .address = address}), 0);
    assert_int_equal(act(p, (struct weir_call){.kind = WEIR_CALL_LISTEN, .handle = handle, .value = backlog}), 0);
    assert_int_equal(act(p, (struct weir_call){.kind = WEIR_CALL_LOCAL, .handle = handle, .named = address}), 0);
    return handle;
}

static weir_address any_port(void) {
    weir_address address;
    assert_int_equal(weir_address_ip(&address, "127.0.0.1", 0), 0);
    return address;
}

/* A plain, blocking peer connected to `address`. */
static int peer_connect(const weir_address *address) {
    struct sockaddr_storage name;
    const unsigned size = weir_sys_sockaddr(address, &name);
    const int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, size), 0);
    return fd;
}

static void peer_reset(int fd) {
    const struct linger none = {1, 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none), 0);
    close(fd);
}

static void peer_write(int fd, const char *text) {
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* A connection over TCP: our end, and the peer's descriptor. */
static weir_handle connection(struct port *p, int *peer) {
    weir_address address = any_port();
    const weir_handle listener = new_listener(p, &address, 0);
    struct seen accepted = {0};
    *peer = peer_connect(&address);
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0);
    run_until(p, &accepted, 1);
    assert_true(accepted.result >= 0);
    const weir_handle handle = accepted.result;
    p->table->cancel(p->state, &accepted.op);
    run_until(p, &accepted, 2);
    assert_int_equal(accepted.result, WEIR_ECANCELED);
    close_handle(p, listener, false);
    return handle;
}

static struct weir_segment bytes_of(const void *bytes, size_t size) {
    return (struct weir_segment){.bytes = (uint8_t *)(uintptr_t)bytes, .size = size};
}

#endif
