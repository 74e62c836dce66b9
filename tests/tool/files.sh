# SPDX-License-Identifier: MIT
# Files as endpoints: what is read arrives whole, what is written is whole, and what nobody takes is a failure.
source "$(dirname "$0")/common.bash"

make_file "$work/file" 8
for backend in $(real_backends); do
    start --backend "$backend" serve discard "unix:$work/discard"
    discard=$pid
    start --backend "$backend" serve echo "unix:$work/echo"
    echo_server=$pid
    start --backend "$backend" serve source --bytes 1M "unix:$work/source"
    source=$pid

    # Out of a file, and into one.
    weir --backend "$backend" relay "file:$work/file" "unix:$work/discard"; expect 0 ""
    rm -f "$work/copy"
    weir --backend "$backend" relay "unix:$work/source" "file:$work/copy?create"; expect 0 ""
    [ "$(wc -c <"$work/copy")" -eq 1048576 ] || fail "of 1 MiB $(wc -c <"$work/copy") were written"
    weir --backend "$backend" relay "unix:$work/source" "file:$work/copy?append"; expect 0 ""
    [ "$(wc -c <"$work/copy")" -eq 2097152 ] || fail "appended: $(wc -c <"$work/copy")"
    weir --backend "$backend" relay "file:$work/copy?create&truncate" "file:$work/file"; expect 0 ""
    cmp "$work/file" "$work/copy" || fail "file to file"
    weir --backend "$backend" relay "file:$work/file" stdio: >"$work/copy" </dev/null; expect 0 ""
    cmp "$work/file" "$work/copy" || fail "file to stdout"
    weir --backend "$backend" relay null: "file:$work/copy?create&truncate"; expect 0 ""
    [ ! -s "$work/copy" ] || fail "something came from nothing"
    weir --backend "$backend" relay "file:$work/file" null:; expect 0 ""

    # Behind a door each connection gets the file anew.
    start --backend "$backend" relay listen:tcp://127.0.0.1:0 "file:$work/file"
    door=$pid
    for _ in 1 2; do
        weir --backend "$backend" relay stdio: "$where" </dev/null >"$work/copy"; expect 0 ""
        cmp "$work/file" "$work/copy" || fail "download"
    done
    weir --backend "$backend" relay stdio: "$where" <"$work/file" >"$work/copy"
    [ "$status" -eq 1 ] || fail "an upload to a file that is only read: $status, $said"
    stop "$door"; expect 1 "weir: write file*it is only read, and bytes came for it*3 connections*1 failed"

    # What fails.
    weir --backend "$backend" relay "file:$work/file" "unix:$work/echo"
    expect 1 "weir: *"
    weir --backend "$backend" relay "file:$work/none" "unix:$work/discard"
    expect 1 "weir: open $work/none: no such file*"
    weir --backend "$backend" relay "unix:$work/source" "file:/dev/full?write"
    expect 1 "weir: *no space left on the device*"
    weir --backend "$backend" relay "unix:$work/source" "file:$work/file?create&exclusive"
    expect 1 "weir: open $work/file: already exists*"
    weir --backend "$backend" relay "listen:file:$work/file" null:
    expect 2 "*file cannot listen*"

    stop "$discard"; expect 0 "*8388608 bytes received*"
    # What these had to send was not taken to the end.
    stop "$echo_server"; stop "$source"
done
exit 0
