"""fish."""

#: As in bash. fish has no subshells: the call has a scope of its own, where a region is what it was before.
FUNCTIONS = """\
function __pv_export
    set -l now $PV_REGION
    set -q PV_REGION; and test "$AWS_REGION" = "$now"; and set -lx AWS_REGION $PV_REGION_BEFORE
    set -q PV_REGION; and test "$AWS_DEFAULT_REGION" = "$now"; and set -lx AWS_DEFAULT_REGION $PV_DEFAULT_REGION_BEFORE
    command pyvault export --assign fish $argv
end
function pv-unset
    set -e AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION
    set -q PV_REGION; or return 0
    if test "$AWS_REGION" = "$PV_REGION"
        set -e AWS_REGION
        set -q PV_REGION_BEFORE; and set -gx AWS_REGION $PV_REGION_BEFORE
    end
    if test "$AWS_DEFAULT_REGION" = "$PV_REGION"
        set -e AWS_DEFAULT_REGION
        set -q PV_DEFAULT_REGION_BEFORE; and set -gx AWS_DEFAULT_REGION $PV_DEFAULT_REGION_BEFORE
    end
    set -e PV_REGION PV_REGION_BEFORE PV_DEFAULT_REGION_BEFORE
    return 0
end
function pv-assume
    set -l lines (__pv_export $argv)
    or return
    if not string match -q 'set -gx AWS_ACCESS_KEY_ID *' -- $lines[1]
        string join -- \\n $lines
        return 2
    end
    pv-unset
    set -q AWS_REGION; and set -g PV_REGION_BEFORE $AWS_REGION
    set -q AWS_DEFAULT_REGION; and set -g PV_DEFAULT_REGION_BEFORE $AWS_DEFAULT_REGION
    string join -- \\n $lines | source
    set -g PV_REGION "$AWS_REGION"
end
"""

COMPLETION = r"""
function __pyvault_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (command pyvault complete -- $argv $words[2..] "$current" 2>/dev/null)
    if set -l start (string replace -rf '^\t(\d+)$' '$1' -- "$found[1]")
        set -e words[1..(math $start + 1)]
        complete -C (string join -- ' ' (string escape -- $words) "$current")
    else if set -q found[1]
        string join -- \n $found
    else
        __fish_complete_path "$current"
    end
end
complete -c pyvault -f -a '(__pyvault_complete)'
complete -c pv-assume -f -a '(__pyvault_complete export)'
""".lstrip()
