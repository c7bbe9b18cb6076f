"""What a rotation has written down, kept as the item ``pending/<profile>``.

The journal lives in the backend itself, because from ``created`` on it holds a
secret that exists nowhere else. It is replaced, never edited, so a backend's
atomic put makes every stage atomic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from pyvault.clock import parse_rfc3339, to_rfc3339
from pyvault.errors import ItemCorruptError
from pyvault.model import StoredCredentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

VERSION = 1


class Stage(StrEnum):
    """How far a rotation came."""

    INTENT = "intent"  # a key may have been made whose secret never arrived
    CREATED = "created"  # the new pair is here, the stored credentials are the old ones
    SWAPPED = "swapped"  # the stored credentials are the new ones, the old key may live


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One rotation under way.

    Attributes:
        old_key_id: the access key id being replaced.
        existing: every key id of the user before a new one was asked for.
        started: when that was.
        new: the new pair in stage ``created``; None before and after.
        new_key_id: its id, in ``created`` and ``swapped``.
    """

    stage: Stage
    old_key_id: str
    existing: tuple[str, ...]
    started: datetime
    new: StoredCredentials | None = None
    new_key_id: str | None = None


def dump_journal(journal: Journal) -> Secret[bytes]:
    """Write a journal as the payload of its item."""
    document: dict[str, object] = {
        "v": VERSION,
        "stage": journal.stage.value,
        "OldAccessKeyId": journal.old_key_id,
        "Existing": list(journal.existing),
        "Started": to_rfc3339(journal.started),
    }
    if journal.new_key_id is not None:
        document["AccessKeyId"] = journal.new_key_id
    if journal.new is not None:
        document["AccessKeyId"] = journal.new.access_key_id
        document["SecretAccessKey"] = journal.new.secret_access_key.reveal()
    return Secret(json.dumps(document).encode())


def parse_journal(data: Secret[bytes], profile: str) -> Journal:
    """Read a journal.

    Args:
        profile: for the error message only.

    Raises:
        ItemCorruptError: not a journal of a version we know.
    """
    corrupt = ItemCorruptError(
        f"the journal of the rotation of {profile!r} can't be read",
        hint="'pyvault vault cat pending NAME' shows it; a newer pyvault may have written it",
    )
    try:
        document = json.loads(data.reveal())
        if document["v"] != VERSION:
            raise corrupt
        return _journal_from(document)
    except (ValueError, KeyError, TypeError):
        raise corrupt from None  # the cause holds the document, and so a secret


def _journal_from(document: dict[str, object]) -> Journal:
    existing = document["Existing"]
    secret, key_id = document.get("SecretAccessKey"), document.get("AccessKeyId")
    if not isinstance(existing, list):
        raise TypeError
    known = cast("list[object]", existing)  # isinstance can't know the items
    started = parse_rfc3339(str(document["Started"]))
    new = None
    if isinstance(secret, str) and isinstance(key_id, str):
        new = StoredCredentials(access_key_id=key_id, secret_access_key=Secret(secret), created=started)
    return Journal(
        stage=Stage(str(document["stage"])),
        old_key_id=str(document["OldAccessKeyId"]),
        existing=tuple(str(key) for key in known),
        started=started,
        new=new,
        new_key_id=None if key_id is None else str(key_id),
    )
