# SPDX-License-Identifier: MIT
# What could stand where the cursor is, asked of the tool, and through the scripts of those shells that are here.
source "$(dirname "$0")/common.bash"

# candidates WORD...: the words offered in place of the last one, in $offered.
candidates() { offered=$("$WEIR_BIN" complete "$@" | cut -f1 | tr '\n' ' '); }

# offers "WORD ..." PATTERN
offers() {
    # shellcheck disable=SC2086 # words
    candidates $1 "${3-}"
    # shellcheck disable=SC2053 # a pattern
    [[ " $offered" == $2 ]] || fail "after \"$1\" and \"${3-}\": $offered"
}

offers "" "* relay serve doctor demo completion help *"
offers "" " relay " re
offers relay "* listen: tcp:// unix: stdio: *"
offers relay " listen:tcp:// " listen:tc
offers relay " listen:throttle+unix: " listen:throttle+un
offers relay " tcp://h:1?idle=3s&max= " "tcp://h:1?idle=3s&ma"
offers relay " file:/dev/null " file:/dev/nul
offers "relay stdio:" " tcp:// " tc
offers "relay a b" " "
offers serve " echo discard source "
offers "serve echo" " tcp:// " tc
offers "relay" "* --progress * --retry * --backend *" --
offers "--retry 5 relay" " --retry " --ret
offers "doctor" " --backend --quiet --verbose --help --version " --
offers "doctor --backend" "* epoll *"
offers "doctor" " --backend=epoll " --backend=ep
offers "relay --stats" " json json: "
offers "relay --retry" " "
offers help " serve " s
offers completion " bash zsh fish "
offers "relay --" " " --p
mkdir "$work/folder"
: >"$work/folder/socket"
offers relay " unix:$work/folder/ " "unix:$work/fold"
offers "relay -p" " listen:unix:$work/folder/socket " "listen:unix:$work/folder/"

weir completion csh; expect 2 "*unknown shell csh*"
for shell in bash zsh fish; do
    weir completion $shell >"$work/script.$shell"; expect 0 ""
    grep -q 'complete' "$work/script.$shell" || fail "$shell: no script"
done

# bash, as it would be called when Tab is pressed behind LINE.
mkdir "$work/bin"
ln -s "$(realpath "$WEIR_BIN")" "$work/bin/weir"
export PATH="$work/bin:$PATH"
bash -n "$work/script.bash" || fail "bash: syntax"
# shellcheck disable=SC1090
source "$work/script.bash"
tab() {
    COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$'"\'><=;|&(:'
    COMPREPLY=()
    _weir
    # shellcheck disable=SC2053 # a pattern
    [[ " ${COMPREPLY[*]} " == $2 ]] || fail "bash: after \"$1\": ${COMPREPLY[*]}"
}
tab "weir re" " relay "
tab "weir " "* serve *"
tab "weir relay lis" " listen: "
tab "weir relay listen:" "* tcp:// *"
tab "weir relay listen:tc" " tcp:// "
tab "weir doctor --backend=ep" " epoll "
tab "weir relay unix:$work/folder/so" " $work/folder/socket "

if command -v zsh >/dev/null; then
    zsh -n "$work/script.zsh" || fail "zsh: syntax"
fi
if command -v fish >/dev/null; then
    fish -c "source $work/script.fish; complete -C 'weir relay lis'" | grep -q '^listen:' || fail "fish: listen:"
    fish -c "source $work/script.fish; complete -C 'weir relay listen:tc'" | grep -q '^listen:tcp://' || fail "fish: tcp"
fi
exit 0
