/* SPDX-License-Identifier: MIT
 *
 * One base, many drivers. The base is everything that transports have in common: states, unread bytes, the write
 * queue, marks, budget, deadlines, and the order of callbacks. A driver is what differs: how bytes come and go. A
 * driver keeps no bytes and decides nothing; the base makes no system call.
 *
 *   CONNECTING --connected--> OPEN --close--> CLOSING --flushed, ended--+
 *        |                      |                |                      v
 *        +------ failure -------+--- failure ----+----> GONE --> disconnected, freed
 *
 * Invariants: user callbacks run from dispatch only (a completion, a timer, a step, a flush), never from an API call,
 * which merely notes what is wanted and queues a step. Unread bytes come before the end and before a failure of the
 * receiving direction. Charged to the budget is always max(floor, unread + queued). */
#ifndef WEIR_TRANSPORT_BASE_H
#define WEIR_TRANSPORT_BASE_H

#include <weir/transport.h>

#include "core/loop.h"

enum weir_driver_caps {
    WEIR_CAN_RECEIVE = 1,
    WEIR_CAN_SEND = 2,
    WEIR_CAN_HALF_CLOSE = 4,
    WEIR_LINGERS = 8, /* close must wait for the peer's end, or bytes already sent may be destroyed */
    WEIR_DRAINS = 16, /* after a failed send, receiving still delivers what had come, and then ends */
    WEIR_STANDS =
        32 /* on another transport, which is the peer's: it alone looks at rates, and counts as a connection */
};

/* Downward calls. None calls back into the base from within, except `drop`, which may report gone at once. */
struct weir_driver {
    const char *name; /* as in `info.stack` */
    size_t size;      /* of the whole object, which begins with struct weir_transport */
    unsigned caps;

    /* Starts or stops deliver, which may still be called for bytes drawn before a stop. 0, or WEIR_E... on start. */
    int (*receive)(weir_transport *t, bool on);

    /* Gives bytes to the system. Returns how many it took now. `now`: only tries. Otherwise, if not all were taken, the
     * chain is the driver's until it reports sent (a partial count is followed by one more call for the rest); the chain may grow at its end meanwhile. WEIR_E... when the
     * direction is dead, with the system's number. Sets t->stalled when the system refused bytes. */
    int64_t (*send)(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code);

    /* Asks for the chain back before it is all taken: sent follows soon. */
    void (*recall)(weir_transport *t);

    /* Sends end-of-stream; the queue is empty. */
    void (*finish)(weir_transport *t);

    /* Ends everything, by a reset if so told, and reports gone when nothing of it is left in the system. Once; but one
     * that stands on another and was dropped without a reset may be told again, to be quick (or, now, to reset). */
    void (*drop)(weir_transport *t, bool reset);

    /* Addresses, into fields that are zero. */
    void (*info)(const weir_transport *t, weir_transport_info *ret);

    /* Bytes taken but not acknowledged by the peer's system, as far as it can tell. */
    size_t (*unsent)(const weir_transport *t);

    /* `n` bytes that were delivered are dropped, since nobody used them; NULL: they are lost. */
    void (*unused)(weir_transport *t, size_t n);

    /* What it is open on, where that has no address: a path; NULL: nothing to say. */
    void (*label)(const weir_transport *t, char *text, size_t size);

    /* Frees what the driver holds beside the object, before the extras go; NULL: nothing. */
    void (*fini)(weir_transport *t);

    size_t unit; /* the most bytes of one deliver that cannot be divided; 0: 1 */
};

/* From here on a system call costs less than a copy and a second look at the bytes (docs/decisions/0001). */
#define WEIR_DIRECT_SIZE ((size_t)8 * 1024)

/* Who keeps a direction from moving. Bits, not a counter. */
enum weir_hold {
    WEIR_HOLD_USER_RECEIVE = WEIR_RECEIVE,
    WEIR_HOLD_USER_SEND = WEIR_SEND,
    WEIR_HOLD_LAYER = 4,  /* a pipe or a layer above cannot take more */
    WEIR_HOLD_BUDGET = 8, /* the budget is spent */
    WEIR_HOLD_OFFER = WEIR_HOLD_USER_RECEIVE | WEIR_HOLD_LAYER
};

/* Bytes that moved in one direction since a moment, of which so many are demanded in so much time. */
struct weir_window {
    uint64_t moved;
    uint64_t unsent;  /* sending: not acknowledged when the window began */
    uint32_t since;   /* timer slots */
    uint32_t held_at; /* receiving: since then it has been held */
    bool open, held;
    bool measured; /* `unsent` is known */
};

