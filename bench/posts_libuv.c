/* SPDX-License-Identifier: MIT */
/* libuv's idiom for posts: a list under a mutex, and uv_async_send after each. */
#include <uv.h>

#include "posts.h"

struct item {
    struct item *next;
    bool (*run)(void *user);
    void *user;
};

static uv_loop_t *loop;
static uv_async_t async;
static uv_mutex_t lock;
static struct item *items, *first, *last;

static struct item *take(void) {
    uv_mutex_lock(&lock);
    struct item *item = first;
    first = last = NULL;
    uv_mutex_unlock(&lock);
    return item;
}

static void on_async(uv_async_t *handle) {
    (void)handle;
    for (struct item *item = take(); item; item = item->next)
        if (item->run(item->user)) uv_stop(loop);
}

static void posts_open(void) {
    items = posts_memory(sizeof *items);
    loop = uv_default_loop();
    if (!loop || uv_mutex_init(&lock) != 0 || uv_async_init(loop, &async, on_async) != 0) exit(1);
}

static void posts_post(uint32_t i) {
    struct item *item = &items[i];
    item->run = posts_ran;
    item->user = &posts_ran_count;
    item->next = NULL;
    uv_mutex_lock(&lock);
    if (last)
        last->next = item;
    else
        first = item;
    last = item;
    uv_mutex_unlock(&lock);
    uv_async_send(&async);
}

static void posts_consume(void) { uv_run(loop, UV_RUN_DEFAULT); }

int main(void) { return posts_run(); }
