/* SPDX-License-Identifier: MIT
 *
 * The contents are the numbers of splitmix64 from a fixed seed: a byte lost, doubled or moved changes the hash, and two
 * runs move the same bytes. */
#include "sample.h"

#include "progress.h"
#include "say.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_WORDS = 32 * 1024 };

static void fill(uint64_t *words, uint64_t *state) {
    for (int i = 0; i < BLOCK_WORDS; i++) {
        uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        words[i] = z ^ (z >> 31);
    }
}

/* All of it, or false with errno. */
static bool write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno != EINTR) return false;
        if (written <= 0) continue;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

static bool write_sample(struct sample *sample, struct hash *hash, struct progress *progress) {
    static uint64_t block[BLOCK_WORDS];
    uint64_t state = 0;
    for (uint64_t done = 0; done < sample->bytes;) {
        uint64_t left = sample->bytes - done;
        size_t n = left < sizeof block ? (size_t)left : sizeof block;
        fill(block, &state);
        if (!write_all(sample->fd, (const char *)block, n)) return false;
        hash_add(hash, block, n);
        progress_update(progress, done += n, true);
    }
    return true;
}

static int open_nameless(char *path, size_t size) {
    const char *folder = getenv("TMPDIR");
    snprintf(path, size, "%s/weir-demo-XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

bool sample_open(struct sample *ret, uint64_t bytes, bool quiet) {
    char path[4096], size[UNITS_TEXT_MAX], label[64];
    struct progress progress;
    struct hash hash;
    ret->bytes = bytes;
    ret->fd = open_nameless(path, sizeof path);
    if (ret->fd < 0) {
        say_error("open %s: %s (TMPDIR says where)", path, strerror(errno));
        return false;
    }
    snprintf(label, sizeof label, "a file of %s", units_bytes(bytes, size, sizeof size));
    progress_begin(&progress, label, bytes, PROGRESS_SILENT, quiet);
    bool hashing = hash_begin(&hash), written = hashing && write_sample(ret, &hash, &progress);
    if (hashing && !written) say_error("write %s: %s (TMPDIR says where)", path, strerror(errno));
    bool hashed = hashing && hash_end(&hash, ret->digest);
    if (written && hashed) {
        progress_end(&progress, "made");
        return true;
    }
    if (!hashed) say_error("libcrypto cannot make a SHA-256");
    sample_close(ret);
    return false;
}

void sample_close(struct sample *sample) { close(sample->fd); }
