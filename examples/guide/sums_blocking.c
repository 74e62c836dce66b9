/* SPDX-License-Identifier: MIT */
#include "sums.h"

int main(void) {
    struct sums mine = sums;
    int status = weir_blocking_run(0, 1, &weir_line_protocol, &mine, NULL);
    if (status < 0) fprintf(stderr, "%s\n", weir_error_text(status));
    return status < 0;
}
