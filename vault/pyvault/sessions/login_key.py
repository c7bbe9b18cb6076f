"""The key of a session file where nothing is stored: who only signs in needs no passphrase.

It is random, lives for 12 hours from the sign-in, and is kept as keys of a login are
(:mod:`pyvault.login.kept_keys`). Once it is lost, the user signs in again. Where a vault is
made later, its key opens the sessions too, from the next one that is kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.files import witness
from pyvault.interruptions import pass_interruption
from pyvault.login.kept_keys import KeptKey
from pyvault.login.lifetime import Lifetime

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.login.kept_keys import KeptKeys
    from pyvault.secret import Secret

PURPOSE = "sso"
LIFE = timedelta(hours=12)


class LoginKey:
    """The keys of session files that no vault opens, by the ids of the files."""

    def __init__(self, keys: KeptKeys, *, has_vault: Callable[[], bool]) -> None:
        """Take what keeps the keys.

        Args:
            keys: of the purpose PURPOSE.
            has_vault: returns whether there is a vault, whose key opens new session files.
        """
        self._keys = keys
        self._has_vault = has_vault

    def find(self, vault_id: bytes) -> Secret[bytes] | None:
        """Return the key of a session file; None if it has none, or its life is over."""
        kept = self._keys.find(vault_id.hex())
        if kept is not None and witness.current is not None:
            left = kept.lifetime.left(clock.moment())
            witness.current.saw_end(clock.now() + timedelta(milliseconds=left))
        return None if kept is None else kept.key

    def is_alone(self) -> bool:
        """Return whether there is no vault that could open the sessions."""
        return not self._has_vault()

    def keeper(self) -> Callable[[bytes, Secret[bytes]], None] | None:
        """Return what keeps the key of a new file; None where a vault opens it, or nothing can be kept."""
        if not self.is_alone():
            return None
        try:
            keep = self._keys.keeper(seconds=int(LIFE.total_seconds()))
        except OSError as exc:
            pass_interruption(exc)
            return None
        return lambda vault_id, key: keep(vault_id.hex(), _from_now(key))

    def renew(self, vault_id: bytes) -> None:
        """Let the life of a key begin anew: the user has signed in."""
        key, keep = self.find(vault_id), self.keeper()
        if key is not None and keep is not None:
            keep(vault_id, key)

    def drop(self, vault_id: bytes) -> None:
        """Forget the key of a file that a vault opens from now on."""
        self._keys.drop(vault_id.hex())


def _from_now(key: Secret[bytes]) -> KeptKey:
    return KeptKey(lifetime=Lifetime.begin(clock.moment(), idle=LIFE, most=LIFE), key=key)
