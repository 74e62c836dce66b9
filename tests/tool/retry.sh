# SPDX-License-Identifier: MIT
# A connection that fails is tried again as often as was asked, and made when somebody is there at last.
source "$(dirname "$0")/common.bash"

for backend in $(real_backends); do
    # Never: the tries are counted, and the last failure is told.
    weir -v relay --backend "$backend" --retry 2 stdio: "unix:$work/none" </dev/null
    expect 1 "*; again in *(1 of 2)*; again in *(2 of 2)*weir: connect $work/none: no such file or address*1 failed"
    weir relay --backend "$backend" --retry 2 stdio: "unix:$work/none" </dev/null
    expect 1 "weir: connect $work/none: no such file or address"
    weir -v relay --backend "$backend" --retry 0 stdio: "unix:$work/none" </dev/null
    [[ $said != *again* ]] || fail "tried again: $said"

    # At last: the server comes after the first failure was told.
    mkfifo "$work/err"
    printf hello | "$WEIR_BIN" -v relay --backend "$backend" --retry 1000 stdio: "unix:$work/late" \
        >"$work/out" 2>"$work/err" & client=$!
    exec {fd}<"$work/err"
    started[$client]=$fd
    hear "$client"
    [[ $line == *"again in "* ]] || fail "it says: $line"
    start --backend "$backend" serve echo "unix:$work/late"
    server=$pid
    end "$client"; expect 0 "*"
    [ "$(cat "$work/out")" = hello ] || fail "it brought: $(cat "$work/out")"
    stop "$server"
    rm "$work/err"

    # Behind a door: who came in waits, unread, and loses nothing.
    start --backend "$backend" -v relay --retry 1000 listen:tcp://127.0.0.1:0 "unix:$work/later"
    relay=$pid
    printf hello | "$WEIR_BIN" relay stdio: "$where" >"$work/out" & client=$!
    hear "$relay"
    [[ $line == *"again in "* ]] || fail "the relay says: $line"
    start --backend "$backend" serve echo "unix:$work/later"
    server=$pid
    wait "$client" || fail "the client"
    [ "$(cat "$work/out")" = hello ] || fail "through the door: $(cat "$work/out")"
    stop "$relay"; expect 0 "*1 connection, 5 bytes A to B, 5 bytes B to A, * 0 failed"
    stop "$server"

    # A signal ends the waiting, and what had come in did not arrive.
    start --backend "$backend" -v relay --retry 1000000 listen:tcp://127.0.0.1:0 "unix:$work/none"
    relay=$pid
    exec {client}<>"/dev/tcp/127.0.0.1/$(port_of "$where")"
    hear "$relay"
    [[ $line == *"again in "* ]] || fail "the relay says: $line"
    stop "$relay"; expect 1 "*weir: connect $work/none: no such file*1 connection, 0 bytes*, 1 failed"
    exec {client}>&-

    # What would be the same the next time is not tried again.
    weir -v relay --backend "$backend" --retry 5 stdio: "file:$work?write" </dev/null
    [ "$status" -eq 1 ] && [[ $said != *again* ]] || fail "a folder: $status, $said"
done

weir relay --retry -1 stdio: unix:@x;               expect 2 "*--retry -1: not a number of times*"
weir relay --connect-timeout 5 stdio: unix:@x;      expect 2 "*--connect-timeout 5: not a duration with its unit*"
weir relay --timeout 1.5s stdio: unix:@x;           expect 2 "*not a duration*"
weir relay --timeout 0s stdio: unix:@x;             expect 2 "*not a duration*"
weir relay --timeout 99999999999h stdio: unix:@x;   expect 2 "*not a duration*"
weir serve --retry 1 echo unix:@x;                  expect 2 "*--retry is no option of \`weir serve\`*"
exit 0
