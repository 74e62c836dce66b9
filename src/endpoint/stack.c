/* SPDX-License-Identifier: MIT
 *
 * Stacks; see stack.h. Names are read from the top; whether they go together is judged from the medium up, since what a
 * layer needs is what the one below it gives. */
#include "endpoint/stack.h"

#include <stdio.h>
#include <string.h>

#include "endpoint/refuse.h"

size_t weir_stack_height(const weir_endpoint *endpoint) {
    size_t n = 0;
    while (n < WEIR_STACK_MAX && endpoint->layers[n][0])
        n++;
    return n;
}

static const struct weir_layer_spec *layer_at(const weir_endpoint *endpoint, size_t i) {
    const char *name = endpoint->layers[i];
    return weir_layer_find(name, strnlen(name, sizeof endpoint->layers[i]));
}

const struct weir_layer_spec *weir_stack_medium(const weir_endpoint *endpoint) {
    size_t n = weir_stack_height(endpoint);
    const struct weir_layer_spec *layer = n ? layer_at(endpoint, n - 1) : NULL;
    return layer && weir_layer_is_medium(layer) ? layer : NULL;
}

bool weir_stack_has(const weir_endpoint *endpoint, const struct weir_layer_spec *layer) {
    for (size_t i = 0; i < weir_stack_height(endpoint); i++)
        if (layer_at(endpoint, i) == layer) return true;
    return false;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* What people write who come from elsewhere. */
static const struct {
    const char *theirs, *ours;
} habits[] = {
    {"https", "http+tls+tcp"}, {"wss", "ws+tls+tcp"}, {"ssl", "tls+tcp"}, {"tcps", "tls+tcp"}, {"tcp4", "tcp"},
    {"tcp6", "tcp"},           {"udp4", "udp"},       {"udp6", "udp"},    {"stdin", "stdio"},  {"stdout", "stdio"},
    {"local", "unix"},         {"memory", "mem"},     {"tty", "serial"},  {"command", "exec"}, {"system", "exec"},
    {"open", "file"},          {"inproc", "mem"},
};

static const char *habit(const char *word, size_t n) {
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (strlen(habits[i].theirs) == n && memcmp(word, habits[i].theirs, n) == 0) return habits[i].ours;
    return NULL;
}

/* The known name that `word` is but for its case, or NULL. */
static const char *in_lower_case(const char *word, size_t n) {
    char lower[WEIR_ENDPOINT_NAME_MAX];
    if (n > sizeof lower) return NULL;
    for (size_t i = 0; i < n; i++)
        lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] - 'A' + 'a' : word[i]);
    const struct weir_layer_spec *layer = weir_layer_find(lower, n);
    return layer ? layer->name : NULL;
}

static int refuse_name(const char *word, size_t n, weir_error *error) {
    struct weir_quoted q;
    const char *lower = in_lower_case(word, n), *meant = habit(word, n);
    if (n == 0) return weir_refuse(error, WEIR_EINVAL, "the name of a layer is missing");
    weir_quote(&q, word, n);
    if (lower) return weir_refuse(error, WEIR_EINVAL, "'%s' is written %s: names are lower case", q.text, lower);
    if (!meant) meant = weir_layer_nearest(word, n);
    if (meant) return weir_refuse(error, WEIR_EINVAL, "unknown layer '%s'; did you mean %s?", q.text, meant);
    return weir_refuse(error, WEIR_EINVAL, "unknown layer '%s'; tcp, unix and stdio are some that are known", q.text);
}

static int add_layer(weir_endpoint *endpoint, size_t height, const char *word, size_t n, weir_error *error) {
    const struct weir_layer_spec *layer = weir_layer_find(word, n);
    if (!layer) return refuse_name(word, n, error);
    if (height == WEIR_STACK_MAX)
        return weir_refuse(error, WEIR_EINVAL, "too high: a stack has at most %d layers", WEIR_STACK_MAX);
    snprintf(endpoint->layers[height], sizeof endpoint->layers[height], "%s", layer->name);
    return 0;
}

static int read_names(weir_endpoint *endpoint, const char *text, size_t n, const char **fault, weir_error *error) {
    int status = 0;
    size_t height = 0;
    for (size_t at = 0, end; status >= 0 && at <= n; at = end + 1) {
        for (end = at; end < n && text[end] != '+';)
            end++;
        *fault = text + at;
        status = add_layer(endpoint, height++, text + at, end - at, error);
    }
    return status;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static const char *flow_name(unsigned carries) {
    return carries & WEIR_CARRIES_BYTES ? "a stream of bytes" : "messages with borders";
}

static int check_over(const struct weir_layer_spec *above, const struct weir_layer_spec *below, weir_error *error) {
    const unsigned flows = WEIR_CARRIES_BYTES | WEIR_CARRIES_MESSAGES;
    if (weir_layer_is_medium(above) && weir_layer_is_medium(below))
        return weir_refuse(error, WEIR_EINVAL, "%s and %s are both media: a stack has one, the last", above->name,
                           below->name);
    if (weir_layer_is_medium(above))
        return weir_refuse(error, WEIR_EINVAL, "%s is a medium and stands last: %s+%s", above->name, below->name,
                           above->name);
    if (above->needs & below->gives & flows) return 0;
    return weir_refuse(error, WEIR_EINVAL, "%s needs %s below it, and %s gives %s", above->name,
                       flow_name(above->needs), below->name, flow_name(below->gives));
}

/* Where the `i`-th name begins in the text. */
static const char *place_of(const weir_endpoint *endpoint, const char *text, size_t i) {
    for (size_t above = 0; above < i; above++)
        text += strlen(endpoint->layers[above]) + strlen("+");
    return text;
}

/* From the medium up; a medium that does not stand last is told before a layer that does. */
static int check_order(const weir_endpoint *endpoint, const char *text, const char **fault, weir_error *error) {
    size_t last = weir_stack_height(endpoint) - 1;
    int status = 0;
    for (size_t i = last; status >= 0 && i > 0; i--) {
        *fault = place_of(endpoint, text, i - 1);
        status = check_over(layer_at(endpoint, i - 1), layer_at(endpoint, i), error);
    }
    const char *name = endpoint->layers[last];
    if (status < 0 || weir_layer_is_medium(layer_at(endpoint, last))) return status;
    *fault = place_of(endpoint, text, last);
    return weir_refuse(error, WEIR_EINVAL, "%s is a layer and needs a medium below it: %s+tcp", name, name);
}

int weir_stack_parse(weir_endpoint *endpoint, const char *text, size_t n, const char **fault, weir_error *error) {
    memset(endpoint->layers, 0, sizeof endpoint->layers);
    int status = read_names(endpoint, text, n, fault, error);
    return status < 0 ? status : check_order(endpoint, text, fault, error);
}
