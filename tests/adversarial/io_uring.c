/* SPDX-License-Identifier: MIT
 *
 * J: io_uring. Whatever of these can be asked of the other backends is asked of them too; what the system refuses is
 * refused in a child process of its own. */
#include "adversarial/suites.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- J1 ---------------------------------------------------------------------------------------------------------- */

static struct errand lent;
static uint8_t *buffer;

static void free_at_once(struct errand *e, int64_t result) {
    (void)result;
    free(buffer);
    buffer = NULL;
    close_now(e->actor);
}

static void cancel_it(struct scene *s) {
    (void)s;
    check_int(errand_cancel(&lent), 0);
}

static void lend_much(struct actor *a) {
    buffer = malloc(800000);
    if (!buffer) abort();
    pattern_fill(buffer, 0, 800000);
    lent = (struct errand){.on_done = free_at_once};
    check(actor_lend(a, &lent, buffer, 800000) >= 0);
    scene_later(a->scene, dice_roll(&a->scene->dice, 2 * MS), cancel_it);
}

/* The memory is freed in `done`, whatever became of the cancel. */
static void adv_J1_cancel_then_free(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = lend_much;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 10 * MS, resume_receiving);
    scene_play(s);
    check(!buffer);
}

/* ---- J2 ---------------------------------------------------------------------------------------------------------- */

static unsigned doors_left;

static void open_shut_and_connect(struct scene *s);

static void again(struct door *door, const weir_error *reason) {
    (void)reason;
    if (doors_left-- > 1) scene_later(door->scene, 0, open_shut_and_connect);
}

static void take_it(struct door *door, weir_transport *t) {
    struct actor *a = scene_cast(door->scene, "right");
    a->silenced = true;
    actor_take(a, t);
}

static void shut_the_door(struct scene *s) { door_shut(&s->door); }

static void open_shut_and_connect(struct scene *s) {
    struct actor *a = scene_cast(s, "left");
    weir_address address = scene_address(s);
    a->silenced = true;
    a->on_connected = close_now;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(actor_connect(a, &s->door.address), 0);
    scene_later(s, dice_roll(&s->dice, 2 * MS), shut_the_door);
}

/* A connection comes in while the accept is being cancelled: whoever has the descriptor closes it. */
static void adv_J2_accept_cancelled_as_it_succeeds(struct scene *s) {
    doors_left = 25;
    s->door.on_accept = take_it;
    s->door.on_closed = again;
    scene_hold(s);
    open_shut_and_connect(s);
    scene_release(s);
    scene_run(s);
}

/* ---- J3 ---------------------------------------------------------------------------------------------------------- */

/* A receive is in flight all the while; the peer must see the end at once, and the reset too. */
static void adv_J3_close_with_a_receive_in_flight(struct scene *s) {
    s->server.on_ended = close_now;
    actor_later(&s->client, 30 * MS, close_now);
    scene_play(s);
}

static void adv_J3_abort_with_a_receive_in_flight(struct scene *s) {
    actor_later(&s->client, 30 * MS, abort_now);
    scene_play(s);
}

/* ---- J5, J7 ------------------------------------------------------------------------------------------------------ */

#define CROWD 400

static unsigned arrived, echoed;
static weir_transport *crowd[CROWD];

static size_t crowd_echo(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    check(weir_transport_write(t, bytes, n) >= 0);
    return n;
}

static const weir_protocol echoing = {.received = crowd_echo};

static void crowd_joins(void *self, weir_transport *t) {
    (void)self;
    (void)t;
    if (++arrived < CROWD) return;
    for (unsigned i = 0; i < CROWD; i++) { /* all at once, each more than a buffer holds */
        uint8_t bytes[5000] = {0};
        check(weir_transport_write(crowd[i], bytes, sizeof bytes) >= 0);
    }
}

static size_t crowd_hears(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    (void)t;
    (void)bytes;
    echoed += (unsigned)n;
    for (unsigned i = 0; i < CROWD && echoed == CROWD * 5000; i++)
        check_int(weir_transport_close(crowd[i]), 0);
    return n;
}

static void crowd_leaves(void *self, weir_transport *t, const weir_error *reason) {
    struct scene *s = self;
    (void)t;
    check(!reason);
    scene_release(s);
}

static const weir_protocol joining = {.connected = crowd_joins, .received = crowd_hears, .disconnected = crowd_leaves};

static void serve_the_crowd(struct door *door, weir_transport *t) {
    check_int(weir_transport_set_protocol(t, &echoing, NULL), 0);
    if (door->accepted == CROWD) door_shut(door);
}

/* More completions than a ring holds, and more receivers than there are buffers. */
static void adv_J5_a_crowd_at_once(struct scene *s) {
    weir_address address = scene_address(s);
    arrived = echoed = 0;
    s->door.on_accept = serve_the_crowd;
    check_int(door_open(&s->door, s, &address), 0);
    for (unsigned i = 0; i < CROWD; i++) {
        check_int(weir_socket_connect(s->loop, &s->door.address, NULL, &joining, s, &crowd[i]), 0);
        scene_hold(s);
    }
    scene_run(s);
    check_int(echoed, CROWD * 5000);
}

