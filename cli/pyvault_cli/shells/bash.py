"""bash."""

from pyvault_cli.credentials.formats import quote_sh
from pyvault_cli.shells import sh

FUNCTIONS = sh.FUNCTIONS + sh.WITH_DASHES

#: Readline breaks words at ``:`` and ``=`` too, and puts in only what stands behind the last of them; so the pieces
#: are put together again, and it is noted where each word starts. What readline puts in has to be quoted here, for
#: the quote that is open at the cursor. What an alias stands for is put before the words. How the command of ``exec``
#: completes bash-completion knows, where it is loaded.
COMPLETION = r"""
_pyvault_plain() {
    local text="$1" next
    plain= open= before=
    while [ -n "$text" ]; do
        next="${text:0:1}" text="${text:1}"
        case "$open$next" in
            \'\'|\"\") open= ;;
            \'|\") open="$next" before="$plain" ;;
            \\|\"\\)
                case "$open${text:0:1}" in \"[!\"\\\$\`]) plain+="$next" ;; esac
                plain+="${text:0:1}" text="${text:1}" ;;
            *) plain+="$next" ;;
        esac
    done
}
_pyvault() {
    local rest="${COMP_LINE:0:COMP_POINT}" piece blank current found at child= shift=0 plain open before
    local -a words=() starts=() head=()
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
    for ((at = 0; at < ${#words[@]}; at++)); do _pyvault_plain "${words[at]}"; words[at]="$plain"; done
    case "$1" in
        pyvault) head=(pyvault) ;;
        pv-assume) head=(pyvault export) ;;
        *) found="$(alias "$1" 2> /dev/null)" && eval "found=${found#*=}" && read -ra head <<< "$found" ;;
    esac
    if [ "${head[0]-}" = pv-assume ]; then head=(pyvault export "${head[@]:1}"); fi
    if ((${#head[@]})); then shift=$((${#head[@]} - 1)); else head=("$1"); fi
    words=("${head[@]:1}" "${words[@]:1}")
    while IFS= read -r found; do
        case "$found" in $'\t'*) child="${starts[${found#?} + 1 - shift]}"; break ;; esac
        case "$open" in
            \") found="${found#"$before"}"; found="${found//\\/\\\\}"; found="${found//\"/\\\"}"
                found="${found//\$/\\\$}"; found="${found//\`/\\\`}" ;;
            \') found="${found#"$before"}"; found="${found//\'/\'\\\'\'}" ;;
            *) found="${found#"${plain%"${plain##*[:=]}"}"}"; printf -v found %q "$found" ;;
        esac
        COMPREPLY+=("$found")
    done < <(command pyvault complete -- "${words[@]}" 2>/dev/null)
    if [ -z "$child" ]; then return
    elif declare -F _comp_command_offset > /dev/null; then _comp_command_offset "$child"
    elif declare -F _command_offset > /dev/null; then _command_offset "$child"
    elif ((child == COMP_CWORD)); then
        while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -c -- "$2")
    fi
}
complete -o default -F _pyvault pyvault pv-assume
"""


def script(functions: str, completion: str) -> str:
    """Return what bash evaluates; a POSIX shell can read it too, and gets an error."""
    return sh.only_in(
        f"eval {quote_sh(functions + completion)}\n",
        condition='case "${BASH_VERSION:+:$SHELLOPTS:}" in ""|*:posix:*) false ;; esac',
        name="bash",
    )
