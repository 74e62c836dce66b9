# SPDX-License-Identifier: MIT
# System calls that fail where nobody expects it: all bytes arrive all the same, or the tool says clearly that they did
# not. Needs strace, which may be absent, and ptrace, which may be forbidden.
source "$(dirname "$0")/common.bash"

command -v strace >/dev/null || { echo "SKIPPED: no strace" >&2; exit 77; }
strace -f -o /dev/null -e inject=getppid:error=EINTR true 2>/dev/null || { echo "SKIPPED: strace may not trace" >&2; exit 77; }

# A process that is traced cannot be looked through for leaks.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

make_file "$work/file" 8
tracer="" traced=""
trap 'kill -KILL $traced $tracer 2>/dev/null; clean_up' EXIT

# spoilt BACKEND INJECTION...: an echo server whose calls fail, and a client in good health that must get all back.
spoilt() {
    local backend=$1 failed=0 injections=()
    shift
    for injection in "$@"; do injections+=(-e "inject=$injection"); done
    rm -f "$work/socket" "$work/said" "$work/server" "$work/calls"
    strace -f -o "$work/calls" "${injections[@]}" \
        "$WEIR_BIN" --backend "$backend" serve echo "unix:$work/socket" >"$work/stdout" 2>"$work/server" &
    tracer=$!
    until_true grep -q . "$work/server"
    traced=$(awk '{ print $1; exit }' "$work/calls")
    if ! grep -q "^listening on " "$work/server"; then
        status=0
        wait "$tracer" || status=$?
        tracer="" traced=""
        [ "$status" -eq 1 ] || fail "$backend with $*: exit status $status"
        grep -q "^weir: " "$work/server" || fail "$backend with $*: $(cat "$work/server")"
        echo "told: $backend with $*: $(tail -1 "$work/server")"
        return
    fi
    for _ in 1 2; do
        status=0
        timeout 60 "$WEIR_BIN" --backend epoll relay stdio: "unix:$work/socket" \
            <"$work/file" >"$work/back" 2>"$work/said" || status=$?
        if [ "$status" -eq 0 ]; then
            cmp "$work/file" "$work/back" || fail "$backend with $*: exit status 0, and other bytes"
        else
            [ "$status" -eq 1 ] && grep -q "^weir: " "$work/said" || fail "$backend with $*: $status, $(cat "$work/said")"
            failed=1
            echo "told: $backend with $*: $(tail -1 "$work/said")"
        fi
    done
    [ "$status" -eq 0 ] || fail "$backend with $*: the second client met it too"
    grep -q INJECTED "$work/calls" || fail "$backend with $*: nothing was injected"
    kill -TERM "$traced"
    status=0
    wait "$tracer" || status=$?
    tracer="" traced=""
    [ "$status" -eq "$failed" ] || fail "$backend with $*: exit status $status after SIGTERM; $(cat "$work/server")"
}

for backend in $(real_backends); do
    if [ "$backend" = io_uring ]; then
        spoilt io_uring io_uring_enter:error=EINTR:when=6+3
        spoilt io_uring io_uring_enter:error=EAGAIN:when=6+5
        spoilt io_uring io_uring_enter:error=EBUSY:when=6+5
    else
        spoilt epoll epoll_wait,epoll_pwait,epoll_pwait2:error=EINTR:when=3+2
        spoilt epoll accept4:error=ECONNABORTED:when=1
        spoilt epoll accept4:error=EMFILE:when=1
        spoilt epoll accept4:error=EINTR:when=1+2
        spoilt epoll epoll_ctl:error=ENOMEM:when=4
        spoilt epoll sendmsg,sendto,write,writev:error=EAGAIN:when=5+7
        spoilt epoll recvfrom,recvmsg,readv:error=EINTR:when=5+7
        spoilt epoll recvfrom,recvmsg:error=EAGAIN:when=5+7
    fi
done
exit 0
