/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include <weir/weir.h>
static bool is(const char *word, const uint8_t *line, size_t n) { return n == strlen(word) && !memcmp(line, word, n); }
static void on_line(void *self, weir_transport *t, const uint8_t *line, size_t n) {
    char text[26] = "what?";
    time_t now = time(NULL);
    bool echo = n >= 5 && is("echo ", line, 5), quit = is("quit", line, n);
    if (quit) strcpy(text, "bye");
    if (is("time", line, n)) ctime_r(&now, text)[24] = 0;
    int status = echo ? weir_line_write(self, t, line + 5, n - 5) : weir_line_write(self, t, text, strlen(text));
    if (status < 0 || quit) weir_transport_close(t);
}
static const weir_message_handler handler = {.message = on_line};
static const weir_line server = {.framing = {.handler = &handler, .max = 512}, .ending = WEIR_LINE_EITHER};
static void on_connection(weir_transport *t, void *user) {
    (void)user;
    weir_framing_attach(t, &weir_line_protocol, &server, sizeof server);
}
int main(void) {
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_serve(loop, "tcp://127.0.0.1:7001", on_connection, NULL) < 0) return weir_report(loop);
    return weir_run(loop);
}
