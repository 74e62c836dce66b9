# SPDX-License-Identifier: MIT
# -p draws a line that fits on a terminal, tells plain lines elsewhere, and sums up. Colours are for terminals only.
source "$(dirname "$0")/common.bash"

# Elsewhere: no drawing, a summary.
start serve discard "unix:$work/discard"
server=$pid
make_file "$work/file" 4
weir relay -p stdio: "$where" <"$work/file"; expect 0 "weir: 1 connection, 4194304 bytes A to B, * 0 failed"
weir relay -p -q stdio: "$where" <"$work/file"; expect 0 ""
weir relay stdio: "$where" <"$work/file"; expect 0 ""
! grep -q $'\033\|\r' "$work/said" || fail "drawing in a file"

command -v script >/dev/null && has_terminals || { echo "SKIPPED: no script(1)" >&2; exit 77; }

# fits COLUMNS: no state of a drawn line is as wide as the terminal.
fits() { drawn | awk -v most="$1" '/B\/s|stalled/ && length($0) >= most { print; bad = 1 } END { exit bad }' >&2; }
shows() { drawn | grep -qE "$1"; }

for columns in 20 40 80 132; do
    # A file whose reader stands still: the size is known, the line is drawn, and a stall is told.
    kill -STOP "$server"
    INPUT=/dev/null on_terminal "$columns" "$WEIR_BIN relay -p stdio: $where <$work/file" & client=$!
    until_true shows 'stalled [0-9]+ s'
    fits "$columns" || fail "too wide for $columns columns"
    [ "$columns" -le 20 ] || shows '^ *[0-9]+%' || [ "$columns" -gt 40 ] || fail "no share: $(drawn)"
    [ "$columns" -lt 80 ] || shows '^\[#*\.*\] .*[0-9]% .* of 4\.0 MiB ' || fail "no bar: $(drawn)"
    kill -CONT "$server"
    wait "$client" || fail "the relay on $columns columns: $(drawn)"
    shows '^weir: 1 connection' || fail "no summary: $(drawn)"
    [ -z "$(drawn | awk -v most="$columns" '/ / && length($0) > most && most >= 40')" ] || fail "a summary too wide"

    # Of unknown size.
    mkfifo "$work/in"
    INPUT=/dev/null on_terminal "$columns" "$WEIR_BIN relay -p stdio: $where <$work/in" & client=$!
    exec {in}>"$work/in"
    echo hello >&"$in"
    until_true shows ' B/s|stalled'
    exec {in}>&-
    wait "$client" || fail "the relay of unknown size on $columns columns: $(drawn)"
    fits "$columns" || fail "too wide for $columns columns"
    ! shows '%|left' || fail "it knows what it cannot: $(drawn)"
    rm "$work/in"
done

# A dumb terminal cannot erase: no drawing, and no colours. NO_COLOR: no colours, but drawing.
TERM_IS=dumb on_terminal 80 "$WEIR_BIN relay -p stdio: $where <$work/file"
! grep -q $'\033' "$work/screen" || fail "escape sequences on a dumb terminal"
on_terminal 80 "$WEIR_BIN relay stdio: unix:$work/none" && fail "connected to nobody"
grep -q $'\033\[1;31mweir:' "$work/screen" || fail "no colour on a terminal"
NO_COLOR=1 on_terminal 80 "$WEIR_BIN relay stdio: unix:$work/none"
! grep -q $'\033\[[0-9;]*m' "$work/screen" || fail "colours with NO_COLOR"
NO_COLOR="" on_terminal 80 "$WEIR_BIN relay stdio: unix:$work/none"
grep -q $'\033\[1;31mweir:' "$work/screen" || fail "an empty NO_COLOR is none"

stop "$server"; expect 0 "*"
exit 0
