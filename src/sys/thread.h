/* SPDX-License-Identifier: MIT
 *
 * Threads, locks and signals between threads, as the system has them. The structs are storage for its own types, so
 * that no header of the system is needed to embed one. Signals of the process are never delivered to a thread started
 * here: they are for threads that the program knows of. */
#ifndef WEIR_SYS_THREAD_H
#define WEIR_SYS_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct weir_sys_thread {
    void (*main)(void *user);
    void *user;
    uint64_t storage[1];
};
struct weir_sys_lock {
    uint64_t storage[8];
};
struct weir_sys_signal {
    uint64_t storage[8];
};

/* Runs `main(user)` on a new thread; `ret` must stay where it is until the join. 0, or WEIR_ENOMEM and nothing runs:
 * memory, or a number of threads that the system allows, is used up. */
int weir_sys_thread_start(struct weir_sys_thread *ret, void (*main)(void *user), void *user);

/* Waits for its end. Every started thread is joined once. */
void weir_sys_thread_join(struct weir_sys_thread *thread);

/* How many processors this process may run on, at least 1. */
unsigned weir_sys_processors(void);

/* Both must stay where they were initialised. They are not freed in a forked child, where others may have held them. */
void weir_sys_lock_init(struct weir_sys_lock *lock);
void weir_sys_lock_free(struct weir_sys_lock *lock);
void weir_sys_lock(struct weir_sys_lock *lock);
void weir_sys_unlock(struct weir_sys_lock *lock);

void weir_sys_signal_init(struct weir_sys_signal *signal);
void weir_sys_signal_free(struct weir_sys_signal *signal);
void weir_sys_signal_wait(struct weir_sys_signal *signal, struct weir_sys_lock *lock); /* may return for no reason */
void weir_sys_signal_one(struct weir_sys_signal *signal);
void weir_sys_signal_all(struct weir_sys_signal *signal);

#endif
