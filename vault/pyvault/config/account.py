"""The account that a profile says its credentials belong to: ``aws_account_id``.

Source: AWS SDKs and Tools Reference Guide, "Account-based endpoints". It counts only
beside the credentials it describes, so other sections are not read for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyvault.config.setting_reader import Found
from pyvault.config.syntax import unquoted
from pyvault.errors import InvalidSettingError
from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.config.config_file import ConfigFile
    from pyvault.config.setting_reader import SettingReader

KEY = "aws_account_id"


class ClaimedAccount(Record):
    """The value of a profile's ``aws_account_id``.

    Attributes:
        label: how a message names the place.
    """

    account_id: str
    label: str


def read_claimed_account(
    reader: SettingReader, config: ConfigFile, credentials_file: ConfigFile | None, name: str
) -> ClaimedAccount | None:
    """Return the claim of a profile's own sections; the shared credentials file wins, as in SDKs."""
    places = [(config, config.find_profile(name))]
    if credentials_file is not None:
        places.insert(0, (credentials_file, credentials_file.find_plain_section(name)))
    for file, entries in places:
        entry = (entries or {}).get(KEY)
        if entry is None or not (text := unquoted(entry.value)):
            continue
        label = f'"{file.path}", line {entry.line}: {KEY} of profile {name!r}'
        found = Found(text=text, origin=f"profile {name}", label=label, rank=0)
        account_id = reader.take(KEY, found, parse_account_id)
        return None if account_id is None else ClaimedAccount(account_id=account_id, label=label)
    return None


def parse_account_id(text: str, what: str) -> str:
    """Return an account id, unchanged.

    Raises:
        InvalidSettingError: it doesn't have twelve digits.
    """
    if not re.fullmatch(r"[0-9]{12}", text):
        raise InvalidSettingError(f"{what}: {text!r} is not an account id of 12 digits")
    return text


def account_of(arn: str) -> str | None:
    """Return the account of an ARN; None if it has none.

    Source: ``arn:partition:service:region:account:resource``.
    """
    parts = arn.split(":", 5)
    return parts[4] or None if len(parts) > 5 else None
