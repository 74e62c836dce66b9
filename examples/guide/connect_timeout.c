/* SPDX-License-Identifier: MIT
 *
 * Two simulated hosts with a cut cable between them: connecting hangs, and three seconds pass in no time. */
#include <stdio.h>
#include <weir/sim.h>
#include <weir/weir.h>

/* [client] */
static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    char text[300];
    (void)self, (void)t;
    printf("%s\n", weir_error_format(reason, text, sizeof text));
}

static const weir_protocol client = {.disconnected = disconnected};

static int begin(weir_loop *loop) {
    weir_transport *t;
    return weir_connect(loop, "tcp://10.0.0.2:80?timeout=3s", &client, NULL, &t);
}
/* [/client] */

int main(void) {
    weir_sim *world;
    weir_sim_host *here, *there;
    if (weir_sim_open(&world, NULL) < 0 || weir_sim_host_add(world, "here", "10.0.0.1", &here) < 0 ||
        weir_sim_host_add(world, "there", "10.0.0.2", &there) < 0)
        return 1;
    weir_sim_partition(world, here, there, true);
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = "sim", .host = here});
    if (begin(loop) < 0) return weir_report(loop);
    weir_run(loop);
    printf("after %.3f s\n", (double)weir_sim_now_ns(world) / 1e9);
    weir_loop_close(loop, NULL, NULL);
    return weir_sim_close(world) < 0;
}
