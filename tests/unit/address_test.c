/* SPDX-License-Identifier: MIT
 *
 * Addresses: what is taken, what is refused, and that a text gives back the address it came from. The system's own
 * inet_pton is the judge of random IPv6 texts; where ours is stricter a case says so. */
#include <weir/address.h>

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Writes the text of `host` with port 80 as it comes back. */
static const char *through(const char *host) {
    static char text[WEIR_ADDRESS_TEXT_MAX];
    weir_address a;
    if (weir_address_ip(&a, host, 80) < 0) return "refused";
    return weir_address_format(&a, text, sizeof text);
}

static void ipv4_is_four_decimal_numbers(void **state) {
    (void)state;
    assert_string_equal(through("127.0.0.1"), "127.0.0.1:80");
    assert_string_equal(through("0.0.0.0"), "0.0.0.0:80");
    assert_string_equal(through("255.255.255.255"), "255.255.255.255:80");
    static const char *const bad[] = {
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0x7f000001",
        "010.0.0.1",
        "1.2.3.04",
        "1.2.3.00",
        "256.1.1.1",
        "1.2.3.256",
        "1.2.3.1000",
        "1.2.3",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "1.2.3.4.",
        "1.2.3.4.5",
        " 1.2.3.4",
        "1.2.3.4 ",
        "+1.2.3.4",
        "1.2.3.-4",
        "1.2.3.4%1",
        "1.2.3.4:80",
        "1.2.3.4\n",
        "1,2,3,4",
        "",
        "localhost",
        "4294967296.1.1.1",
        "1.2.3.18446744073709551617",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(through(bad[i]), "refused");
}

static void ipv6_is_written_in_its_shortest_form(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"::", "[::]:80"},
        {"::1", "[::1]:80"},
        {"1::", "[1::]:80"},
        {"0:0:0:0:0:0:0:0", "[::]:80"},
        {"2001:0DB8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:80"},   /* the first of two equal gaps */
        {"2001:db8:0:0:1:0:0:0", "[2001:db8:0:0:1::]:80"},     /* the longer of two */
        {"2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:80"}, /* one group is no gap */
        {"2001:db8::1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:80"},
        {"1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:80"},
        {"::2:3:4:5:6:7:8", "[0:2:3:4:5:6:7:8]:80"},
        {"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:80"},
        {"::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80"},
        {"::ffff:102:304", "[::ffff:1.2.3.4]:80"},
        {"64:ff9b::1.2.3.4", "[64:ff9b::102:304]:80"},
        {"1:2:3:4:5:6:1.2.3.4", "[1:2:3:4:5:6:102:304]:80"},
        {"fe80::1%2", "[fe80::1%2]:80"},
        {"fe80::1%4294967295", "[fe80::1%4294967295]:80"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:80"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(through(pairs[i][0]), pairs[i][1]);
}

static void what_is_not_ipv6_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        ":",
        ":::",
        "1",
        "1:",
        ":1",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        ":1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "1::2::3",
        "1:::2",
        "::1::",
        "12345::",
        "::00001",
        "g::",
        "[::1]",
        "::1 ",
        " ::1",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.256",
        "::1.2.3.04",
        "::1.2.3.4:5",
        "1.2.3.4::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "fe80::1%",
        "fe80::1%eth0",
        "fe80::1%0",
        "fe80::1%02",
        "fe80::1%4294967296",
        "fe80::1%2 ",
        "fe80::1%-1",
        "fe80::1%%2",
        "fe80::1/64",
        "%2",
        "::%",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(through(bad[i]), "refused");
}

static void random_ipv6_texts_are_judged_as_the_system_judges_them(void **state) {
    (void)state;
    static const char letters[] = "0123:::fF:.1";
    srand(2);
    int taken = 0;
    for (int turn = 0; turn < 1000000; turn++) {
        char text[24];
        int length = 1 + rand() % 22;
        for (int i = 0; i < length; i++)
            text[i] = letters[(size_t)rand() % (sizeof letters - 1)];
        text[length] = 0;
        uint8_t judged[16];
        weir_address a;
        bool good = inet_pton(AF_INET6, text, judged) == 1;
        if (!good && inet_pton(AF_INET, text, judged) == 1) continue;
        if ((weir_address_ip(&a, text, 0) == 0) != good) fail_msg("%s", text);
        if (good) assert_memory_equal(a.bytes, judged, 16);
        taken += good;
    }
    assert_true(taken > 1000);
}

