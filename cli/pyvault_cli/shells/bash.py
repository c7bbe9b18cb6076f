"""bash; the functions serve zsh too."""

#: The output is kept first: when pyvault fails, the shell keeps what it had.
#: A region that was there before pv-assume is not ours to remove.
FUNCTIONS = """\
pv-unset() {
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION
    if [ -n "${PV_REGION_SET-}" ]; then unset AWS_REGION AWS_DEFAULT_REGION PV_REGION_SET; fi
}
pv-assume() {
    local lines
    lines="$(command pyvault export --format export-env "$@")" || return
    pv-unset
    eval "$lines"
    case "$lines" in *AWS_REGION=*) PV_REGION_SET=1 ;; esac
}
"""

COMPLETION = """\
_pyvault() {
    local IFS=$'\\n'
    COMPREPLY=($(command pyvault complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _pyvault pyvault
"""
