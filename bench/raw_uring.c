/* SPDX-License-Identifier: MIT */
/* The limit for completion: the least an io_uring echo server can do.
 *
 * One enter per turn submits every send of the turn and waits. Receives and the accept are multishot; received
 * bytes lie in a ring of provided buffers that is smaller than L2 and are sent from there. A send asks MSG_WAITALL
 * | MSG_DONTWAIT and no completion for success: when the enter returns, either the socket has taken everything and
 * there is no completion, or there is one with what it took (or -EAGAIN). So the buffers of a turn can go back
 * right after the enter; where a receive that ran out of buffers or an end of stream waits for just that, the
 * enter must not wait for anything else.
 *
 * Invariants: a connection has at most one send in flight, of all it holds (several buffers go as one sendmsg), so
 * bytes keep their order. What a socket refused is copied out of the ring and sent by an ordinary send that the
 * kernel waits for; meanwhile receiving is cancelled, so a peer that never reads holds no ring buffers and costs
 * little more than one ring's worth of bytes.
 *
 * Not done: limits, deadlines, lingering close, bulk transfers on one hot buffer (100 KiB messages go through the
 * ring here). */
#include "server.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#ifndef RAW_BUFFERS /* the shape of the ring can be tried from outside */
#define RAW_BUFFERS 64
#define RAW_BUFFER_SIZE 16384
#endif

enum {
    buffer_count = RAW_BUFFERS,
    buffer_size = RAW_BUFFER_SIZE,
    sq_entries = 4096,
    cq_entries = 32768,
    group = 0,
    send_flags = MSG_NOSIGNAL | MSG_WAITALL,
    none = -1
};

enum kind { kind_accept, kind_receive, kind_try_send, kind_send, kind_stop, kind_other };

struct block { /* bytes that left the ring because the socket did not take them */
    uint8_t *bytes;
    size_t at, size;
};

struct connection {
    int fd;
    int first, last;       /* held ring buffers, chained by `following` */
    unsigned held, flying; /* of them in the send under way */
    int refused;           /* result of that send, when it was not taken whole */
    bool fell_short, queued, receiving, ended, cancelling;
    struct block sending, waiting;
    struct connection *next_dirty, *next_flight;
};

static struct io_uring ring;
static struct io_uring_buf_ring *provided;
static uint8_t *memory;
static int following[buffer_count];
static unsigned length[buffer_count], returned;
static struct iovec parts[buffer_count];
static struct msghdr headers[buffer_count];
static unsigned part_count, header_count;
static struct connection *dirty, *flights;
static int64_t calls;
static bool hurry; /* something is to be done once the sends have gone: the next enter does not wait */
static bool stopping;

static struct io_uring_sqe *prepare(void) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    while (sqe == NULL) {
        calls++;
        io_uring_submit(&ring);
        sqe = io_uring_get_sqe(&ring);
    }
    return sqe;
}

static void name(struct io_uring_sqe *sqe, enum kind kind, struct connection *c) {
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)c | (uint64_t)kind);
}

static void give_back(int buffer) {
    io_uring_buf_ring_add(provided, memory + (size_t)buffer * buffer_size, buffer_size, (unsigned short)buffer,
                          io_uring_buf_ring_mask(buffer_count), (int)returned++);
}

static int take_first(struct connection *c) {
    const int buffer = c->first;
    c->first = following[buffer];
    c->held--;
    return buffer;
}

static void append(struct connection *c, int buffer, unsigned n) {
    following[buffer] = none;
    length[buffer] = n;
    if (c->held++ == 0) {
        c->first = buffer;
    } else {
        following[c->last] = buffer;
    }
    c->last = buffer;
}

static void mark_dirty(struct connection *c) {
    if (!c->queued) {
        c->queued = true;
        c->next_dirty = dirty;
        dirty = c;
    }
}

static void start_receive(struct connection *c) {
    struct io_uring_sqe *sqe = prepare();
    io_uring_prep_recv_multishot(sqe, c->fd, NULL, 0, 0);
    io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
    sqe->buf_group = group;
    name(sqe, kind_receive, c);
    c->receiving = true;
}

