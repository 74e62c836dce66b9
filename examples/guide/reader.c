/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

int main(void) {
    char memory[4096];
    const char *line;
    size_t n;
    int status, count = 0;
    weir_reader r = {.fd = 0, .buffer = memory, .size = sizeof memory};
    while ((status = weir_reader_line(&r, &line, &n)) == 0)
        printf("%d: %.*s\n", ++count, (int)n, line);
    printf("%s\n", weir_error_text(status));
    return status != WEIR_EEND;
}
