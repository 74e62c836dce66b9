# SPDX-License-Identifier: MIT
# What the tests of the tool share; each of them begins with: source "$(dirname "$0")/common.bash"
# Nothing here sleeps for a while and hopes: one waits for a line, for an end, or for a state.
set -uo pipefail

: "${WEIR_BIN:?the tool to be tested}"
work=$(mktemp -d "${TMPDIR:-/tmp}/weir-test-XXXXXX")
declare -A started=()   # pid -> the descriptor from which its stderr is read

clean_up() {
    for pid in "${!started[@]}"; do
        disown "$pid"
        kill -KILL "$pid"
    done 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT

fail() {
    echo "FAILED at line ${BASH_LINENO[*]: -2:1}: $*" >&2
    exit 1
}

# weir ARGS...: runs the tool. The exit status is in $status, what it said on stderr in $said, stdout is the caller's.
weir() {
    status=0
    timeout 120 "$WEIR_BIN" "$@" 2>"$work/said" || status=$?
    said=$(cat "$work/said")
}

# expect STATUS PATTERN: of the last weir or stop.
expect() {
    [ "$status" -eq "$1" ] || fail "exit status $status, not $1; it said: $said"
    # shellcheck disable=SC2053 # a pattern
    [[ $said == $2 ]] || fail "it said: $said; not: $2"
}

# start ARGS...: runs the tool in the background until it listens. Sets $pid and $where.
start() {
    local fifo line fd
    fifo=$(mktemp -u "$work/fifo-XXXXXX")
    mkfifo "$fifo"
    "$WEIR_BIN" "$@" 2>"$fifo" &
    pid=$!
    exec {fd}<"$fifo"
    started[$pid]=$fd
    IFS= read -r -t 60 line <&"$fd" || fail "$* says nothing"
    [[ $line == "listening on "* ]] || fail "$* says: $line"
    where=${line#listening on }
}

# hear PID: the next line of its stderr, in $line.
hear() { IFS= read -r -t 60 line <&"${started[$1]}" || fail "process $1 says nothing"; }

# end PID: waits for its end. Sets $status and $said.
end() {
    local fd=${started[$1]}
    said=$(timeout 60 cat <&"$fd") || fail "process $1 does not end; it said: $said"
    status=0
    wait "$1" || status=$?
    exec {fd}<&-
    unset "started[$1]"
}

# stop PID: the same after a SIGTERM.
stop() {
    kill -TERM "$1"
    end "$1"
}

# until_true COMMAND...: waits for a state that nobody tells of.
until_true() {
    for _ in {1..3000}; do
        "$@" 2>/dev/null && return
        read -r -t 0.02 <>"$work/never" || true
    done
    fail "never came true: $*"
}
mkfifo "$work/never"

# The port of tcp://host:port.
port_of() { echo "${1##*:}"; }

listens() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# Looks instead of connecting: one who tries while a listener drains may still be let in, and is counted.
listens_no_more() { ! grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") 0*:0000 0A " /proc/net/tcp; }

# The backends of this machine that reach others.
real_backends() { "$WEIR_BIN" doctor | awk '$2 == "works" && $1 != "sim" { print $1 }'; }

# on_terminal COLUMNS COMMAND: runs it with a terminal of that width as stdout and stderr, and what it shows in
# $work/screen. Its input is that of the caller. In the background if the caller says so: `on_terminal 40 ... &`.
on_terminal() {
    TERM=${TERM_IS-xterm} script -qefc "stty cols $1; exec $2" "$work/screen" <"${INPUT-/dev/null}" >/dev/null
}
has_terminals() { script -qec true /dev/null </dev/null >/dev/null 2>&1; }

# What was drawn there, one state of each line a line, without the sequences that draw.
drawn() { tr '\r' '\n' <"$work/screen" | sed -e 's/\x1b\[[0-9;]*[mK]//g' -e '/^Script /d'; }

# make_file PATH MIB: contents that do not repeat.
make_file() { head -c "$(($2 * 1024 * 1024))" /dev/urandom >"$1"; }
