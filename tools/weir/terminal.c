/* SPDX-License-Identifier: MIT
 *
 * No terminfo: a carriage return, "erase to the end of the line" and eight colours are the same wherever TERM is set
 * and does not say "dumb". */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_COLUMNS = 80 };

unsigned terminal_columns(int fd) {
    struct winsize size;
    if (!isatty(fd)) return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_COLUMNS;
}

bool terminal_draws(int fd) {
    const char *term = getenv("TERM");
    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool terminal_colours(int fd) {
    const char *none = getenv("NO_COLOR");
    return terminal_draws(fd) && !(none && *none);
}
