# SPDX-License-Identifier: MIT
# A signal stops accepting and lets what is there come to its end; a second one cuts it off.
source "$(dirname "$0")/common.bash"

for backend in $(real_backends); do
    start --backend "$backend" serve echo "unix:$work/echo"
    echo_server=$pid

    # Idle: closed in order. SIGINT must be asked for: shells give background jobs none.
    for signal in TERM INT; do
        mkfifo "$work/err"
        env --default-signal=INT "$WEIR_BIN" --backend "$backend" relay listen:tcp://127.0.0.1:0 "unix:$work/echo" \
            2>"$work/err" & relay=$!
        exec {fd}<"$work/err"
        started[$relay]=$fd
        hear "$relay"
        exec {client}<>"/dev/tcp/127.0.0.1/$(port_of "$line")"
        echo hello >&"$client"
        read -r -t 60 answer <&"$client"
        [ "$answer" = hello ] || fail "echo"
        kill -"$signal" "$relay"
        hear "$relay"
        [[ $line == "weir: stopping, with 1 connection to end first; "* ]] || fail "it says: $line"
        [ -z "$(cat <&"$client")" ] || fail "something came after hello"
        exec {client}>&-
        end "$relay"
        expect 0 "weir: 1 connection, 6 bytes A to B, 6 bytes B to A, * 0 failed, 1 closed while idle, 0 cut off"
        rm "$work/err"
    done

    # Busy: goes on to its end, and nobody else is let in.
    start --backend "$backend" serve source --bytes 64M tcp://127.0.0.1:0
    source=$pid port=$(port_of "$where")
    mkfifo "$work/out"
    "$WEIR_BIN" relay stdio: "$where" </dev/null >"$work/out" & client=$!
    exec {out}<"$work/out"
    head -c 1000000 <&"$out" | wc -c >"$work/first"
    kill -TERM "$source"
    hear "$source"
    until_true listens_no_more "$port"
    rest=$(wc -c <&"$out")
    [ "$((rest + $(cat "$work/first")))" -eq $((64 << 20)) ] || fail "of 64 MiB only $rest + $(cat "$work/first")"
    wait "$client" || fail "the client of the source"
    end "$source"; expect 0 "weir: 1 connection, 67108864 bytes sent, *"
    exec {out}<&-
    rm "$work/out"

    # Stuck: its peer takes nothing, so a second signal cuts it off.
    start --backend "$backend" serve source tcp://127.0.0.1:0
    source=$pid port=$(port_of "$where")
    exec {client}<>"/dev/tcp/127.0.0.1/$port"
    read -r -t 60 _ <&"$client"
    kill -TERM "$source"
    hear "$source"
    until_true listens_no_more "$port"
    stop "$source"; expect 3 "weir: 1 connection, * 1 cut off"
    exec {client}>&-

    # A single relay that was to carry everything has not.
    start --backend "$backend" serve echo tcp://127.0.0.1:0
    single=$where single_echo=$pid
    mkfifo "$work/in" "$work/out"
    "$WEIR_BIN" --backend "$backend" relay stdio: "$single" <"$work/in" >"$work/out" 2>"$work/said" & relay=$!
    exec {in}>"$work/in" {out}<"$work/out"
    echo hello >&"$in"
    read -r -t 60 answer <&"$out"
    kill -TERM "$relay"
    status=0; wait "$relay" || status=$?
    said=$(cat "$work/said")
    expect 3 "*weir: 1 connection, 6 bytes A to B, 6 bytes B to A,*"
    exec {in}>&- {out}<&-
    rm "$work/in" "$work/out"
    stop "$single_echo"
    stop "$echo_server"; expect 0 "*"
done
exit 0
