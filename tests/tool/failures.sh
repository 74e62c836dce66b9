# SPDX-License-Identifier: MIT
# What fails is told with its stage and what had passed by then, and the status is 1.
source "$(dirname "$0")/common.bash"

# A port where nobody listens.
start serve echo tcp://127.0.0.1:0
nobody=$where
stop "$pid"

for backend in $(real_backends); do
    weir --backend "$backend" relay stdio: "$nobody" </dev/null
    expect 1 "weir: connect ${nobody#tcp://}: refused"
    weir --backend "$backend" relay stdio: unix:/nowhere/socket </dev/null
    expect 1 "weir: connect /nowhere/socket: no such file*"

    # The same behind a door: who comes is reset, and the relay goes on.
    start --backend "$backend" relay listen:tcp://127.0.0.1:0 "$nobody"
    relay=$pid
    for _ in 1 2; do
        weir --backend "$backend" relay stdio: "$where" </dev/null
        expect 1 "weir: * reset by the peer*"
    done
    stop "$relay"
    expect 1 "weir: connect ${nobody#tcp://}: refused*weir: 2 connections, 0 bytes*2 failed"

    # A reset in the middle: a killed server whose socket held a byte that it had not read.
    start --backend "$backend" serve source tcp://127.0.0.1:0
    mkfifo "$work/out"
    printf x | "$WEIR_BIN" --backend "$backend" relay stdio: "$where" >"$work/out" 2>"$work/said" & client=$!
    exec {out}<"$work/out"
    head -c 100000 <&"$out" >/dev/null
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    unset "started[$pid]"
    cat <&"$out" >/dev/null
    status=0
    wait "$client" || status=$?
    said=$(cat "$work/said")
    expect 1 "weir: *reset by the peer*[(]until then 1 byte A to B, [1-9]* bytes B to A[)]"
    exec {out}<&-
    rm "$work/out"
done
exit 0
