"""fish."""

FUNCTIONS = """\
function pv-unset
    set -e AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION
    if set -q PV_REGION_SET
        set -e AWS_REGION AWS_DEFAULT_REGION PV_REGION_SET
    end
end
function pv-assume
    set -l lines (command pyvault export --format fish $argv)
    or return
    pv-unset
    string join \\n -- $lines | source
    if string match -q '*AWS_REGION*' -- $lines
        set -g PV_REGION_SET 1
    end
end
"""

COMPLETION = """\
function __pyvault_complete
    set -l found (command pyvault complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
    if set -q found[1]
        string join \\n -- $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c pyvault -f -a '(__pyvault_complete)'
"""
