/* SPDX-License-Identifier: MIT
 *
 * The successor's side of a hand-over: connects, takes the descriptors, gives them to the program, says that it has
 * them, and waits for the other side to end. All are there before the first is given on, and each line is looked at
 * byte by byte: what is not exactly as weir/handover.h says ends it.
 *
 * Descriptors come with bytes, and whoever receives the bytes without asking for descriptors loses them. So nothing
 * receives on this connection until all have come: a timer looks for them.
 *
 * Known weakness: that timer wakes the process each LOOK_NS while the predecessor is slow. A port op that waits for
 * readiness alone would save it; a hand-over takes a few milliseconds in the life of a program. */
#include <stdio.h>
#include <string.h>

#include "sys/sys.h"
#include "transport/handover.h"
#include "transport/listener.h"
#include "transport/socket.h"

#define LOOK_NS ((uint64_t)2000000)
#define LINE_MAX (WEIR_LISTENER_TEXT_MAX + 64)

struct taking {
    weir_loop *loop;
    weir_transport *t;
    struct weir_timer_node look;
    uint64_t deadline_ns;
    weir_handover_taken_fn *taken;
    weir_handover_end_fn *ended;
    void *user;
    int status; /* why it was given up */
    bool acknowledged;
    size_t count, given, expected;
    int fds[WEIR_HANDOVER_MAX];
    char names[WEIR_HANDOVER_MAX][WEIR_LISTENER_TEXT_MAX];
};

static void close_fd(int fd) { weir_sys_close(weir_sys_handle(fd, 0), false); }

static void free_taking(struct taking *k) {
    weir_deadline_stop(k->loop, &k->look);
    for (; k->given < k->count; k->given++)
        close_fd(k->fds[k->given]);
    weir_memory_free(&k->loop->memory, k, sizeof *k);
}

static void give_up(struct taking *k, int status) {
    if (!k->status) k->status = status;
    weir_transport_abort(k->t);
}

static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct taking *k = self;
    struct taking copy = {.loop = k->loop, .ended = k->ended, .user = k->user};
    int lost = k->acknowledged ? 0 : WEIR_ERESET;
    (void)t;
    copy.status = k->status ? k->status : reason ? reason->code : lost;
    free_taking(k);
    copy.ended(copy.loop, copy.status, copy.user);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* A decimal number of one or two digits and a space. */
static bool number(const char **at, size_t *ret) {
    const char *c = *at;
    *ret = 0;
    for (; *c >= '0' && *c <= '9' && c - *at < 2; c++)
        *ret = *ret * 10 + (size_t)(*c - '0');
    bool fine = c > *at && *c == ' ' && (c == *at + 1 || **at != '0');
    *at = c + 1;
    return fine;
}

static bool is_printable(const char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~') return false;
    return true;
}

/* Takes what the line says, whose newline is gone. */
static bool parse(struct taking *k, const char *line) {
    static const char head[] = "weir-handover 1 ";
    size_t index, expected;
    if (strncmp(line, head, sizeof head - 1) != 0) return false;
    line += sizeof head - 1;
    if (!number(&line, &index) || !number(&line, &expected)) return false;
    if (index != k->count || !expected || expected > WEIR_HANDOVER_MAX) return false;
    if (k->count && expected != k->expected) return false;
    if (!*line || strlen(line) >= WEIR_LISTENER_TEXT_MAX || !is_printable(line)) return false;
    k->expected = expected;
    memcpy(k->names[index], line, strlen(line) + 1);
    return true;
}

/* One message is one line with one descriptor. */
static int take_message(struct taking *k, char *line, size_t n, int fd) {
    bool whole = n > 1 && line[n - 1] == '\n' && !memchr(line, 0, n) && fd >= 0;
    if (whole) line[n - 1] = 0;
    if (!whole || !parse(k, line)) {
        if (fd >= 0) close_fd(fd);
        return WEIR_EINVAL;
    }
    k->fds[k->count++] = fd;
    return 0;
}

