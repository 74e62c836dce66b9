# SPDX-License-Identifier: MIT
# --explain tells what was understood, with what the options add to it, and does nothing.
source "$(dirname "$0")/common.bash"

told() { grep -qE -- "$1" "$work/out" || fail "no $1 in $(cat "$work/out")"; }

weir relay --explain --timeout 5s --connect-timeout 2s --rate 1M --retry 4 --hexdump \
    "throttle+tcp://127.0.0.1:1?throttle.rate=4K" "listen:unix:$work/door?idle=7s" >"$work/out"
expect 0 ""
told '^A connects to$'
told '^  throttle: .*; rate=4K'
told '^  tcp 127\.0\.0\.1:1: .*timeout=2s, idle=5s'
told '^B listens on$'
told '^  unix /.*/door: '
told '  idle=7s; by default'
told '^  backend +(io_uring|epoll|poll|select)'
told '^  memory +at most 256 MiB'
told '^  rate +1\.0 MiB a second'
told '^  retry +4 times more'
told '^  hexdump '
[ ! -e "$work/door" ] || fail "it listened"
[ "$(awk 'length($0) > 80' "$work/out")" = "" ] || fail "wider than a page"

weir serve --explain --workers 3 echo tcp://127.0.0.1:0 >"$work/out"; expect 0 ""
told '^listens on$'
told '^  workers +3'
weir serve --explain echo stdio: >"$work/out" </dev/null; expect 0 ""
told 'stall=forever'
weir serve --explain echo tcp://127.0.0.1 >"$work/out"; expect 2 "*port*"
exit 0
