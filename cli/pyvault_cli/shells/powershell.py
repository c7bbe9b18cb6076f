"""PowerShell, Windows' own and the portable one."""

from pyvault_cli.formats import POWERSHELL_QUOTES

#: As in bash: only assignments are evaluated, and the regions that were there before come back. There are neither
#: subshells nor variables of a scope here: while export is asked, the environment has those regions, and then, also
#: after Ctrl-C, what it had. No value at all is not the same as an empty one, which .NET 9 keeps.
FUNCTIONS = """\
function _pv_set($name, $value) {
    if ($null -eq $value) { Remove-Item -ErrorAction SilentlyContinue "Env:$name" } else { Set-Item "Env:$name" $value }
}
function _pv_regions_back {
    if ($null -eq $global:PvRegions) { return }
    foreach ($name in 'AWS_REGION', 'AWS_DEFAULT_REGION') {
        if ([Environment]::GetEnvironmentVariable($name) -ceq $global:PvRegions['now']) {
            _pv_set $name $global:PvRegions[$name]
        }
    }
}
function pv-unset {
    foreach ($name in 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION') {
        _pv_set $name $null
    }
    _pv_regions_back
    $global:PvRegions = $null
}
function pv-assume {
    $region, $default = $Env:AWS_REGION, $Env:AWS_DEFAULT_REGION
    try {
        _pv_regions_back
        $lines = (& pyvault export --assign powershell @args) -join "`n"
    } finally {
        _pv_set 'AWS_REGION' $region
        _pv_set 'AWS_DEFAULT_REGION' $default
    }
    if ($LASTEXITCODE -ne 0) { return }
    if ($lines -cnotmatch '^[$]Env:AWS_ACCESS_KEY_ID = ') { return $lines }
    pv-unset
    $before = @{ 'AWS_REGION' = $Env:AWS_REGION; 'AWS_DEFAULT_REGION' = $Env:AWS_DEFAULT_REGION }
    Invoke-Expression $lines
    $global:PvRegions = $before
    $global:PvRegions['now'] = $Env:AWS_REGION
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
