/* SPDX-License-Identifier: MIT
 *
 * Endpoints that nobody pasted together: built by calls, read by calls, told to people; and random ones, made from what
 * the registry says there is, which must survive being written and read again. */
#include <weir/endpoint.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static weir_endpoint begun(const char *layers) {
    weir_endpoint e;
    weir_error error;
    assert_int_equal(weir_endpoint_begin(&e, layers, &error), 0);
    return e;
}

static weir_endpoint parsed(const char *text) {
    weir_endpoint e;
    assert_int_equal(weir_endpoint_parse(&e, text, NULL), 0);
    return e;
}

static const char *text_of(const weir_endpoint *e) {
    static char text[WEIR_ENDPOINT_TEXT_MAX];
    return weir_endpoint_format(e, text, sizeof text);
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

static void an_endpoint_is_built_by_calls(void **state) {
    weir_endpoint e = begun("throttle+tcp");
    (void)state;
    assert_int_equal(weir_endpoint_set_host(&e, "::1", 7000, NULL), 0);
    assert_int_equal(weir_endpoint_set_number(&e, "throttle", "rate", 1 << 20, NULL), 0);
    assert_int_equal(weir_endpoint_set_number(&e, NULL, "idle", 90 * (uint64_t)1000000000, NULL), 0);
    assert_int_equal(weir_endpoint_set_number(&e, NULL, "reuseport", 1, NULL), 0);
    assert_int_equal(weir_endpoint_set_number(&e, NULL, "stall", WEIR_FOREVER, NULL), 0);
    assert_int_equal(weir_endpoint_set(&e, NULL, "max", "3", NULL), 0);
    assert_string_equal(text_of(&e),
                        "throttle+tcp://[::1]:7000?throttle.rate=1M&idle=90s&reuseport&stall=forever&max=3");
    assert_int_equal(weir_endpoint_set(&e, NULL, "idle", "1s", NULL), 0);
    weir_endpoint_unset(&e, "throttle", "rate");
    assert_int_equal(weir_endpoint_set_number(&e, NULL, "reuseport", 0, NULL), 0);
    assert_string_equal(text_of(&e), "throttle+tcp://[::1]:7000?idle=1s&stall=forever&max=3");
}

static void a_failed_call_changes_nothing(void **state) {
    weir_endpoint e = parsed("tls+unix:/x?tls.ca=a"), before = e;
    char longer[WEIR_ENDPOINT_VALUE_MAX + 2] = {0};
    weir_address ip;
    weir_error error;
    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    assert_int_equal(weir_address_ip(&ip, "127.0.0.1", 1), 0);
    assert_int_equal(weir_endpoint_begin(&e, "tcp+tls", &error), WEIR_EINVAL);
    assert_int_equal(weir_endpoint_set_host(&e, "h", 1, &error), WEIR_EINVAL);
    assert_string_equal(error.hint, "unix has no host: unix:PATH or unix:@NAME");
    assert_int_equal(weir_endpoint_set_path(&e, "", 0, &error), WEIR_EINVAL);
    assert_int_equal(weir_endpoint_set_address(&e, &ip, &error), WEIR_EINVAL);
    assert_int_equal(weir_endpoint_set(&e, NULL, "ca", "x", &error), WEIR_EINVAL);
    assert_string_equal(error.hint, "unix has no option 'ca'; did you mean tls.ca?");
    assert_int_equal(weir_endpoint_set(&e, "tls", "ca", longer, &error), WEIR_ENAMETOOLONG);
    assert_int_equal(weir_endpoint_set(&e, "tls", "ca", NULL, &error), WEIR_EINVAL);
    assert_int_equal(weir_endpoint_set_number(&e, "tls", "ca", 1, &error), WEIR_EINVAL);
    assert_int_equal(weir_endpoint_set_number(&e, NULL, "max", 0, &error), WEIR_EINVAL);
    assert_string_equal(error.hint, "max=0: it takes a number, from 1 to 1000000000");
    assert_memory_equal(&e, &before, sizeof e);
}

/* No text is longer than the buffer that the header names. */
static void the_whole_is_bounded(void **state) {
    char path[WEIR_ENDPOINT_PATH_MAX], value[WEIR_ENDPOINT_VALUE_MAX + 1] = {0};
    static const char *const names[] = {"ca", "cert", "key", "host", "alpn"};
    weir_endpoint e = begun("tls+file");
    weir_error error;
    int status = 0;
    (void)state;
    memset(path, 0x80, sizeof path);
    memset(value, 0x80, sizeof value - 1);
    assert_int_equal(weir_endpoint_set_path(&e, path, sizeof path, NULL), 0);
    for (size_t i = 0; i < 5 && status == 0; i++)
        status = weir_endpoint_set(&e, "tls", names[i], value, &error);
    assert_int_equal(status, WEIR_ENAMETOOLONG);
    assert_string_equal(error.hint, "the whole endpoint has at most 4095 bytes");
    weir_endpoint again = parsed(text_of(&e));
    assert_true(weir_endpoint_equal(&e, &again));
}

static void addresses_go_in_and_out(void **state) {
    static const char *const texts[] = {"tcp://127.0.0.1:1", "tcp://[fe80::1%252]:2", "unix:/x", "unix:@x%00y",
                                        "unix:./@x",         "unixgram:/%3F"};
    weir_address address, again;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        weir_endpoint e = parsed(texts[i]), copy = begun(weir_endpoint_medium(&e));
        assert_int_equal(weir_endpoint_address(&e, &address), 0);
        assert_int_equal(weir_endpoint_set_address(&copy, &address, NULL), 0);
        assert_int_equal(weir_endpoint_address(&copy, &again), 0);
        assert_true(weir_address_equal(&address, &again));
        assert_string_equal(text_of(&copy), texts[i]);
    }
    weir_endpoint local = parsed("tcp://localhost:80"), name = parsed("tcp://example.com:80"), file = parsed("file:x");
    assert_int_equal(weir_endpoint_address(&local, &address), 0);
    assert_string_equal(weir_address_format(&address, (char[WEIR_ADDRESS_TEXT_MAX]){""}, WEIR_ADDRESS_TEXT_MAX),
                        "127.0.0.1:80");
    assert_int_equal(weir_endpoint_address(&name, &address), WEIR_ENOTSUP);
    assert_int_equal(weir_endpoint_address(&file, &address), WEIR_ENOTSUP);
    address.family = WEIR_FAMILY_UNIX;
    address.length = 2;
    memcpy(address.bytes, "@x", 2); /* a file of that name, which no path of ours begins with */
    weir_endpoint at = begun("unix");
    assert_int_equal(weir_endpoint_set_address(&at, &address, NULL), 0);
    assert_string_equal(text_of(&at), "unix:./@x");
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void options_are_read_as_numbers_and_texts(void **state) {
    weir_endpoint e = parsed("throttle+tcp://h:1?idle=90s&throttle.rate=2K&reuseport&receive=unbounded&stall=forever");
    (void)state;
    assert_string_equal(weir_endpoint_medium(&e), "tcp");
    assert_true(weir_endpoint_is(&e, "tcp") && !weir_endpoint_is(&e, "throttle") && !weir_endpoint_is(&e, "tc"));
    assert_string_equal(weir_endpoint_get(&e, NULL, "idle"), "90s");
    assert_string_equal(weir_endpoint_get(&e, "tcp", "reuseport"), "");
    assert_null(weir_endpoint_get(&e, NULL, "max"));
    assert_null(weir_endpoint_get(&e, NULL, "rate"));
    assert_true(weir_endpoint_number(&e, NULL, "idle", 0) == (uint64_t)90 * 1000000000);
    assert_int_equal(weir_endpoint_number(&e, "throttle", "rate", 0), 2048);
    assert_int_equal(weir_endpoint_number(&e, NULL, "reuseport", 0), 1);
    assert_int_equal(weir_endpoint_number(&e, NULL, "ipv6only", 0), 0);
    assert_int_equal(weir_endpoint_number(&e, NULL, "max", 17), 17);
    assert_true(weir_endpoint_number(&e, NULL, "receive", 0) == WEIR_UNBOUNDED);
    assert_true(weir_endpoint_number(&e, NULL, "stall", 0) == WEIR_FOREVER);
}

static void equal_does_not_look_at_the_order_of_options(void **state) {
    weir_endpoint a = parsed("tcp://h:1?max=1&idle=1s"), b = parsed("tcp://H:1?idle=1000ms&max=1");
    static const char *const others[] = {
        "tcp://h:1?max=1",         "tcp://h:1?max=2&idle=1s",       "tcp://h:2?max=1&idle=1s",
        "tcp://i:1?max=1&idle=1s", "trace+tcp://h:1?max=1&idle=1s", "sctp://h:1?max=1&idle=1s",
        "unix:h?max=1&idle=1s"};
    (void)state;
    assert_true(weir_endpoint_equal(&a, &b) && weir_endpoint_equal(&b, &a));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        weir_endpoint c = parsed(others[i]);
        assert_false(weir_endpoint_equal(&a, &c));
    }
}

