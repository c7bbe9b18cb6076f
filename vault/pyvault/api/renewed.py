"""Which credentials a vault has handed out that renew themselves, for as long as somebody has them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from pyvault.boto3_session import RenewedCredentials


class RenewedSet:
    """Weak references, added and looked through by any thread.

    Without a lock, which a process forked meanwhile would inherit: each step is one operation of a dict.
    """

    def __init__(self) -> None:
        self._known: dict[int, ref[RenewedCredentials]] = {}

    def add(self, credentials: RenewedCredentials) -> None:
        """Remember credentials until nobody has them any more."""
        key = id(credentials)
        self._known[key] = ref(credentials, lambda _: self._known.pop(key, None))

    def made_from(self, profile: str) -> list[RenewedCredentials]:
        """Return those that a profile has a part in."""
        alive = [credentials for each in list(self._known.values()) if (credentials := each()) is not None]
        return [credentials for credentials in alive if profile in credentials.sources]
