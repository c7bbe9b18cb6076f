"""Keep items in Windows Credential Manager.

Through pywin32-ctypes, the library under keyring's Windows module, and not
through that module: it moves an old secret to a compound name when a new one is
set, where it stays, and it can't list. Here an item is one target, written in
one call.

Credential Manager ignores case in a target's name, keeps 2 560 bytes, and the
library writes text as UTF-16.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendUnavailableError,
    ItemCorruptError,
    ItemNotFoundError,
    ItemTooLargeError,
)
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options
from pyvault.storage.envelope import open_envelope, seal_envelope
from pyvault.surface import argument
from pyvault_backends._safe_names import decode_name, encode_name

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyvault.names import ItemName

NAME = "wincred"
PREFIX = "pyvault:"
ACCOUNT = "pyvault"
MAX_BLOB = 2560  # bytes: CRED_MAX_CREDENTIAL_BLOB_SIZE, wincred.h; emulations don't enforce it, we do
ENCODING = "utf-16-le"


class WincredBackend:
    """The user's generic credentials, kept on this machine.

    Options:
        prefix: of the targets, ``pyvault:`` by default.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Load the library."""
        del ask
        probed = cls.probe(options)
        if not probed.available:
            raise BackendUnavailableError(
                f"the backend 'wincred' can't be used here: {probed.reason}",
                hint=probed.hint or "'pyvault backends list' shows the others",
            )
        return cls(options.get("prefix", PREFIX))

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return whether the library is installed, as it is on Windows only."""
        check_options(NAME, options, known={"prefix"})
        if find_spec("win32ctypes") is None:
            return Availability(available=False, reason="it is part of Windows")
        return Availability(available=True)

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read the item's target."""
        target = self._target(name)
        with _calling(f"read '{name}'", absent=name) as library:
            found = library.CredRead(Type=library.CRED_TYPE_GENERIC, TargetName=target)
            blob = Secret(bytes(found["CredentialBlob"]))
        try:
            return open_envelope(name, Secret(blob.reveal().decode(ENCODING).encode()))
        except UnicodeDecodeError:
            raise ItemCorruptError(f"the item '{name}' is damaged") from None

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Write the item's target, in one call."""
        target = self._target(name)
        envelope = seal_envelope(name, data, ascii_only=False)
        size = len(envelope.reveal().encode(ENCODING))
        if size > MAX_BLOB:
            raise ItemTooLargeError(
                f"the item '{name}' has {size} bytes, and Credential Manager keeps {MAX_BLOB}",
                hint="the file backend has no such limit; it can keep its key here (unlock_store)",
            )
        with _calling(f"write '{name}'") as library:
            credential = {
                "Type": library.CRED_TYPE_GENERIC,
                "TargetName": target,
                "UserName": ACCOUNT,
                "CredentialBlob": envelope.reveal(),
                "Comment": "Written by pyvault",
                # The default of keyring roams through a domain; a secret stays where it was put.
                "Persist": library.CRED_PERSIST_LOCAL_MACHINE,
            }
            library.CredWrite(credential, 0)

    def delete(self, name: ItemName) -> None:
        """Remove the item's target."""
        target = self._target(name)
        with _calling(f"delete '{name}'", absent=name) as library:
            library.CredDelete(Type=library.CRED_TYPE_GENERIC, TargetName=target)

    def names(self) -> list[ItemName]:
        """Read the names off the targets."""
        try:
            with _calling("list its items", absent="items") as library:
                targets = [str(found["TargetName"]) for found in library.CredEnumerate(f"{self._prefix}*", 0)]
        except ItemNotFoundError:  # what it says when there is none
            return []
        names = (decode_name(target.removeprefix(self._prefix)) for target in targets)
        return [name for name in names if name is not None]

    def close(self) -> None:
        """Nothing is held open."""

    def _target(self, name: ItemName) -> str:
        return f"{self._prefix}{encode_name(name)}"


@contextmanager
def _calling(doing: str, *, absent: ItemName | str | None = None) -> Generator[Any]:  # a module without types
    from importlib import import_module

    errors = import_module("win32ctypes.pywin32.pywintypes")
    try:
        yield import_module("win32ctypes.pywin32.win32cred")
    except errors.error as exc:
        raise _mapped_code(int(exc.winerror), doing, absent) from None


def _mapped_code(code: int, doing: str, absent: ItemName | str | None) -> BackendError:
    match code:  # Source: Windows system error codes
        case 1168 if absent:  # ERROR_NOT_FOUND; a write that says so has merely failed
            return ItemNotFoundError(f"there is no item '{absent}'")
        case 1312:  # ERROR_NO_SUCH_LOGON_SESSION
            return BackendUnavailableError(
                "this logon session has no credentials of its own (as over SSH or WinRM)",
                hint=f"use {argument('backend', 'file')}",
            )
        case 1783:  # RPC_X_BAD_STUB_DATA, which a blob over the limit gives
            return ItemTooLargeError(f"Credential Manager can't {doing}: too large")
        case 5:  # ERROR_ACCESS_DENIED
            return AccessDeniedError(f"Credential Manager refused to {doing}")
        case _:
            return BackendError(f"Credential Manager failed to {doing}: error {code}")
