/* SPDX-License-Identifier: MIT */
/* The limit for timers: the least a hierarchical wheel can do. Three levels of 256 slots of a millisecond, circular
 * lists of intrusive nodes that know whether they are armed, the deadline given by the caller. Timers of a slot fire in
 * arming order.
 *
 * Not done: any range beyond the third level, errors, a clock of its own. That is the point. */
#include "timers.h"

enum { bits = 8, slots = 1 << bits, levels = 3 };

struct node {
    struct node *next, *prev;
    uint64_t at_ms;
    void (*fired)(struct node *node);
};

static struct node wheel[levels][slots];
static uint64_t wheel_ms;
static struct node *nodes;

static void on_fired(struct node *node) {
    (void)node;
    timers_fired();
}

static void file(struct node *node) {
    uint64_t ahead = node->at_ms - wheel_ms;
    unsigned level = ahead < slots ? 0 : ahead < (uint64_t)slots * slots ? 1 : 2;
    struct node *head = &wheel[level][node->at_ms >> (bits * level) & (slots - 1)];
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

static void unfile(struct node *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = NULL;
}

static void spread(unsigned level) {
    struct node *head = &wheel[level][wheel_ms >> (bits * level) & (slots - 1)], *node = head->next;
    head->next = head->prev = head;
    while (node != head) {
        struct node *next = node->next;
        file(node);
        node = next;
    }
}

static void fire_slot(struct node *head) {
    for (struct node *node; (node = head->next) != head;) {
        unfile(node);
        node->fired(node);
    }
}

static void timers_open(void) {
    for (unsigned i = 0; i < levels * slots; i++) {
        struct node *head = &wheel[i / slots][i % slots];
        head->next = head->prev = head;
    }
    nodes = timers_memory(sizeof *nodes);
    wheel_ms = timers_now_ns() / 1000000;
}

static void timers_arm(uint32_t i, uint32_t ms) {
    if (nodes[i].next) unfile(&nodes[i]);
    nodes[i].at_ms = wheel_ms + ms;
    nodes[i].fired = on_fired;
    file(&nodes[i]);
}

static void timers_cancel(uint32_t i) {
    if (nodes[i].next) unfile(&nodes[i]);
}

static void timers_fire(void) {
    uint64_t now_ms = timers_now_ns() / 1000000;
    while (wheel_ms < now_ms) {
        wheel_ms++;
        if ((wheel_ms & (slots - 1)) == 0) spread(1);
        fire_slot(&wheel[0][wheel_ms & (slots - 1)]);
    }
}

static void timers_within(void (*act)(void)) { act(); }

int main(void) { return timers_run(); }