/* Fields filled by hand may be anything: nothing is read beyond them, and nothing of it is called legal. */
static void rubbish_is_refused_not_believed(void **state) {
    static weir_endpoint e;
    char text[WEIR_ENDPOINT_TEXT_MAX];
    (void)state;
    memset(&e, 'x', sizeof e);
    weir_endpoint_format(&e, text, sizeof text);
    assert_string_equal(weir_endpoint_explain(&e, text, sizeof text), "not a legal endpoint\n");
    e = parsed("tcp://h:1?max=3");
    strcpy(e.options[0].value, "03");
    assert_string_equal(weir_endpoint_explain(&e, text, sizeof text), "not a legal endpoint\n");
    e = parsed("tcp://h:1");
    strcpy(e.host, "H");
    assert_string_equal(weir_endpoint_explain(&e, text, sizeof text), "not a legal endpoint\n");
    memset(&e, 0, sizeof e);
    assert_string_equal(weir_endpoint_explain(&e, text, sizeof text), "not a legal endpoint\n");
}

static void explain_tells_each_layer(void **state) {
    weir_endpoint e = parsed("throttle+trace+unix:/a%0Ab?throttle.rate=1M&idle=30s"), pipe = parsed("pipe:x");
    char text[WEIR_ENDPOINT_TEXT_MAX];
    (void)state;
    assert_string_equal(
        weir_endpoint_explain(&e, text, sizeof text),
        "throttle: so many bytes a second; rate=1M; by default receive=the rate, send=the rate, "
        "burst=a tenth of a second's\n"
        "trace: tells the loop's log what passes\n"
        "unix /a%0Ab: UNIX stream socket, by path or abstract name; idle=30s; by default timeout=the system's, "
        "backlog=the system's, budget=the loop's, stall=1min, linger=10s, receive=64K, write_cap=1M, pause_mark=64K, "
        "resume_mark=16K, floor=1K, rate_window=10s\n");
    assert_non_null(
        strstr(weir_endpoint_explain(&pipe, text, sizeof text), "pipe x: a named pipe (not in this build)"));
}

