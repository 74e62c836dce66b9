/* SPDX-License-Identifier: MIT */
/* weir's posts, on the loop that a program gets. */
#include <weir/weir.h>

#include "posts.h"

static weir_loop *loop;
static weir_post *posts;

static void on_post(weir_post *post) {
    if (posts_ran(post->user)) weir_stop(loop);
}

static void never(weir_timer *timer) { (void)timer; }
static weir_timer forever = {.fired = never};

static void posts_open(void) {
    posts = posts_memory(sizeof *posts);
    loop = weir_loop_new(NULL);
    /* A loop that has nothing to wait for returns. */
    if (!loop || weir_timer_start(loop, &forever, WEIR_FOREVER, 0) < 0) exit(1);
}

static void posts_post(uint32_t i) {
    posts[i].run = on_post;
    posts[i].user = &posts_ran_count;
    weir_loop_post(loop, &posts[i]);
}

static void posts_consume(void) { weir_run(loop); }

int main(void) { return posts_run(); }
