/* SPDX-License-Identifier: MIT
 *
 * Descriptors that come from outside: what they are, and whose. One that is taken becomes close-on-exec and, where one
 * can wait for it, non-blocking. Of one that is borrowed or duplicated no flag is changed: they are common to all who
 * hold the same open file. Streams of any kind are moved in a way that does not need the flag; accepting is not, and
 * so a listening socket that blocks is refused unless it is given away.
 *
 * A stream socket must listen or be connected, and no other socket is a stream. Everything else is judged by its
 * access mode and by whether one can wait for it. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/posix/fail.h"

static bool socket_option(int fd, int name, int *value) {
    socklen_t size = sizeof *value;
    return getsockopt(fd, SOL_SOCKET, name, value, &size) == 0;
}

static uint8_t family_of(int domain) {
    switch (domain) {
    case AF_INET: return WEIR_FAMILY_IPV4;
    case AF_INET6: return WEIR_FAMILY_IPV6;
    case AF_UNIX: return WEIR_FAMILY_UNIX;
    default: return WEIR_FAMILY_NONE;
    }
}

/* 0, or errno. */
static int look_at_socket(int fd, struct weir_found *found) {
    int type, listens, domain;
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    if (!socket_option(fd, SO_TYPE, &type) || !socket_option(fd, SO_ACCEPTCONN, &listens) ||
        !socket_option(fd, SO_DOMAIN, &domain))
        return errno;
    if (type != SOCK_STREAM) return ESOCKTNOSUPPORT;
    found->family = family_of(domain);
    found->listens = listens != 0;
    found->socket = !listens;
    if (found->listens) found->reads = found->writes = false;
    return listens || getpeername(fd, (struct sockaddr *)&peer, &size) == 0 ? 0 : errno;
}

static int look_at_other(int fd, mode_t mode, struct weir_found *found) {
    if (S_ISDIR(mode)) return EISDIR;
    int waits = weir_sys_can_wait(fd);
    if (waits < 0) return errno;
    found->file = !waits;
    found->handle = weir_sys_handle(0, waits ? 0 : WEIR_HANDLE_FILE);
    return 0;
}

static int look(int fd, struct weir_found *found) {
    struct stat seen;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &seen) < 0) return errno;
    if (flags & O_PATH) return EINVAL;
    int access = flags & O_ACCMODE;
    found->reads = access != O_WRONLY;
    found->writes = access != O_RDONLY;
    found->blocks = !(flags & O_NONBLOCK);
    if (!S_ISSOCK(seen.st_mode)) return look_at_other(fd, seen.st_mode, found);
    found->handle = weir_sys_handle(0, WEIR_HANDLE_SOCKET);
    return look_at_socket(fd, found);
}

/* What is ours alone is made as our own are. */
static int make_ours(int fd, const struct weir_found *found) {
    int flags = fcntl(fd, F_GETFL), on = 1;
    if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return errno;
    if (weir_sys_is(found->handle, WEIR_HANDLE_FILE)) return 0;
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return errno;
    if (found->family == WEIR_FAMILY_IPV4 || found->family == WEIR_FAMILY_IPV6)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 0;
}

/* 0 and `*own`, or errno. */
static int claim(int fd, weir_ownership owner, const struct weir_found *found, int *own) {
    *own = fd;
    if (owner == WEIR_TAKE) return make_ours(fd, found);
    if (found->listens && found->blocks) return EOPNOTSUPP;
    if (owner == WEIR_BORROW) return 0;
    *own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return *own < 0 ? errno : 0;
}

int weir_sys_adopt(int fd, weir_ownership owner, struct weir_found *ret, int *os_code) {
    struct weir_found found = {.family = WEIR_FAMILY_NONE};
    int own, error = look(fd, &found);
    if (error == 0) error = claim(fd, owner, &found, &own);
    if (error) {
        if (owner == WEIR_TAKE && error != EBADF) close(fd);
        int status = weir_sys_fail_with(error, os_code);
        return error == EBADF ? WEIR_ENOENT : status;
    }
    unsigned bits = (unsigned)((uint64_t)found.handle >> 32);
    found.handle = weir_sys_handle(own, bits | (owner == WEIR_BORROW ? (unsigned)WEIR_HANDLE_BORROWED : 0));
    *ret = found;
    return 0;
}
