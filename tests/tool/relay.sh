# SPDX-License-Identifier: MIT
# Bytes and their end pass through relays in both directions, and all of them arrive.
source "$(dirname "$0")/common.bash"

make_file "$work/file" 64

# echo <- relay <- relay with stdio
for backend in $(real_backends); do
    start --backend "$backend" serve echo "unix:$work/echo"
    server=$pid
    start --backend "$backend" relay listen:tcp://127.0.0.1:0 "unix:$work/echo"
    relay=$pid door=$where

    [ "$(printf hello | "$WEIR_BIN" --backend "$backend" relay stdio: "$door")" = hello ] || fail "hello"
    [ -z "$("$WEIR_BIN" relay stdio: "$door" </dev/null)" ] || fail "an empty stream"
    weir relay --backend "$backend" stdio: "$door" <"$work/file" >"$work/back"; expect 0 ""
    cmp "$work/file" "$work/back" || fail "file to file"
    # shellcheck disable=SC2002 # a pipe is meant
    cat "$work/file" | "$WEIR_BIN" --backend "$backend" relay "$door" stdio: | cmp - "$work/file" || fail "pipe to pipe"

    stop "$relay"; expect 0 "*weir: 4 connections, 134217733 bytes A to B, 134217733 bytes B to A, * 0 failed"
    stop "$server"; expect 0 "*weir: 4 connections, 134217733 bytes echoed, * 0 failed"
done

# One upload to stdout, and then it ends by itself.
start relay listen:tcp://127.0.0.1:0 stdio: </dev/null >"$work/back"
taker=$pid
weir relay stdio: "$where" <"$work/file"; expect 0 ""
end "$taker"; expect 0 ""
cmp "$work/file" "$work/back" || fail "upload"

# A source sends what it was told, with its pattern; discard takes everything.
[ "$("$WEIR_BIN" serve source --bytes 1M stdio: </dev/null | wc -c)" -eq 1048576 ] || fail "source stdio:"
start serve source --bytes 1M tcp://127.0.0.1:0
"$WEIR_BIN" relay stdio: "$where" </dev/null >"$work/back" || fail "source"
[ "$(wc -c <"$work/back")" -eq 1048576 ] || fail "source: size"
[ "$(sed -n 4098p "$work/back" | cut -c1-16)" = "weir source 0001" ] || fail "source: pattern"
[ "$(head -1 "$work/back" | wc -c)" -eq 64 ] || fail "source: line"
stop "$pid"; expect 0 "*weir: 1 connection, 1048576 bytes sent, * 0 failed"
start serve discard tcp://127.0.0.1:0
weir relay stdio: "$where" <"$work/file"; expect 0 ""
stop "$pid"; expect 0 "*weir: 1 connection, 67108864 bytes received, * 0 failed"
[ "$(printf hello | "$WEIR_BIN" serve echo stdio:)" = hello ] || fail "echo stdio:"
weir serve discard stdio: <"$work/file" >"$work/back"; expect 0 ""
exit 0
