# SPDX-License-Identifier: MIT
# What cannot be understood is refused with status 2 and a hint; help and version go to stdout with status 0.
source "$(dirname "$0")/common.bash"

weir;                                                 expect 2 "*usage: weir VERB*"
weir relya stdio: tcp://127.0.0.1:1;                  expect 2 "*unknown verb relya*did you mean \`relay\`?*"
weir help srve;                                       expect 2 "*unknown verb srve*did you mean \`serve\`?*"
weir serve eco tcp://127.0.0.1:0;                     expect 2 "*unknown service eco*did you mean \`echo\`?*"
weir --beckend epoll doctor;                          expect 2 "*unknown option --beckend*did you mean \`--backend\`?*"
weir doctor --backend epol;                           expect 2 "*no backend is called epol*did you mean \`epoll\`?*"
weir doctor --backend;                                expect 2 "*--backend needs a value*"
weir doctor --quiet=yes;                              expect 2 "*--quiet takes no value*"
weir demo --bytes 1x;                                 expect 2 "*--bytes 1x: not a number*"
weir demo --bytes 99999999999999999999;               expect 2 "*not a number of bytes*"
weir demo --bytes -1;                                 expect 2 "*not a number of bytes*"
weir relay --bytes 1 stdio: tcp://127.0.0.1:1;        expect 2 "*--bytes is no option of \`weir relay\`*"
weir serve --bytes 1 echo tcp://127.0.0.1:0;          expect 2 "*--bytes is for \`serve source\`*"
weir relay stdio:;                                    expect 2 "*a word is missing: weir relay A B*"
weir relay stdio: tcp://127.0.0.1:1 more;             expect 2 "*one word too many: more*"
weir doctor now;                                      expect 2 "*one word too many: now*"

weir relay --hexdmp stdio: unix:@x;                   expect 2 "*unknown option --hexdmp*did you mean \`--hexdump\`?*"
weir relay --rtry 3 stdio: unix:@x;                   expect 2 "*unknown option --rtry*did you mean \`--retry\`?*"
weir -pvz doctor;                                     expect 2 "*unknown option -pvz*"
weir doctor -p;                                       expect 2 "*--progress is no option of \`weir doctor\`*"
weir relay -p=yes stdio: unix:@x;                     expect 2 "*--progress takes no value*"
weir completion csh;                                  expect 2 "*unknown shell csh*"

weir relay stdio: tpc://127.0.0.1:1;                  expect 2 "*tpc*tcp*"
weir relay stdio: tcp://127.0.0.1:65536;              expect 2 "*65536*"
weir relay stdio: tcp://127.0.0.1:;                   expect 2 "*port*"
weir relay stdio: tcp://127.0.0.1:080x;               expect 2 "*080x*"
weir relay stdio: tcp://127.1:80;                     expect 2 "*127.1*"
weir relay stdio: unix:;                              expect 2 "*"
weir relay stdio: "unix:/$(printf 'x%.0s' {1..200})"; expect 2 "*too long*"
weir serve echo "tcp://127.0.0.1:0?backlgo=5";        expect 2 "*backlgo*backlog*"
weir relay stdio: stdio:;                             expect 2 "*only one standard input*"
weir relay listen:stdio: tcp://127.0.0.1:1;           expect 2 "*cannot listen*"
weir serve echo tcp://127.0.0.1:0 --backend sim;      expect 2 "*sim is a world of its own*"

for words in --help -h help "help relay" "help completion" "relay --help" "--help serve" "help doctor" "demo -h" "help help"; do
    # shellcheck disable=SC2086 # words
    weir $words >"$work/out"
    expect 0 ""
    grep -q '^usage: weir' "$work/out" || fail "weir $words shows no usage"
done
for verb in relay serve demo; do
    "$WEIR_BIN" help $verb | grep -q '^examples' || fail "help $verb has no examples"
done
weir --version >"$work/out"; expect 0 ""
grep -Eq '^weir [0-9]+\.[0-9]+\.[0-9]+$' "$work/out" || fail "--version"
weir doctor -V >"$work/out"; expect 0 ""
weir -qvV >"$work/out"; expect 0 ""
exit 0
