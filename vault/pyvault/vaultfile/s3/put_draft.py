"""The bytes of the next state, and the first put of a new vault."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NoReturn

from pyvault.errors import (
    NO_ANSWER,
    AwsUnreachableError,
    BackendUnavailableError,
    NothingSentError,
    PyvaultError,
    VaultExistsError,
    VaultNotFoundError,
    WriteFailedError,
)
from pyvault.files.file_checks import FileChecks
from pyvault.vaultfile.disk.vault_reader import VaultReader
from pyvault.vaultfile.disk.write import assemble, copied
from pyvault.vaultfile.s3.bucket_object import LostRaceError
from pyvault.vaultfile.s3.object_content import ObjectContent

if TYPE_CHECKING:
    from pyvault.vaultfile.disk.vault_reader import Snapshot
    from pyvault.vaultfile.place import Look, Place
    from pyvault.vaultfile.s3.bucket_object import BucketObject
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.vault_options import VaultOptions

UNKNOWN: Final = "it is not known whether the change was written"
LOOK_FIRST: Final = "look whether it is there before you repeat it"
#: An ETag that no object has, and a body that is no vault.
NO_TAG: Final = '"00000000000000000000000000000000"'
PAUSE: Final = 0.5  # seconds between two attempts to create
PROBE: Final = b"pyvault: a write that must be refused\n"


class _Composed:
    """Bytes as something to read a vault from."""

    def __init__(self, name: str, body: bytes) -> None:
        self._name = name
        self._body = body

    def __str__(self) -> str:
        return self._name

    def open(self, checks: FileChecks, look: Look = "any") -> ObjectContent:
        del checks, look
        return ObjectContent(self._name, self._body)


def compose(
    name: str, draft: Draft, base: VaultReader | None, options: VaultOptions, writer: bytes | None
) -> tuple[bytes, Snapshot]:
    """Return the bytes of the state that a draft makes, and what a reader finds in them.

    Raises:
        TamperedError: a record to copy is damaged.
        ItemTooLargeError: the vault would be over its limits.
        WriteFailedError: they can't be read back.
    """
    header, index_box = assemble(draft, writer, listed=options.durable)
    signed = header.encode()
    records = (record.box if record.box is not None else copied(base, record.entry) for record in draft.records)
    body = b"".join((signed, draft.keys.mac(signed), index_box, *records))
    with VaultReader(_Composed(name, body), options.checks) as written:
        snapshot = written.snapshot(draft.keys)
    if snapshot.header != header:
        raise WriteFailedError(f"what was to be written to '{name}' can't be read back")
    return body, snapshot


def create(target: BucketObject, place: Place, body: bytes, snapshot: Snapshot, options: VaultOptions) -> str:
    """Put a new object where there is none, and return its ETag.

    Raises:
        VaultExistsError: something is there.
        BackendUnavailableError: the endpoint ignores the conditions of writes; nothing is left there.
        AwsUnreachableError: it is not known whether it was written.
    """
    _check_missing_is_refused(target, place)
    deadline = time.monotonic() + options.lock_timeout
    unclear = False
    while True:
        try:
            tag = target.put(body, over=None)
        except LostRaceError:
            return _ours(place, snapshot)  # which proves that what is taken is refused
        except NO_ANSWER as problem:
            if isinstance(problem, NothingSentError) and not unclear:
                raise
            unclear = True
            if time.monotonic() >= deadline:
                raise AwsUnreachableError(f"'{place}' gives no clear answer: {UNKNOWN}", hint=LOOK_FIRST) from None
            time.sleep(PAUSE)
        else:
            _check_taken_is_refused(target, place, body)
            return tag


def _ours(place: Place, snapshot: Snapshot) -> str:
    """Return the ETag of what is there if an earlier attempt has written it without an answer."""
    with VaultReader(place, FileChecks(), "current") as reader:
        content = reader.content
        if isinstance(content, ObjectContent) and reader.header.txid == snapshot.header.txid:
            return content.tag
    raise VaultExistsError(f"'{place}' already exists")


def _check_missing_is_refused(target: BucketObject, place: Place) -> None:
    """Try to replace an object that is not there."""
    try:
        target.put(PROBE, over=NO_TAG)
    except (LostRaceError, VaultNotFoundError):
        return
    _undo(target, place)


def _check_taken_is_refused(target: BucketObject, place: Place, body: bytes) -> None:
    """Try to create the same object once more: where conditions are ignored, that changes nothing."""
    try:
        target.put(body, over=None)
    except (
        LostRaceError,
        PyvaultError,
    ):  # no answer tells nothing, and the vault is written; the other one was refused
        return
    _undo(target, place)


def _undo(target: BucketObject, place: Place) -> NoReturn:
    try:
        target.delete()
    except PyvaultError:
        left = f"; remove '{place}' yourself"
    else:
        left = ""
    raise BackendUnavailableError(
        f"the endpoint of '{place}' ignores the conditions of writes, so that two writers would overwrite each other"
        f"{left}",
        hint="use an S3 with If-Match and If-None-Match on PutObject, or a vault file on this machine",
    )
