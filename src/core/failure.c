/* SPDX-License-Identifier: MIT
 *
 * What went wrong, told: the loop's last failure for programs that only want to say it, and the log. */
#include <stdarg.h>
#include <stdio.h>

#include "core/loop.h"

int weir_loop_fail(weir_loop *loop, int code, weir_stage stage, int os_code, const weir_address *peer) {
    weir_error *e = &loop->last_error;
    *e = (weir_error){.code = code, .stage = stage, .os_code = os_code};
    if (peer && peer->family) weir_address_format(peer, e->peer, sizeof e->peer);
    return code;
}

const weir_error *weir_loop_last_error(const weir_loop *loop) {
    return loop && loop->last_error.code ? &loop->last_error : NULL;
}

int weir_report(weir_loop *loop) {
    char text[512];
    const weir_error *error = weir_loop_last_error(loop);
    const weir_error no_loop = {.code = WEIR_ENOMEM, .stage = WEIR_STAGE_OPEN, .hint = "no loop could be made"};
    if (!loop) error = &no_loop;
    if (error) fprintf(stderr, "%s\n", weir_error_format(error, text, sizeof text));
    return 1;
}

void weir_loop_log(weir_loop *loop, weir_log_level level, const char *format, ...) {
    char line[256];
    va_list arguments;
    if (!loop->log) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    loop->log(loop->log_user, level, line);
}
