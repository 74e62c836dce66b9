# SPDX-License-Identifier: MIT
# Two listening sides introduce those who come to each other, in order of arrival.
source "$(dirname "$0")/common.bash"

for backend in $(real_backends); do
    mkfifo "$work/relay"
    "$WEIR_BIN" --backend "$backend" relay "listen:unix:$work/a" "listen:unix:$work/b" 2>"$work/relay" & relay=$!
    exec {fd}<"$work/relay"
    started[$relay]=$fd
    for side in a b; do
        hear "$relay"
        [ "$line" = "listening on unix:$work/$side" ] || fail "it says: $line"
    done
    # Left ones come first and wait with all they have to say; each leaves its end of the stream before its partner comes.
    for i in 1 2 3; do
        mkfifo "$work/left$i"
        "$WEIR_BIN" relay stdio: "unix:$work/a" <<<"left $i" >"$work/from-right$i" & left[i]=$!
    done
    for i in 1 2 3; do
        "$WEIR_BIN" relay stdio: "unix:$work/b" <<<"right $i" >"$work/from-left$i" || fail "right $i"
    done
    for i in 1 2 3; do wait "${left[i]}" || fail "left $i"; done
    [ "$(sort "$work"/from-left?)" = "$(printf 'left %d\n' 1 2 3)" ] || fail "left to right"
    [ "$(sort "$work"/from-right?)" = "$(printf 'right %d\n' 1 2 3)" ] || fail "right to left"
    stop "$relay"; expect 0 "*weir: 3 connections, 21 bytes A to B, 24 bytes B to A, * 0 failed"
    rm "$work"/relay "$work"/left? "$work"/from-*
done
exit 0
