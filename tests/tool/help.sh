# SPDX-License-Identifier: MIT
# Help fits the page and the terminal, and no option is missing from it, from the man page or from docs/tool.md.
source "$(dirname "$0")/common.bash"
docs=$(dirname "$0")/../../docs

verbs=$("$WEIR_BIN" complete "" | cut -f1)
options=$("$WEIR_BIN" complete -- | cut -f1)
"$WEIR_BIN" --help >"$work/help"
for word in $verbs $options; do
    grep -qE -- "(^|[ ,])$word( |$)" "$work/help" || fail "weir --help does not tell of $word"
    grep -qF -- "\`$word" "$docs/tool.md" || grep -qF -- "weir $word" "$docs/tool.md" || fail "docs/tool.md: $word"
    grep -qF -- "*$word*" "$docs/man/weir.1.scd" || fail "the man page: $word"
done
for verb in $verbs; do
    for option in $("$WEIR_BIN" complete "$verb" -- | cut -f1); do
        [ "$option" = --version ] || "$WEIR_BIN" help "$verb" | grep -q -- "  *$option" || fail "help $verb: $option"
    done
done

# too_wide COLUMNS: lines that are, and could have been broken (more than an indent and one word, or a term).
too_wide() { awk -v most="$1" 'length($0) > most && !/^ *(weir|printf|eval) / { print }' "$2"; }
for verb in "" $verbs; do
    "$WEIR_BIN" help $verb >"$work/help"
    [ -z "$(too_wide 80 "$work/help")" ] || fail "help $verb: $(too_wide 80 "$work/help")"
    ! grep -q ' $' "$work/help" || fail "help $verb: blanks at the end of a line"
done

if command -v scdoc >/dev/null; then
    scdoc <"$docs/man/weir.1.scd" >"$work/weir.1" || fail "scdoc"
    grep -q '^\.TH "weir" "1"' "$work/weir.1" || fail "no man page"
fi

command -v script >/dev/null && has_terminals || exit 0
for words in "help" "help relay" "help serve" "help demo" "doctor" "help completion"; do
    for columns in 40 60; do
        on_terminal $columns "$WEIR_BIN $words" || fail "$words on $columns columns"
        drawn >"$work/text"
        [ -z "$(too_wide $columns "$work/text")" ] || fail "$words on $columns: $(too_wide $columns "$work/text")"
    done
done
exit 0