static int take_one(struct taking *k) {
    char line[LINE_MAX];
    struct weir_call call = {.kind = WEIR_CALL_TAKE,
                             .handle = ((struct weir_socket *)(void *)k->t)->receive.handle,
                             .bytes = (uint8_t *)line,
                             .count = sizeof line};
    int status = weir_port_call(k->loop, &call);
    if (status < 0) return status;
    if (call.count) return take_message(k, line, call.count, call.value);
    if (call.value >= 0) close_fd(call.value);
    return WEIR_ERESET;
}

/* ---- acknowledging ----------------------------------------------------------------------------------------------- */

static size_t no_more(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)t;
    (void)bytes;
    give_up(self, WEIR_EINVAL);
    return n;
}

/* After the acknowledgement: the other side ends, and that is all. */
static const weir_protocol waiter = {.received = no_more, .disconnected = disconnected};

static void give_on(struct taking *k) {
    static const char answer[] = "taken\n";
    int status = 0;
    while (k->given < k->count && status >= 0) {
        size_t i = k->given++;
        status = k->taken(k->loop, k->names[i], k->fds[i], k->user);
    }
    if (status >= 0) status = weir_transport_write(k->t, answer, sizeof answer - 1);
    if (status < 0) {
        give_up(k, status);
        return;
    }
    k->acknowledged = true;
    weir_transport_set_protocol(k->t, &waiter, k);
    weir_deadline_start(k->loop, &k->look, k->deadline_ns);
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

static void look(weir_loop *loop, struct weir_timer_node *node) {
    struct taking *k = (struct taking *)(void *)((char *)node - offsetof(struct taking, look));
    bool late = loop->now_ns >= k->deadline_ns;
    int status = k->acknowledged ? WEIR_EAGAIN : 0;
    while (status >= 0 && (!k->expected || k->count < k->expected))
        status = take_one(k);
    if (status >= 0)
        give_on(k);
    else if (status != WEIR_EAGAIN || late)
        give_up(k, status == WEIR_EAGAIN ? WEIR_ETIMEDOUT : status);
    else
        weir_deadline_start(loop, node, weir_after_ns(loop->now_ns, LOOK_NS));
}

static void connected(void *self, weir_transport *t) {
    struct taking *k = self;
    struct weir_call same = {.kind = WEIR_CALL_SAME_USER, .handle = ((struct weir_socket *)(void *)t)->receive.handle};
    int status = weir_port_call(k->loop, &same);
    if (status < 0)
        give_up(k, status);
    else
        weir_deadline_start(k->loop, &k->look, k->loop->now_ns);
}

const weir_protocol weir_handover_taker = {.connected = connected, .disconnected = disconnected};

void weir_handover_forget(weir_transport *t) {
    if (t->protocol == &weir_handover_taker || t->protocol == &waiter) free_taking(t->self);
}

int weir_handover_take(weir_loop *loop, const char *path, uint64_t timeout_ns, weir_handover_taken_fn *taken,
                       weir_handover_end_fn *ended, void *user) {
    const weir_connect_options options = {.timeout_ns = timeout_ns ? timeout_ns : WEIR_HANDOVER_PATIENCE_NS};
    weir_address address;
    if (!loop || !path || !taken || !ended) return WEIR_EINVAL;
    int status = weir_address_unix(&address, path, strlen(path));
    if (status < 0) return weir_loop_fail(loop, status, WEIR_STAGE_CONNECT, 0, NULL);
    struct taking *k = weir_memory_new(&loop->memory, sizeof *k);
    if (!k) return weir_loop_fail(loop, WEIR_ENOMEM, WEIR_STAGE_CONNECT, 0, &address);
    k->loop = loop;
    k->look.expire = look;
    k->deadline_ns = weir_after_ns(loop->backend->now_ns(loop->state), options.timeout_ns);
    k->taken = taken;
    k->ended = ended;
    k->user = user;
    status = weir_socket_connect(loop, &address, &options, &weir_handover_taker, k, &k->t);
    if (status < 0) weir_memory_free(&loop->memory, k, sizeof *k);
    return status;
}
