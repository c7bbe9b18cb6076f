"""zsh."""

from pyvault_cli.shells import bash

FUNCTIONS = bash.FUNCTIONS

#: Without compinit there is no compdef, and nothing to complete with.
COMPLETION = r"""
_pyvault() {
    local -a found line
    line=("${(@)words[2,CURRENT]}")
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