/* What hardly any transport has. */
struct weir_rare {
    struct weir_window in, out;
    uint64_t due_ns;              /* when the expected message must be whole */
    bool not_owed;                /* no message is expected */
    weir_transport *over, *under; /* neighbours in a stack */
    size_t need, floor;           /* of the one over it: at least this receive limit, and this floor */
};

/* Protocols and producers of the library's own, which must know when another takes over, or when the transport is freed
 * without a word, as in a forked child: then nobody is told, only memory given back. */
struct weir_own_protocol {
    weir_protocol protocol;
    void (*replaced)(weir_transport *t);
};
struct weir_own_producer {
    weir_producer producer;
    void (*forget)(void *self);
};

/* What few transports have, made when first needed. */
struct weir_connecting;
struct weir_extras {
    weir_op *reader;
    weir_op *finished; /* the last of the ops whose `done` is due; they are a ring */
    const weir_producer *producer;
    void *producer_self;
    bool own_producer;                  /* the first member of a struct weir_own_producer */
    struct weir_connecting *connecting; /* until connected */
    struct weir_rare *rare;
};

/* Which of several reasons a deadline had, for the hint. */
enum weir_why { WEIR_WHY_PLAIN, WEIR_WHY_SLOW, WEIR_WHY_SLOW_READER, WEIR_WHY_LATE };

struct weir_transport {
    const struct weir_driver *driver;
    struct weir_scope *scope;
    const weir_protocol *protocol; /* never NULL: nobody is an empty table */
    void *self;
    struct weir_segment *first, *last; /* the write queue */
    size_t queued;                     /* bytes in it; once gone, the bytes that were not sent */
    struct weir_segment *unread;       /* one segment, or NULL */
    struct weir_task step, flush;
    struct weir_object object;
    struct weir_timer_node deadline;
    struct weir_extras *extras;
    int os_code;
    uint32_t sent_at; /* last progress, in timer slots */
    union {
        uint32_t received_at; /* while it is open */
        uint32_t unacked;     /* once it is dropped: bytes that the peer's system had not acknowledged */
    };
    int8_t code;            /* the first failure, 0: none */
    uint8_t holds;          /* enum weir_hold */
    unsigned stage : 4;     /* of the failure */
    unsigned state : 2;     /* weir_transport_state */
    unsigned offers : 10;   /* in this turn so far */
    unsigned fresh : 1;     /* the protocol has not heard `connected` yet */
    unsigned receiving : 1; /* the driver was told to receive */
    unsigned offered : 1;   /* the protocol left these unread bytes: offer them when more has come */
    unsigned lent : 1;      /* the unread bytes are being read in a callback: not to be freed */
    unsigned peer_ended : 1;
    unsigned end_told : 1;
    unsigned read_dead : 1; /* receiving has failed */
    unsigned fatal : 1;     /* nothing more is to be read before the failure is told */
    unsigned sending : 1;   /* the queue is with the driver */
    unsigned stalled : 1;   /* the system refused bytes at the last try */
    unsigned send_dead : 1;
    unsigned above : 1;       /* `pause` was told */
    unsigned owing : 1;       /* a write was refused: `pause` and then `resume` are owed */
    unsigned half_closed : 1; /* by the user, or by close */
    unsigned finished : 1;    /* the driver was told to finish */
    unsigned recalling : 1;
    unsigned dropped : 1;
    unsigned reset : 1;        /* by a reset */
    unsigned gone : 1;         /* the driver has let go */
    unsigned own_protocol : 1; /* the first member of a struct weir_own_protocol */
    unsigned busy : 1;         /* its user says so */
    unsigned cut : 1;          /* by a drain at its deadline */
    unsigned why : 2;          /* enum weir_why */
    unsigned caps : 6;         /* enum weir_driver_caps: of the driver, or fewer */
    unsigned hurried : 1;      /* dropped a second time */
    unsigned counted : 1;      /* a connection of its scope's owner */
};

extern const weir_protocol weir_nobody;

static inline weir_loop *loop_of(const weir_transport *t) { return t->scope->loop; }

static inline size_t unread_of(const weir_transport *t) { return t->unread ? t->unread->size : 0; }

/* What is charged to the budget, if more than the floor. */
static inline size_t weir_transport_held(const weir_transport *t) { return unread_of(t) + (t->first ? t->queued : 0); }

