"""zsh."""

from pyvault_cli.credentials.formats import quote_sh
from pyvault_cli.shells import sh

FUNCTIONS = sh.FUNCTIONS + sh.WITH_DASHES

#: The words are asked for without their quotes; compadd quotes what it puts in. Without compinit there is no compdef,
#: and nothing to complete with.
COMPLETION = r"""
_pyvault() {
    local -a found line
    line=("${(@)${(@Q)words[2,CURRENT - 1]}}" "${(Q)PREFIX}")
    if (( CURRENT == 2 )); then line=("${(Q)PREFIX}"); fi
    if [[ $service == pv-assume ]]; then line=(export "${(@)line}"); fi
    found=("${(@f)$(command pyvault complete -- "${(@)line}" 2>/dev/null)}")
    if [[ ${found[1]} == $'\t'<-> ]]; then
        local -i cut=$(( ${found[1]#?} + 1 ))
        (( CURRENT -= cut ))
        words=("${(@)words[cut + 1, -1]}")
        _normal
    elif [[ -n ${found[1]} ]]; then compadd -a found
    else _files
    fi
}
if (( ${+functions[compdef]} )); then compdef _pyvault pyvault pv-assume; fi
""".lstrip()


def script(functions: str, completion: str) -> str:
    """Return what zsh evaluates; the functions keep zsh's own options, whatever their caller has set."""
    return sh.only_in(
        f"emulate zsh -c {quote_sh(functions)}\n" + (f"eval {quote_sh(completion)}\n" if completion else ""),
        condition='[ -n "${ZSH_VERSION-}" ]',
        name="zsh",
    )