static void stop_receive(struct connection *c) {
    if (c->receiving && !c->cancelling) {
        struct io_uring_sqe *sqe = prepare();
        io_uring_prep_cancel64(sqe, (uint64_t)(uintptr_t)c | kind_receive, 0);
        io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
        name(sqe, kind_other, NULL);
        c->cancelling = true;
    }
}

static void send_block(struct connection *c) {
    struct io_uring_sqe *sqe = prepare();
    io_uring_prep_send(sqe, c->fd, c->sending.bytes + c->sending.at, c->sending.size - c->sending.at, send_flags);
    name(sqe, kind_send, c);
}

static void block_add(struct block *b, const uint8_t *bytes, size_t n) {
    b->bytes = realloc(b->bytes, b->size + n);
    if (b->bytes == NULL) {
        die("realloc");
    }
    memcpy(b->bytes + b->size, bytes, n);
    b->size += n;
}

static bool blocked(const struct connection *c) { return c->sending.size > 0; }

/* All held bytes leave the ring for `waiting`, but for the first `skip`, which the socket has. */
static void evacuate(struct connection *c, size_t skip) {
    while (c->held > 0) {
        const int buffer = take_first(c);
        const size_t n = length[buffer], gone = skip < n ? skip : n;
        skip -= gone;
        if (n > gone) {
            block_add(&c->waiting, memory + (size_t)buffer * buffer_size + gone, n - gone);
        }
        give_back(buffer);
    }
}

static void next_block(struct connection *c) {
    free(c->sending.bytes);
    c->sending = c->waiting;
    c->waiting = (struct block){NULL, 0, 0};
    if (blocked(c)) {
        send_block(c);
    }
}

/* Closes once the peer has ended, nothing is left to send and the kernel holds no op of the connection. */
static void settle(struct connection *c) {
    if (blocked(c) || c->held > 0 || c->receiving || c->queued) {
        return;
    }
    if (!c->ended) {
        start_receive(c);
        return;
    }
    struct io_uring_sqe *sqe = prepare();
    io_uring_prep_close(sqe, c->fd);
    io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
    name(sqe, kind_other, NULL);
    free(c);
}

static void on_accept(const struct io_uring_cqe *cqe) {
    if (cqe->res >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (c == NULL) {
            die("calloc");
        }
        c->fd = cqe->res;
        start_receive(c);
    }
}

static void on_receive(struct connection *c, const struct io_uring_cqe *cqe) {
    if (cqe->res > 0) {
        append(c, (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT), (unsigned)cqe->res);
        mark_dirty(c);
    }
    if ((cqe->flags & IORING_CQE_F_MORE) != 0) {
        return;
    }
    c->receiving = c->cancelling = false;
    c->ended = cqe->res == 0 || (cqe->res < 0 && cqe->res != -ENOBUFS && cqe->res != -ECANCELED);
    mark_dirty(c);
}

static void on_try_send(struct connection *c, const struct io_uring_cqe *cqe) {
    c->fell_short = true;
    c->refused = cqe->res;
}

static void fail(struct connection *c) {
    evacuate(c, 0);
    free(c->waiting.bytes);
    free(c->sending.bytes);
    c->waiting = c->sending = (struct block){NULL, 0, 0};
    c->ended = true;
    stop_receive(c);
    mark_dirty(c);
}

static void on_send(struct connection *c, const struct io_uring_cqe *cqe) {
    if (cqe->res < 0 && cqe->res != -EAGAIN) {
        fail(c);
        return;
    }
    c->sending.at += cqe->res > 0 ? (size_t)cqe->res : 0;
    if (c->sending.at < c->sending.size) {
        send_block(c);
        return;
    }
    next_block(c);
    mark_dirty(c);
}

static void complete(const struct io_uring_cqe *cqe) {
    struct connection *c = (struct connection *)(uintptr_t)(cqe->user_data & ~7ULL);
    switch ((enum kind)(cqe->user_data & 7)) {
    case kind_accept: on_accept(cqe); break;
    case kind_receive: on_receive(c, cqe); break;
    case kind_try_send: on_try_send(c, cqe); break;
    case kind_send: on_send(c, cqe); break;
    case kind_stop: stopping = true; break;
    case kind_other: break;
    }
}

