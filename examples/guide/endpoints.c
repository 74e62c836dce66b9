/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

/* [parse] */
static void try(const char *text) {
    weir_endpoint e;
    weir_error error;
    if (weir_endpoint_parse(&e, text, &error) < 0)
        printf("%s\n    %s\n", text, error.hint);
    else
        printf("%s\n    is %s\n", text, weir_endpoint_format(&e, (char[WEIR_ENDPOINT_TEXT_MAX]){0}, 4096));
}
/* [/parse] */

/* [build] */
static int build(const char *host) {
    weir_endpoint e;
    weir_error error;
    if (weir_endpoint_begin(&e, "throttle+tcp", &error) < 0 || weir_endpoint_set_host(&e, host, 7000, &error) < 0 ||
        weir_endpoint_set_number(&e, "throttle", "rate", 1 << 20, &error) < 0 ||
        weir_endpoint_set(&e, NULL, "idle", "30s", &error) < 0)
        return printf("%s\n", error.hint), 1;
    return printf("%s\n", weir_endpoint_format(&e, (char[WEIR_ENDPOINT_TEXT_MAX]){0}, 4096)), 0;
}
/* [/build] */

int main(void) {
    try("tcp://127.0.0.1:7000?idle=30s&receive=65536");
    try("tcp://127.0.0.1:07000");
    try("tcp://127.0.0.1:7000?idel=30s");
    try("tpc://127.0.0.1:7000");
    return build("::1");
}