static inline void weir_transport_step_later(weir_transport *t) { weir_task_push(&loop_of(t)->steps, &t->step); }

/* Life. `init` fills a zeroed object of `driver->size` bytes: takes the floor from the budget (or WEIR_EBUDGET), holds
 * the scope, joins the loop's list. */
int weir_transport_init(weir_transport *t, const struct weir_driver *driver, struct weir_scope *scope,
                        weir_transport_state state, const weir_protocol *protocol, void *self);

/* Undoes init and frees `t`: for one that no protocol has seen. */
void weir_transport_free(weir_transport *t);

/* Tells a new protocol that it is connected, and what it must know at once. */
void weir_transport_greet(weir_transport *t);

/* The linger deadline passed; `lost`: bytes were not acknowledged by then. */
void weir_transport_linger_over(weir_transport *t, bool lost);

/* Keeps a failure as the reason to be told at the end, unless there is one already. */
void weir_transport_note(weir_transport *t, int code, weir_stage stage, int os_code);

/* Does what is due: greets a new protocol, offers unread bytes, tells the end, goes on with closing. */
void weir_transport_advance(weir_transport *t);

/* Upward reports, from dispatch only. */
void weir_transport_connected(weir_transport *t);
void weir_transport_deliver(weir_transport *t, const uint8_t *bytes, size_t n);
void weir_transport_ended(weir_transport *t);
void weir_transport_sent(weir_transport *t, size_t n); /* of the chain given last; the rest is the base's again */
void weir_transport_gone(weir_transport *t);           /* may also come from within drop */

/* Failures, legal in every context; the first one is kept. `fail` is final at once; a failed direction lets the other
 * one, and bytes that wait, go first. */
void weir_transport_fail(weir_transport *t, int code, weir_stage stage, int os_code);
void weir_transport_read_failed(weir_transport *t, int code, int os_code);
void weir_transport_write_failed(weir_transport *t, int code, int os_code);

/* More than this in one write is never taken. */
size_t weir_send_largest(const weir_transport *t);

/* A write was refused, or will be held back by its writer: promises a `resume` when the queue is empty. */
void weir_send_promise(weir_transport *t);

/* As set_protocol and register, for the library's own; a producer of these is taken away by them only. */
int weir_transport_read_by(weir_transport *t, const struct weir_own_protocol *own, void *self);
int weir_transport_feed_by(weir_transport *t, const struct weir_own_producer *own, void *self);
void weir_transport_unfeed(weir_transport *t);

/* What flows of every shape share: whether one may lead from `from` to `to`; the end of what is sent to `to`, however
 * its medium says it; and the close of one that the library reads and whose two directions have ended. */
int weir_flow_check(const weir_transport *from, const weir_transport *to);
bool weir_flow_must_wait(weir_transport *to); /* whether a new producer is to wait for its first resume */
void weir_flow_pass_end(weir_transport *to);

/* Where all that `from` receives goes at once, if it goes to one transport and nothing is in the way just now; else NULL.
 * And bytes that a driver has moved there. */
const weir_transport *weir_flow_shortcut(const weir_transport *from);
void weir_flow_moved(weir_transport *from, size_t n);
void weir_flow_close_if_ended(weir_transport *t);

/* `t` is freed without a word: its own protocol and producer give back what they hold. */
void weir_transport_forget(weir_transport *t);

/* Holds of the library's own. */
void weir_transport_hold(weir_transport *t, enum weir_hold hold, bool on);

/* The receiving side, for the base itself. */
void weir_receive_offer(weir_transport *t);  /* unread bytes, to whoever reads */
void weir_receive_update(weir_transport *t); /* tells the driver whether to receive */
void weir_receive_tell_end(weir_transport *t);
void weir_receive_drop_unread(weir_transport *t);
/* The same in a forked child, where what they came from is the parent's: it is not told. Returns how many. */
size_t weir_receive_forget_unread(weir_transport *t);
bool weir_receive_has_reader(const weir_transport *t);

/* Stacks: a transport on another. */
int weir_stack_check(const weir_transport *below); /* whether one may stand on it; as in weir/layer.h */
/* Links them; `need`: bytes that are to be unread below at once. WEIR_ENOMEM, WEIR_EBUDGET. */
int weir_stack_join(weir_transport *above, weir_transport *below, size_t need);
void weir_stack_part(weir_transport *t); /* from its neighbours */
weir_transport *weir_stack_top(weir_transport *t);
size_t weir_floor_of(const weir_transport *t);
size_t weir_receive_limit(const weir_transport *t);
/* As weir_transport_set_protocol, for whoever stands on it; and whether that would take one that reads or not. */
int weir_transport_may_give(const weir_transport *t, bool reads);
void weir_transport_give(weir_transport *t, const weir_protocol *protocol, void *self);