/* ---- J11, C10: in a child ---------------------------------------------------------------------------------------- */

#define UNCLEAR 99

static bool forbid(unsigned call, unsigned error) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* An echo over a loop that was opened as most programs do. */
static int works(weir_loop *loop) {
    weir_transport *pair[2];
    return weir_pipe_pair(loop, NULL, pair) || weir_transport_abort(pair[0]) || weir_transport_abort(pair[1]) ||
           weir_run(loop) || weir_loop_close(loop, NULL, NULL);
}

static int epoll_it_is(void) {
    weir_loop_options named = {.backend = "io_uring"};
    weir_loop *loop = weir_loop_new(NULL), *none = NULL;
    if (!loop) return 2;
    if (strcmp(weir_loop_backend(loop), "epoll")) return 3;
    if (!*weir_loop_backend_reason(loop)) return 4;
    if (weir_loop_open(&none, &named) != WEIR_ENOTSUP) return 5;
    return works(loop) ? 6 : 0;
}

static int without_the_system_call(void) { return forbid(SYS_io_uring_setup, EPERM) ? epoll_it_is() : UNCLEAR; }

static int on_an_old_kernel(void) { return forbid(SYS_io_uring_setup, ENOSYS) ? epoll_it_is() : UNCLEAR; }

static int without_enter(void) { return forbid(SYS_io_uring_enter, EPERM) ? epoll_it_is() : UNCLEAR; }

static int without_register(void) {
    weir_loop *loop;
    if (!forbid(SYS_io_uring_register, EPERM)) return UNCLEAR;
    loop = weir_loop_new(NULL);
    return loop && !works(loop) ? 0 : 2;
}

static int without_locked_memory(void) {
    struct rlimit none = {0, 0};
    weir_loop *loop;
    if (setrlimit(RLIMIT_MEMLOCK, &none)) return UNCLEAR;
    loop = weir_loop_new(NULL);
    return loop && !works(loop) ? 0 : 2;
}

static int without_descriptors(void) {
    struct rlimit few = {3, 3};
    weir_loop *loop = NULL;
    if (setrlimit(RLIMIT_NOFILE, &few)) return UNCLEAR;
    return weir_loop_open(&loop, NULL) == WEIR_EMFILE && !loop ? 0 : 2;
}

static int chosen_by_environment(void) {
    weir_loop *loop;
    setenv("WEIR_BACKEND", "epoll", 1);
    loop = weir_loop_new(NULL);
    if (!loop || strcmp(weir_loop_backend(loop), "epoll")) return 2;
    if (works(loop)) return 3;
    setenv("WEIR_BACKEND", "semaphore", 1);
    return weir_loop_open(&loop, NULL) == WEIR_EINVAL ? 0 : 4;
}

/* A child without this program's descriptors, locked memory and filters. */
static void in_a_child(int (*act)(void)) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(act());
    check_int(waitpid(child, &status, 0), child);
    check(WIFEXITED(status));
    if (WEXITSTATUS(status) == UNCLEAR)
        fprintf(stderr, "SKIPPED: this system does not let the limit be set\n");
    else
        check_int(WEXITSTATUS(status), 0);
}

static void adv_J11_setup_is_forbidden(struct scene *s) {
    (void)s;
    in_a_child(without_the_system_call);
    in_a_child(on_an_old_kernel);
}

static void adv_J11_enter_is_forbidden(struct scene *s) {
    (void)s;
    in_a_child(without_enter);
}

static void adv_J11_register_is_forbidden(struct scene *s) {
    (void)s;
    in_a_child(without_register);
}

static void adv_C10_no_locked_memory(struct scene *s) {
    (void)s;
    in_a_child(without_locked_memory);
}

static void adv_J11_no_descriptor_for_a_loop(struct scene *s) {
    (void)s;
    in_a_child(without_descriptors);
}

static void adv_J12_the_environment_chooses(struct scene *s) {
    (void)s;
    in_a_child(chosen_by_environment);
}

static const struct scenario io_uring[] = {
    SCENARIO(adv_J1_cancel_then_free, .media = EVERY, .loose = true),
    SCENARIO(adv_J2_accept_cancelled_as_it_succeeds, .media = SOCKETS, .loose = true),
    SCENARIO(adv_J3_close_with_a_receive_in_flight, .media = DUPLEX),
    SCENARIO(adv_J3_abort_with_a_receive_in_flight, .media = DUPLEX),
    SCENARIO(adv_J5_a_crowd_at_once, .media = TCP4 | UNIX_NAME, .handle_limit = 2000, .loose = true),
    SCENARIO(adv_J11_setup_is_forbidden, .media = NONE, .places = IO_URING),
    SCENARIO(adv_J11_enter_is_forbidden, .media = NONE, .places = IO_URING),
    SCENARIO(adv_J11_register_is_forbidden, .media = NONE, .places = IO_URING),
    SCENARIO(adv_J11_no_descriptor_for_a_loop, .media = NONE, .places = EPOLL),
    SCENARIO(adv_J12_the_environment_chooses, .media = NONE, .places = EPOLL),
    SCENARIO(adv_C10_no_locked_memory, .media = NONE, .places = IO_URING),
};
const struct suite io_uring_suite = SUITE(io_uring);
