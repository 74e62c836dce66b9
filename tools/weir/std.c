/* SPDX-License-Identifier: MIT
 *
 * A closed descriptor below 3 is dangerous: the next thing opened takes its number, and a socket would receive our
 * messages. So the holes are filled, each with a descriptor of the wrong direction: whoever uses it gets an error, and
 * not silence. Printing that fails in the end is a failure of the whole program, or `weir doctor >/dev/full` would look
 * like a success. */
#include "std.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool closed[3];

void std_guard(void) {
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) continue;
        closed[fd] = true;
        /* The lowest free number is this one. */
        if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) _exit(1);
    }
    signal(SIGPIPE, SIG_IGN); /* a reader that left is told like any other failure */
}

bool std_open(void) {
    if (closed[0] || closed[1]) say_error("open stdio: standard %s is closed", closed[1] ? "output" : "input");
    return !closed[0] && !closed[1];
}

int std_finish(int status) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    say_error("write standard output: %s", strerror(errno ? errno : EIO));
    return status ? status : 1;
}
