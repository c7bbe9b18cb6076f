"""PowerShell, Windows' own and the portable one."""

from pyvault_cli.credentials.formats import POWERSHELL_QUOTES

#: As in POSIX shells: only assignments are evaluated, and what was there before comes back. There are neither subshells
#: nor variables of a scope here: while export is asked, the environment is that of before, and then, also after Ctrl-C,
#: what it had been made. No value at all is not the same as an empty one, which .NET 9 keeps. What child shells need is
#: in variables too, which count among those that are changed; a child shell reads them when it starts.
FUNCTIONS = """\
if (($null -eq $global:PvBefore) -and $Env:PV_NAMES) {
    $global:PvBefore = @{ PV_NAMES = $null }
    $global:PvNow = @{ PV_NAMES = $Env:PV_NAMES }
    foreach ($name in $Env:PV_NAMES -split ' ') {
        foreach ($kind in 'WAS', 'NOW', 'EXPORTED') {
            $global:PvBefore["PV_${name}_$kind"] = $null
            $global:PvNow["PV_${name}_$kind"] = [Environment]::GetEnvironmentVariable("PV_${name}_$kind")
        }
        $global:PvBefore[$name] = $global:PvNow["PV_${name}_WAS"]
        $global:PvNow[$name] = $global:PvNow["PV_${name}_NOW"]
    }
    $kept = $global:PvBefore
    foreach ($name in @($kept.Keys)) {
        if ($global:PvNow["PV_${name}_EXPORTED"] -and ($null -eq $kept[$name])) {
            foreach ($half in 'CREDENTIAL_EXPIRATION', 'ACCOUNT_ID', 'VAULT') { $kept["AWS_$half"] = $null }
        }
    }
}
function _pv_get($name) {
    [Environment]::GetEnvironmentVariable($name)
}
function _pv_set($name, $value) {
    if ($null -eq $value) { Remove-Item -ErrorAction SilentlyContinue "Env:$name" } else { Set-Item "Env:$name" $value }
}
function _pv_values($names) {
    $values = @{}
    foreach ($name in $names) { $values[$name] = _pv_get $name }
    $values
}
function _pv_back {
    if ($null -eq $global:PvBefore) { return }
    $keys = 'ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN', 'CREDENTIAL_EXPIRATION', 'ACCOUNT_ID', 'VAULT'
    foreach ($name in $global:PvBefore.Keys) {
        if (($keys -ccontains ($name -replace '^AWS_')) -or ((_pv_get $name) -ceq $global:PvNow[$name])) {
            _pv_set $name $global:PvBefore[$name]
        }
    }
}
function pv-unset {
    if ($null -eq $global:PvBefore) {
        'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION' |
            ForEach-Object { _pv_set $_ $null }
    }
    _pv_back
    $global:PvBefore = $null
    $global:PvNow = $null
}
function pv-assume {
    $held = if ($null -eq $global:PvBefore) { @{} } else { _pv_values $global:PvBefore.Keys }
    try {
        _pv_back
        $lines = @(& pyvault export --assign powershell @args)
    } finally {
        foreach ($name in $held.Keys) { _pv_set $name $held[$name] }
    }
    if ($LASTEXITCODE -ne 0) { return }
    if ("$($lines[0])" -cnotmatch '^[$]Env:AWS_ACCESS_KEY_ID = ') { return $lines }
    if ($null -ne $global:PvBefore) { pv-unset }
    $names = $lines[-1].Substring(2) -split ' '
    $before = _pv_values $names
    Invoke-Expression ($lines -join "`n")
    $now = _pv_values $names
    $kept = @{ PV_NAMES = $names -join ' ' }
    foreach ($name in $names) {
        if ($null -ne $before[$name]) { $kept["PV_${name}_EXPORTED"] = '1' }
        if ($name -cnotmatch '(_KEY|_KEY_ID|_TOKEN)$|_BEARER_TOKEN_') { $kept["PV_${name}_WAS"] = $before[$name] }
        if ($name -cnotmatch '_KEY$|_ID$|_TOKEN$|_EXPIRATION$') { $kept["PV_${name}_NOW"] = $now[$name] }
    }
    foreach ($name in $kept.Keys) {
        _pv_set $name $kept[$name]
        $before[$name] = $null
        $now[$name] = $kept[$name]
    }
    $global:PvBefore = $before
    $global:PvNow = $now
}
"""

#: A word is inserted as it is only if it is a plain one: @ at its beginning would be an operator.
#: Before 7.3 PowerShell hands no empty word to a program unless it is written as two quotes.
#: The command of exec is a program of PATH; with words behind it, it is a line that PowerShell completes.
COMPLETION = r"""
Register-ArgumentCompleter -Native -CommandName pyvault -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    $version = $PSVersionTable.PSVersion
    $empty = if ($version.Major * 100 + $version.Minor -lt 703) { '""' } else { '' }
    if (-not $wordToComplete) { $words += $empty }
    $found = @(& pyvault complete '--' @words 2>$null)
    if ($found.Count -eq 1 -and $found[0] -match '^\t(\d+)$') {
        $start = [int]$Matches[1]
        if ($start -eq $words.Count - 1) {
            $name = [System.Management.Automation.WildcardPattern]::Escape($wordToComplete) + '*'
            $found = @(Get-Command -CommandType Application -Name $name | Select-Object -Unique -ExpandProperty Name)
        } else {
            $typed = $cursorPosition - $commandAst.Extent.StartOffset
            $before = $commandAst.CommandElements[$start + 1].Extent.StartOffset - $commandAst.Extent.StartOffset
            $line = $commandAst.ToString().PadRight($typed).Substring($before, $typed - $before)
            $seen = [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)
            return $seen.CompletionMatches
        }
    }
    $found | ForEach-Object {
        $text = if ($_ -match '^[\w./:+-][\w./:@+-]*$') { $_ } else { "'" + ($_ -replace "QUOTES", '$1$1') + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
    }
}
""".lstrip().replace("QUOTES", POWERSHELL_QUOTES.pattern)


def script(functions: str, completion: str) -> str:
    """Return what PowerShell evaluates."""
    return functions + completion
