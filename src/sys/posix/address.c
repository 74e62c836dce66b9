/* SPDX-License-Identifier: MIT
 *
 * Addresses to and from the system's own form. A UNIX path travels with its length and never loses a byte: abstract
 * names hold any bytes, and end where the size says, not at a zero. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sys/sys.h"

static unsigned to_ipv4(const weir_address *address, struct sockaddr_storage *ret) {
    struct sockaddr_in *in = (struct sockaddr_in *)ret;
    in->sin_family = AF_INET;
    in->sin_port = htons(address->port);
    memcpy(&in->sin_addr, address->bytes, sizeof in->sin_addr);
    return sizeof *in;
}

static unsigned to_ipv6(const weir_address *address, struct sockaddr_storage *ret) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(address->port);
    in6->sin6_scope_id = address->scope;
    memcpy(&in6->sin6_addr, address->bytes, sizeof in6->sin6_addr);
    return sizeof *in6;
}

/* A path carries its final zero, an abstract name has none. */
static unsigned to_unix(const weir_address *address, struct sockaddr_storage *ret) {
    struct sockaddr_un *un = (struct sockaddr_un *)ret;
    bool path = address->length > 0 && address->bytes[0] != 0;
    if ((size_t)address->length + path > sizeof un->sun_path) return 0;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, address->bytes, address->length);
    return (unsigned)(offsetof(struct sockaddr_un, sun_path) + address->length + path);
}

unsigned weir_sys_sockaddr(const weir_address *address, struct sockaddr_storage *ret) {
    memset(ret, 0, sizeof *ret);
    switch (address->family) {
    case WEIR_FAMILY_IPV4: return to_ipv4(address, ret);
    case WEIR_FAMILY_IPV6: return to_ipv6(address, ret);
    case WEIR_FAMILY_UNIX: return to_unix(address, ret);
    default: return 0;
    }
}

static void from_ipv4(const struct sockaddr_storage *from, weir_address *ret) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;
    ret->family = WEIR_FAMILY_IPV4;
    ret->length = sizeof in->sin_addr;
    ret->port = ntohs(in->sin_port);
    memcpy(ret->bytes, &in->sin_addr, sizeof in->sin_addr);
}

static void from_ipv6(const struct sockaddr_storage *from, weir_address *ret) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
    ret->family = WEIR_FAMILY_IPV6;
    ret->length = sizeof in6->sin6_addr;
    ret->port = ntohs(in6->sin6_port);
    ret->scope = in6->sin6_scope_id;
    memcpy(ret->bytes, &in6->sin6_addr, sizeof in6->sin6_addr);
}

/* An unnamed socket has length 0. The size may count a path's final zero, and, for a path that fills the whole field,
 * one byte more than the field has. */
static void from_unix(const struct sockaddr_storage *from, unsigned size, weir_address *ret) {
    const struct sockaddr_un *un = (const struct sockaddr_un *)from;
    size_t length = size > offsetof(struct sockaddr_un, sun_path) ? size - offsetof(struct sockaddr_un, sun_path) : 0;
    if (length > sizeof ret->bytes) length = sizeof ret->bytes;
    if (length > 0 && un->sun_path[0] != 0) length = strnlen(un->sun_path, length);
    ret->family = WEIR_FAMILY_UNIX;
    ret->length = (uint8_t)length;
    memcpy(ret->bytes, un->sun_path, length);
}

void weir_sys_address(const struct sockaddr_storage *from, unsigned size, weir_address *ret) {
    memset(ret, 0, sizeof *ret);
    if (size < sizeof from->ss_family) return;
    switch (from->ss_family) {
    case AF_INET: from_ipv4(from, ret); break;
    case AF_INET6: from_ipv6(from, ret); break;
    case AF_UNIX: from_unix(from, size, ret); break;
    default: break;
    }
}
