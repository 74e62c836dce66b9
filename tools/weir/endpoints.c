/* SPDX-License-Identifier: MIT
 *
 * The grammar is the library's. What options of the command line add is written into the endpoint, so that one thing
 * says what holds: to the library, which opens it, and to a person, who lets it be explained. */
#include "endpoints.h"

#include "say.h"

/* What the endpoint says itself goes first; a medium that has no such option needs none. */
static void set_unless_given(weir_endpoint *endpoint, const char *option, uint64_t number) {
    if (!weir_endpoint_get(endpoint, NULL, option)) weir_endpoint_set_number(endpoint, NULL, option, number, NULL);
}

int endpoints_parse(weir_endpoint *ret, const char *text, const struct options *options, bool listens) {
    char line[512];
    weir_error error = {0};
    int code = weir_endpoint_parse(ret, text, &error);
    if (code < 0) {
        say_error("%s", weir_error_format(&error, line, sizeof line));
        return EXIT_USAGE;
    }
    bool connect_timeout = !listens && options->given & OPTION_CONNECT_TIMEOUT;
    if (connect_timeout) set_unless_given(ret, "timeout", options->connect_timeout_ns);
    if (options->given & OPTION_TIMEOUT) set_unless_given(ret, "idle", options->timeout_ns);
    /* A person may take all the time in the world to read a page. */
    if (weir_endpoint_is(ret, "stdio")) set_unless_given(ret, "stall", WEIR_FOREVER);
    return 0;
}

bool endpoints_single(const weir_endpoint *endpoint) {
    return weir_endpoint_is(endpoint, "stdio") || weir_endpoint_is(endpoint, "fd");
}

bool endpoints_shared(const weir_endpoint *endpoint) {
    if (weir_endpoint_is(endpoint, "tcp")) return true;
    say_error("--workers: the system shares out connections of tcp:// only, not those of %s",
              weir_endpoint_medium(endpoint));
    return false;
}

/* It is there, and only to be opened; the library would take it for a listener that gets one connection. */
static bool is_opened(const weir_endpoint *endpoint) {
    return endpoints_single(endpoint) || weir_endpoint_is(endpoint, "file") || weir_endpoint_is(endpoint, "null");
}

bool endpoints_listens(const weir_endpoint *endpoint) {
    weir_endpoint_layer layer;
    for (size_t i = 0; weir_endpoint_layer_get(i, &layer) >= 0; i++)
        if (weir_endpoint_is(endpoint, layer.name)) return layer.listens && !is_opened(endpoint);
    return false;
}
