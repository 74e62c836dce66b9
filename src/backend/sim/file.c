/* SPDX-License-Identifier: MIT
 *
 * Files in memory. A file's bytes lie in one piece, which doubles as it grows, up to what the disk may hold; a write
 * that finds no memory fails and changes nothing. A full disk takes what there is room for and then nothing more, as a
 * real one does; a gap that a write leaves behind the end is zeros, and takes room. */
#include "backend/sim/file.h"

#include <string.h>

#include "base/file_flags.h"

#define BYTES_LEAST ((size_t)1024)

/* ---- a host's files ---------------------------------------------------------------------------------------------- */

static struct weir_sim_file *find(const weir_sim_host *host, const char *path) {
    struct weir_sim_file *file = host->files;
    while (file && strcmp(file->path, path) != 0)
        file = file->next;
    return file;
}

static int check_path(const char *path) {
    if (!path) return WEIR_EINVAL;
    if (!*path) return WEIR_ENOENT;
    return strlen(path) > WEIR_SIM_PATH_MOST ? WEIR_ENAMETOOLONG : 0;
}

static int make(weir_sim_host *host, const char *path, struct weir_sim_file **ret) {
    size_t length = strlen(path);
    struct weir_sim_file *file;
    if (host->file_count == WEIR_SIM_FILES_MOST) return WEIR_ENOSPC;
    file = weir_memory_new(&host->sim->memory, sizeof *file + length + 1);
    if (!file) return WEIR_ENOMEM;
    file->path_length = length;
    memcpy(file->path, path, length + 1);
    file->next = host->files;
    host->files = file;
    host->file_count++;
    *ret = file;
    return 0;
}

static void empty(weir_sim_host *host, struct weir_sim_file *file) {
    weir_memory_free(&host->sim->memory, file->bytes, file->capacity);
    host->disk_used -= file->size;
    file->bytes = NULL;
    file->size = file->capacity = 0;
}

void weir_sim_files_free(weir_sim_host *host) {
    while (host->files) {
        struct weir_sim_file *file = host->files;
        host->files = file->next;
        empty(host, file);
        weir_memory_free(&host->sim->memory, file, sizeof *file + file->path_length + 1);
    }
}

/* The size to which a file can grow. */
static size_t most(const weir_sim_host *host, const struct weir_sim_file *file) {
    return file->size + (host->sim->options.disk_limit - host->disk_used);
}

/* Makes room for `size` bytes, which the disk has. */
static int reserve(weir_sim_host *host, struct weir_sim_file *file, size_t size) {
    size_t capacity = file->capacity ? file->capacity : BYTES_LEAST;
    uint8_t *bytes;
    if (size <= file->capacity) return 0;
    while (capacity < size)
        capacity = capacity > SIZE_MAX / 2 ? size : 2 * capacity;
    if (capacity > most(host, file)) capacity = most(host, file);
    bytes = weir_memory_resize(&host->sim->memory, file->bytes, file->capacity, capacity);
    if (!bytes) return WEIR_ENOMEM;
    file->bytes = bytes;
    file->capacity = capacity;
    return 0;
}

/* Puts `n` bytes to `at`, for which there is room; a gap before them becomes zeros. */
static void put(weir_sim_host *host, struct weir_sim_file *file, size_t at, const void *bytes, size_t n) {
    if (at > file->size) memset(file->bytes + file->size, 0, at - file->size);
    memcpy(file->bytes + at, bytes, n);
    if (at + n <= file->size) return;
    host->disk_used += at + n - file->size;
    file->size = at + n;
}

/* ---- what a program does ----------------------------------------------------------------------------------------- */

static int failed(const struct weir_sim_socket *socket, int error) {
    weir_sim_record(&socket->party, NULL, WEIR_SIM_ACT_FAILED, (uint64_t)-error, 0);
    return error;
}

/* The handle is made first: a file that was made cannot be unmade. */
static int open_file(struct weir_sim_port *port, const char *path, unsigned flags, struct weir_sim_socket **ret) {
    struct weir_sim_file *file = find(port->host, path);
    struct weir_sim_socket *socket;
    int result;
    if (file && (flags & WEIR_FILE_EXCLUSIVE)) return WEIR_EEXIST;
    if (!file && !(flags & WEIR_FILE_CREATE)) return WEIR_ENOENT;
    result = weir_sim_socket_open(port, WEIR_SIM_FILE, WEIR_FAMILY_NONE, &socket);
    if (result == 0 && !file) {
        result = make(port->host, path, &file);
        if (result < 0) weir_sim_socket_free(socket);
    }
    if (result < 0) return result;
    if (flags & WEIR_FILE_TRUNCATE) empty(port->host, file);
    socket->file = file;
    socket->file_flags = (uint8_t)flags;
    *ret = socket;
    return 0;
}

int weir_sim_file_open(struct weir_sim_port *port, struct weir_call *call) {
    struct weir_sim_socket *socket = NULL;
    int result = check_path(call->path);
    if (result == 0 && (call->value < 0 || !weir_file_flags_valid((unsigned)call->value))) result = WEIR_EINVAL;
    if (result == 0) result = open_file(port, call->path, (unsigned)call->value, &socket);
    if (result < 0) return result;
    weir_sim_record(&socket->party, NULL, WEIR_SIM_ACT_OPEN, 0,
                    weir_sim_hash(0, (const uint8_t *)call->path, strlen(call->path)));
    call->handle = weir_sim_socket_handle(socket);
    return 0;
}

