# SPDX-License-Identifier: MIT
# --stats=json: one object in one line, the figures right, on stderr or in a file, also when the run has failed.
source "$(dirname "$0")/common.bash"

python=
for candidate in python3 python; do command -v $candidate >/dev/null && $candidate -c 'import json' && python=$candidate && break; done

# is_json FILE: valid, and one line.
is_json() {
    [ "$(wc -l <"$1")" -eq 1 ] || fail "not one line: $(cat "$1")"
    if [ -n "$python" ]; then
        $python -m json.tool "$1" >/dev/null || fail "no JSON: $(cat "$1")"
    else
        grep -q '^{"weir":.*}}$' "$1" || fail "no object: $(cat "$1")"
    fi
}
has() { grep -qE "$2" "$1" || fail "no $2 in $(cat "$1")"; }

make_file "$work/file" 1
for backend in $(real_backends); do
    start --backend "$backend" serve echo "unix:$work/echo" --stats "json:$work/served"
    server=$pid
    weir relay --backend "$backend" "--stats=json:$work/stats" stdio: "$where" <"$work/file" >/dev/null
    expect 0 ""
    is_json "$work/stats"
    has "$work/stats" '"verb":"relay","a":"stdio:","b":"unix:[^"]*/echo","workers":1,"exit_status":0,"seconds":[0-9]+\.[0-9]{6},'
    has "$work/stats" '"bytes":\{"a_to_b":1048576,"b_to_a":1048576\},"bytes_per_second":\{"a_to_b":[1-9][0-9]*,'
    has "$work/stats" '"connections":\{"opened":1,"failed":0,"retried":0,"closed_idle":0,"cut_off":0\}'
    has "$work/stats" "\"first_failure\":null,\"stalls\":\{.*\"loop\":\{\"backend\":\"$backend\",\"ticks\":[1-9]"

    weir relay --quiet --backend "$backend" --stats json stdio: "$where" </dev/null; expect 0 '{"weir":*}'
    stop "$server"; expect 0 "*2 connections*"
    is_json "$work/served"
    has "$work/served" '"verb":"serve","service":"echo","endpoint":"unix:[^"]*","workers":1,"exit_status":0.*"bytes":\{"echoed":1048576\}'

    weir relay --backend "$backend" --stats json --retry 1 stdio: "unix:$work/\"no\\where\"" </dev/null
    expect 1 "weir: connect *: no such file*{\"weir\":*"
    tail -1 "$work/said" >"$work/failed"
    is_json "$work/failed"
    has "$work/failed" '"exit_status":1.*"failed":1,"retried":1,.*"first_failure":"connect [^,]*no such file'
done

weir relay --stats "json:$work/nowhere/x" stdio: stdio:;         expect 2 "*only one standard input*"
weir serve source --bytes 1 stdio: --stats=json:/dev/full </dev/null >/dev/null
expect 1 "weir: write /dev/full: No space left on device"
weir relay --stats=xml stdio: unix:@x;  expect 2 "*--stats xml: not json*"
weir relay --stats=json: stdio: unix:@x; expect 2 "*--stats json:: not json*"
exit 0
