/* SPDX-License-Identifier: MIT
 *
 * Inherited descriptors: of every kind they move bytes, their flags are not changed unless they were taken, and they
 * are closed by whoever owns them. A file that was lent stands where its reader has read to. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/suites.h"
#include "support/store.h"

#define LARGE 300000

static char path[STORE_PATH];

static int open_fd(struct actor *a, int fd, weir_ownership owner) {
    struct scene *s = a->scene;
    weir_transport *t;
    scene_calls(s);
    int status = scene_called(s, weir_fd_open(s->loop, fd, owner, s->limits, actor_protocol(a), a, &t));
    if (status == 0) actor_opened(a, t);
    return status;
}

static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

static size_t take_the_pattern(struct actor *a, const uint8_t *bytes, size_t n) {
    check(pattern_matches(bytes, a->received, n));
    return n;
}

static void pump_and_close(struct actor *a) { actor_pump(a, LARGE, close_now); }

static void prepare(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = pump_and_close;
    s->server.on_received = take_the_pattern;
}

static void an_owner_must_be_said(struct scene *s) {
    weir_transport *t = NULL;
    check_int(weir_fd_open(s->loop, 0, (weir_ownership)0, NULL, NULL, NULL, &t), WEIR_EINVAL);
    check_int(weir_fd_open(s->loop, -1, WEIR_BORROW, NULL, NULL, NULL, &t), WEIR_EINVAL);
    check_int(weir_fd_open(s->loop, 9999, WEIR_BORROW, NULL, NULL, NULL, &t), WEIR_ENOENT);
    check(t == NULL);
}

static void a_lent_pipe(struct scene *s) {
    int ends[2];
    check_int(pipe2(ends, O_CLOEXEC), 0);
    int flags = fcntl(ends[0], F_GETFL);
    prepare(s);
    check_int(open_fd(&s->server, ends[0], WEIR_BORROW), 0);
    check_int(open_fd(&s->client, ends[1], WEIR_DUP), 0);
    close(ends[1]);
    scene_run(s);
    check_int(s->server.received, LARGE);
    check_int(fcntl(ends[0], F_GETFL), flags);
    check(is_open(ends[0]));
    close(ends[0]);
}

/* Given back as it was: neither shut down nor reset, and what the one end sends afterwards the other gets. */
static void a_lent_socket_is_given_back_whole(struct scene *s) {
    char heard[3] = "";
    int ends[2];
    check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = hear_hello_and_close;
    check_int(open_fd(&s->server, ends[0], WEIR_BORROW), 0);
    check_int(open_fd(&s->client, ends[1], WEIR_DUP), 0);
    scene_run(s);
    check_int(s->server.code, 0);
    check_int(s->client.code, 0);
    check_int(send(ends[1], "on", 2, MSG_NOSIGNAL), 2);
    check_int(recv(ends[0], heard, 2, MSG_DONTWAIT), 2);
    check_int(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    close(ends[0]);
    close(ends[1]);
}

static void a_taken_socket_ends_for_its_peer(struct scene *s) {
    int ends[2];
    check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    prepare(s);
    check_int(open_fd(&s->server, ends[0], WEIR_TAKE), 0);
    check_int(open_fd(&s->client, ends[1], WEIR_TAKE), 0);
    check(actor_info(&s->client).can_half_close);
    scene_run(s);
    check_int(s->server.received, LARGE);
    check(!is_open(ends[0]) && !is_open(ends[1]));
}

static void a_taken_pipe(struct scene *s) {
    int ends[2];
    check_int(pipe2(ends, O_CLOEXEC), 0);
    prepare(s);
    check_int(open_fd(&s->server, ends[0], WEIR_TAKE), 0);
    check_int(open_fd(&s->client, ends[1], WEIR_TAKE), 0);
    scene_run(s);
    check_int(s->server.received, LARGE);
    check(!is_open(ends[0]) && !is_open(ends[1]));
}

static size_t take_and_close(struct actor *a, const uint8_t *bytes, size_t n) {
    size_t left = 1000 - (size_t)a->received, k = n < left ? n : left;
    check(pattern_matches(bytes, a->received, k));
    if (k == left) close_now(a);
    return k;
}

static size_t take_and_abort(struct actor *a, const uint8_t *bytes, size_t n) {
    size_t left = 1000 - (size_t)a->received, k = n < left ? n : left;
    (void)bytes;
    if (k == left) abort_now(a);
    return k;
}

static void read_some_of_a_file(struct scene *s, weir_ownership owner) {
    store_path(path);
    store_put(s, path, LARGE);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    check_int(open_fd(&s->client, fd, owner), 0);
    scene_run(s);
    check_int(s->client.received, 1000);
    check_int(lseek(fd, 0, SEEK_CUR), 1000);
    close(fd);
    store_remove(s, path);
}

static void a_lent_file_stands_where_it_was_read_to(struct scene *s) {
    s->client.on_received = take_and_close;
    read_some_of_a_file(s, WEIR_BORROW);
}

static void so_does_a_duplicate(struct scene *s) {
    s->client.on_received = take_and_close;
    read_some_of_a_file(s, WEIR_DUP);
}

static void so_does_one_that_is_aborted(struct scene *s) {
    s->client.on_received = take_and_abort;
    read_some_of_a_file(s, WEIR_BORROW);
}

static size_t take_ten(struct actor *a, const uint8_t *bytes, size_t n) {
    if (a->received + 10 == 1000) close_now(a);
    (void)bytes;
    return n < 10 ? n : 10;
}

static void so_does_one_that_was_read_in_small_pieces(struct scene *s) {
    s->client.on_received = take_ten;
    read_some_of_a_file(s, WEIR_BORROW);
}

static size_t take_a_thousand(struct actor *a, const uint8_t *bytes, size_t n) {
    size_t left = 1000 - (size_t)a->received;
    (void)bytes;
    return n < left ? n : left;
}

static void so_does_one_whose_protocol_failed(struct scene *s) {
    s->client.on_received = take_a_thousand;
    read_some_of_a_file(s, WEIR_DUP);
    check_int(s->client.code, WEIR_EMSGSIZE);
}

static void a_lent_file_is_written_where_it_stands(struct scene *s) {
    store_path(path);
    store_put(s, path, 100);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    check_int(lseek(fd, 100, SEEK_SET), 100);
    prepare(s);
    s->client.written = 100;
    check_int(open_fd(&s->client, fd, WEIR_BORROW), 0);
    scene_run(s);
    check_int(lseek(fd, 0, SEEK_CUR), LARGE + 100);
    close(fd);
    store_expect(s, path, LARGE + 100);
    store_remove(s, path);
}

static void a_full_device_is_told(struct scene *s) {
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    s->client.silenced = true;
    s->client.on_connected = pump_and_close;
    check_int(open_fd(&s->client, fd, WEIR_TAKE), 0);
    scene_run(s);
    check_int(s->client.code, WEIR_ENOSPC);
}

static void what_is_no_stream_is_refused(struct scene *s) {
    weir_transport *t = NULL;
    int folder = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int datagrams = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(weir_fd_open(s->loop, folder, WEIR_BORROW, NULL, NULL, NULL, &t) < 0);
    check(is_open(folder));
    check(weir_fd_open(s->loop, folder, WEIR_TAKE, NULL, NULL, NULL, &t) < 0);
    check(!is_open(folder));
    check_int(weir_fd_open(s->loop, datagrams, WEIR_TAKE, NULL, NULL, NULL, &t), WEIR_ENOTSUP);
    check(!is_open(datagrams));
    check(t == NULL);
}

static void a_path_that_would_have_to_be_waited_for_is_refused(struct scene *s) {
    store_path(path);
    check_int(mkfifo(path, 0600), 0);
    scene_worked(s, actor_open_file(&s->client, path, WEIR_FILE_READ));
    scene_run(s);
    check_int(s->client.code, WEIR_ENOTSUP);
    check_int(s->client.reason.stage, WEIR_STAGE_OPEN);
    store_remove(s, path);
}

static const struct scenario fd[] = {
    SCENARIO(an_owner_must_be_said, .places = SYSTEM),
    SCENARIO(a_lent_pipe, .places = SYSTEM),
    SCENARIO(a_taken_pipe, .places = SYSTEM),
    SCENARIO(a_lent_socket_is_given_back_whole, .places = SYSTEM),
    SCENARIO(a_taken_socket_ends_for_its_peer, .places = SYSTEM),
    SCENARIO(a_lent_file_stands_where_it_was_read_to, .places = SYSTEM),
    SCENARIO(so_does_a_duplicate, .places = SYSTEM),
    SCENARIO(so_does_one_that_is_aborted, .places = SYSTEM),
    SCENARIO(so_does_one_that_was_read_in_small_pieces, .places = SYSTEM),
    SCENARIO(so_does_one_whose_protocol_failed, .places = SYSTEM),
    SCENARIO(a_lent_file_is_written_where_it_stands, .places = SYSTEM),
    SCENARIO(a_full_device_is_told, .places = SYSTEM),
    SCENARIO(what_is_no_stream_is_refused, .places = SYSTEM),
    SCENARIO(a_path_that_would_have_to_be_waited_for_is_refused, .places = SYSTEM),
};

const struct suite fd_suite = SUITE(fd);
