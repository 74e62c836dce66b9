/* SPDX-License-Identifier: MIT
 *
 * A head, a file, a foot: sent from the file, a block at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <weir/weir.h>

/* [page] */
struct page {
    weir_sendfile_op op;
    weir_file *file;
    weir_transport *t;
};

static void sent(weir_sendfile_op *op, int64_t result) {
    struct page *page = op->user;
    if (result < 0)
        weir_transport_abort(page->t); /* a part must not be taken for the whole */
    else
        weir_transport_close(page->t);
}

static void on_visitor(weir_transport *t, void *user) {
    struct page *page = user;
    static const weir_protocol silent = {0};
    weir_transport_set_protocol(t, &silent, NULL);
    page->t = t;
    weir_sendfile(t, &page->op, "<<<\n", 4, page->file, 0, UINT64_MAX, ">>>\n", 4);
}
/* [/page] */

static size_t print(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t;
    return fwrite(bytes, 1, n, stdout);
}

static void leave(void *self, weir_transport *t, const weir_error *reason) {
    (void)self, (void)reason;
    weir_stop(weir_transport_loop(t));
}

static void opened(weir_file_op *op, int64_t result) {
    static const weir_protocol visitor = {.received = print, .disconnected = leave};
    weir_transport *t;
    if (result < 0 || weir_connect(op->user, "mem:page", &visitor, NULL, &t) < 0) weir_stop(op->user);
}

static void closed(weir_file_op *op, int64_t result) {
    (void)result;
    weir_drain(op->user, 0, NULL, NULL);
}

int main(void) {
    weir_file file = {0};
    weir_loop *loop = weir_loop_new(NULL);
    weir_file_op op = {.done = opened, .user = loop};
    struct page page = {.op = {.done = sent, .user = &page}, .file = &file};
    FILE *f = fopen("page.txt", "w");
    if (!f) return 1;
    fputs("what the file says\n", f);
    fclose(f);
    if (weir_serve(loop, "mem:page", on_visitor, &page) < 0) return weir_report(loop);
    if (weir_file_at_open(loop, &file, "page.txt", WEIR_FILE_READ, &op) < 0) return 1;
    weir_run(loop);
    op.done = closed;
    weir_file_close(&file, &op);
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