int weir_sim_file_size(struct weir_sim_socket *socket, struct weir_call *call) {
    if (!socket->file) return WEIR_ENOTSUP;
    call->size = socket->file->size;
    return 0;
}

int weir_sim_file_sync(struct weir_sim_socket *socket) {
    if (!socket->file) return WEIR_ENOTSUP;
    if (socket->file->faults & WEIR_SIM_FAULT_SYNC) return failed(socket, WEIR_EIO);
    weir_sim_record(&socket->party, NULL, WEIR_SIM_ACT_SYNC, 0, 0);
    return 0;
}

int weir_sim_file_finish(struct weir_sim_socket *socket, bool reset) {
    int result = socket->file && (socket->file->faults & WEIR_SIM_FAULT_FINISH) ? failed(socket, WEIR_EIO) : 0;
    weir_sim_socket_close(socket, reset);
    return result;
}

int64_t weir_sim_file_read(struct weir_sim_socket *socket, const struct weir_piece *piece) {
    const struct weir_sim_file *file = socket->file;
    bool own = piece->offset == WEIR_FILE_END;
    uint64_t at = own ? socket->position : piece->offset;
    size_t n = at < file->size ? file->size - (size_t)at : 0;
    if (!(socket->file_flags & WEIR_FILE_READ)) return WEIR_EINVAL;
    if (file->faults & WEIR_SIM_FAULT_READ) return failed(socket, WEIR_EIO);
    if (n > piece->size) n = piece->size;
    if (n) {
        n = weir_sim_part(socket->party.host->sim, n);
        memcpy(piece->bytes, file->bytes + at, n);
    }
    if (own) socket->position += n;
    weir_sim_record(&socket->party, NULL, WEIR_SIM_ACT_READ, n, weir_sim_hash(at, piece->bytes, n));
    return (int64_t)n;
}

int64_t weir_sim_file_write(struct weir_sim_socket *socket, const struct weir_piece *piece) {
    struct weir_sim_file *file = socket->file;
    weir_sim_host *host = socket->party.host;
    bool own = piece->offset == WEIR_FILE_END;
    uint64_t at = socket->file_flags & WEIR_FILE_APPEND ? file->size : own ? socket->position : piece->offset;
    size_t n;
    if (!(socket->file_flags & WEIR_FILE_WRITE)) return WEIR_EINVAL;
    if (file->faults & WEIR_SIM_FAULT_WRITE) return failed(socket, WEIR_EIO);
    if (at >= most(host, file)) return failed(socket, WEIR_ENOSPC);
    n = most(host, file) - (size_t)at;
    n = weir_sim_part(host->sim, n < piece->size ? n : piece->size);
    if (reserve(host, file, (size_t)at + n) < 0) return failed(socket, WEIR_ENOMEM);
    put(host, file, (size_t)at, piece->bytes, n);
    if (own) socket->position = at + n;
    weir_sim_record(&socket->party, NULL, WEIR_SIM_ACT_WRITE, n, weir_sim_hash(at, piece->bytes, n));
    return (int64_t)n;
}

/* ---- what a test does -------------------------------------------------------------------------------------------- */

int weir_sim_file_put(weir_sim_host *host, const char *path, const void *bytes, size_t n) {
    struct weir_sim_file *file;
    uint8_t *copy = NULL;
    int result = check_path(path);
    if (!host || (!bytes && n)) return WEIR_EINVAL;
    if (result < 0) return result;
    file = find(host, path);
    if (n > (file ? most(host, file) : host->sim->options.disk_limit - host->disk_used)) return WEIR_ENOSPC;
    if (n) copy = weir_memory_resize(&host->sim->memory, NULL, 0, n);
    if (n && !copy) return WEIR_ENOMEM;
    if (!file) result = make(host, path, &file);
    if (result < 0) {
        weir_memory_free(&host->sim->memory, copy, n);
        return result;
    }
    empty(host, file);
    file->bytes = copy;
    file->capacity = n;
    if (n) put(host, file, 0, bytes, n);
    return 0;
}

int64_t weir_sim_file_get(const weir_sim_host *host, const char *path, void *bytes, size_t n) {
    const struct weir_sim_file *file;
    if (!host || !path || (!bytes && n)) return WEIR_EINVAL;
    file = find(host, path);
    if (!file) return WEIR_ENOENT;
    if (n > file->size) n = file->size;
    if (n) memcpy(bytes, file->bytes, n);
    return (int64_t)file->size;
}

int weir_sim_file_fail(weir_sim_host *host, const char *path, unsigned faults) {
    const unsigned known = WEIR_SIM_FAULT_READ | WEIR_SIM_FAULT_WRITE | WEIR_SIM_FAULT_SYNC | WEIR_SIM_FAULT_FINISH;
    struct weir_sim_file *file;
    if (!host || !path || (faults & ~known)) return WEIR_EINVAL;
    file = find(host, path);
    if (!file) return WEIR_ENOENT;
    file->faults = faults;
    return 0;
}
