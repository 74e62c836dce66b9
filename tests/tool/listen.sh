# SPDX-License-Identifier: MIT
# Who listens says where, with the real port; an address in use and a socket file of somebody else are told.
source "$(dirname "$0")/common.bash"

for backend in $(real_backends); do
    start serve echo tcp://127.0.0.1:0 --backend "$backend"
    server=$pid
    [[ $where =~ ^tcp://127\.0\.0\.1:[1-9][0-9]*$ ]] || fail "it listens on $where"
    listens "$(port_of "$where")" || fail "nobody listens on $where"
    weir --backend "$backend" serve echo "$where"
    expect 1 "weir: listen 127.0.0.1:*: address in use*"
    stop "$server"; expect 0 "*weir: 1 connection, 0 bytes echoed,* 0 failed*"

    start --backend "$backend" serve discard "unix:$work/socket?backlog=5"
    server=$pid
    [ "$where" = "unix:$work/socket" ] || fail "it listens on $where"
    [ -S "$work/socket" ] || fail "no socket file"
    weir serve discard "unix:$work/socket"; expect 1 "weir: listen $work/socket: address in use*"
    stop "$server"; expect 0 "*"
    [ ! -e "$work/socket" ] || fail "the socket file was left behind"

    start serve echo "tcp://[::1]:0" --backend "$backend"
    [[ $where =~ ^tcp://\[::1\]:[1-9][0-9]*$ ]] || fail "it listens on $where"
    stop "$pid"; expect 0 "*"
done

echo precious >"$work/file"
weir serve echo "unix:$work/file"; expect 1 "weir: listen $work/file: address in use*"
[ "$(cat "$work/file")" = precious ] || fail "a file was replaced"
weir serve echo unix:/nowhere/socket; expect 1 "weir: listen /nowhere/socket: no such file*"
weir serve echo tcp://192.0.2.1:7000; expect 1 "weir: listen 192.0.2.1:7000: address not available*"

# --quiet is quiet.
mkfifo "$work/quiet"
"$WEIR_BIN" --quiet serve echo "unix:$work/socket" 2>"$work/quiet" & pid=$!
exec {fd}<"$work/quiet"
started[$pid]=$fd
until_true test -S "$work/socket"
stop "$pid"; expect 0 ""
exit 0
