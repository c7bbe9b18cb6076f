"""From the journal and AWS's list of keys to the next step. Pure.

::

    (none)   -> Begin                   write the intent
    intent   -> Create                  no key that the journal does not know
             -> DeleteOrphan            one whose secret never arrived
             -> AskAbout                one that somebody uses, or that is older
    created  -> Prove, then swap        the old credentials are still the stored ones
    swapped  -> Deactivate, Delete      the old key, step by step
             -> Finish                  it is gone, or is to be kept

IAM lets a user have two keys (AWS: IAM and STS quotas), so a rotation needs one
free place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from pyvault.record import Record
from pyvault.rotation.journal import Journal, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MAX_KEYS = 2

#: How far AWS's clock and ours may differ before "created later" means nothing.
SKEW = timedelta(minutes=5)


class RemoteKey(Record):
    """One access key as ListAccessKeys shows it.

    Attributes:
        last_used: None if it never was.
    """

    key_id: str
    active: bool
    created: datetime
    last_used: datetime | None = None


class Begin(Record):
    """Write the intent; there is room for a new key."""


class NoRoom(Record):
    """Both places are taken; *others* are the keys that are not the stored one."""

    others: tuple[RemoteKey, ...]


class Create(Record):
    """Ask for a new key."""


class DeleteOrphan(Record):
    """Delete a key whose secret was lost with the answer."""

    key_id: str


class AskAbout(Record):
    """A key that can't be told apart from somebody else's."""

    key: RemoteKey


class ProveAndSwap(Record):
    """Check the new pair at AWS and make it the stored one."""


class Deactivate(Record):
    """Set the old key inactive."""

    key_id: str


class Delete(Record):
    """Delete the old key."""

    key_id: str


class Finish(Record):
    """Nothing is left to do but to remove the journal."""


Action = Begin | NoRoom | Create | DeleteOrphan | AskAbout | ProveAndSwap | Deactivate | Delete | Finish


def next_action(journal: Journal | None, keys: Sequence[RemoteKey], *, stored: str, keep_old: bool) -> Action:
    """Return the next step of a rotation.

    Args:
        journal: what is written down; None at the start.
        keys: the user's keys at AWS now.
        stored: the access key id of the stored credentials.
        keep_old: stop when the old key is inactive.
    """
    if journal is None:
        others = tuple(key for key in keys if key.key_id != stored)
        return NoRoom(others=others) if len(keys) >= MAX_KEYS else Begin()
    match journal.stage:
        case Stage.INTENT:
            return _after_intent(journal, keys, stored)
        case Stage.CREATED:
            return ProveAndSwap()
        case Stage.SWAPPED:
            return _after_swap(journal, keys, keep_old=keep_old)
        case _:
            assert_never(journal.stage)


def _after_intent(journal: Journal, keys: Sequence[RemoteKey], stored: str) -> Action:
    for key in keys:
        if key.key_id in journal.existing or key.key_id == stored:  # the stored key is never an orphan
            continue
        made_by_us = key.created >= journal.started - SKEW and key.last_used is None
        return DeleteOrphan(key_id=key.key_id) if made_by_us else AskAbout(key=key)
    return Create()


def _after_swap(journal: Journal, keys: Sequence[RemoteKey], *, keep_old: bool) -> Action:
    for key in keys:
        if key.key_id == journal.old_key_id:
            if key.active:
                return Deactivate(key_id=key.key_id)
            return Finish() if keep_old else Delete(key_id=key.key_id)
    return Finish()
