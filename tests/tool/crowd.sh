# SPDX-License-Identifier: MIT
# More come than there are descriptors: some wait, some are dropped, the relay tells, and goes on when they have left. Of
# two neighbouring limits one lets a connection in for which there is no second descriptor.
source "$(dirname "$0")/common.bash"

says_hello() { [ "$(timeout 20 "$WEIR_BIN" relay stdio: "$1" <<<hello)" = hello ]; }

printf '#!/bin/sh\nulimit -n "$LIMIT"\nexec "%s" "$@"\n' "$WEIR_BIN" >"$work/limited"
chmod +x "$work/limited"

for backend in $(real_backends); do for limit in 40 41; do
    start --backend "$backend" serve echo "unix:$work/echo"
    server=$pid
    LIMIT=$limit WEIR_BIN=$work/limited start --backend "$backend" relay listen:tcp://127.0.0.1:0 "unix:$work/echo"
    relay=$pid door=$where
    clients=()
    for _ in {1..60}; do
        exec {client}<>"/dev/tcp/127.0.0.1/$(port_of "$door")" || fail "nobody listens any more"
        clients+=("$client")
    done
    hear "$relay"
    [[ $line == *"too many open files"* ]] || fail "it says: $line"
    for client in "${clients[@]}"; do exec {client}>&-; done
    until_true says_hello "$door"
    stop "$relay"
    [ "$status" -le 1 ] || fail "exit status $status; it said: $said"
    stop "$server"; expect 0 "*"
done; done
exit 0
