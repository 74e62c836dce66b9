/* SPDX-License-Identifier: MIT
 *
 * Descriptors over a UNIX socket, one with each message, and the question who the peer is. What arrives is
 * close-on-exec from its first moment. Every control message is walked, whatever it is: the first descriptor is the one
 * that was asked for, all others are closed, and if the system had to leave some out, none is kept.
 *
 * The room for control messages is what the kernel lets one message carry, so a message that was cut means that this
 * process can open no more descriptors. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/posix/fail.h"

#define DESCRIPTORS_MOST 253 /* SCM_MAX_FD of the kernel */

int weir_sys_pass(int64_t handle, int64_t what, const void *bytes, size_t size, int *os_code) {
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    int fd = weir_sys_fd(what);
    ssize_t n;
    memset(&control, 0, sizeof control);
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    do {
        n = sendmsg(weir_sys_fd(handle), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return weir_sys_fail(os_code);
    return (size_t)n == size ? 0 : weir_sys_fail_with(EMSGSIZE, os_code);
}

/* Keeps the first of all, closes the others. */
static void sort_out(const struct cmsghdr *head, int *kept) {
    size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
        if (*kept < 0)
            *kept = fd;
        else
            close(fd);
    }
}

static int find_descriptor(struct msghdr *message) {
    int kept = -1;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) sort_out(head, &kept);
    }
    return kept;
}

int64_t weir_sys_take(int64_t handle, void *bytes, size_t size, int *fd, int *os_code) {
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(DESCRIPTORS_MOST * sizeof(int))];
    } control;
    struct iovec piece = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    ssize_t n;
    do {
        n = recvmsg(weir_sys_fd(handle), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return weir_sys_fail(os_code);
    int found = find_descriptor(&message);
    if (message.msg_flags & MSG_CTRUNC) {
        if (found >= 0) close(found);
        return weir_sys_fail_with(EMFILE, os_code);
    }
    *fd = found;
    return n;
}

int weir_sys_same_user(int64_t handle, int *os_code) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(weir_sys_fd(handle), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return weir_sys_fail(os_code);
    return peer.uid == geteuid() ? 0 : weir_sys_fail_with(EACCES, os_code);
}

/* The mode of a UNIX socket before it is bound is the mode of its file from the first moment. */
int weir_sys_private(int64_t handle, int *os_code) {
    return fchmod(weir_sys_fd(handle), S_IRUSR | S_IWUSR) == 0 ? 0 : weir_sys_fail(os_code);
}
