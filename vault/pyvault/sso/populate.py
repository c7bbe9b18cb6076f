"""Make config profiles from what a sign-in opens. Pure: bytes in, bytes out.

Names come from the portal, and so from whoever may name an account: they are
reduced to plain characters, and values that can't be what AWS says they are
stop the command. A hostile account name must not become a section of its own.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pyvault.config.config_file import DEFAULT, ConfigFile
from pyvault.errors import ConfigError, InvalidSettingError
from pyvault.record import Record
from pyvault.sso.managed_block import replace_block, without_block

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyvault.aws.calls import SsoAccount
    from pyvault.sso.accounts import AccountRole
    from pyvault.sso.session import SsoSession

DEFAULT_TEMPLATE = "{account_name}-{role_name}"
FIELDS = ("account_id", "account_name", "role_name", "session")
FILTER_KEYS = ("account", "account-id", "role")

_PLACE = re.compile(r"\{([a-z_]*)\}")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._@+-]+")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
#: Source: IAM Identity Center API reference, PermissionSet Name: [\w+=,.@-]+, at most 32.
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


class Filter(Record):
    """A condition on roles: a glob over one of :data:`FILTER_KEYS`, in any case."""

    key: str
    pattern: str

    def matches(self, entry: AccountRole) -> bool:
        """Return whether the role matches."""
        return self._fits(entry.role) if self.key == "role" else self.admits(entry.account)

    def admits(self, account: SsoAccount) -> bool:
        """Return whether a role of this account may match."""
        values = {"account": account.name, "account-id": account.account_id}
        return self.key not in values or self._fits(values[self.key])

    def _fits(self, value: str) -> bool:
        return fnmatchcase(value.casefold(), self.pattern.casefold())


class Style(Record):
    """How profiles are named and what else they hold.

    Attributes:
        template: plain text with ``{account_id}``, ``{account_name}``,
            ``{role_name}`` and ``{session}``.
        region: for the profiles; None writes none.
    """

    prefix: str = ""
    template: str = DEFAULT_TEMPLATE
    region: str | None = None


class Populated(Record):
    """A config file with its profiles made.

    Attributes:
        before: the file as it was.
        after: the file as it would be.
        profiles: the names made, in order.
        taken: names that somebody wrote already; theirs stay, ours are not made.
        unasked: the role that would have become the profile which every program takes that is
            told of none, and was not made; None where there is none.
    """

    before: bytes
    after: bytes
    profiles: tuple[str, ...]
    taken: tuple[str, ...]
    unasked: AccountRole | None = None

    def diff(self, path: str) -> str:
        """Show the change as a unified diff; empty if there is none."""
        from difflib import unified_diff

        old, new = (text.decode("utf-8", "replace").splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in unified_diff(old, new, path, path))


def parse_filter(text: str) -> Filter:
    """Read ``account=prod-*``, ``account-id=1234*`` or ``role=Admin*``.

    Raises:
        InvalidSettingError: another key, or no pattern.
    """
    key, found, pattern = text.partition("=")
    if key not in FILTER_KEYS or not found or not pattern:
        raise InvalidSettingError(
            f"the filter {text!r} is not KEY=PATTERN", hint=f"the keys are {', '.join(FILTER_KEYS)}"
        )
    return Filter(key=key, pattern=pattern)


def select(roles: Sequence[AccountRole], filters: Sequence[Filter]) -> list[AccountRole]:
    """Return the roles that match: filters of one key are alternatives, of different keys conditions."""
    groups = _by_key(filters)
    return [entry for entry in roles if all(any(each.matches(entry) for each in group) for group in groups)]


def select_accounts(accounts: Sequence[SsoAccount], filters: Sequence[Filter]) -> list[SsoAccount]:
    """Return the accounts whose roles may match, so that AWS is asked about no other."""
    groups = _by_key(filters)
    return [account for account in accounts if all(any(each.admits(account) for each in group) for group in groups)]


def _by_key(filters: Sequence[Filter]) -> list[list[Filter]]:
    return [[each for each in filters if each.key == key] for key in {each.key for each in filters}]


def populate(data: bytes, path: Path, session: SsoSession, roles: Sequence[AccountRole], style: Style) -> Populated:
    """Make a profile per role, in the block of this session; everything else stays.

    Args:
        data: the whole config file.
        path: for messages.
        roles: in the order the profiles are to stand in.

    Raises:
        ConfigError: the markers do not pair up, two roles get one name, or the
            portal gave a value that no config file can hold.
        InvalidSettingError: the template or the prefix is wrong.
    """
    named = _named(roles, session, style)
    unasked = named.pop(DEFAULT, None)
    others = ConfigFile.parse(without_block(data, session.label), path)
    taken = [name for name in named if others.find_profile(name) is not None]
    made = {name: entry for name, entry in named.items() if name not in taken}
    lines = [line for name, entry in made.items() for line in _section(name, entry, session, style)]
    after = replace_block(data, session.label, lines)
    return Populated(before=data, after=after, profiles=tuple(made), taken=tuple(taken), unasked=unasked)


def _named(roles: Sequence[AccountRole], session: SsoSession, style: Style) -> dict[str, AccountRole]:
    named: dict[str, AccountRole] = {}
    for entry in roles:
        name = profile_name(entry, session, style)
        if name in named:
            other = named[name]
            raise ConfigError(
                f"two roles would be called {name!r}: {_title(other)} and {_title(entry)}",
                hint="use a --template with {account_id} and {role_name}",
            )
        named[name] = entry
    return named


def profile_name(entry: AccountRole, session: SsoSession, style: Style) -> str:
    """Name a profile after its role.

    Raises:
        InvalidSettingError: the template names an unknown field, or nothing is left of the name.
    """
    values = {
        "account_id": entry.account.account_id,
        "account_name": _plain(entry.account.name) or entry.account.account_id,
        "role_name": _plain(entry.role),
        "session": _plain(session.name or "sso"),
    }
    unknown = [field for field in _PLACE.findall(style.template) if field not in FIELDS]
    if unknown or set("{}") & set(_PLACE.sub("", style.template)):
        raise InvalidSettingError(
            f"the template {style.template!r} names no known field", hint=f"the fields are {', '.join(FIELDS)}"
        )
    name = style.prefix + _PLACE.sub(lambda place: values[place[1]], style.template)
    if not name or name != _plain(name):
        raise InvalidSettingError(f"the profile name {name!r} holds more than letters, digits and ._@+-")
    return name


def _plain(text: str) -> str:
    return _NOT_PLAIN.sub("-", text).strip("-")


def _section(name: str, entry: AccountRole, session: SsoSession, style: Style) -> list[str]:
    if not _ACCOUNT_ID.fullmatch(entry.account.account_id):
        raise ConfigError(f"the portal gave the account id {entry.account.account_id!r}, which is not valid")
    if not _ROLE_NAME.fullmatch(entry.role):
        raise ConfigError(f"the portal gave the role name {entry.role!r}, which is not valid")
    if session.name is not None:
        source = [f"sso_session = {session.name}"]
    else:
        source = [f"sso_start_url = {session.start_url}", f"sso_region = {session.client.region}"]
    region = [f"region = {style.region}"] if style.region else []
    keys = [*source, f"sso_account_id = {entry.account.account_id}", f"sso_role_name = {entry.role}", *region]
    return [f"[profile {name}]", *keys, ""]


def _title(entry: AccountRole) -> str:
    return f"{entry.role!r} in {entry.account.account_id}"
