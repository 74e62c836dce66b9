/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

/* [copy] */
struct copy {
    const char *from, *to;
    weir_flow flow;
    bool failed;
};

static void check(struct copy *c, const weir_error *reason) {
    char text[300];
    if (!reason) return;
    fprintf(stderr, "%s\n", weir_error_format(reason, text, sizeof text));
    c->failed = true;
}

static void was_read(weir_flow *flow, const weir_error *reason) {
    check(flow->user, reason);
    printf("%llu bytes\n", (unsigned long long)flow->bytes);
}

static void to_is_open(void *self, weir_transport *to) {
    struct copy *c = self;
    weir_transport *from;
    c->flow = (weir_flow){.ended = was_read, .user = c};
    if (weir_file_open(weir_transport_loop(to), c->from, WEIR_FILE_READ, NULL, NULL, NULL, &from) < 0 ||
        weir_pipe_flow(from, to, &c->flow) < 0)
        weir_transport_abort(to);
}

static void to_is_closed(void *self, weir_transport *to, const weir_error *reason) {
    (void)to;
    check(self, reason); /* a full disk says so here at the latest */
}

static const weir_protocol target = {.connected = to_is_open, .disconnected = to_is_closed};

static int begin(weir_loop *loop, struct copy *c) {
    weir_transport *to;
    unsigned flags = WEIR_FILE_WRITE | WEIR_FILE_CREATE | WEIR_FILE_TRUNCATE;
    return weir_file_open(loop, c->to, flags, NULL, &target, c, &to);
}
/* [/copy] */

int main(void) {
    struct copy c = {.from = "in.txt", .to = "out.txt"};
    weir_loop *loop = weir_loop_new(NULL);
    FILE *f = fopen("in.txt", "w");
    if (!f) return 1;
    for (int i = 0; i < 10000; i++)
        fprintf(f, "line %d\n", i);
    fclose(f);
    if (begin(loop, &c) < 0) return 1;
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0 || c.failed;
}
