/* SPDX-License-Identifier: MIT
 *
 * The fork mark: a page that the kernel wipes in a child. Reading it costs a load, where getpid costs a system call and
 * pthread_atfork would be a global that outlives its owner. */
#include <sys/mman.h>

#include "sys/sys.h"

enum { mark_size = 4096 }; /* the kernel rounds it up to its page */

unsigned char *weir_sys_fork_mark(void) {
    unsigned char *mark = mmap(NULL, mark_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mark == MAP_FAILED) return NULL;
    if (madvise(mark, mark_size, MADV_WIPEONFORK) < 0) {
        munmap(mark, mark_size);
        return NULL;
    }
    *mark = 1;
    return mark;
}

void weir_sys_fork_mark_free(unsigned char *mark) {
    if (mark) munmap(mark, mark_size);
}
