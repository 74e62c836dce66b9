# SPDX-License-Identifier: MIT
# The demo moves its file over every medium of every backend, and leaves nothing behind.
source "$(dirname "$0")/common.bash"
mkdir "$work/tmp"
export TMPDIR=$work/tmp

weir demo --bytes 8M >"$work/out"; expect 0 "*epoll tcp *verified*"
for backend in $(real_backends) sim; do
    for medium in tcp unix pipe memory; do
        grep -Eq "^  $backend +$medium +8\.0 MiB .* yes$" "$work/out" || fail "no good row for $backend $medium"
    done
done
grep -q 'congestion control in force: [a-z]' "$work/out" || fail "no congestion control"
! grep -q $'\033' "$work/out" "$work/said" || fail "drawing in a file"
[ -z "$(ls "$work/tmp")" ] || fail "it left a file behind"

weir --quiet demo --backend epoll --bytes 0 >"$work/out"; expect 0 ""
weir --quiet demo --backend epoll --bytes 1 >"$work/out"; expect 0 ""
grep -q '^4 of 4 arrived whole' "$work/out" || fail "one byte"
TMPDIR=/nowhere weir demo --bytes 1K >"$work/out"; expect 1 "weir: open /nowhere/weir-demo-*: No such file*"
exit 0
