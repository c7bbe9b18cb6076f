"""zsh."""

from pyvault_cli.shells import bash

FUNCTIONS = bash.FUNCTIONS

COMPLETION = """\
_pyvault() {
    local -a found
    found=("${(@f)$(command pyvault complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -a found; else _files; fi
}
compdef _pyvault pyvault
"""
