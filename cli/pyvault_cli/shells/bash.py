"""bash; the functions serve zsh too."""

#: What is evaluated begins with an assignment, or it is none of export's: ``--help`` ends with code 0 too. Its last
#: line names what it changes. Nothing changes before the new credentials are there, and what was there before is kept:
#: pv-unset brings it back, unless somebody has changed it since; the keys it brings back always, as half a pair of keys
#: is nobody's. export is asked in a subshell where everything is back already: the region or the endpoint of one
#: profile must not become the next one's. The names are plain words, so ``eval`` sees no other's text.
FUNCTIONS = """\
_pv_keep() {
    local name
    for name in "$@"; do
        unset "PV_WAS_$name" "PV_EXPORTED_$name"
        if eval "[ -n \\"\\${$name+set}\\" ]"; then
            eval "PV_WAS_$name=\\"\\$$name\\""
            if command printenv "$name" > /dev/null; then eval "PV_EXPORTED_$name=1"; fi
        fi
    done
}
_pv_now() {
    local name
    for name in "$@"; do
        unset "PV_NOW_$name"
        if eval "[ -n \\"\\${$name+set}\\" ]"; then eval "PV_NOW_$name=\\"\\$$name\\""; fi
    done
}
_pv_back() {
    local name
    for name in "$@"; do
        case "$name" in
            AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_CREDENTIAL_EXPIRATION|AWS_ACCOUNT_ID) ;;
            *) eval "[ \\"\\${$name+=}\\${$name-}\\" = \\"\\${PV_NOW_$name+=}\\${PV_NOW_$name-}\\" ]" || continue ;;
        esac
        unset "$name"
        if eval "[ -n \\"\\${PV_WAS_$name+set}\\" ]"; then
            eval "$name=\\"\\$PV_WAS_$name\\""
            if eval "[ -n \\"\\${PV_EXPORTED_$name+set}\\" ]"; then export "$name"; fi
        fi
        unset "PV_WAS_$name" "PV_NOW_$name" "PV_EXPORTED_$name"
    done
}
pv-unset() {
    if [ -n "${PV_NAMES+set}" ]; then eval "_pv_back $PV_NAMES"
    else unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION
    fi
    unset PV_NAMES
}
pv-assume() {
    local lines
    lines="$(if [ -n "${PV_NAMES+set}" ]; then pv-unset; fi; command pyvault export --assign export-env "$@")" || return
    case "$lines" in
        "export AWS_ACCESS_KEY_ID="*) ;;
        *) printf '%s\\n' "$lines"; return 2 ;;
    esac
    if [ -n "${PV_NAMES+set}" ]; then pv-unset; fi
    PV_NAMES="${lines##*: }"
    eval "_pv_keep $PV_NAMES"
    eval "$lines"
    eval "_pv_now $PV_NAMES"
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
