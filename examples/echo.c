/* SPDX-License-Identifier: MIT */
#include <weir/weir.h>
static void on_connection(weir_transport *t, void *user) { (void)user; weir_pipe(t, t); }
int main(void) {
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_serve(loop, "tcp://127.0.0.1:7000", on_connection, NULL) < 0) return weir_report(loop);
    return weir_run(loop);
}
