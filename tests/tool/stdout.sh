# SPDX-License-Identifier: MIT
# A full disk and a closed or departed standard output are failures, and are told.
source "$(dirname "$0")/common.bash"

start serve source --bytes 8M tcp://127.0.0.1:0
for backend in $(real_backends); do
    weir --backend "$backend" relay stdio: "$where" </dev/null >/dev/full
    expect 1 "weir: write*no space left on the device*"
    weir --backend "$backend" relay stdio: "$where" </dev/null >&-
    expect 1 "weir: open stdio: standard output is closed"
    weir --backend "$backend" relay stdio: "$where" <&- >/dev/null
    expect 1 "weir: open stdio: standard input is closed"

    "$WEIR_BIN" --backend "$backend" relay stdio: "$where" </dev/null 2>"$work/said" | head -c 1 >/dev/null
    status=${PIPESTATUS[0]} said=$(cat "$work/said")
    expect 1 "weir: *[(]until then *B to A[)]"
    "$WEIR_BIN" --backend "$backend" serve source stdio: </dev/null 2>"$work/said" | head -c 1 >/dev/null
    status=${PIPESTATUS[0]} said=$(cat "$work/said")
    expect 1 "weir: *[(]until then *sent[)]"
done
kill -KILL "$pid"
unset "started[$pid]"

for words in doctor --help "demo --bytes 1K" --version; do
    # shellcheck disable=SC2086 # words
    { weir $words >/dev/full; expect 1 "*weir: write standard output: No space left on device"; }
    # shellcheck disable=SC2086
    { weir $words >&-; expect 1 "*weir: write standard output: Bad file descriptor"; }
done
exit 0
