"""Keep items in the macOS Keychain, through keyring's macOS module.

That module replaces by deleting and adding, and can't list: ``_keyring`` makes
up for both. An item is open to the Python interpreter that made it, not to
pyvault alone; README and SECURITY.md say so.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.errors import AccessDeniedError, BackendError, BackendLockedError, BackendUnavailableError
from pyvault.storage.backend_options import check_options
from pyvault.surface import argument
from pyvault_backends._keyring import KeyringStore, lock_for, pinned

if TYPE_CHECKING:
    from collections.abc import Generator

NAME = "keychain"
UNLOCK_HINT = "security unlock-keychain"

# Source: Apple, Security framework result codes (SecBase.h).
LOCKED = (-128, -25308)  # errSecUserCanceled, errSecInteractionNotAllowed
DENIED = (-25293, -34018, -67030)  # errSecAuthFailed, errSecMissingEntitlement, errSecCSInfoPlistFailed
NO_KEYCHAIN = (-25291, -25307)  # errSecNotAvailable, errSecNoDefaultKeychain


class KeychainBackend(KeyringStore):
    """The user's default keychain. Options: none."""

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Load the library; macOS itself asks the human when an item is read."""
        del ask
        probed = cls.probe(options)
        if not probed.available:
            raise BackendUnavailableError(
                f"the backend 'keychain' can't be used here: {probed.reason}",
                hint=probed.hint or "'pyvault backends list' shows the others",
            )
        from keyring.backends import macOS

        if not hasattr(macOS, "api"):
            raise BackendUnavailableError("the Security framework can't be loaded")
        keyring = pinned(macOS.Keyring)
        keyring.keychain = None  # type: ignore[attr-defined]  # KEYCHAIN_PATH only makes it warn
        return cls(keyring, "pyvault:", lock_for(NAME, ""))

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return whether this is macOS and the library is installed."""
        check_options(NAME, options, known=())
        if not cls._is_macos():
            return Availability(available=False, reason="it is part of macOS")
        if find_spec("keyring") is None:
            return Availability(
                available=False, reason="the library 'keyring' is not installed", hint="install pyvault-aws[keyring]"
            )
        return Availability(available=True)

    @staticmethod
    def _is_macos() -> bool:
        return sys.platform == "darwin"

    @staticmethod
    @contextmanager
    def library_errors(doing: str) -> Generator[None]:
        """Map the system's result codes."""
        from keyring.errors import KeyringError

        try:
            yield
        except KeyringError as exc:
            raise _mapped_status(_status(exc), doing) from None


def _status(exc: BaseException) -> int | None:
    """Find the system's result code, which keyring keeps in the cause."""
    cause = exc.__cause__
    return cause.args[0] if cause is not None and cause.args and isinstance(cause.args[0], int) else None


def _mapped_status(status: int | None, doing: str) -> BackendError:
    if status in LOCKED:
        return BackendLockedError("the keychain is locked, or its prompt was dismissed", hint=UNLOCK_HINT)
    if status in DENIED:
        hint = "the interpreter has to be signed, and allowed for the item"
        return AccessDeniedError(f"the keychain refused to {doing}", hint=hint)
    if status in NO_KEYCHAIN:
        return BackendUnavailableError(
            "there is no keychain in this session", hint=f"use {argument('backend', 'file')}"
        )
    return BackendError(f"the keychain failed to {doing}: status {status}")
