# SPDX-License-Identifier: MIT
# The doctor names every backend and the limits, tells why one does not work, and what the environment chose.
source "$(dirname "$0")/common.bash"

weir doctor >"$work/out"; expect 0 ""
for what in '^weir [0-9]' '^  io_uring\|^  epoll' '^  epoll  *works' '^  sim  *works' '^  in use: ' '^  open files ' \
    '^  locked memory ' '^  listen backlog ' '^  congestion control ' '^  io_uring_disabled '; do
    grep -q "$what" "$work/out" || fail "no line like: $what"
done
! grep -q ' $' "$work/out" || fail "blanks at the end of a line"
! grep -q $'\033' "$work/out" || fail "colours in a file"

WEIR_BACKEND=epoll weir doctor >"$work/out"; expect 0 ""
grep -q '^  in use: epoll (WEIR_BACKEND)' "$work/out" || fail "WEIR_BACKEND=epoll"
weir doctor --backend epoll >"$work/out"; expect 0 ""
grep -q '^  in use: epoll (--backend)' "$work/out" || fail "--backend epoll"
WEIR_BACKEND=nonsense weir doctor >"$work/out"; expect 1 "weir: open a loop on nonsense: *"
(ulimit -n 256 && weir doctor >"$work/out"; expect 0 "") || fail "a low limit"
(ulimit -n 256 && "$WEIR_BIN" doctor | grep -q '^  open files .*low') || fail "no advice about open files"
exit 0
