/* SPDX-License-Identifier: MIT
 *
 * Files. Everything here may block for as long as a disk or a network does, and is called where that is allowed; only a
 * read that is asked for now answers from what the system holds in memory, or not at all.
 *
 * What is opened must be something that is always ready: a regular file, a block device, a device like /dev/null. A
 * FIFO, a socket and a terminal are refused, since a thread that waits for their other end may wait for ever. For the
 * same reason the open itself never waits: O_NONBLOCK, which means nothing to the files that remain. A write goes on a
 * thread with SIGXFSZ blocked, so a limit on the size of files is an error and not the end of the process. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file_flags.h"
#include "sys/posix/fail.h"

enum { no_wait = 0x8 }; /* RWF_NOWAIT */

static int to_system(int flags) {
    int both = flags & (WEIR_FILE_READ | WEIR_FILE_WRITE);
    int how = both == WEIR_FILE_READ ? O_RDONLY : both == WEIR_FILE_WRITE ? O_WRONLY : O_RDWR;
    if (flags & WEIR_FILE_APPEND) how |= O_APPEND;
    if (flags & WEIR_FILE_CREATE) how |= O_CREAT;
    if (flags & WEIR_FILE_TRUNCATE) how |= O_TRUNC;
    if (flags & WEIR_FILE_EXCLUSIVE) how |= O_EXCL;
    return how | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
}

/* 0, or the error of a file that would have to be waited for, or that has no bytes. */
static int unfit(int fd) {
    struct stat found;
    if (fstat(fd, &found) < 0) return errno;
    if (S_ISDIR(found.st_mode)) return EISDIR;
    if (S_ISCHR(found.st_mode)) return isatty(fd) ? EOPNOTSUPP : 0;
    return S_ISREG(found.st_mode) || S_ISBLK(found.st_mode) ? 0 : EOPNOTSUPP;
}

/* A FIFO without a reader, and a socket, cannot even be opened, and say ENXIO. */
static int open_failed(int *os_code) { return weir_sys_fail_with(errno == ENXIO ? EOPNOTSUPP : errno, os_code); }

int64_t weir_sys_open(const char *path, int flags, int *os_code) {
    const mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH;
    int fd;
    if (flags < 0 || !weir_file_flags_valid((unsigned)flags)) return weir_sys_fail_with(EINVAL, os_code);
    do {
        fd = open(path, to_system(flags), mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return open_failed(os_code);
    int error = unfit(fd);
    if (error == 0) return weir_sys_handle(fd, WEIR_HANDLE_FILE);
    close(fd);
    return weir_sys_fail_with(error, os_code);
}

int weir_sys_size(int64_t handle, uint64_t *ret, int *os_code) {
    struct stat found;
    if (fstat(weir_sys_fd(handle), &found) < 0) return weir_sys_fail(os_code);
    if (!S_ISREG(found.st_mode)) return weir_sys_fail_with(EOPNOTSUPP, os_code);
    *ret = (uint64_t)found.st_size;
    return 0;
}

int weir_sys_rewind(int64_t handle, uint64_t by, int *os_code) {
    return lseek(weir_sys_fd(handle), -(off_t)by, SEEK_CUR) < 0 ? weir_sys_fail(os_code) : 0;
}

int weir_sys_sync(int64_t handle, int *os_code) {
    int status;
    do {
        status = fsync(weir_sys_fd(handle));
    } while (status < 0 && errno == EINTR);
    if (status == 0) return 0;
    return weir_sys_fail_with(errno == EINVAL ? EOPNOTSUPP : errno, os_code); /* there is nothing to sync it to */
}

/* Never a second try: on Linux the descriptor is gone even when close was interrupted, and may be another's by now. */
int weir_sys_finish(int64_t handle, int *os_code) {
    if (weir_sys_is(handle, WEIR_HANDLE_BORROWED)) return 0;
    return close(weir_sys_fd(handle)) == 0 || errno == EINTR ? 0 : weir_sys_fail(os_code);
}

static bool has_place(uint64_t offset) { return offset != UINT64_MAX; }

int64_t weir_sys_read_at(int64_t handle, void *bytes, size_t size, uint64_t offset, int *os_code) {
    int fd = weir_sys_fd(handle);
    ssize_t n;
    do {
        n = has_place(offset) ? pread(fd, bytes, size, (off_t)offset) : read(fd, bytes, size);
    } while (n < 0 && errno == EINTR);
    return n >= 0 ? n : weir_sys_fail(os_code);
}

/* The file's own position is -1 to this call. Zero is not believed: Linux 5.9 and 5.10 say so of what they do not hold.
 * Errors are asked for again, too: among them is that this file, or this kernel, knows of no such read. */
int64_t weir_sys_read_at_now(int64_t handle, void *bytes, size_t size, uint64_t offset) {
    struct iovec piece = {.iov_base = bytes, .iov_len = size};
    ssize_t n = preadv2(weir_sys_fd(handle), &piece, 1, (off_t)offset, no_wait);
    return n > 0 ? n : WEIR_EAGAIN;
}

/* A device that takes nothing, and does not say why, must not be asked for ever. */
int64_t weir_sys_write_at(int64_t handle, const void *bytes, size_t size, uint64_t offset, int *os_code) {
    int fd = weir_sys_fd(handle);
    ssize_t n;
    do {
        n = has_place(offset) ? pwrite(fd, bytes, size, (off_t)offset) : write(fd, bytes, size);
    } while (n < 0 && errno == EINTR);
    if (n == 0) return weir_sys_fail_with(EIO, os_code);
    return n > 0 ? n : weir_sys_fail(os_code);
}
