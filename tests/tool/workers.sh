# SPDX-License-Identifier: MIT
# Several workers behind one address: every byte is counted once, whoever carried it, and signals reach all of them.
source "$(dirname "$0")/common.bash"

for backend in $(real_backends); do
    start --backend "$backend" serve echo --workers 3 tcp://127.0.0.1:0 --stats "json:$work/stats"
    server=$pid
    start --backend "$backend" relay --workers 2 listen:tcp://127.0.0.1:0 "$where"
    relay=$pid port=$(port_of "$where")
    clients=()
    for i in {1..40}; do
        exec {client}<>"/dev/tcp/127.0.0.1/$port" || fail "connection $i"
        clients+=("$client")
    done
    for i in {0..39}; do printf 'line %03d\n' "$i" >&"${clients[i]}"; done
    for i in {0..39}; do
        read -r -t 60 line <&"${clients[i]}"
        [ "$line" = "$(printf 'line %03d' "$i")" ] || fail "connection $i got: $line"
    done
    for client in "${clients[@]}"; do exec {client}>&-; done
    stop "$relay"; expect 0 "*weir: 40 connections, 360 bytes A to B, 360 bytes B to A, * 0 failed*"
    stop "$server"; expect 0 "*weir: 40 connections, 360 bytes echoed, * 0 failed*"
    grep -q '"workers":3,"exit_status":0,.*"bytes":{"echoed":360},.*"opened":40' "$work/stats" || fail "$(cat "$work/stats")"

    # Stuck, and cut off by the second signal.
    start --backend "$backend" serve source --workers 2 tcp://127.0.0.1:0
    exec {client}<>"/dev/tcp/127.0.0.1/$(port_of "$where")"
    read -r -t 60 _ <&"$client"
    kill -TERM "$pid"
    hear "$pid"
    until_true listens_no_more "$(port_of "$where")"
    stop "$pid"; expect 3 "*1 connection, * 1 cut off"
    exec {client}>&-

    # An address in use is told once, and nothing is left running.
    start --backend "$backend" serve echo tcp://127.0.0.1:0
    weir --backend "$backend" serve echo --workers 2 "$where"
    expect 1 "weir: listen *: address in use"
    stop "$pid"; expect 0 "*"
done

weir serve echo --workers 2 "unix:$work/x";                        expect 2 "*--workers: the system shares out connections of tcp*"
weir relay --workers 2 stdio: tcp://127.0.0.1:1;                   expect 2 "*--workers: one side must listen*"
weir relay --workers 2 listen:tcp://127.0.0.1:0 stdio: </dev/null; expect 2 "*--workers: one side must listen*"
weir serve echo --workers 0 tcp://127.0.0.1:0;                     expect 2 "*--workers 0: not a number of threads*"
weir serve echo --workers 2 tcp://127.0.0.1:0 --backend sim;       expect 2 "*sim is a world of its own*"
exit 0
