/* SPDX-License-Identifier: MIT
 *
 * What is open in a loop, told one by one; and the close that refuses while anything is. */
#include "core/inbox.h"
#include "core/loop.h"
#include "core/phases.h"

struct visit {
    weir_object_fn *each;
    void *user;
    int count;
};

static void tell(struct visit *visit, weir_object_kind kind, void *object, const char *what) {
    visit->count++;
    if (visit->each) visit->each(visit->user, kind, object, what);
}

static void tell_list(struct visit *visit, struct weir_object_list *list, weir_object_kind kind) {
    char what[192];
    for (struct weir_object *o = list->head.next, *next; o != &list->head; o = next) {
        next = o->next;
        list->describe(o, what, sizeof what);
        tell(visit, kind, list->publish(o), what);
    }
}

static void tell_timer(void *user, weir_timer *timer) { tell(user, WEIR_OBJECT_TIMER, timer, "timer"); }

static void tell_posts(struct visit *visit, weir_post *post) {
    for (weir_post *next; post; post = next) {
        next = post->next;
        tell(visit, WEIR_OBJECT_POST, post, "post");
    }
}

int weir_loop_each(weir_loop *loop, weir_object_fn *each, void *user) {
    struct visit visit = {each, user, 0};
    if (!loop) return WEIR_EINVAL;
    tell_list(&visit, &loop->transports, WEIR_OBJECT_TRANSPORT);
    tell_list(&visit, &loop->listeners, WEIR_OBJECT_LISTENER);
    tell_list(&visit, &loop->files, WEIR_OBJECT_FILE);
    tell_list(&visit, &loop->works, WEIR_OBJECT_WORK);
    weir_loop_each_timer(loop, tell_timer, &visit);
    if (!loop->posted) loop->posted = weir_mpsc_take_all(&loop->door.posts);
    tell_posts(&visit, loop->posted);
    return visit.count;
}

/* Whether nothing is left, and nothing can come any more. */
static bool shut(weir_loop *loop, weir_object_fn *each, void *user) {
    weir_inbox_shut(loop->inbox, false);
    if (!weir_loop_alive(loop)) return true;
    weir_inbox_open_again(loop->inbox, loop);
    weir_loop_each(loop, each, user);
    return false;
}

int weir_loop_close(weir_loop *loop, weir_object_fn *each, void *user) {
    if (!loop) return WEIR_EINVAL;
    bool forked = weir_loop_forked(loop);
    if (loop->in_tick && !forked) {
        if (each) each(user, WEIR_OBJECT_RUNNING, NULL, "running");
        return WEIR_EBUSY;
    }
    if (!forked && (weir_loop_each(loop, each, user) || !shut(loop, each, user))) return WEIR_EBUSY;
    weir_loop_destroy(loop, forked);
    return 0;
}
