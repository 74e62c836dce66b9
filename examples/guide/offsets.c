/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

/* [offsets] */
struct log {
    weir_file file;
    weir_file_op op;
    char text[16];
};

static void closed(weir_file_op *op, int64_t result) { (void)op, (void)result; }

static void was_read(weir_file_op *op, int64_t result) {
    struct log *log = op->user;
    if (result >= 0) printf("read %d bytes: %.*s\n", (int)result, (int)result, log->text);
    op->done = closed;
    weir_file_close(&log->file, op);
}

static void was_written(weir_file_op *op, int64_t result) {
    struct log *log = op->user;
    if (result < 0) printf("%s\n", weir_error_text((int)result));
    op->done = was_read;
    weir_file_read_at(&log->file, op, log->text, sizeof log->text, 6);
}

static void was_opened(weir_file_op *op, int64_t result) {
    struct log *log = op->user;
    if (result < 0) return; /* not there, not allowed: the op has ended, and with it everything */
    op->done = was_written;
    weir_file_write_at(&log->file, op, "hello world", 11, 0);
}
/* [/offsets] */

int main(void) {
    struct log log = {.op = {.done = was_opened, .user = &log}};
    weir_loop *loop = weir_loop_new(NULL);
    unsigned flags = WEIR_FILE_READ | WEIR_FILE_WRITE | WEIR_FILE_CREATE | WEIR_FILE_TRUNCATE;
    if (weir_file_at_open(loop, &log.file, "log", flags, &log.op) < 0) return 1;
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