/* ---- random ones ------------------------------------------------------------------------------------------------- */

static uint64_t dice = 88172645463325252;

static uint64_t roll(uint64_t below) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice % below;
}

static weir_endpoint_layer some_layer(bool medium) {
    weir_endpoint_layer layers[64];
    size_t n = 0;
    weir_endpoint_layer layer;
    for (size_t i = 0; weir_endpoint_layer_get(i, &layer) == 0; i++)
        if (layer.medium == medium) layers[n++] = layer;
    return layers[roll(n)];
}

static void random_bytes(char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(roll(3) ? "aZ0/%?&+=. @:"[roll(13)] : 1 + (int)roll(255));
}

static void give_random_address(weir_endpoint *e, const weir_endpoint_layer *medium) {
    static const char *const hosts[] = {"h", "1.2.3.4", "::1", "fe80::1%3", "a-b.c_d", "1.2.3.4.x"};
    char bytes[100];
    size_t n = 1 + roll(sizeof bytes);
    random_bytes(bytes, n);
    if (strstr(medium->syntax, "HOST"))
        assert_int_equal(weir_endpoint_set_host(e, hosts[roll(6)], (uint32_t)roll(65536), NULL), 0);
    else if (strstr(medium->syntax, "CID"))
        assert_int_equal(weir_endpoint_set_host(e, roll(2) ? "any" : "7", (uint32_t)roll(UINT32_MAX), NULL), 0);
    else if (strcmp(medium->name, "fd") == 0)
        assert_int_equal(weir_endpoint_set_path(e, "17", 2, NULL), 0);
    else if (strstr(medium->syntax, "PATH") || strstr(medium->syntax, "NAME") || strstr(medium->syntax, "COMMAND"))
        assert_int_equal(weir_endpoint_set_path(e, bytes, bytes[0] == '@' && n == 1 ? (bytes[0] = 'x', n) : n, NULL),
                         0);
}

static uint64_t random_number(const weir_endpoint_option_info *option) {
    uint64_t span = option->most - option->least;
    uint64_t number = option->least + (roll(2) ? roll(100) : roll(UINT64_MAX)) % (span ? span : 1);
    return roll(3) ? number : option->least + (number - option->least) / 1000000000 * 1000000000;
}

