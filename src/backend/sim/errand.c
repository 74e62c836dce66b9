/* SPDX-License-Identifier: MIT
 *
 * The life of an errand: in `away` until its event has run, in `back` until it is delivered, then in `idle` for the
 * next one. So a loop that keeps as many errands going as before takes no memory for them. */
#include "backend/sim/errand.h"

#include "backend/sim/file.h"

#define WAITS_NS ((uint64_t)50000)
#define TAKES_NS ((uint64_t)200000)

struct weir_sim_errand {
    struct weir_sim_event event; /* first; its beginning, then its end */
    struct weir_sim_errand *next, *before;
    struct weir_sim_port *port;
    struct weir_port_op *op;
    bool begun;
    int64_t result;
    int os_code;
};

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static void append(struct weir_sim_errands *list, struct weir_sim_errand *errand) {
    errand->next = NULL;
    errand->before = list->last;
    if (list->last)
        list->last->next = errand;
    else
        list->first = errand;
    list->last = errand;
    list->count++;
}

static void take_out(struct weir_sim_errands *list, struct weir_sim_errand *errand) {
    if (errand->before)
        errand->before->next = errand->next;
    else
        list->first = errand->next;
    if (errand->next)
        errand->next->before = errand->before;
    else
        list->last = errand->before;
    list->count--;
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

static void come_back(struct weir_sim_errand *errand) {
    take_out(&errand->port->away, errand);
    append(&errand->port->back, errand);
}

static int64_t move_bytes(struct weir_sim_port *port, const struct weir_port_op *op) {
    struct weir_sim_socket *socket = weir_sim_socket_find(port, op->handle);
    if (!socket) return WEIR_EINVAL;
    return op->kind == WEIR_PORT_READ_AT ? weir_sim_file_read(socket, op->with.piece)
                                         : weir_sim_file_write(socket, op->with.piece);
}

static int64_t do_work(struct weir_sim_errand *errand) {
    const struct weir_sim_party party = {.host = errand->port->host};
    struct weir_job *work = errand->op->with.work;
    weir_sim_record(&party, NULL, WEIR_SIM_ACT_WORK, 0, 0);
    return work->run(work, &errand->os_code);
}

static int64_t deed(struct weir_sim_errand *errand) {
    struct weir_port_op *op = errand->op;
    int result;
    if (op->kind == WEIR_PORT_WORK) return do_work(errand);
    if (op->kind != WEIR_PORT_CALL) return move_bytes(errand->port, op);
    result = weir_sim_call(&errand->port->state, op->with.call);
    errand->os_code = op->with.call->os_code;
    return result;
}

static void end_came(struct weir_sim_event *event) { come_back((struct weir_sim_errand *)event); }

/* The deed must not run the world that runs it. */
static void time_came(struct weir_sim_event *event) {
    struct weir_sim_errand *errand = (struct weir_sim_errand *)event;
    weir_sim *sim = errand->port->host->sim;
    errand->begun = true;
    sim->in_turn = true;
    errand->result = deed(errand);
    sim->in_turn = false;
    event->run = end_came;
    weir_sim_queue_add(&sim->events, event, sim->now_ns + 1 + weir_sim_draw(sim, TAKES_NS));
}

/* When it will begin. */
static uint64_t draw_begin(struct weir_sim_port *port, const struct weir_port_op *op) {
    weir_sim *sim = port->host->sim;
    uint64_t at = sim->now_ns + 1 + weir_sim_draw(sim, WAITS_NS);
    if (op->kind != WEIR_PORT_WORK) return at;
    if (at > port->last_work_ns) port->last_work_ns = at;
    return port->last_work_ns;
}

static int check(const struct weir_sim_port *port, const struct weir_port_op *op) {
    const struct weir_sim_socket *socket = weir_sim_socket_find(port, op->handle);
    if (op->kind == WEIR_PORT_CALL || op->kind == WEIR_PORT_WORK) return 0;
    if (!socket) return WEIR_EINVAL;
    return socket->file ? 0 : WEIR_ENOTSUP;
}

static struct weir_sim_errand *fresh(struct weir_sim_port *port) {
    struct weir_sim_errand *errand = port->idle.first;
    if (!errand) return weir_memory_new(port->state.env.memory, sizeof *errand);
    take_out(&port->idle, errand);
    *errand = (struct weir_sim_errand){.result = 0};
    return errand;
}

int weir_sim_errand_start(struct weir_sim_port *port, struct weir_port_op *op) {
    weir_sim *sim = port->host->sim;
    struct weir_sim_errand *errand;
    int result = check(port, op);
    if (result < 0) return result;
    errand = fresh(port);
    if (!errand) return WEIR_ENOMEM;
    errand->port = port;
    errand->op = op;
    errand->event.run = time_came;
    append(&port->away, errand);
    weir_sim_queue_add(&sim->events, &errand->event, draw_begin(port, op));
    return 0;
}

void weir_sim_errand_cancel(struct weir_sim_port *port, const struct weir_port_op *op) {
    struct weir_sim_errand *errand = port->away.first;
    while (errand && errand->op != op)
        errand = errand->next;
    if (!errand || errand->begun) return;
    weir_sim_queue_remove(&port->host->sim->events, &errand->event);
    errand->result = WEIR_ECANCELED;
    come_back(errand);
}

void weir_sim_errand_gather(struct weir_sim_port *port) { port->ripe = port->back.count; }

bool weir_sim_errand_take(struct weir_sim_port *port, uint32_t others, struct weir_completion *ret) {
    struct weir_sim_errand *errand = port->back.first;
    if (!port->ripe || (others && weir_sim_draw(port->host->sim, port->ripe + others) >= port->ripe)) return false;
    port->ripe--;
    take_out(&port->back, errand);
    append(&port->idle, errand);
    *ret =
        (struct weir_completion){.op = errand->op, .result = errand->result, .os_code = errand->os_code, .last = true};
    return true;
}

static void free_all(struct weir_sim_port *port, struct weir_sim_errands *list) {
    while (list->first) {
        struct weir_sim_errand *errand = list->first;
        take_out(list, errand);
        weir_sim_queue_remove(&port->host->sim->events, &errand->event);
        weir_memory_free(port->state.env.memory, errand, sizeof *errand);
    }
}

void weir_sim_errands_free(struct weir_sim_port *port) {
    free_all(port, &port->away);
    free_all(port, &port->back);
    free_all(port, &port->idle);
}
