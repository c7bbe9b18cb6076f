"""The SSO settings of a profile: its own, and those of the session it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.endpoints import parse_endpoint
from pyvault.config.setting_reader import Found, checked_text, parse_region
from pyvault.config.values import parse_list
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.config.config_file import ConfigFile
    from pyvault.config.setting_reader import SettingReader
    from pyvault.config.syntax import Entry

#: The scope that makes AWS issue a refresh token.
#: Source: AWS CLI user guide, "Configuring IAM Identity Center": sso_registration_scopes.
DEFAULT_SCOPES = ("sso:account:access",)


class SsoSettings(Record):
    """The IAM Identity Center settings of a profile; None is what nothing sets."""

    session: str | None
    start_url: str | None
    region: str | None
    account_id: str | None
    role_name: str | None
    registration_scopes: tuple[str, ...]


def read_sso(reader: SettingReader, config: ConfigFile) -> SsoSettings:
    """Read the SSO settings.

    A session's values win over inline ones of the same section or a farther one,
    and lose to nearer ones: an inherited session does not replace a start URL
    of the profile itself.
    """
    session = reader.find("sso_session")
    inline = reader.find("sso_start_url")
    if session is not None and inline is not None and inline.rank < session.rank:
        session = None
    section: Mapping[str, Entry] = {}
    if session is not None:
        section = config.find_sso_session(session.text) or {}

    def find(key: str) -> Found | None:
        own = reader.find(key)
        entry = section.get(key)
        if session is None or entry is None or not entry.value or (own is not None and own.rank < session.rank):
            return own
        label = f'"{entry.path}", line {entry.line}: {key} of sso-session {session.text!r}'
        return Found(
            text=entry.value,
            origin=f"sso-session {session.text}",
            label=label,
            rank=session.rank,
            place=(entry.path, entry.line),
        )

    scopes = reader.take("sso_registration_scopes", find("sso_registration_scopes"), lambda text, _: parse_list(text))
    return SsoSettings(
        session=reader.take("sso_session", session, lambda text, what: checked_text(text, what=what)),
        start_url=reader.take("sso_start_url", find("sso_start_url"), parse_endpoint),
        region=reader.take("sso_region", find("sso_region"), parse_region),
        account_id=reader.text("sso_account_id"),
        role_name=reader.text("sso_role_name"),
        registration_scopes=scopes or (),
    )
