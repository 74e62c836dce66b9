/* SPDX-License-Identifier: MIT
 *
 * The grammar of endpoints as two tables: what is taken, with its canonical text, and what is refused, with the hint in
 * full, since a hint is what its reader gets to see. */
#include <weir/endpoint.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The canonical text, or the hint. */
static const char *through(const char *text) {
    static char answer[WEIR_ENDPOINT_TEXT_MAX];
    weir_endpoint endpoint;
    weir_error error;
    int status = weir_endpoint_parse(&endpoint, text, &error);
    if (status >= 0) return weir_endpoint_format(&endpoint, answer, sizeof answer);
    assert_int_equal(error.code, status);
    assert_int_equal(error.stage, WEIR_STAGE_PARSE);
    snprintf(answer, sizeof answer, "%s", error.hint);
    return answer;
}

struct row {
    const char *text, *answer; /* NULL: the text itself */
};

static void check_rows(const struct row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_string_equal(through(rows[i].text), rows[i].answer ? rows[i].answer : rows[i].text);
}
#define CHECK_ROWS(...)                                                                                                \
    do {                                                                                                               \
        static const struct row rows[] = {__VA_ARGS__};                                                                \
        check_rows(rows, sizeof rows / sizeof *rows);                                                                  \
    } while (0)

/* ---- hosts and ports --------------------------------------------------------------------------------------------- */

static void hosts_are_numeric_or_names(void **state) {
    (void)state;
    CHECK_ROWS({"tcp://127.0.0.1:7000", NULL}, {"tcp://localhost:0", NULL},
               {"tcp://EXAMPLE.com:65535", "tcp://example.com:65535"}, {"tcp://under_score.x-y.3com:1", NULL},
               {"udp://0.0.0.0:53", NULL}, {"sctp://a:1", NULL}, {"vsock://2:4294967295", NULL},
               {"vsock://any:1", NULL});
    CHECK_ROWS({"tcp://:7000",
                "byte 7: the host is missing: 127.0.0.1 is this machine, 0.0.0.0 and [::] are all its addresses"},
               {"tcp://*:80", "byte 7: for every address write 0.0.0.0 or [::], not '*'"},
               {"tcp://127.1:80", "byte 7: '127.1' is no IPv4 address: that is four numbers from 0 to 255"},
               {"tcp://0x7f000001:80", "byte 7: '0x7f000001' is no IPv4 address: that is four numbers from 0 to 255"},
               {"tcp://1.2.3.256:80", "byte 7: '1.2.3.256' is no IPv4 address: that is four numbers from 0 to 255"},
               {"tcp://a.:80", "byte 7: an empty label: two dots, or one at the end of the host"},
               {"tcp://-a.b:80", "byte 7: '-a': no label begins or ends with '-'"},
               {"tcp://me@host:80", "byte 7: an endpoint has no user name before '@'"},
               {"tcp://ho st:80", "byte 7: ' ' does not belong in a host"},
               {"vsock://host:1", "byte 9: 'host' is no CID: that is a number of 32 bits, or any"});
}

static void ports_are_strict(void **state) {
    (void)state;
    CHECK_ROWS({"tcp://h", "byte 8: the port is missing: write tcp://HOST:PORT"},
               {"tcp://h:", "byte 9: port '': it is a number from 0 to 65535"},
               {"tcp://h:080", "byte 9: port '080': it is a number from 0 to 65535"},
               {"tcp://h:+80", "byte 9: port '+80': it is a number from 0 to 65535"},
               {"tcp://h:65536", "byte 9: port '65536': it is a number from 0 to 65535"},
               {"vsock://1:4294967296", "byte 11: port '4294967296': it is a number from 0 to 4294967295"},
               {"tcp://h:80/", "byte 11: nothing but ? and options follows the port"});
}

