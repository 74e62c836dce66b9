# bash completion for weir. The candidates come from `weir complete`.
_weir() {
    local line=${COMP_LINE:0:COMP_POINT} words breaks="" kept candidate
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    # Where bash begins a new word inside of ours, it wants only what follows.
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=":"
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+="="
    kept=${words[-1]}
    if [ -n "$breaks" ]; then kept=${kept%"${kept##*["$breaks"]}"}; else kept=""; fi
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        COMPREPLY+=("${candidate#"$kept"}")
        [[ $candidate == *[:/=] ]] && compopt -o nospace 2>/dev/null
    done < <("${words[0]/#\~/$HOME}" complete "${words[@]:1}" 2>/dev/null)
}
complete -F _weir weir
