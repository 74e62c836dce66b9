# SPDX-License-Identifier: MIT
# --hexdump shows what passes and changes nothing of it; --rate holds it up and loses nothing.
source "$(dirname "$0")/common.bash"

for backend in $(real_backends); do
    start --backend "$backend" serve echo "unix:$work/echo"
    server=$pid

    [ "$(printf 'hello\n' | "$WEIR_BIN" relay --backend "$backend" --hexdump stdio: "$where" 2>"$work/said")" = hello ] ||
        fail "dumped: $(cat "$work/said")"
    grep -Eq '^#1 [0-9]+\.[0-9]{6} A to B: 6 bytes$' "$work/said" || fail "no head: $(cat "$work/said")"
    grep -Eq '^#1 [0-9.]+ B to A: 6 bytes$' "$work/said" || fail "no head of the answer: $(cat "$work/said")"
    grep -Eq '^#1 [0-9.]+ A to B: the end, after 6 bytes$' "$work/said" || fail "no end: $(cat "$work/said")"
    [ "$(grep -c '^00000000  68 65 6c 6c 6f 0a {31,}hello\.$' "$work/said")" -eq 0 ] || fail "a strange row"
    [ "$(grep -cE '^00000000  68 65 6c 6c 6f 0a  +hello\.$' "$work/said")" -eq 2 ] || fail "rows: $(cat "$work/said")"
    ! grep -q $'\033' "$work/said" || fail "colours in a file"

    # What was dumped, put together again, is what passed.
    make_file "$work/file" 1
    weir relay --backend "$backend" --hexdump stdio: "$where" <"$work/file" >"$work/back"; expect 0 "*"
    cmp "$work/file" "$work/back" || fail "the dump changed it"
    for way in "A to B" "B to A"; do
        awk -v way="$way" '/^#/ { on = index($0, way ":") } !/^#/ && on { print substr($0, 10, 49) }' "$work/said" |
            tr -dc '0-9a-f' >"$work/dumped"
        od -An -v -tx1 "$work/file" | tr -dc '0-9a-f' | cmp - "$work/dumped" || fail "the dump $way is not what passed"
    done

    # Slowly, both ways: all of it, and the time is at least what the rate says, less one burst.
    weir -v relay --backend "$backend" --rate 1M --stats "json:$work/stats" stdio: "$where" \
        < <(head -c 300000 "$work/file") >"$work/back"
    expect 0 "*300000 bytes A to B, 300000 bytes B to A*"
    head -c 300000 "$work/file" | cmp - "$work/back" || fail "the throttle changed it"
    rate=$(sed 's/.*"bytes_per_second":{"a_to_b":\([0-9]*\).*/\1/' "$work/stats")
    [ "$rate" -lt $((1048576 * 2)) ] || fail "$rate bytes a second at --rate 1M"
    stop "$server"; expect 0 "*"

    start --backend "$backend" serve discard tcp://127.0.0.1:0 --rate 64M --hexdump
    weir --backend "$backend" relay stdio: "$where" < <(head -c 5 "$work/file"); expect 0 ""
    stop "$pid"; expect 0 "#1 * connected*#1 * received: 5 bytes*00000000  ?? ?? ?? ?? ?? *1 connection, 5 bytes received*"
done

weir relay --rate 0 stdio: unix:@x;      expect 2 "*--rate 0: not a number of bytes*"
weir relay --rate fast stdio: unix:@x;   expect 2 "*--rate fast: not a number of bytes*"
weir demo --rate 1M;                     expect 2 "*--rate is no option of \`weir demo\`*"

# Colours on a terminal, one for each direction; rows that fit.
command -v script >/dev/null && has_terminals || exit 0
start serve echo "unix:$work/echo"
printf 'hello, you there\n' >"$work/line"
for columns in 40 60 80; do
    on_terminal "$columns" "$WEIR_BIN relay --hexdump stdio: $where <$work/line" || fail "on a terminal"
    grep -q $'\033\[36m#1' "$work/screen" && grep -q $'\033\[33m#1' "$work/screen" || fail "no colours: $(drawn)"
    [ -z "$(drawn | awk -v most="$columns" 'length($0) > most')" ] || fail "too wide for $columns: $(drawn)"
    NO_COLOR=1 on_terminal "$columns" "$WEIR_BIN relay --hexdump stdio: $where <$work/line"
    ! grep -q $'\033\[[0-9;]*m' "$work/screen" || fail "colours with NO_COLOR"
done
stop "$pid"; expect 0 "*"
exit 0