static void ipv6_stands_in_brackets(void **state) {
    (void)state;
    CHECK_ROWS({"tcp://[::1]:80", NULL}, {"tcp://[0:0::0:1]:80", "tcp://[::1]:80"},
               {"tcp://[FE80::1%252]:80", "tcp://[fe80::1%252]:80"}, {"tcp://[::ffff:1.2.3.4]:80", NULL});
    CHECK_ROWS({"tcp://::1:80", "byte 7: an IPv6 address stands in brackets, as in [::1]:80"},
               {"tcp://[::1:80", "byte 7: '[' without ']'"},
               {"tcp://[::1]", "byte 12: the port is missing: write tcp://HOST:PORT"},
               {"tcp://[localhost]:80", "byte 8: brackets are for IPv6 addresses only"},
               {"tcp://[::g]:80", "byte 8: '::g' is no IPv6 address"},
               {"tcp://[fe80::1%2]:80", "byte 8: the '%' before a scope is written %25, as in [fe80::1%252]"},
               {"tcp://[fe80::1%25eth0]:80",
                "byte 8: 'fe80::1%eth0': the scope of an IPv6 address is the interface's number, as in %252"});
}

static void a_host_is_never_cut(void **state) {
    char text[1200] = "tcp://", expected[32];
    (void)state;
    for (size_t n = 1; n <= 1000; n++) {
        for (size_t i = 0; i < n; i++)
            text[6 + i] = i % 50 == 49 && i + 1 < n ? '.' : 'a';
        strcpy(text + 6 + n, ":1");
        bool taken = strcmp(through(text), text) == 0;
        assert_int_equal(taken, n <= WEIR_ENDPOINT_HOST_MAX);
    }
    memset(text + 6, 'a', 64);
    strcpy(text + 6 + 64, ":1");
    snprintf(expected, sizeof expected, "%.24s", through(text));
    assert_string_equal(expected, "byte 7: 'aaaaaaaaaaaaaaa");
}

/* ---- paths and names --------------------------------------------------------------------------------------------- */

static void paths_are_percent_encoded(void **state) {
    (void)state;
    CHECK_ROWS({"unix:/run/x", NULL}, {"unix:///run/x", "unix:/run/x"}, {"unix://run/x", "unix:run/x"},
               {"unix:////x", "unix:/%2Fx"}, {"unix:/a%2fb%3Fc%25", "unix:/a/b%3Fc%25"}, {"unix:@a%00b", NULL},
               {"unix:./@x", NULL}, {"file:/h\xc3\xa9", "file:/h%C3%A9"}, {"exec:'ls -l' | wc", NULL},
               {"mem:a+b://c", NULL}, {"stdio:", NULL}, {"stdio://", "stdio:"},
               {"serial:/dev/ttyUSB0?baud=9600", NULL});
    CHECK_ROWS({"unix:", "byte 6: the address is missing: write unix:PATH or unix:@NAME"},
               {"unix:@", "byte 6: the address is missing: write unix:PATH or unix:@NAME"},
               {"unix:%40x", "byte 6: a path that begins with '@' is written ./@"},
               {"unix:/a%00", "byte 6: a zero byte cannot stand in it"},
               {"unix:/100%", "byte 10: '%' takes two hexadecimal digits; the byte itself is written %25"},
               {"unix:/%g0", "byte 7: '%' takes two hexadecimal digits; the byte itself is written %25"},
               {"file:a\nb", "byte 7: a control byte is written %0A"},
               {"stdio:x", "byte 7: stdio takes no address: write stdio:"},
               {"fd:03?take", "byte 4: '03' is no descriptor: that is a number"});
}

static void long_paths_are_refused(void **state) {
    char text[2048] = "unix:";
    (void)state;
    memset(text + 5, 'a', 107);
    assert_string_equal(through(text), text);
    text[5 + 107] = 'a';
    assert_string_equal(through(text), "byte 6: too long: unix takes at most 107 bytes");
    text[5] = '@'; /* an abstract name needs no final zero */
    assert_string_equal(through(text), text);
    memset(text + 5, 'a', 1023);
    memcpy(text, "file:", 5);
    assert_string_equal(through(text), text);
    strcpy(text + 5 + 1023, "a");
    assert_string_equal(through(text), "byte 1029: too long: at most 1023 bytes");
}

/* ---- stacks ------------------------------------------------------------------------------------------------------ */

