"""fish."""

#: As in bash. fish has no subshells: the call has a scope of its own, where everything is what it was before; ``set``
#: in a loop would have the loop's scope, so the lines that make it are evaluated. Only what is global is ours: what a
#: user has set for all shells, fish itself brings back.
FUNCTIONS = """\
function __pv_keep
    for name in $argv
        set -eg PV_WAS_$name PV_EXPORTED_$name
        set -qg $name; and set -g PV_WAS_$name $$name
        set -qgx $name; and set -g PV_EXPORTED_$name yes
    end
end
function __pv_now
    for name in $argv
        set -eg PV_NOW_$name
        set -qg $name; and set -g PV_NOW_$name $$name
    end
end
function __pv_ours
    contains -- $argv AWS_{ACCESS_KEY_ID,SECRET_ACCESS_KEY,SESSION_TOKEN,CREDENTIAL_EXPIRATION,ACCOUNT_ID}; and return
    set -l now PV_NOW_$argv
    set -l is ""
    set -l made ""
    set -qg $argv; and set is =$$argv
    set -qg $now; and set made =$$now
    test "$is" = "$made"
end
function __pv_scope
    for name in $PV_NAMES
        if not __pv_ours $name
            continue
        else if set -qg PV_EXPORTED_$name
            echo "set -lx $name \\$PV_WAS_$name;"
        else
            echo "set -lu $name;"
        end
    end
end
function __pv_export
    eval (__pv_scope)
    command pyvault export --assign fish $argv
end
function pv-unset
    set -q PV_NAMES; or set -eg AWS_{ACCESS_KEY_ID,SECRET_ACCESS_KEY,SESSION_TOKEN,CREDENTIAL_EXPIRATION}
    for name in $PV_NAMES
        if __pv_ours $name
            set -l was PV_WAS_$name
            set -eg $name
            set -qg $was; and set -gu $name $$was
            set -qg PV_EXPORTED_$name; and set -gx $name $$was
        end
        set -eg PV_WAS_$name PV_NOW_$name PV_EXPORTED_$name
    end
    set -eg PV_NAMES
    return 0
end
function pv-assume
    set -l lines (__pv_export $argv)
    or return
    if not string match -q 'set -gx AWS_ACCESS_KEY_ID *' -- $lines[1]
        string join -- \\n $lines
        return 2
    end
    set -q PV_NAMES; and pv-unset
    set -g PV_NAMES (string split ' ' -- (string sub -s 3 -- $lines[-1]))
    __pv_keep $PV_NAMES
    string join -- \\n $lines | source
    __pv_now $PV_NAMES
    return 0
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
