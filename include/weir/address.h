/* SPDX-License-Identifier: MIT
 *
 * Addresses of sockets: a value without pointers, the same on every platform. Names are not resolved here. Parsing is
 * strict: no octal or short forms of IPv4, no spaces, no plus sign, and nothing is ever truncated (adversarial cases
 * of the field: a cut name is somebody else's name). */
#ifndef WEIR_ADDRESS_H
#define WEIR_ADDRESS_H

#include <weir/error.h>

WEIR_BEGIN

#define WEIR_UNIX_PATH_MAX 107
#define WEIR_ADDRESS_TEXT_MAX 128

typedef enum weir_family { WEIR_FAMILY_NONE, WEIR_FAMILY_IPV4, WEIR_FAMILY_IPV6, WEIR_FAMILY_UNIX } weir_family;

typedef struct weir_address {
    uint8_t family; /* weir_family */
    uint8_t length; /* of `bytes` in use: 4, 16, or the path's (an abstract name begins with a zero byte) */
    uint16_t port;  /* in the machine's byte order; 0 lets a listener choose */
    uint32_t scope; /* IPv6 scope id */
    uint8_t bytes[WEIR_UNIX_PATH_MAX + 1];
} weir_address;

/* "127.0.0.1", "::1", "fe80::1%2". WEIR_EINVAL for anything else. Any thread, as all of these. */
WEIR_API int weir_address_ip(weir_address *ret, const char *host, uint16_t port);

/* A path of `length` bytes, or an abstract name when it begins with '@'. WEIR_EINVAL (empty, a zero byte within a
 * path), WEIR_ENAMETOOLONG. */
WEIR_API int weir_address_unix(weir_address *ret, const char *path, size_t length);

/* "127.0.0.1:80", "[::1]:80", "/run/x", "@abstract"; unprintable bytes as %XX. Cut to `size` with a final zero.
 * Returns `text`. */
WEIR_API const char *weir_address_format(const weir_address *address, char *text, size_t size);

/* Whether both are the same: family, bytes, port and scope. */
WEIR_API bool weir_address_equal(const weir_address *a, const weir_address *b);

WEIR_END

#endif
