/* SPDX-License-Identifier: MIT
 *
 * What a hostile peer, a busy kernel, a careless caller or an unlucky moment does to the library, and what must happen.
 * Only the front door is used, and now and then a raw socket for a peer that weir would not be.
 *
 * The program's own `close` stands before the system's, and so sees every descriptor that is closed twice. */
#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "adversarial/further.h"
#include "adversarial/suites.h"

static atomic_uint bad;

int close(int fd) {
    long status = syscall(SYS_close, fd);
    if (status < 0 && errno == EBADF) atomic_fetch_add(&bad, 1);
    return (int)status;
}

unsigned bad_closes(void) {
    return atomic_exchange(&bad, 0);
}

static const struct suite *const suites[] = {
    &order_suite,  &kernel_suite, &descriptors_suite, &memory_suite,
    &clock_suite, &timers_suite, &io_uring_suite,    &ring_suite, &passed_suite,
    &abuse_suite, &stacks_suite,
};

int main(int argc, char **argv) {
    return suites_perform(suites, sizeof suites / sizeof *suites, argc, argv);
}
