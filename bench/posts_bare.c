/* SPDX-License-Identifier: MIT */
/* The limit for posts: a lock-free list that is taken whole, and an eventfd that is written only when the list was
 * empty and its reader sleeps. Items run in the order in which they were posted. */
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "posts.h"

struct item {
    struct item *next;
    bool (*run)(void *user);
    void *user;
};

static _Atomic(struct item *) head;
static atomic_bool asleep;
static struct item *items;
static int bell;

static void posts_open(void) {
    items = posts_memory(sizeof *items);
    bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell < 0) exit(1);
}

static void posts_post(uint32_t i) {
    struct item *item = &items[i], *first = atomic_load_explicit(&head, memory_order_relaxed);
    item->run = posts_ran;
    item->user = &posts_ran_count;
    do
        item->next = first;
    while (!atomic_compare_exchange_weak(&head, &first, item));
    if (!first && atomic_exchange(&asleep, false) && write(bell, &(uint64_t){1}, 8) != 8) exit(1);
}

static struct item *take(void) {
    struct item *item = atomic_exchange(&head, NULL), *in_order = NULL;
    while (item) {
        struct item *next = item->next;
        item->next = in_order;
        in_order = item;
        item = next;
    }
    return in_order;
}

static void sleep_for_more(void) {
    uint64_t count;
    atomic_store(&asleep, true);
    if (!atomic_load(&head)) poll(&(struct pollfd){.fd = bell, .events = POLLIN}, 1, -1);
    atomic_store(&asleep, false);
    if (read(bell, &count, sizeof count) < 0) return; /* nobody rang */
}

static void posts_consume(void) {
    for (;;) {
        struct item *item = take();
        if (!item) sleep_for_more();
        for (; item; item = item->next)
            if (item->run(item->user)) return;
    }
}

int main(void) { return posts_run(); }
