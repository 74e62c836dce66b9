/* SPDX-License-Identifier: MIT
 *
 * The real folder by stdio, the simulated one by weir/sim.h. */
#include "support/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIM_DISK ((size_t)16 * 1024 * 1024)

void store_path(char path[STORE_PATH]) {
    static unsigned count;
    snprintf(path, STORE_PATH, "/tmp/weir-file-%d-%u", (int)getpid(), ++count);
}

static uint8_t *new_bytes(size_t n) {
    uint8_t *bytes = calloc(1, n ? n : 1);
    if (!bytes) abort();
    return bytes;
}

static bool put_real(const char *path, const uint8_t *bytes, size_t n) {
    FILE *file = fopen(path, "wbe");
    if (!file) return false;
    bool written = fwrite(bytes, 1, n, file) == n;
    return fclose(file) == 0 && written;
}

void store_put_bytes(struct scene *s, const char *path, const void *bytes, size_t n) {
    if (scene_simulated(s))
        scene_worked(s, weir_sim_file_put(s->host, path, bytes, n));
    else
        check(put_real(path, bytes, n));
}

void store_put(struct scene *s, const char *path, size_t n) {
    uint8_t *bytes = new_bytes(n);
    pattern_fill(bytes, 0, n);
    store_put_bytes(s, path, bytes, n);
    free(bytes);
}

void store_fill(struct scene *s) {
    uint8_t *bytes = new_bytes(SIM_DISK - 65000);
    scene_worked(s, weir_sim_file_put(s->host, "/full", bytes, SIM_DISK - 65000));
    free(bytes);
}

static int64_t get_real(const char *path, void *bytes, size_t n) {
    FILE *file = fopen(path, "rbe");
    if (!file) return -1;
    check(fread(bytes, 1, n, file) <= n);
    fseek(file, 0, SEEK_END);
    int64_t size = ftell(file);
    fclose(file);
    return size;
}

int64_t store_get(struct scene *s, const char *path, void *bytes, size_t n) {
    if (!scene_simulated(s)) return get_real(path, bytes, n);
    int64_t size = weir_sim_file_get(s->host, path, bytes, n);
    return size < 0 ? -1 : size;
}

void store_expect(struct scene *s, const char *path, size_t n) {
    uint8_t *bytes = new_bytes(n);
    check_int(store_get(s, path, bytes, n), n);
    check(pattern_matches(bytes, 0, n));
    free(bytes);
}

void store_remove(struct scene *s, const char *path) {
    if (!scene_simulated(s)) remove(path);
}
