"""bash; the functions serve zsh too."""

#: What is evaluated begins with an assignment, or it is none of export's: ``--help`` ends with code 0 too.
#: Nothing changes before the new credentials are there. The regions that were there before come back, unless
#: somebody has changed them since; export is asked in a subshell that has them back already, as the region of
#: one profile must not become the next one's.
FUNCTIONS = """\
_pv_regions_back() {
    if [ -z "${PV_REGION+set}" ]; then return 0; fi
    if [ "${AWS_REGION-}" = "$PV_REGION" ]; then
        unset AWS_REGION
        if [ -n "${PV_REGION_BEFORE+set}" ]; then export AWS_REGION="$PV_REGION_BEFORE"; fi
    fi
    if [ "${AWS_DEFAULT_REGION-}" = "$PV_REGION" ]; then
        unset AWS_DEFAULT_REGION
        if [ -n "${PV_DEFAULT_REGION_BEFORE+set}" ]; then export AWS_DEFAULT_REGION="$PV_DEFAULT_REGION_BEFORE"; fi
    fi
    unset PV_REGION PV_REGION_BEFORE PV_DEFAULT_REGION_BEFORE
}
pv-unset() {
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION
    _pv_regions_back
}
pv-assume() {
    local lines
    lines="$(_pv_regions_back; command pyvault export --assign export-env "$@")" || return
    case "$lines" in
        "export AWS_ACCESS_KEY_ID="*) ;;
        *) printf '%s\\n' "$lines"; return 2 ;;
    esac
    pv-unset
    if [ -n "${AWS_REGION+set}" ]; then PV_REGION_BEFORE="$AWS_REGION"; fi
    if [ -n "${AWS_DEFAULT_REGION+set}" ]; then PV_DEFAULT_REGION_BEFORE="$AWS_DEFAULT_REGION"; fi
    eval "$lines"
    PV_REGION="${AWS_REGION-}"
}
"""

#: Readline breaks words at ``:`` and ``=`` too, and puts in only what stands behind the last of them; so the pieces
#: are put together again, and it is noted where each word starts. What readline puts in has to be quoted here. How
#: the command of ``exec`` completes bash-completion knows, where it is loaded.
COMPLETION = r"""
_pyvault() {
    local rest="${COMP_LINE:0:COMP_POINT}" piece blank current found at child=
    local -a words starts
    COMPREPLY=()
    for ((at = 0; at <= COMP_CWORD; at++)); do
        blank="${rest%%[![:space:]]*}"
        rest="${rest#"$blank"}"
        piece="${COMP_WORDS[at]}"
        if ((at == COMP_CWORD)); then piece="$rest"; fi
        if ((at)) && [ -z "$blank" ]; then words[${#words[@]} - 1]+="$piece"
        else words+=("$piece"); starts+=("$at"); fi
        rest="${rest#"$piece"}"
    done
    current="${words[${#words[@]} - 1]}"
    if [ "$1" = pv-assume ]; then words=("$1" export "${words[@]:1}"); fi
    while IFS= read -r found; do
        case "$found" in $'\t'*) child="${starts[${found#?} + 1]}"; break ;; esac
        found="${found#"${current%"${current##*[:=]}"}"}"
        printf -v found %q "$found"
        COMPREPLY+=("$found")
    done < <(command pyvault complete -- "${words[@]:1}" 2>/dev/null)
    if [ -z "$child" ]; then return
    elif declare -F _comp_command_offset > /dev/null; then _comp_command_offset "$child"
    elif declare -F _command_offset > /dev/null; then _command_offset "$child"
    elif ((child == COMP_CWORD)); then
        while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -c -- "$2")
    fi
}
complete -o default -F _pyvault pyvault pv-assume
"""