/* After the enter: what no completion spoke of has gone out. */
static void land(struct connection *c) {
    if (!c->fell_short) {
        while (c->flying > 0) {
            c->flying--;
            give_back(take_first(c));
        }
        if (!c->receiving) {
            mark_dirty(c);
        }
        return;
    }
    c->fell_short = false;
    c->flying = 0;
    if (c->refused < 0 && c->refused != -EAGAIN) {
        fail(c);
        return;
    }
    evacuate(c, c->refused > 0 ? (size_t)c->refused : 0);
    next_block(c);
    stop_receive(c);
}

static void send_held(struct connection *c) {
    struct io_uring_sqe *sqe = prepare();
    struct iovec *first = &parts[part_count];
    for (int b = c->first; b != none; b = following[b]) {
        parts[part_count++] = (struct iovec){memory + (size_t)b * buffer_size, length[b]};
    }
    if (c->held == 1) {
        io_uring_prep_send(sqe, c->fd, first->iov_base, first->iov_len, send_flags | MSG_DONTWAIT);
    } else {
        struct msghdr *header = &headers[header_count++];
        *header = (struct msghdr){.msg_iov = first, .msg_iovlen = c->held};
        io_uring_prep_sendmsg(sqe, c->fd, header, send_flags | MSG_DONTWAIT);
    }
    io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
    name(sqe, kind_try_send, c);
    c->flying = c->held;
    c->next_flight = flights;
    flights = c;
    hurry |= !c->receiving;
}

static void flush(struct connection *c) {
    c->queued = false;
    if (c->held == 0) {
        settle(c);
    } else if (blocked(c)) {
        evacuate(c, 0);
    } else {
        send_held(c);
    }
}

static void reap(void) {
    struct io_uring_cqe *cqe;
    unsigned head, seen = 0;
    io_uring_for_each_cqe(&ring, head, cqe) {
        complete(cqe);
        seen++;
    }
    io_uring_cq_advance(&ring, seen);
}

static void turn(void) {
    calls++;
    io_uring_submit_and_wait(&ring, hurry ? 0 : 1);
    hurry = false;
    reap();
    for (struct connection *c = flights; c != NULL; c = c->next_flight) {
        land(c);
    }
    flights = NULL;
    part_count = header_count = 0;
    for (struct connection *c = dirty, *next; c != NULL; c = next) {
        next = c->next_dirty;
        flush(c);
    }
    dirty = NULL;
    io_uring_buf_ring_advance(provided, (int)returned);
    returned = 0;
}

static void open_ring(void) {
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                                         IORING_SETUP_CLAMP,
                                .cq_entries = cq_entries};
    errno = -io_uring_queue_init_params(sq_entries, &ring, &p);
    if (errno != 0) {
        die("io_uring_queue_init_params");
    }
    io_uring_register_ring_fd(&ring);
}

static void open_buffers(void) {
    const size_t ring_bytes = buffer_count * sizeof(struct io_uring_buf), page = 4096;
    provided = aligned_alloc(page, (ring_bytes + page - 1) / page * page);
    memory = aligned_alloc(page, (size_t)buffer_count * buffer_size);
    if (provided == NULL || memory == NULL) {
        die("aligned_alloc");
    }
    struct io_uring_buf_reg reg = {
        .ring_addr = (uint64_t)(uintptr_t)provided, .ring_entries = buffer_count, .bgid = group};
    errno = -io_uring_register_buf_ring(&ring, &reg, 0);
    if (errno != 0) {
        die("io_uring_register_buf_ring");
    }
    io_uring_buf_ring_init(provided);
    for (int i = 0; i < buffer_count; i++) {
        give_back(i);
    }
    io_uring_buf_ring_advance(provided, (int)returned);
    returned = 0;
}

int main(int argc, char **argv) {
    const int listener = server_listen(server_port(argc, argv));
    const int stop = server_stop_fd();
    open_ring();
    open_buffers();
    struct io_uring_sqe *sqe = prepare();
    io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
    name(sqe, kind_accept, NULL);
    sqe = prepare();
    io_uring_prep_poll_add(sqe, stop, POLLIN);
    name(sqe, kind_stop, NULL);
    server_announce(listener);
    while (!stopping) {
        turn();
    }
    server_report("raw_uring", calls);
    return 0;
}
