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

#: Readline breaks words at ``:`` and ``=`` too, and puts in only what stands behind the last of them; so the
#: words are taken from the line itself. What it puts in has to be quoted here.
COMPLETION = r"""
_pyvault() {
    local line="${COMP_LINE:0:COMP_POINT}" current found
    local -a words
    IFS=$' \t' read -ra words <<< "$line"
    case "$line" in *[[:space:]]) words+=("") ;; esac
    current="${words[${#words[@]} - 1]}"
    COMPREPLY=()
    while IFS= read -r found; do
        found="${found#"${current%"${current##*[:=]}"}"}"
        printf -v found %q "$found"
        COMPREPLY+=("$found")
    done < <(command pyvault complete -- "${words[@]:1}" 2>/dev/null)
}
complete -o default -F _pyvault pyvault
"""
