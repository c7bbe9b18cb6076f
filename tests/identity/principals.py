"""Whose keys a key id stands for, so that an identity can be read off a child.

A *principal* is a text that says where credentials come from: ``the process of a in
config``, ``ROLE by the stored keys of b``. Every key id is made of its principal, by
us and by the stand-in for AWS alike: two ways to the same credentials give the same
principal, and any other way another one.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from datetime import UTC, datetime
from typing import Final

FAR: Final = datetime(2099, 1, 1, tzinfo=UTC)
FAR_TEXT: Final = "2099-01-01T00:00:00Z"
KEY_ID: Final = re.compile(r"A[KS]IA[0-9A-F]{16}")

_known: dict[str, str] = {}


def key_of(principal: str, *, long_lived: bool = False) -> str:
    """Return the key id of a principal; a session of it has another beginning only."""
    digest = hashlib.sha256(principal.encode()).hexdigest()[:16].upper()
    _known[digest] = principal
    return f"{'AKIA' if long_lived else 'ASIA'}{digest}"


def who(key_id: str) -> str:
    """Return the principal of a key id that has been made here."""
    return _known[key_id[4:]]


def of_stored(profile: str) -> str:
    """Return the principal of a profile's keys in the vault."""
    return f"the stored keys of {profile}"


def of_role(arn: str, by: str) -> str:
    """Return the principal of a role, which depends on who assumed it."""
    return f"{arn} by ({by})"


def of_sso(start_url: str, account: str, role: str) -> str:
    """Return the principal of a role that a person chose at a portal."""
    return f"{role} of {account} at {start_url}"


def sso_token(start_url: str) -> str:
    """Return the access token of the person who signed in at a portal."""
    return f"signed-in-at-{start_url}"


def process_of(principal: str, *, static: bool, account: str | None = None) -> str:
    """Return a command that prints the keys of a principal."""
    answer: dict[str, object] = {"Version": 1, "AccessKeyId": key_of(principal, long_lived=static)}
    answer["SecretAccessKey"] = "s"
    if not static:
        answer |= {"SessionToken": "t", "Expiration": FAR_TEXT}
    if account is not None:
        answer["AccountId"] = account
    return f"printf %s {shlex.quote(json.dumps(answer))}"
