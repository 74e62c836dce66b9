# SPDX-License-Identifier: MIT
# --timeout ends a connection on which nothing moves, and only such a one.
source "$(dirname "$0")/common.bash"

for backend in $(real_backends); do
    start --backend "$backend" serve echo "unix:$work/echo"
    server=$pid
    # Its input stays open and silent.
    weir relay --backend "$backend" --timeout 50ms stdio: "$where" <>"$work/never"
    expect 1 "weir: *timed out*"
    weir relay --backend "$backend" --timeout 1h --connect-timeout 1h stdio: "$where" </dev/null
    expect 0 ""
    stop "$server"

    start --backend "$backend" serve echo tcp://127.0.0.1:0 --timeout 50ms
    server=$pid
    exec {client}<>"/dev/tcp/127.0.0.1/$(port_of "$where")"
    cat <&"$client" >/dev/null 2>&1     # until the server has had enough
    exec {client}>&-
    stop "$server"; expect 1 "*timed out*1 failed*"
done
exit 0
