"""The contract of a backend: a handful of small, long-lived, named blobs.

A backend knows nothing of AWS. Five methods are enough; what a store can do
beyond them is a second small protocol, found with ``isinstance``. Only
:class:`~pyvault.errors.BackendError` and :class:`~pyvault.errors.UserCancelledError`
leave a driver; *absent* and *failed* are different types.

This module, ``pyvault.errors``, ``pyvault.secret``, ``pyvault.names`` and
``pyvault.testing`` are the public interface for authors of backends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

from pyvault.record import Record
from pyvault.secret import Secret

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyvault.names import ItemName

API_VERSION = 1

Options = Mapping[str, str]


class Question(Record):
    """Something a backend must ask a human.

    Attributes:
        key: what kind of value, for programs: ``passphrase``, ``new-passphrase``,
            ``pin``, ``confirm``.
        prompt: what to show, without a colon: ``passphrase for '/home/me/vault.pyv'``.
        sources: how the value can be given without a human, for the error message.
    """

    key: str
    prompt: str
    sources: tuple[str, ...] = ()


#: Ask the human. Raises InputRequiredError when nobody may or can be asked, and
#: UserCancelledError when the human declines. Never touches stdin or stdout.
Ask = Callable[[Question], Secret[str]]


class Availability(Record):
    """Whether a backend can work here, why not, and what to do about it."""

    available: bool
    reason: str | None = None
    hint: str | None = None


class Backend(Protocol):
    """What every driver does. The entry point's name is the backend's name."""

    API_VERSION: ClassVar[int]

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Open the store; may ask the human.

        Raises:
            BackendUnavailableError: it can't work on this machine.
            BackendLockedError: the key is wrong or the store is locked.
            ConfigError: an unknown or impossible option.
        """
        ...

    def get(self, name: ItemName) -> Secret[bytes]:
        """Give the item's bytes.

        Raises:
            ItemNotFoundError: there is no such item.
        """
        ...

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Store or replace the item; the old value survives a failure."""
        ...

    def delete(self, name: ItemName) -> None:
        """Remove the item.

        Raises:
            ItemNotFoundError: there is no such item.
        """
        ...

    def names(self) -> list[ItemName]:
        """List the items, never their contents."""
        ...

    def close(self) -> None:
        """Let go of everything; may be called twice."""
        ...


@runtime_checkable
class Probed(Protocol):
    """A driver that can say whether it works here without opening anything."""

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Look, without a prompt, in at most 2 s."""
        ...


@runtime_checkable
class Examined(Protocol):
    """A driver that can look deeper: it loads its library and speaks with the store.

    Still without a prompt. It runs in a child process that is killed after 2 s.
    """

    @classmethod
    def examine(cls, options: Options) -> Availability:
        """Look whether the store can be used."""
        ...


@runtime_checkable
class Lockable(Protocol):
    """A store that can be locked."""

    def lock(self) -> None:
        """Lock it."""
        ...

    def locked(self) -> bool:
        """Say whether it is locked."""
        ...


@runtime_checkable
class Transactional(Protocol):
    """A store that can take several changes as one."""

    def transaction(self) -> AbstractContextManager[None]:
        """Group the puts and deletes inside the ``with``: all of them, or none."""
        ...


@runtime_checkable
class Described(Protocol):
    """A store with something to tell ``doctor`` (never a secret)."""

    def describe(self) -> dict[str, str]:
        """Give facts for people."""
        ...


@runtime_checkable
class Warns(Protocol):
    """A store that may meet something which is no error but which a human should know (never a secret)."""

    def on_warning(self, listener: Callable[[str], None]) -> None:
        """Say who is told from now on; until then it goes to the log."""
        ...


@runtime_checkable
class Attributed(Protocol):
    """A store that keeps non-secret attributes beside an item.

    The vault file does: listing then decrypts no secret. For other stores the
    typed view reads the item instead.
    """

    def put_with(self, name: ItemName, data: Secret[bytes], attributes: Mapping[str, str]) -> None:
        """Store the item and its non-secret attributes in one step."""
        ...

    def attributes(self, name: ItemName) -> Mapping[str, str]:
        """Give the attributes.

        Raises:
            ItemNotFoundError: there is no such item.
        """
        ...


@runtime_checkable
class ParentVault(Protocol):
    """A store that can open a child vault with a key derived from its own."""

    @property
    def vault_id(self) -> bytes:
        """16 bytes, constant for the vault's life."""
        ...

    @property
    def key_epoch(self) -> int:
        """Grows with every change of the data key."""
        ...

    def child_key(self, child_id: bytes) -> Secret[bytes]:
        """Derive the 32-byte wrapping key of the child vault with this id."""
        ...
