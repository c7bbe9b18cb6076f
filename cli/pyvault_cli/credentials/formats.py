"""Credentials as text, for shells and programs. Pure.

A value may come from a config file that somebody else wrote. It must not become
shell: every value that is not a plain word is quoted by the rules of the shell
that will read it, and where a format has no quoting it is refused.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from pyvault.errors import InvalidSettingError
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyvault.model import Credentials

#: Words that no shell of ours changes: access keys, base64, ARNs, times, regions.
PLAIN_WORD = re.compile(r"[A-Za-z0-9@%+=:,./_-]+", re.ASCII)
#: Names of variables that a shell can set and unset; any other in its environment it can't even hand on.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: PowerShell ends a quoted text at any of these, not only at the ASCII apostrophe.
#: Written so that a regular expression of PowerShell's can hold it too, in ASCII.
#: Source: PowerShell language specification, 2.3.5.2, single-quote-character.
POWERSHELL_QUOTES = re.compile(r"(['\u2018\u2019\u201a\u201b])")


class Format(StrEnum):
    """How ``export`` writes credentials."""

    ENV = "env"
    EXPORT_ENV = "export-env"
    FISH = "fish"
    POWERSHELL = "powershell"
    JSON = "json"
    INI = "ini"
    DOTENV = "dotenv"


#: How a shell forgets variables. fish: the last command's status stays that of a success, and what is universal,
#: for all shells of the user, is not ours to take away.
UNSETTING = {
    Format.EXPORT_ENV: "unset {names}",
    Format.FISH: "begin; for pv_name in {names}; set -eg $pv_name; set -qUx $pv_name;"
    ' and echo "pyvault: $pv_name is a universal variable and stays: set -eU $pv_name" >&2; end; true; end',
    Format.POWERSHELL: "Remove-Item -ErrorAction SilentlyContinue {names}",
}
#: The formats that are made of variables.
VARIABLES = frozenset(Format) - {Format.JSON, Format.INI}


class Exported(Record):
    """What ``export`` writes.

    Attributes:
        settings: of the clients, as variables.
        stray: variables that would lead to other credentials; the formats that a shell
            evaluates unset those of them that are not set anew.
        before: what is set where nothing else sets it.
    """

    profile: str
    credentials: Credentials
    region: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    stray: Collection[str] = ()
    before: Mapping[str, str] = field(default_factory=dict[str, str])

    def variables(self) -> dict[str, str]:
        """Return everything that is set."""
        regions = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region} if self.region is not None else {}
        variables = self.credentials.env() | regions | dict(self.settings)
        return variables | {name: value for name, value in self.before.items() if name not in variables}

    def left_over(self) -> list[str]:
        """Return what is unset."""
        variables = self.variables()
        return [name for name in self.stray if name not in variables and NAME.fullmatch(name)]


def render(format: Format, exported: Exported) -> str:  # noqa: A002 - the option's name
    """Write credentials in a format; the result holds secrets.

    Raises:
        InvalidSettingError: a value that this format can't hold.
    """
    match format:
        case Format.JSON:
            return exported.credentials.to_json()
        case Format.INI:
            return _as_ini(exported)
        case Format.ENV | Format.EXPORT_ENV | Format.FISH | Format.POWERSHELL | Format.DOTENV:
            lines = [_assignment(format, name, value) for name, value in exported.variables().items()]
            if (left_over := exported.left_over()) and format in UNSETTING:
                lines.append(UNSETTING[format].format(names=_list(format, left_over)))
            return "".join(f"{line}\n" for line in lines)
        case _:
            assert_never(format)


def names_line(format: Format, exported: Exported) -> str:  # noqa: A002 - as above
    """Return the last line for pv-assume: the names that the lines before it change, after a word without effect."""
    mark = "#" if format is Format.POWERSHELL else ":"
    return f"{mark} {' '.join([*exported.variables(), *exported.left_over()])}\n"


def _list(format: Format, names: Collection[str]) -> str:  # noqa: A002 - as above
    return ", ".join(f"'Env:{name}'" for name in names) if format is Format.POWERSHELL else " ".join(names)


def _assignment(format: Format, name: str, value: str) -> str:  # noqa: A002 - as above
    match format:
        case Format.ENV:
            return f"{name}={quote_sh(_one_line(name, value))}"
        case Format.EXPORT_ENV:
            return f"export {name}={quote_sh(_no_nul(name, value))}"
        case Format.FISH:
            return f"set -gx {name} {quote_fish(_no_nul(name, value))}"
        case Format.POWERSHELL:
            return f"$Env:{name} = {quote_powershell(_no_nul(name, value))}"
        case Format.DOTENV:
            return f"{name}={_quote_dotenv(name, _one_line(name, value))}"
        case _:
            raise AssertionError(f"{format} is not made of assignments")


def quote_sh(value: str) -> str:
    """Quote for sh, bash, zsh: inside apostrophes nothing is special but the apostrophe."""
    if PLAIN_WORD.fullmatch(value):
        return value
    return "'" + value.replace("'", "'\"'\"'") + "'"


def quote_fish(value: str) -> str:
    r"""Quote for fish: inside apostrophes ``\\`` and ``\'`` are escapes, all else is plain."""
    if PLAIN_WORD.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_powershell(value: str) -> str:
    """Quote for PowerShell, where even a plain word must be quoted in an assignment."""
    return "'" + POWERSHELL_QUOTES.sub(r"\1\1", value) + "'"


def _quote_dotenv(name: str, value: str) -> str:
    if PLAIN_WORD.fullmatch(value):
        return value
    # Readers of .env files disagree about every escape; apostrophes around a text without any are safe in all.
    if "'" in value or "\\" in value:
        raise InvalidSettingError(f"the value of '{name}' can't be written to a .env file")
    return f"'{value}'"


def _as_ini(exported: Exported) -> str:
    profile = exported.profile
    if "]" in _one_line("profile", profile):
        raise InvalidSettingError(f"the profile name '{profile}' can't be a section name")
    names = {
        "AWS_ACCESS_KEY_ID": "aws_access_key_id",
        "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
        "AWS_SESSION_TOKEN": "aws_session_token",
        "AWS_CREDENTIAL_EXPIRATION": "aws_credential_expiration",
        "AWS_ACCOUNT_ID": "aws_account_id",
        "AWS_REGION": "region",
    }
    values = exported.variables()
    lines = [f"{key}={_one_line(key, values[name])}" for name, key in names.items() if name in values]
    return "\n".join([f"[{profile}]", *lines]) + "\n"


def _one_line(name: str, value: str) -> str:
    # str.splitlines knows every line end that some reader might: \r, NEL, U+2028 ...
    if len(value.splitlines()) > 1 or value.endswith(("\n", "\r")):
        raise InvalidSettingError(f"the value of '{name}' has more than one line")
    return _no_nul(name, value)


def _no_nul(name: str, value: str) -> str:
    if "\0" in value:
        raise InvalidSettingError(f"the value of '{name}' holds a NUL byte")
    return value
