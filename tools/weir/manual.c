/* SPDX-License-Identifier: MIT
 *
 * The prose of --help. docs/man/weir.1.scd and docs/tool.md tell the same at more length. */
#include "manual.h"

const char manual_tool_head[] =
    "weir moves bytes between sockets, pipes, files and standard input and output, and loses none.\n"
    "\n"
    "usage: weir VERB WORDS... [OPTION...]\n"
    "\n"
    "verbs\n";

const char manual_tool_tail[] = "What waits, and for how long, and more can be said behind ?, joined by &, as in "
                                "tcp://127.0.0.1:80?idle=30s&max=100; --explain tells what holds.\n"
                                "\n"
                                "exit status\n"
                                "  0  every byte arrived\n"
                                "  1  something failed; the message tells at which stage\n"
                                "  2  the command line was not understood, and nothing was begun\n"
                                "  3  a signal ended it with bytes undelivered\n"
                                "\n"
                                "examples\n"
                                "  weir serve echo tcp://127.0.0.1:7000\n"
                                "  printf hello | weir relay stdio: tcp://127.0.0.1:7000\n"
                                "  weir relay listen:tcp://127.0.0.1:8080 unix:/run/app\n"
                                "  weir demo\n"
                                "\n"
                                "`weir help VERB` tells more.\n";

const char manual_relay[] =
    "Joins two endpoints and carries bytes both ways, each way no faster than the other side takes them. The end of "
    "one direction passes through while the other goes on. `listen:` before an endpoint makes it listen.\n"
    "\n"
    "  both connect  one relay; it ends when both directions have ended\n"
    "  one listens   each connection that comes in gets a fresh one to the other side (stdio: goes to the first that "
    "comes, and no other is taken)\n"
    "  both listen   connections are paired in the order in which they come\n"
    "\n"
    "Who listens says so on stderr once it is ready, with the real port where 0 was asked:\n"
    "  listening on tcp://127.0.0.1:41873\n"
    "\n"
    "The first SIGINT or SIGTERM stops accepting and lets connections come to their end: what is still busy is given "
    "ten seconds, what is idle is closed. The second cuts them off. A summary follows on stderr.\n"
    "\n"
    "--retry tries again what was refused, unreachable, timed out or not there yet, after a random time of at most "
    "0.2 s, then 0.4 s, 0.8 s and so on up to 10 s. Meanwhile who came in waits.\n";

const char examples_relay[] =
    "  printf hello | weir relay stdio: tcp://127.0.0.1:7000  send, end, and print the whole answer\n"
    "  weir relay listen:tcp://127.0.0.1:8080 unix:/run/app   a TCP door to a UNIX server\n"
    "  weir relay listen:tcp://0.0.0.0:9000 stdio: >file      take one upload\n"
    "  weir relay -p --rate 1M stdio: unix:/run/x <file       send a file gently, and watch\n"
    "  weir relay --hexdump listen:tcp://127.0.0.1:8080 tcp://127.0.0.1:80  see what two programs say to each other\n"
    "  weir relay file:big tcp://127.0.0.1:7000 -p            send a file, and see how long it will take\n"
    "  weir relay listen:unix:@a listen:unix:@b               introduce clients to each other\n";

const char manual_serve[] = "Serves every connection that comes to ENDPOINT.\n"
                            "\n"
                            "  echo     sends back what it gets, with the end of the stream\n"
                            "  discard  takes everything, answers nothing\n"
                            "  source   sends numbered lines of 64 bytes, the same 256 KiB again and again: --bytes N "
                            "of them and then the end, or without --bytes for ever\n"
                            "\n"
                            "Who listens says so on stderr once it is ready. Signals as with `weir help relay`.\n";

const char examples_serve[] = "  weir serve echo tcp://127.0.0.1:0\n"
                              "  weir serve source --bytes 2G unix:/tmp/source\n"
                              "  weir serve source --bytes 1K stdio:\n"
                              "  weir serve discard -p --stats=json:figures tcp://127.0.0.1:7000\n";

const char manual_doctor[] =
    "Tells which backends work here and why the others do not, which one is used, and the limits of this system that "
    "matter, with advice where one is low. It changes nothing. WEIR_BACKEND in the environment chooses a backend as "
    "--backend does. The exit status is 0 when a loop can be made.\n";

const char manual_demo[] =
    "Makes a file of 256 MiB (--bytes N) in TMPDIR or /tmp and moves it, on each backend that works here (--backend "
    "NAME: on that one), through TCP, a UNIX socket, a pipe and memory, each time twice with weir_pipe in between. "
    "Checks the SHA-256 at the end of the way and prints a table. The exit status is 0 when every file arrived "
    "whole.\n";

const char examples_demo[] = "  weir demo\n"
                             "  weir demo --bytes 1G --backend epoll\n";

const char manual_completion[] =
    "Prints what makes a shell complete verbs, options, their values and endpoints. The candidates come from weir "
    "itself, each time they are asked for, so they always fit the version in use.\n";

const char examples_completion[] = "  eval \"$(weir completion bash)\"      in ~/.bashrc\n"
                                   "  weir completion zsh >_weir          in a folder of $fpath\n"
                                   "  weir completion fish >weir.fish     in ~/.config/fish/completions\n";

const char manual_help[] = "Tells about weir, or about one verb.\n";