static void stacks_must_fit_together(void **state) {
    (void)state;
    CHECK_ROWS({"tls+tcp://h:1", NULL}, {"jsonrpc+ws+tls+proxy+tcp://h:1", NULL}, {"tls+ws+tcp://h:1", NULL},
               {"tls+tls+unix:/x", NULL}, {"trace+fd:17?take", NULL}, {"jsonrpc+udp://h:1", NULL},
               {"trace+trace+trace+trace+trace+trace+trace+null:", NULL});
    CHECK_ROWS(
        {"tcp+tls://h:1", "byte 1: tcp is a medium and stands last: tls+tcp"},
        {"trace+tcp+unix:/x", "byte 7: tcp and unix are both media: a stack has one, the last"},
        {"tls://h:1", "byte 1: tls is a layer and needs a medium below it: tls+tcp"},
        {"trace+tls://h:1", "byte 7: tls is a layer and needs a medium below it: tls+tcp"},
        {"ws+tls+udp://h:1", "byte 4: tls needs a stream of bytes below it, and udp gives messages with borders"},
        {"+tcp://h:1", "byte 1: the name of a layer is missing"},
        {"tls++tcp://h:1", "byte 5: the name of a layer is missing"},
        {"trace+trace+trace+trace+trace+trace+trace+trace+null:", "byte 49: too high: a stack has at most 8 layers"});
}

static void names_are_spelled_right(void **state) {
    (void)state;
    CHECK_ROWS({"tpc://h:1", "byte 1: unknown layer 'tpc'; did you mean tcp?"},
               {"throtle+tcp://h:1", "byte 1: unknown layer 'throtle'; did you mean throttle?"},
               {"trace+TCP://h:1", "byte 7: 'TCP' is written tcp: names are lower case"},
               {"https://h:1", "byte 1: unknown layer 'https'; did you mean http+tls+tcp?"},
               {"gopher://h:1", "byte 1: unknown layer 'gopher'; tcp, unix and stdio are some that are known"},
               {"\x1b[31m:x", "byte 1: unknown layer '%1B[31m'; tcp, unix and stdio are some that are known"});
}

