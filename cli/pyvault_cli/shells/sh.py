"""POSIX shells such as dash and busybox; the functions serve bash and zsh too."""

#: What is evaluated begins with an assignment, or it is none of export's: ``--help`` ends with code 0 too. Its last
#: line names what it changes. Nothing changes before the new credentials are there, and what was there before is kept:
#: pv-unset brings it back, unless somebody has changed it since; the keys and their AWS_VAULT it brings back always, as
#: half a pair of keys is nobody's. export is asked in a subshell where everything is back already.
#:
#: What is remembered is exported, for child shells and for pyvault itself (:mod:`pyvault_cli.shells.assumed`);
#: but not the keys and tokens of before, which a program that runs with other credentials must not see. A child
#: shell that lacks them brings back neither half of them nor their AWS_VAULT, and says so.
#:
#: No name of a function here has a dash: POSIX shells refuse it; an alias may have one. The names of variables are
#: plain words, so ``eval`` sees no other's text.
FUNCTIONS = r"""
_pv_keep() {
    local name
    for name in "$@"; do
        unset "PV_${name}_WAS" "PV_${name}_NOW" "PV_${name}_EXPORTED"
        if eval "[ -n \"\${$name+set}\" ]"; then
            eval "PV_${name}_WAS=\"\$$name\""
            if command printenv "$name" > /dev/null; then
                export "PV_${name}_EXPORTED=1"
                case "$name" in
                    *_KEY|*_KEY_ID|*_TOKEN|*_BEARER_TOKEN_*) ;;
                    *) export "PV_${name}_WAS" ;;
                esac
            fi
        fi
    done
}
_pv_now() {
    local name
    for name in "$@"; do
        case "$name" in
            AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_CREDENTIAL_EXPIRATION|AWS_ACCOUNT_ID) ;;
            *) if eval "[ -n \"\${$name+set}\" ]"; then eval "export \"PV_${name}_NOW=\$$name\""; fi ;;
        esac
    done
}
_pv_back() {
    local name lost=
    for name in "$@"; do
        if eval "[ -n \"\${PV_${name}_EXPORTED+set}\" ] && [ -z \"\${PV_${name}_WAS+set}\" ]"; then
            lost="$lost $name"
        fi
    done
    for name in "$@"; do
        case "$name" in
            AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_CREDENTIAL_EXPIRATION|AWS_ACCOUNT_ID|AWS_VAULT)
                if [ -n "$lost" ]; then unset "PV_${name}_WAS"; fi ;;
            *) eval "[ \"\${$name+=}\${$name-}\" = \"\${PV_${name}_NOW+=}\${PV_${name}_NOW-}\" ]" || continue ;;
        esac
        unset "$name"
        if eval "[ -n \"\${PV_${name}_WAS+set}\" ]"; then
            eval "$name=\"\$PV_${name}_WAS\""
            if eval "[ -n \"\${PV_${name}_EXPORTED+set}\" ]"; then export "$name"; fi
        fi
    done
    for name in "$@"; do unset "PV_${name}_WAS" "PV_${name}_NOW" "PV_${name}_EXPORTED"; done
    if [ -n "$lost" ]; then
        printf 'pyvault: warning: only the shell that pv-assume ran in can bring back%s\n' "$lost" >&2
    fi
}
pv_unset() {
    case "${PV_NAMES-}" in *[!A-Za-z0-9_\ ]*) unset PV_NAMES ;; esac
    if [ -n "${PV_NAMES+set}" ]; then eval "_pv_back $PV_NAMES"
    else unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION
    fi
    unset PV_NAMES
}
pv_assume() {
    local lines
    lines="$(
        if [ -n "${PV_NAMES+set}" ]; then pv_unset 2> /dev/null; fi
        command pyvault export --assign export-env "$@"
    )" || return
    case "$lines" in
        "export AWS_ACCESS_KEY_ID="*) ;;
        *) printf '%s\n' "$lines"; return 2 ;;
    esac
    if [ -n "${PV_NAMES+set}" ]; then pv_unset 2> /dev/null; fi
    export "PV_NAMES=${lines##*: }"
    eval "_pv_keep $PV_NAMES"
    eval "$lines"
    eval "_pv_now $PV_NAMES"
}
""".lstrip()

ALIASES = "alias pv-assume=pv_assume pv-unset=pv_unset\n"
WITH_DASHES = """\
pv-assume() { pv_assume "$@"; }
pv-unset() { pv_unset "$@"; }
"""
COMPLETION = ""


def script(functions: str, completion: str) -> str:
    """Return what such a shell evaluates; aliases stand in for the names that it does not take."""
    return functions + ALIASES + completion


def only_in(text: str, *, condition: str, name: str) -> str:
    """Return text for one shell that all others like it can read, as its own words stand in quotes.

    Args:
        text: what the shell evaluates.
        condition: a command that succeeds in that shell alone.
        name: of that shell.
    """
    return (
        f"if {condition}; then\n{text}else\n"
        f"    printf '%s\\n' 'pyvault: error: this shell is not {name}, or is in POSIX mode' \\\n"
        "        'pyvault: hint: pyvault shell-init knows other shells; sh is for dash, busybox and all of POSIX' >&2\n"
        "    false\nfi\n"
    )