/* The address in the text of an IP address: host between its brackets, if any, and port behind the last colon. */
static int parse_back(weir_address *ret, const char *text) {
    char host[WEIR_ADDRESS_TEXT_MAX];
    const char *colon = strrchr(text, ':');
    bool bracket = *text == '[';
    snprintf(host, sizeof host, "%.*s", (int)(colon - text) - 2 * bracket, text + bracket);
    return weir_address_ip(ret, host, (uint16_t)strtoul(colon + 1, NULL, 10));
}

static void a_random_ip_address_survives_its_text(void **state) {
    (void)state;
    srand(3);
    for (int turn = 0; turn < 300000; turn++) {
        weir_address a = {.family = WEIR_FAMILY_IPV6, .length = 16, .port = (uint16_t)rand()}, b;
        if (turn % 3 == 0) a.family = WEIR_FAMILY_IPV4, a.length = 4;
        for (int i = 0; i < a.length; i++)
            a.bytes[i] = rand() % 3 ? 0 : (uint8_t)rand();
        if (turn % 3 == 1) a.scope = (uint32_t)rand();
        if (turn % 7 == 1) memset(a.bytes, 0, 10), memset(a.bytes + 10, 0xff, 2);
        char text[WEIR_ADDRESS_TEXT_MAX];
        weir_address_format(&a, text, sizeof text);
        if (a.family == WEIR_FAMILY_IPV4) a.scope = 0, memset(a.bytes + 4, 0, sizeof a.bytes - 4);
        if (parse_back(&b, text) < 0 || !weir_address_equal(&a, &b)) fail_msg("%s", text);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void a_refused_address_leaves_the_result_alone(void **state) {
    (void)state;
    weir_address a, before;
    memset(&a, 0x5a, sizeof a);
    before = a;
    assert_int_equal(weir_address_ip(&a, "1.2.3.4x", 80), WEIR_EINVAL);
    assert_int_equal(weir_address_ip(&a, NULL, 80), WEIR_EINVAL);
    assert_int_equal(weir_address_ip(NULL, "1.2.3.4", 80), WEIR_EINVAL);
    assert_int_equal(weir_address_unix(&a, "", 0), WEIR_EINVAL);
    assert_int_equal(weir_address_unix(&a, NULL, 1), WEIR_EINVAL);
    assert_int_equal(weir_address_unix(NULL, "/x", 2), WEIR_EINVAL);
    assert_memory_equal(&a, &before, sizeof a);
}

static void a_path_is_taken_whole_or_refused(void **state) {
    (void)state;
    char path[200];
    memset(path, 'p', sizeof path);
    weir_address a;
    assert_int_equal(weir_address_unix(&a, path, 107), 0);
    assert_int_equal(a.length, 107);
    assert_memory_equal(a.bytes, path, 107);
    assert_int_equal(a.bytes[107], 0);
    assert_int_equal(weir_address_unix(&a, path, 108), WEIR_ENAMETOOLONG);
    assert_int_equal(weir_address_unix(&a, path, sizeof path), WEIR_ENAMETOOLONG);
    assert_int_equal(weir_address_unix(&a, "/a\0b", 4), WEIR_EINVAL);
    assert_int_equal(weir_address_unix(&a, "\0a", 2), WEIR_EINVAL);
}

static void an_abstract_name_begins_with_a_zero_byte(void **state) {
    (void)state;
    char name[200];
    memset(name, 'n', sizeof name);
    name[0] = '@';
    weir_address a;
    assert_int_equal(weir_address_unix(&a, "@x", 2), 0);
    assert_int_equal(a.length, 2);
    assert_memory_equal(a.bytes, "\0x", 2);
    assert_int_equal(weir_address_unix(&a, "@\0x\0", 4), 0); /* any byte may be in one */
    assert_int_equal(a.length, 4);
    assert_int_equal(weir_address_unix(&a, name, 108), 0); /* fills the system's structure, without a final zero */
    assert_int_equal(weir_address_unix(&a, name, 109), WEIR_ENAMETOOLONG);
    assert_int_equal(weir_address_unix(&a, "@", 1), WEIR_EINVAL);
}

static const char *unix_text(const char *path, size_t length) {
    static char text[400];
    weir_address a;
    assert_int_equal(weir_address_unix(&a, path, length), 0);
    return weir_address_format(&a, text, sizeof text);
}

static void unprintable_bytes_of_a_path_are_escaped(void **state) {
    (void)state;
    assert_string_equal(unix_text("/run/x", 6), "/run/x");
    assert_string_equal(unix_text("@abstract", 9), "@abstract");
    assert_string_equal(unix_text("/a b\n\x7f\xff", 7), "/a b%0A%7F%FF");
    assert_string_equal(unix_text("/100%?x", 7), "/100%25%3Fx");
    assert_string_equal(unix_text("@a\0@", 4), "@a%00@");
}

static void a_file_that_begins_with_an_at_is_not_told_as_an_abstract_name(void **state) {
    (void)state;
    const weir_address a = {.family = WEIR_FAMILY_UNIX, .length = 2, .bytes = "@x"};
    char text[WEIR_ADDRESS_TEXT_MAX];
    assert_string_equal(weir_address_format(&a, text, sizeof text), "./@x");
}

static void what_has_no_address_has_no_text(void **state) {
    (void)state;
    const weir_address none = {0}, unnamed = {.family = WEIR_FAMILY_UNIX};
    char text[WEIR_ADDRESS_TEXT_MAX];
    assert_string_equal(weir_address_format(&none, text, sizeof text), "");
    assert_string_equal(weir_address_format(&unnamed, text, sizeof text), "");
}

static void a_text_is_cut_to_its_buffer_but_not_within_an_escape(void **state) {
    (void)state;
    weir_address a;
    char whole[64], text[64];
    for (int which = 0; which < 3; which++) {
        if (which == 0) assert_int_equal(weir_address_ip(&a, "127.0.0.1", 65535), 0);
        if (which == 1) assert_int_equal(weir_address_ip(&a, "fe80::1:2%3", 65535), 0);
        if (which == 2) assert_int_equal(weir_address_unix(&a, "@ab\ncd", 6), 0);
        weir_address_format(&a, whole, sizeof whole);
        for (size_t size = 0; size <= strlen(whole) + 1; size++) {
            memset(text, '#', sizeof text);
            assert_ptr_equal(weir_address_format(&a, text, size), text);
            assert_int_equal(text[size], '#');
            if (size == 0) continue;
            size_t expected = which == 2 && (size == 5 || size == 6) ? 3 : size - 1;
            assert_int_equal(strlen(text), expected);
            assert_memory_equal(text, whole, expected);
        }
    }
}

static void a_lying_length_is_not_believed(void **state) {
    (void)state;
    weir_address a = {.family = WEIR_FAMILY_UNIX, .length = 255}, b = a;
    char text[400];
    memset(a.bytes, 'a', sizeof a.bytes);
    memset(b.bytes, 'a', sizeof b.bytes);
    assert_int_equal(strlen(weir_address_format(&a, text, sizeof text)), sizeof a.bytes);
    assert_true(weir_address_equal(&a, &b));
}

static weir_address ip(const char *host, uint16_t port) {
    weir_address a;
    assert_int_equal(weir_address_ip(&a, host, port), 0);
    return a;
}

static bool equal(weir_address a, weir_address b) {
    assert_int_equal(weir_address_equal(&a, &b), weir_address_equal(&b, &a));
    return weir_address_equal(&a, &b);
}

static void equal_is_equal_in_everything_that_counts(void **state) {
    (void)state;
    weir_address path, name, dirty = ip("1.2.3.4", 80);
    weir_address_unix(&path, "/x", 2);
    weir_address_unix(&name, "@x", 2);
    assert_true(equal(ip("::1", 80), ip("0:0::1", 80)));
    assert_true(equal(path, path));
    assert_false(equal(path, name));
    assert_false(equal(ip("::1", 80), ip("::1", 81)));
    assert_false(equal(ip("::1", 80), ip("::2", 80)));
    assert_false(equal(ip("fe80::1%1", 80), ip("fe80::1%2", 80)));
    assert_false(equal(ip("1.2.3.4", 80), ip("::ffff:1.2.3.4", 80)));
    dirty.bytes[50] = 1; /* behind the bytes in use */
    dirty.scope = 9;
    assert_true(equal(dirty, ip("1.2.3.4", 80)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_four_decimal_numbers),
        cmocka_unit_test(ipv6_is_written_in_its_shortest_form),
        cmocka_unit_test(what_is_not_ipv6_is_refused),
        cmocka_unit_test(random_ipv6_texts_are_judged_as_the_system_judges_them),
        cmocka_unit_test(a_random_ip_address_survives_its_text),
        cmocka_unit_test(a_refused_address_leaves_the_result_alone),
        cmocka_unit_test(a_path_is_taken_whole_or_refused),
        cmocka_unit_test(an_abstract_name_begins_with_a_zero_byte),
        cmocka_unit_test(unprintable_bytes_of_a_path_are_escaped),
        cmocka_unit_test(a_file_that_begins_with_an_at_is_not_told_as_an_abstract_name),
        cmocka_unit_test(what_has_no_address_has_no_text),
        cmocka_unit_test(a_text_is_cut_to_its_buffer_but_not_within_an_escape),
        cmocka_unit_test(a_lying_length_is_not_believed),
        cmocka_unit_test(equal_is_equal_in_everything_that_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
