"""What a rotation has written down, kept as the item ``pending/<profile>``.

The journal lives in the backend itself, because from ``created`` on it holds a
secret that exists nowhere else. It is replaced, never edited, so a backend's
atomic put makes every stage atomic.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.errors import ItemCorruptError
from pyvault.json_reader import read_object
from pyvault.model import StoredCredentials
from pyvault.record import Record
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from pyvault.json_reader import Fields

VERSION = 1


class Stage(StrEnum):
    """How far a rotation came."""

    INTENT = "intent"  # a key may have been made whose secret never arrived
    CREATED = "created"  # the new pair is here, the stored credentials are the old ones
    SWAPPED = "swapped"  # the stored credentials are the new ones, the old key may live


class Journal(Record):
    """One rotation under way.

    Attributes:
        old_key_id: the access key id being replaced.
        existing: every key id of the user before a new one was asked for.
        started: when that was.
        owner: names the run that carries it on, so that two runs never write the same bytes; None in
            journals of versions that did not know it.
        new: the new pair in stage ``created``; None before and after.
        new_key_id: its id, in ``created`` and ``swapped``.
    """

    stage: Stage
    old_key_id: str
    existing: tuple[str, ...]
    started: datetime
    new: StoredCredentials | None = None
    new_key_id: str | None = None
    owner: str | None = None


def dump_journal(journal: Journal) -> Secret[bytes]:
    """Write a journal as the payload of its item."""
    document: dict[str, object] = {
        "v": VERSION,
        "stage": journal.stage.value,
        "OldAccessKeyId": journal.old_key_id,
        "Existing": list(journal.existing),
        "Started": to_rfc3339(journal.started),
    }
    if journal.owner is not None:
        document["Owner"] = journal.owner
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
        document = read_object(data)
        if document.whole("v") != VERSION:
            raise corrupt
        return _journal_from(document)
    except ValueError:  # UnreadableError is one
        raise corrupt from None


def _journal_from(document: Fields) -> Journal:
    secret, key_id = document.optional_text("SecretAccessKey"), document.optional_text("AccessKeyId")
    started = document.time("Started")
    new = None
    if secret and key_id:
        new = StoredCredentials(access_key_id=key_id, secret_access_key=Secret(secret), created=started)
    return Journal(
        stage=Stage(document.text("stage")),
        old_key_id=document.text("OldAccessKeyId"),
        existing=tuple(document.texts("Existing")),
        started=started,
        new=new,
        new_key_id=key_id,
        owner=document.optional_text("Owner"),
    )
