"""What a rotation works with: the calls, the shelf, the human."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from pyvault.aws.calls import CallerIdentity
    from pyvault.clock import Clock
    from pyvault.model import Credentials, StoredCredentials
    from pyvault.names import ItemName
    from pyvault.rotation.decide import RemoteKey
    from pyvault.secret import Secret


class KeyCalls(Protocol):
    """The IAM calls about the caller's own access keys, signed by given credentials."""

    def list_keys(self, signer: Credentials) -> list[RemoteKey]:
        """ListAccessKeys, with GetAccessKeyLastUsed for those it can be had for."""
        ...

    def create_key(self, signer: Credentials) -> StoredCredentials:
        """CreateAccessKey, sent once: a retry would make a second key."""
        ...

    def deactivate_key(self, signer: Credentials, key_id: str) -> None:
        """UpdateAccessKey, Status=Inactive."""
        ...

    def delete_key(self, signer: Credentials, key_id: str) -> None:
        """DeleteAccessKey."""
        ...

    def identity(self, signer: Credentials) -> CallerIdentity:
        """GetCallerIdentity."""
        ...


class Shelf(Protocol):
    """The stored credentials and raw items of one backend."""

    def get(self, profile: str) -> StoredCredentials:
        """Give the stored credentials."""
        ...

    def put(self, profile: str, credentials: StoredCredentials) -> None:
        """Replace them."""
        ...

    def get_item(self, name: ItemName) -> Secret[bytes]:
        """Give an item's bytes."""
        ...

    def put_item(self, name: ItemName, data: Secret[bytes]) -> None:
        """Replace an item."""
        ...

    def delete_item(self, name: ItemName) -> None:
        """Remove an item."""
        ...


class Tools(Record):
    """What a rotation works with.

    Attributes:
        authenticate: turn the stored pair into what signs IAM calls: with an MFA
            serial a session, otherwise the pair itself (IAM refuses plain sessions).
        confirm: ask a human about a key that may be somebody else's.
        report: say what happened, in one line without secrets.
        wait: sleep.
    """

    shelf: Shelf
    calls: KeyCalls
    authenticate: Callable[[StoredCredentials], Credentials]
    confirm: Callable[[str], bool]
    report: Callable[[str], None]
    clock: Clock
    wait: Callable[[timedelta], None]
