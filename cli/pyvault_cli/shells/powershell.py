"""PowerShell, Windows' own and the portable one."""

from pyvault_cli.formats import POWERSHELL_QUOTES

FUNCTIONS = """\
function pv-unset {
    $names = 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'
    if ($global:PvRegionSet) { $names += 'AWS_REGION', 'AWS_DEFAULT_REGION'; $global:PvRegionSet = $false }
    foreach ($name in $names) { Remove-Item -ErrorAction SilentlyContinue "Env:$name" }
}
function pv-assume {
    $lines = (& pyvault export --format powershell @args) -join "`n"
    if ($LASTEXITCODE -ne 0) { return }
    pv-unset
    Invoke-Expression $lines
    if ($lines -match 'AWS_REGION') { $global:PvRegionSet = $true }
}
"""

#: A word is inserted as it is only if it is a plain one: @ at its beginning would be an operator.
#: Before 7.3 PowerShell hands no empty word to a program unless it is written as two quotes.
COMPLETION = r"""
Register-ArgumentCompleter -Native -CommandName pyvault -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    $version = $PSVersionTable.PSVersion
    $empty = if ($version.Major * 100 + $version.Minor -lt 703) { '""' } else { '' }
    if (-not $wordToComplete) { $words += $empty }
    & pyvault complete '--' @words 2>$null | ForEach-Object {
        $text = if ($_ -match '^[\w./:+-][\w./:@+-]*$') { $_ } else { "'" + ($_ -replace "QUOTES", '$1$1') + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
    }
}
""".lstrip().replace("QUOTES", POWERSHELL_QUOTES.pattern)