/* The sending side. */
void weir_send_flush(weir_transport *t);
void weir_send_tell_marks(weir_transport *t); /* pause and resume, as the queue stands */
void weir_send_greet(weir_transport *t);      /* a new protocol hears of a queue above the mark */
void weir_send_tell_resume(weir_transport *t);
void weir_send_drop_queue(weir_transport *t); /* frees it, ends borrowed writes; `queued` keeps the count */
void weir_send_purge(weir_transport *t);      /* removes borrowed writes that were cancelled */
/* Queues bytes beyond the budget if need be: they bring a charge of their own. As weir_transport_write. */
int weir_send_forward(weir_transport *t, const void *bytes, size_t n);
/* The same, for who stands on `t`; without `flush`, whoever carries them flushes `t` itself after that. */
int weir_send_carry(weir_transport *t, const void *bytes, size_t n, bool flush);

/* Both make them when they are not there; NULL when out of memory. */
struct weir_extras *weir_extras_of(weir_transport *t);
struct weir_rare *weir_rare_of(weir_transport *t);
static inline struct weir_rare *weir_rare_if_any(const weir_transport *t) { return t->extras ? t->extras->rare : NULL; }
void weir_extras_free(weir_transport *t);

static inline bool weir_transport_has_producer(const weir_transport *t) { return t->extras && t->extras->producer; }

/* Ops. */
void weir_op_start(weir_op *op, weir_transport *t);
bool weir_op_cancelled(const weir_op *op);
void weir_op_finish(weir_op *op, int64_t result); /* `done` is called by a step */
void weir_op_run_finished(weir_transport *t);
void weir_op_fail_reader(weir_transport *t, int code);

/* Budget. `charge` is for held = unread + queued going from `before` to now. */
bool weir_charge(weir_transport *t, size_t before, size_t now, bool force);
void weir_charge_carried(weir_transport *t, size_t before, size_t now); /* overdraws, and nobody starves for it */
void weir_starve(weir_transport *t);
void weir_starve_watch(weir_loop *loop, uint64_t stall_ns);
void weir_starve_relief(weir_loop *loop);
void weir_starve_pass_on(weir_transport *t); /* it has had its turn: the next one */
void weir_starve_forget(weir_transport *t);

/* Deadlines. */
void weir_deadline_expire(weir_loop *loop, struct weir_timer_node *node);
void weir_deadline_review(weir_transport *t); /* arms it for what is nearest, unless armed for earlier */
void weir_deadline_set(weir_transport *t, uint64_t delay_ns);
static inline uint32_t weir_slot_now(const weir_transport *t) {
    return (uint32_t)(loop_of(t)->now_ns / WEIR_TIMER_GRANULARITY_NS);
}
uint64_t weir_rest_ns(uint64_t limit_ns, uint64_t elapsed_ns); /* what is left of a limit; 0 only when it has passed */
uint64_t weir_elapsed_ns(const weir_transport *t, uint32_t since);

/* Least rates and expected messages. */
int weir_pace_init(weir_transport *t);                /* WEIR_ENOMEM */
void weir_pace_receiving(weir_transport *t, bool on); /* the driver was told so */
void weir_pace_sending(weir_transport *t);            /* whether bytes wait for the peer may have changed */
uint64_t weir_pace_rest_ns(const weir_transport *t);  /* until there is something to judge */
bool weir_pace_judge(weir_transport *t);              /* whether it failed */
void weir_pace_forget(weir_transport *t);             /* what was expected */
void weir_pace_hint(const weir_transport *t, char *text, size_t size);
static inline void weir_pace_received(weir_transport *t, size_t n) {
    struct weir_rare *rare = weir_rare_if_any(t);
    if (rare) rare->in.moved += n;
}
static inline void weir_pace_sent(weir_transport *t, size_t n) {
    struct weir_rare *rare = weir_rare_if_any(t);
    if (rare) rare->out.moved += n;
}

/* Builds the error of `t` as it stands; NULL when there is none. */
const weir_error *weir_transport_reason(const weir_transport *t, weir_error *storage);

static inline weir_transport *weir_transport_of(struct weir_object *object) {
    return (weir_transport *)(void *)((char *)object - offsetof(weir_transport, object));
}

#endif
