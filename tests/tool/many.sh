# SPDX-License-Identifier: MIT
# Two hundred connections at once through one relay.
source "$(dirname "$0")/common.bash"
ulimit -n 4096 2>/dev/null || true

for backend in $(real_backends); do
    start --backend "$backend" serve echo "unix:$work/echo"
    server=$pid
    start --backend "$backend" relay listen:tcp://127.0.0.1:0 "unix:$work/echo"
    relay=$pid port=$(port_of "$where")
    clients=()
    for i in {1..200}; do
        exec {client}<>"/dev/tcp/127.0.0.1/$port" || fail "connection $i"
        clients+=("$client")
    done
    for i in {0..199}; do printf 'line %03d\n' "$i" >&"${clients[i]}"; done
    for i in {0..199}; do
        read -r -t 60 line <&"${clients[i]}"
        [ "$line" = "$(printf 'line %03d' "$i")" ] || fail "connection $i got: $line"
    done
    for client in "${clients[@]}"; do exec {client}>&-; done
    stop "$relay"; expect 0 "*weir: 200 connections, 1800 bytes A to B, 1800 bytes B to A, * 0 failed*"
    stop "$server"; expect 0 "*weir: 200 connections, 1800 bytes echoed, * 0 failed*"
done
exit 0
