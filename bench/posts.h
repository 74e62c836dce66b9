/* SPDX-License-Identifier: MIT */
/* The course that each post bench runs: one thread posts two million items as fast as it can, the other runs them.
 * Prints nanoseconds for each, from the first post to the last item run, and how many were run. An item is a function
 * and a pointer that it is called with.
 *
 * A driver is compiled in: it posts the i-th item, and runs its side until `posts_ran` says that this was the last. */
#ifndef BENCH_POSTS_H
#define BENCH_POSTS_H

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { post_count = 2000000, posts_ahead = 32 };

static void posts_open(void);
static void posts_post(uint32_t i); /* on the posting thread */
static void posts_consume(void);

/* What every item brings as its own: the count that it adds to. */
static uint32_t posts_ran_count;
static inline bool posts_ran(void *user) { return ++*(uint32_t *)user == post_count; }

/* Touched, and later fetched some items ahead: what is measured is the posting and not the memory. */
static char *posts_piece;
static size_t posts_each;
static inline void *posts_memory(size_t each) {
    posts_each = each;
    posts_piece = malloc((post_count + posts_ahead) * each);
    if (!posts_piece) exit(1);
    return memset(posts_piece, 0, (post_count + posts_ahead) * each);
}

static inline uint64_t posts_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *posts_all(void *began_ns) {
    *(uint64_t *)began_ns = posts_now_ns();
    for (uint32_t i = 0; i < post_count; i++) {
        __builtin_prefetch(posts_piece + (i + posts_ahead) * posts_each, 1);
        posts_post(i);
    }
    return NULL;
}

static inline int posts_run(void) {
    pthread_t poster;
    uint64_t began_ns = 0;
    posts_open();
    if (pthread_create(&poster, NULL, posts_all, &began_ns) != 0) return 1;
    posts_consume();
    uint64_t ended_ns = posts_now_ns();
    pthread_join(poster, NULL);
    printf("post_ns=%.2f ran=%" PRIu32 "\n", (double)(ended_ns - began_ns) / post_count, posts_ran_count);
    return posts_ran_count == post_count ? 0 : 1;
}

#endif
