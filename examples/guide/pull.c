/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

/* [pull] */
static int64_t next_number(weir_pull *pull, void *bytes, size_t size) {
    int *n = pull->user;
    if (*n == 5) return 0; /* that was all */
    return snprintf(bytes, size, "%d\n", ++*n);
}

static void source_ended(weir_pull *pull, const weir_error *reason) {
    printf("%s after %llu bytes\n", reason ? "lost" : "ended", (unsigned long long)pull->bytes);
}
/* [/pull] */

static size_t print(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t;
    return fwrite(bytes, 1, n, stdout);
}

static const weir_protocol printer = {.received = print};

int main(void) {
    int n = 0;
    weir_transport *pair[2];
    weir_pull pull = {.next = next_number, .ended = source_ended, .user = &n};
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_mem_pair(loop, NULL, pair) < 0) return 1;
    weir_transport_set_protocol(pair[0], &printer, NULL);
    weir_transport_set_protocol(pair[1], &printer, NULL);
    if (weir_pull_start(&pull, pair[0]) < 0) return 1;
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
