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

#: Readline breaks words at ``:`` and ``=`` too, and puts in only what stands behind the last of them; so the
#: words are taken from the line itself. What it puts in has to be quoted here. After ``exec ... --`` stands the
#: line of another command: bash-completion knows how that one completes, where it is loaded.
COMPLETION = r"""
_pyvault() {
    local line="${COMP_LINE:0:COMP_POINT}" current found at
    local -a words
    COMPREPLY=()
    IFS=$' \t' read -ra words <<< "$line"
    case "$line" in *[[:space:]]) words+=("") ;; esac
    current="${words[${#words[@]} - 1]}"
    if [ "$1" = pv-assume ]; then words=("$1" export "${words[@]:1}"); fi
    for ((at = 1; at < COMP_CWORD; at++)); do
        if [ "${COMP_WORDS[at]}" != -- ]; then continue; fi
        case " ${COMP_WORDS[*]:1:at} " in *" exec "*) ;; *) break ;; esac
        if declare -F _comp_command_offset > /dev/null; then _comp_command_offset $((at + 1))
        elif declare -F _command_offset > /dev/null; then _command_offset $((at + 1))
        elif ((at + 1 == COMP_CWORD)); then
            while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -c -- "$2")
        fi
        return
    done
    while IFS= read -r found; do
        found="${found#"${current%"${current##*[:=]}"}"}"
        printf -v found %q "$found"
        COMPREPLY+=("$found")
    done < <(command pyvault complete -- "${words[@]:1}" 2>/dev/null)
}
complete -o default -F _pyvault pyvault pv-assume
"""
