"""zsh."""

from pyvault_cli.shells import bash

FUNCTIONS = bash.FUNCTIONS

#: Without compinit there is no compdef, and nothing to complete with. After ``exec ... --`` stands the line of
#: another command, which zsh completes as such.
COMPLETION = """\
_pyvault() {
    local -a found line
    local -i cut=${words[(i)--]}
    if (( cut < CURRENT )) && (( ${words[(i)exec]} < cut )) && [[ $service != pv-assume ]]; then
        (( CURRENT -= cut ))
        words=("${(@)words[cut + 1, -1]}")
        _normal
        return
    fi
    line=("${(@)words[2,CURRENT]}")
    if [[ $service == pv-assume ]]; then line=(export "${(@)line}"); fi
    found=("${(@f)$(command pyvault complete -- "${(@)line}" 2>/dev/null)}")
    if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -a found; else _files; fi
}
if (( ${+functions[compdef]} )); then compdef _pyvault pyvault pv-assume; fi
"""
