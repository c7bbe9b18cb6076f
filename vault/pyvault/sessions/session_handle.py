"""One open handle on the session file that follows what other processes do to it."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, TypeVar

from pyvault.errors import VaultNotFoundError
from pyvault.sessions.session_vault import UNFIT, UnfitError
from pyvault.thread_locks import tell_of_fork

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyvault.sessions.session_vault import SessionVault
    from pyvault.vaultfile.vault import Vault

T = TypeVar("T")


class SessionHandle:
    """Works on the session file as it is at the moment; one that doesn't belong is replaced.

    Can be used from threads, one action at a time: none loses the vault while
    another replaces it.
    """

    def __init__(self, file: SessionVault) -> None:
        """Name the file; it is opened when something is done with it."""
        self._file = file
        self._vault: Vault | None = None
        self._guard = threading.RLock()
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Make the lock new."""
        self._guard = threading.RLock()

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    @property
    def file(self) -> SessionVault:
        """The file itself, for what is done to it as a whole."""
        return self._file

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with self._guard:
            if self._vault is not None:
                self._vault.close()
                self._vault = None

    def read(self, action: Callable[[Vault], T]) -> T:
        """Do something with the file if there is one.

        Raises:
            VaultNotFoundError: there is none.
        """
        with self._guard:
            with contextlib.suppress(UnfitError):
                return self._attempt(action)
            # Another process may have replaced the file since we opened it: look once more.
            with contextlib.suppress(UnfitError):
                return self._attempt(action)
            return self._renewed(action)

    def write(self, action: Callable[[Vault], T]) -> T:
        """Do something with the file, made or replaced if need be."""
        with self._guard:
            with contextlib.suppress(VaultNotFoundError, UnfitError):
                return self._attempt(action)
            return self._renewed(action)

    def _attempt(self, action: Callable[[Vault], T]) -> T:
        """Do something with the file as it is; forgets the handle when it doesn't fit.

        Raises:
            UnfitError: the file doesn't belong here, or no longer.
        """
        if self._vault is None:
            self._vault = self._file.open()
        try:
            self._file.check_not_cleared(self._vault)
            return action(self._vault)
        except UnfitError:
            self.close()
            raise
        except (VaultNotFoundError, *UNFIT) as exc:
            self.close()
            if isinstance(exc, UNFIT):
                raise UnfitError(type(exc).__name__) from None
            raise

    def _renewed(self, action: Callable[[Vault], T]) -> T:
        self._vault = self._file.open_or_make()
        return action(self._vault)
