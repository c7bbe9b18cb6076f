"""fish."""

#: As in POSIX shells. fish has no subshells: the call has a scope of its own, where everything is what it was before;
#: ``set`` in a loop would have the loop's scope, so the lines that make it are evaluated. Only what is global is ours:
#: what a user has set for all shells, fish itself brings back, and what is local to the caller, of which each function
#: gets a copy, stays the caller's; keys there would win over ours, and are refused.
FUNCTIONS = """\
function __pv_locals
    string match -r '^(?:AWS|AMAZON)_.*' -- (set -nlx)
end
function __pv_keep
    for name in $argv
        set -eg PV_{$name}_WAS PV_{$name}_NOW PV_{$name}_EXPORTED
        set -qg $name; or continue
        set -g PV_{$name}_WAS $$name
        set -qgx $name; or continue
        set -gx PV_{$name}_EXPORTED 1
        string match -qr '(?:_KEY|_KEY_ID|_TOKEN)$|_BEARER_TOKEN_' -- $name; or set -gx PV_{$name}_WAS $$name
    end
end
function __pv_of_the_keys
    contains -- $argv AWS_{ACCESS_KEY_ID,SECRET_ACCESS_KEY,SESSION_TOKEN,CREDENTIAL_EXPIRATION,ACCOUNT_ID}
end
function __pv_now
    for name in $argv
        set -qg $name; and not __pv_of_the_keys $name; and set -gx PV_{$name}_NOW $$name
    end
end
function __pv_ours
    test $argv = AWS_VAULT; or __pv_of_the_keys $argv; and return
    set -l now PV_{$argv}_NOW
    set -l is ""
    set -l made ""
    set -qg $argv; and set is =$$argv
    set -qg $now; and set made =$$now
    test "$is" = "$made"
end
function __pv_lost
    for name in $argv
        set -qg PV_{$name}_EXPORTED; and not set -qg PV_{$name}_WAS; and echo $name
    end
    return 0
end
function __pv_comes_back
    set -qg PV_{$argv[1]}_WAS; or return
    test $argv[1] = AWS_VAULT; or __pv_of_the_keys $argv[1]; or return 0
    not set -q argv[2]
end
function __pv_scope
    set -l names (string split -n ' ' -- $PV_NAMES)
    set -l lost (__pv_lost $names)
    echo 'set -lu PV_NAMES;'
    for name in $names
        if not __pv_ours $name
            continue
        else if set -qg PV_{$name}_EXPORTED; and __pv_comes_back $name $lost
            echo "set -lx $name \\$PV_"$name"_WAS;"
        else
            echo "set -lu $name;"
        end
    end
end
function __pv_export
    set -q PV_NAMES; and eval (__pv_scope)
    command pyvault export --assign fish $argv
end
function pv-unset
    eval "set -el "(__pv_locals)";"
    set -q PV_NAMES; or set -eg AWS_{ACCESS_KEY_ID,SECRET_ACCESS_KEY,SESSION_TOKEN,CREDENTIAL_EXPIRATION}
    set -l names (string split -n ' ' -- $PV_NAMES)
    set -l lost (__pv_lost $names)
    for name in $names
        __pv_ours $name; or continue
        set -l was PV_{$name}_WAS
        set -eg $name
        __pv_comes_back $name $lost; or continue
        set -gu $name $$was
        set -qg PV_{$name}_EXPORTED; and set -gx $name $$was
    end
    for name in $names
        set -eg PV_{$name}_WAS PV_{$name}_NOW PV_{$name}_EXPORTED
    end
    set -eg PV_NAMES
    set -q lost[1]; and echo "pyvault: warning: only the shell that pv-assume ran in can bring back $lost" >&2
    return 0
end
function pv-assume
    set -l locals (__pv_locals)
    for name in $locals
        if __pv_of_the_keys $name
            echo "pyvault: error: $name is a local variable of the caller, and would win over what pv-assume sets" >&2
            return 2
        end
    end
    eval "set -el "$locals";"
    set -l lines (__pv_export $argv)
    or return
    if not string match -q 'set -gx AWS_ACCESS_KEY_ID *' -- $lines[1]
        string join -- \\n $lines
        return 2
    end
    set -q PV_NAMES; and pv-unset 2> /dev/null
    set -gx PV_NAMES (string sub -s 3 -- $lines[-1])
    set -l names (string split -n ' ' -- $PV_NAMES)
    __pv_keep $names
    string join -- \\n $lines | source
    __pv_now $names
    for name in $locals
        contains -- $name $names; and echo "pyvault: warning: $name stays a local variable of the caller" >&2
    end
    return 0
end
"""

COMPLETION = r"""
function __pyvault_complete
    set -l words (commandline -opc)
    set -l current (string unescape -- (commandline -ct))
    set -l found (command pyvault complete -- $argv $words[2..] "$current" 2>/dev/null)
    if set -l start (string replace -rf '^\t(\d+)$' '$1' -- "$found[1]")
        set -e words[1..(math $start + 1)]
        complete -C (string join -- ' ' (string escape -- $words) (commandline -ct))
    else if set -q found[1]
        string join -- \n $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c pyvault -f -a '(__pyvault_complete)'
complete -c pv-assume -f -a '(__pyvault_complete export)'
""".lstrip()


def script(functions: str, completion: str) -> str:
    """Return what fish reads."""
    return functions + completion