static void give_random_option(weir_endpoint *e, const char *layer, const weir_endpoint_option_info *option) {
    char text[60] = {0};
    random_bytes(text, 1 + roll(sizeof text - 1));
    bool is_text = strcmp(option->value, "TEXT") == 0 || strcmp(option->value, "PATH") == 0;
    int status = is_text ? weir_endpoint_set(e, layer, option->name, text, NULL)
                         : weir_endpoint_set_number(e, layer, option->name, random_number(option), NULL);
    assert_true(status == 0 || status == WEIR_ENOBUFS);
}

static void give_random_options(weir_endpoint *e, const char *layer, unsigned one_in) {
    weir_endpoint_option_info option;
    for (size_t i = 0; weir_endpoint_option_get(layer, i, &option) == 0; i++)
        if (roll(one_in) == 0) give_random_option(e, layer, &option);
}

/* Layers that need what the one below does not give are refused, and then it is without them. */
static weir_endpoint random_endpoint(void) {
    weir_endpoint_layer medium = some_layer(true);
    char stack[WEIR_STACK_MAX * (WEIR_ENDPOINT_NAME_MAX + 2)] = "";
    weir_endpoint e;
    for (size_t n = roll(WEIR_STACK_MAX); n > 0; n--)
        snprintf(stack + strlen(stack), sizeof stack - strlen(stack), "%s+", some_layer(false).name);
    snprintf(stack + strlen(stack), sizeof stack - strlen(stack), "%s", medium.name);
    if (weir_endpoint_begin(&e, stack, NULL) < 0) e = begun(medium.name);
    give_random_address(&e, &medium);
    for (size_t i = 0; i < WEIR_STACK_MAX && e.layers[i][0]; i++)
        give_random_options(&e, e.layers[i], 1 + (unsigned)roll(8));
    return e;
}

/* All that may be wrong with what was built is that options contradict each other, or are missing. */
static bool does_not_go_together(const char *hint) {
    static const char *const reasons[] = {"throttle needs a rate", "whose is the descriptor?", "exclude each other",
                                          "goes with"};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strstr(hint, reasons[i])) return true;
    return false;
}

static void random_endpoints_survive(void **state) {
    unsigned legal = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        weir_endpoint e = random_endpoint(), again;
        char text[WEIR_ENDPOINT_TEXT_MAX];
        weir_error error;
        strcpy(text, text_of(&e));
        int status = weir_endpoint_parse(&again, text, &error);
        if (status < 0) {
            assert_true(does_not_go_together(error.hint));
            continue;
        }
        legal++;
        assert_true(weir_endpoint_equal(&e, &again) && weir_endpoint_equal(&again, &e));
        assert_string_equal(text_of(&again), text);
    }
    assert_true(legal > 10000);
}

/* What is listed makes sense, and is what the grammar takes. */
static void the_registry_is_sound(void **state) {
    weir_endpoint_layer layer, other;
    weir_endpoint_option_info option;
    bool media_over = false;
    (void)state;
    for (size_t i = 0; weir_endpoint_layer_get(i, &layer) == 0; i++) {
        assert_true(strlen(layer.name) <= WEIR_ENDPOINT_NAME_MAX && *layer.syntax && *layer.summary);
        assert_true(strncmp(layer.syntax, layer.name, strlen(layer.name)) == 0);
        assert_true(layer.medium ? !media_over && !layer.needs : layer.needs);
        assert_true(layer.gives & (WEIR_CARRIES_BYTES | WEIR_CARRIES_MESSAGES));
        media_over |= !layer.medium;
        for (size_t j = 0; j < i && weir_endpoint_layer_get(j, &other) == 0; j++)
            assert_string_not_equal(layer.name, other.name);
        for (size_t j = 0; weir_endpoint_option_get(layer.name, j, &option) == 0; j++) {
            assert_true(strlen(option.name) <= WEIR_ENDPOINT_NAME_MAX && *option.summary && option.standard);
            assert_true(!option.built || layer.listens || layer.connects);
            assert_true(!option.shared || layer.medium);
        }
    }
    assert_int_equal(weir_endpoint_option_get("nothing", 0, &option), WEIR_ENOENT);
    assert_int_equal(weir_endpoint_layer_get(1000, &layer), WEIR_ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_is_built_by_calls),
        cmocka_unit_test(a_failed_call_changes_nothing),
        cmocka_unit_test(the_whole_is_bounded),
        cmocka_unit_test(addresses_go_in_and_out),
        cmocka_unit_test(options_are_read_as_numbers_and_texts),
        cmocka_unit_test(equal_does_not_look_at_the_order_of_options),
        cmocka_unit_test(rubbish_is_refused_not_believed),
        cmocka_unit_test(explain_tells_each_layer),
        cmocka_unit_test(random_endpoints_survive),
        cmocka_unit_test(the_registry_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
