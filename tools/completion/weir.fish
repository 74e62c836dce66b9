# fish completion for weir. The candidates come from `weir complete`.
function __weir_candidates
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete $words[2..] 2>/dev/null
end
complete -c weir -f -a '(__weir_candidates)'