static void what_has_no_medium_is_helped(void **state) {
    (void)state;
    CHECK_ROWS({"127.0.0.1:7000", "byte 1: no medium: did you mean tcp://127.0.0.1:7000?"},
               {"[::1]:80?idle=3s", "byte 1: no medium: did you mean tcp://[::1]:80?idle=3s?"},
               {":80", "byte 1: no medium: did you mean tcp://127.0.0.1:80?"},
               {"/run/x", "byte 1: no medium: did you mean unix:/run/x or file:/run/x?"},
               {"tcp:127.0.0.1:80", "byte 5: '//' is missing: write tcp://HOST:PORT"},
               {"stdio", "byte 1: an address is missing: stdio:"}, {"-", "byte 1: did you mean stdio: ?"},
               {"", "byte 1: it is empty: write tcp://HOST:PORT, unix:PATH or stdio:"},
               {"what", "byte 1: no medium: write tcp://HOST:PORT, unix:PATH or stdio:"});
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void values_have_one_shortest_spelling(void **state) {
    (void)state;
    CHECK_ROWS({"tcp://h:1?idle=60s", "tcp://h:1?idle=1min"}, {"tcp://h:1?idle=90s", NULL},
               {"tcp://h:1?idle=3600000000000ns", "tcp://h:1?idle=1h"}, {"tcp://h:1?stall=forever", NULL},
               {"tcp://h:1?receive=1024K&write_cap=65536", "tcp://h:1?receive=1M&write_cap=64K"},
               {"tcp://h:1?receive=unbounded", NULL}, {"tcp://h:1?tcp.max=3", "tcp://h:1?max=3"},
               {"tls+tcp://h:1?tls.ca=/a b%26%25", NULL});
}

static void values_are_strict(void **state) {
    (void)state;
    CHECK_ROWS({"tcp://h:1?idle=3", "byte 16: idle=3: it takes a time like 30s or 5min, at least 1ns, or forever"},
               {"tcp://h:1?idle=3 s", "byte 16: idle=3 s: it takes a time like 30s or 5min, at least 1ns, or forever"},
               {"tcp://h:1?idle=0s", "byte 16: idle=0s: it takes a time like 30s or 5min, at least 1ns, or forever"},
               {"tcp://h:1?keepalive=5ms",
                "byte 21: keepalive=5ms: it takes a time like 30s or 5min, at least 1s, or forever"},
               {"tcp://h:1?idle=5124096h",
                "byte 16: idle=5124096h: it takes a time like 30s or 5min, at least 1ns, or forever"},
               {"tcp://h:1?receive=64k", "byte 19: receive=64k: it takes a size like 64K, at least 1, or unbounded"},
               {"tcp://h:1?receive=16777216T",
                "byte 19: receive=16777216T: it takes a size like 64K, at least 1, or unbounded"},
               {"tcp://h:1?backlog=0", "byte 19: backlog=0: it takes a number, from 1 to 65535"},
               {"tcp://h:1?backlog=1K", "byte 19: backlog=1K: it takes a number, from 1 to 65535"},
               {"tcp://h:1?backlog=01", "byte 19: backlog=01: it takes a number, from 1 to 65535"},
               {"tcp://h:1?backlog", "byte 11: backlog needs a value, as in backlog=10"},
               {"tcp://h:1?idle=", "byte 16: idle needs a value, as in idle=30s"},
               {"tcp://h:1?reuseport=yes", "byte 21: reuseport takes no value: it is there or not"},
               {"tls+tcp://h:1?tls.ca=%00", "byte 22: ca: a zero byte cannot stand in it"});
}

static void options_belong_to_a_layer_of_the_stack(void **state) {
    (void)state;
    CHECK_ROWS({"throttle+tcp://h:1?throttle.rate=1M&idle=3s", NULL});
    CHECK_ROWS({"tcp://h:1?idel=3s", "byte 11: tcp has no option 'idel'; did you mean idle?"},
               {"throttle+tcp://h:1?rate=1M", "byte 20: tcp has no option 'rate'; did you mean throttle.rate?"},
               {"throttle+tcp://h:1?throttle.idle=1s", "byte 20: throttle has no option 'idle'; did you mean idle?"},
               {"tcp://h:1?tls.ca=x", "byte 11: an option for tls, which is not in the stack"},
               {"throttle+tcp://h:1?trottle.rate=1",
                "byte 20: an option for an unknown layer 'trottle'; did you mean throttle?"},
               {"trace+null:?trace.x", "byte 13: trace has no option 'x', nor any other"},
               {"tcp://h:1?max=1&reuseport&max=1", "byte 27: max of tcp is given twice"},
               {"tcp://h:1?", "byte 11: the name of an option is missing"},
               {"tcp://h:1?max=1&", "byte 17: the name of an option is missing"});
}

static void options_must_go_together(void **state) {
    (void)state;
    CHECK_ROWS({"fd:3?take", NULL}, {"fd:3?borrow", NULL}, {"fd:3?dup", NULL}, {"file:x?create&exclusive&read", NULL});
    CHECK_ROWS({"fd:3", "byte 5: whose is the descriptor? add ?take, ?borrow or ?dup"},
               {"fd:3?take&dup", "byte 14: take, borrow and dup exclude each other"},
               {"file:x?truncate", "byte 16: truncate goes with write or create"},
               {"file:x?append&truncate", "byte 23: truncate and append exclude each other"},
               {"file:x?exclusive", "byte 17: exclusive goes with create"},
               {"throttle+null:", "byte 15: throttle needs a rate in bytes per second: throttle.rate=1M"});
}

static void a_refusal_changes_nothing(void **state) {
    weir_endpoint before, after;
    weir_error error;
    (void)state;
    memset(&before, 0x5a, sizeof before);
    after = before;
    assert_int_equal(weir_endpoint_parse(&after, "tcp://h:x", &error), WEIR_EINVAL);
    assert_memory_equal(&before, &after, sizeof before);
    assert_string_equal(error.peer, "tcp://h:x");
    assert_int_equal(weir_endpoint_parse(NULL, "tcp://h:1", NULL), WEIR_EINVAL);
    assert_int_equal(weir_endpoint_parse(&after, NULL, &error), WEIR_EINVAL);
    assert_string_not_equal(error.hint, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_numeric_or_names),
        cmocka_unit_test(ports_are_strict),
        cmocka_unit_test(ipv6_stands_in_brackets),
        cmocka_unit_test(a_host_is_never_cut),
        cmocka_unit_test(paths_are_percent_encoded),
        cmocka_unit_test(long_paths_are_refused),
        cmocka_unit_test(stacks_must_fit_together),
        cmocka_unit_test(names_are_spelled_right),
        cmocka_unit_test(what_has_no_medium_is_helped),
        cmocka_unit_test(values_have_one_shortest_spelling),
        cmocka_unit_test(values_are_strict),
        cmocka_unit_test(options_belong_to_a_layer_of_the_stack),
        cmocka_unit_test(options_must_go_together),
        cmocka_unit_test(a_refusal_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
