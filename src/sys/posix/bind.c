/* SPDX-License-Identifier: MIT
 *
 * Giving a socket its name. A TCP name may be taken again while old connections of it linger (SO_REUSEADDR, which on
 * Linux never lets two listeners share). A UNIX path outlives the process that made it: when it is in the way and is a
 * socket to which nobody listens, it is replaced; a live one, or a file of any other kind, is never touched.
 *
 * Known weakness: between bind and listen a starting server looks dead to another that starts at the same moment. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/posix/fail.h"

static bool is_path(const weir_address *address) {
    return address->family == WEIR_FAMILY_UNIX && address->length > 0 && address->bytes[0] != 0;
}

static bool is_socket_file(const weir_address *address) {
    struct stat found;
    return is_path(address) && lstat((const char *)address->bytes, &found) == 0 && S_ISSOCK(found.st_mode);
}

/* Only a refusal proves that nobody is there; a full backlog, or a socket that we may not touch, does not. */
static bool nobody_listens(const struct sockaddr_storage *name, unsigned size) {
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return false;
    bool refused = connect(probe, (const struct sockaddr *)name, size) < 0 && errno == ECONNREFUSED;
    close(probe);
    return refused;
}

int weir_sys_bind(int64_t handle, const weir_address *address, int *os_code) {
    struct sockaddr_storage name;
    unsigned size = weir_sys_sockaddr(address, &name);
    int fd = weir_sys_fd(handle), on = 1;
    if (size == 0) return weir_sys_fail_with(EINVAL, os_code);
    if (address->family != WEIR_FAMILY_UNIX) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&name, size) == 0) return 0;
    if (errno != EADDRINUSE) return weir_sys_fail(os_code);
    if (!is_socket_file(address) || !nobody_listens(&name, size)) return weir_sys_fail_with(EADDRINUSE, os_code);
    if (unlink((const char *)address->bytes) < 0 && errno != ENOENT) return weir_sys_fail(os_code);
    return bind(fd, (struct sockaddr *)&name, size) == 0 ? 0 : weir_sys_fail(os_code);
}

int weir_sys_unlink(const weir_address *address, int *os_code) {
    if (!is_socket_file(address)) return weir_sys_fail_with(ENOENT, os_code);
    return unlink((const char *)address->bytes) == 0 ? 0 : weir_sys_fail(os_code);
}
