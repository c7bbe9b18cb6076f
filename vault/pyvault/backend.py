"""The contract of a backend: a handful of small, long-lived, named blobs.

A backend knows nothing of AWS. Six methods are enough; what a store can do beyond them is a second small
protocol, found with ``isinstance``. Only errors of pyvault leave a driver, and *absent* and *failed* are
different types: those that an author uses are in :mod:`pyvault.plugin_api`.

What an author of a backend may import is in one place, :mod:`pyvault.plugin_api`; docs/writing-a-backend.md
has the rules, ``pyvault backends new`` writes a complete one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager  # noqa: TC003 - typing.get_type_hints reads what the annotations name
from typing import ClassVar, Protocol, Self, runtime_checkable

from pyvault.availability import Availability, Examined, Options, Probed
from pyvault.names import ItemName  # noqa: TC001 - as above
from pyvault.record import Record
from pyvault.secret import Secret

__all__ = [
    "API_VERSION",
    "Ask",
    "Attributed",
    "Availability",
    "Backend",
    "Described",
    "Examined",
    "Foreseeable",
    "Lockable",
    "OpenedLate",
    "Options",
    "Probed",
    "Question",
    "Transactional",
    "Versioned",
    "Warns",
]

API_VERSION = 1


class Question(Record):
    """A value that a backend has to ask a human for.

    Attributes:
        key: what kind of value, for programs: ``passphrase``, ``new-passphrase``,
            ``pin``, ``confirm``; ``mfa-code`` of the Python API.
        prompt: what to show, without a colon: ``passphrase for '/home/me/vault.pyv'``.
        sources: how the value can be given without a human, for the error message.

    Example:
        >>> Question(key="pin", prompt="PIN of the token", sources=("ACME_PIN",)).key
        'pin'
    """

    key: str
    prompt: str
    sources: tuple[str, ...] = ()


#: Ask the human. Raises InputRequiredError when nobody may or can be asked, and
#: UserCancelledError when the human declines. Never touches stdin or stdout.
Ask = Callable[[Question], Secret[str]]


class Backend(Protocol):
    """What every driver does; having the methods is enough. The entry point's name is the backend's name.

    Attributes:
        API_VERSION: of this interface, 1.

    Example:
        >>> from pyvault.names import ItemName, Kind
        >>> from pyvault_backends.memory import MemoryBackend
        >>> backend = MemoryBackend.open({}, ask=None)
        >>> backend.put(ItemName(Kind.CREDENTIAL, "prod"), Secret(b"payload"))
        >>> [str(name) for name in backend.names()]
        ['credential/prod']
        >>> backend.get(ItemName(Kind.CREDENTIAL, "prod"))
        Secret(***)
        >>> backend.close()
    """

    API_VERSION: ClassVar[int]

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Open the store; may ask the human.

        Args:
            options: texts by key, as in ``[backend.NAME]`` of config.toml; check them all.
            ask: the only way to a human; may be called now or later.

        Returns:
            A handle, used by several threads until ``close``.

        Raises:
            BackendUnavailableError: it can't work on this machine.
            BackendLockedError: the key is wrong or the store is locked.
            ConfigError: an unknown or impossible option.
        """
        ...

    def get(self, name: ItemName) -> Secret[bytes]:
        """Return the item's bytes.

        Args:
            name: exact: ``a`` and ``A`` are two items, and ``..`` is a name like any other.

        Returns:
            All bytes of the latest ``put``, of any process.

        Raises:
            ItemNotFoundError: there is no such item.
        """
        ...

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Store or replace the item; the old value survives a failure.

        Args:
            name: as for ``get``.
            data: any bytes, none included; 64 KiB must fit unless the store's limit is declared.

        Raises:
            ItemTooLargeError: the store can't keep that much; nothing changed.
        """
        ...

    def delete(self, name: ItemName) -> None:
        """Remove the item.

        Args:
            name: as for ``get``.

        Raises:
            ItemNotFoundError: there is no such item.
        """
        ...

    def names(self) -> list[ItemName]:
        """Return the names of all items, without their contents.

        Returns:
            Each name once, in any order.
        """
        ...

    def close(self) -> None:
        """Release everything; may be called twice."""
        ...


@runtime_checkable
class Foreseeable(Protocol):
    """A driver that tells which variables have a say; only what it gave is given again, for minutes, unasked.

    Example::

        reads = classmethod(lambda cls, options: ("ACME_HOME", "ACME_PROFILE_*"))
    """

    @classmethod
    def reads(cls, options: Options) -> tuple[str, ...] | None:
        """Return what the driver, its libraries or its programs read beside the options.

        Args:
            options: as for ``Backend.open``.

        Returns:
            Names; an asterisk at the end means all that begin so. None if it can't be known.
        """
        ...


@runtime_checkable
@runtime_checkable
class Lockable(Protocol):
    """A store that can be locked.

    Example:
        >>> from pyvault_backends.memory import MemoryBackend
        >>> backend = MemoryBackend()
        >>> backend.lock()
        >>> backend.locked()
        True
    """

    def lock(self) -> None:
        """Lock it; ``get``, ``put``, ``delete`` and ``names`` then ask again or raise BackendLockedError."""
        ...

    def locked(self) -> bool:
        """Return whether it is locked.

        Returns:
            True if nothing can be read without unlocking it.
        """
        ...


@runtime_checkable
class OpenedLate(Protocol):
    """A store that is opened by its first use, and made by its first ``put`` where there is none.

    Example::

        with pyvault.open_vault(must_exist=True) as vault:  # calls open_now()
            ...
    """

    def open_now(self) -> None:
        """Open what is there; may ask the human, and makes nothing.

        Raises:
            VaultNotFoundError: there is none.
            BackendLockedError: the key is wrong.
        """
        ...


@runtime_checkable
class Transactional(Protocol):
    """A store that can take several changes as one.

    Example:
        >>> from pyvault.names import ItemName, Kind
        >>> from pyvault_backends.memory import MemoryBackend
        >>> backend = MemoryBackend()
        >>> with backend.transaction():
        ...     backend.put(ItemName(Kind.CREDENTIAL, "old"), Secret(b"1"))
        ...     backend.put(ItemName(Kind.CREDENTIAL, "new"), Secret(b"2"))
        >>> len(backend.names())
        2
    """

    def transaction(self) -> AbstractContextManager[None]:
        """Group the puts and deletes inside the ``with``: all of them, or none.

        Returns:
            The context; an exception in it undoes the changes.
        """
        ...


@runtime_checkable
class Versioned(Protocol):
    """A store that writes only what nobody has changed meanwhile (compare-and-swap).

    A version is any text that is another one whenever the item's bytes are others; it is no secret.
    **What was carried out is no conflict**: where the store holds exactly *data* already, the answer to
    an earlier try was lost, and the call returns the version of what is there. So every call can be
    repeated, and ConflictError means that nothing of *data* is in the store. Who has to tell his
    bytes from the same bytes of another writer puts something of his own into them.

    Example:
        >>> from pyvault.names import ItemName, Kind
        >>> from pyvault_backends.memory import MemoryBackend
        >>> backend, name = MemoryBackend(), ItemName(Kind.CREDENTIAL, "prod")
        >>> first = backend.create(name, Secret(b"1"))
        >>> second = backend.put_if(name, Secret(b"2"), first)
        >>> backend.put_if(name, Secret(b"2"), first) == second
        True
    """

    def get_versioned(self, name: ItemName) -> tuple[Secret[bytes], str]:
        """Return the item's bytes and the version that belongs to exactly these.

        Args:
            name: as for ``Backend.get``.

        Returns:
            Both.

        Raises:
            ItemNotFoundError: there is no such item.
        """
        ...

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        """Replace the item if it still has this version; one step for all processes.

        Args:
            name, data: as for ``Backend.put``.
            version: what one of the three returned.

        Returns:
            The new version.

        Raises:
            ConflictError: it has another version, and other bytes than *data*; nothing changed.
            ItemNotFoundError: the item is gone; nothing was made.
        """
        ...

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        """Store the item if there is none of this name; one step for all processes.

        Args:
            name, data: as for ``Backend.put``.

        Returns:
            The version.

        Raises:
            ConflictError: the item exists, and has other bytes than *data*; nothing changed.
        """
        ...


@runtime_checkable
class Described(Protocol):
    """A store that has facts about itself for people (never a secret).

    Example::

        def describe(self):
            return {"path": str(self._path)}
    """

    def describe(self) -> dict[str, str]:
        """Return the facts.

        Returns:
            Texts by a short label.
        """
        ...


@runtime_checkable
class Warns(Protocol):
    """A store that may meet something that is no error, and that a human should know (never a secret).

    Example::

        def on_warning(self, listener):
            self._warn = listener  # later: self._warn("the server's clock is off by 40 s")
    """

    def on_warning(self, listener: Callable[[str], None]) -> None:
        """Set who gets warnings from now on; until then they go to the log.

        Args:
            listener: takes one line of text.
        """
        ...


@runtime_checkable
class Attributed(Protocol):
    """A store that keeps non-secret attributes beside an item, so that listing reads no secret.

    Example::

        backend.put_with(name, data, {"access_key_id": "AKIAIOSFODNN7EXAMPLE"})
        backend.attributes(name)["access_key_id"]
    """

    def put_with(self, name: ItemName, data: Secret[bytes], attributes: Mapping[str, str]) -> None:
        """Store the item and its non-secret attributes in one step.

        Args:
            name, data: as for ``Backend.put``.
            attributes: replace all that were there.

        Raises:
            ItemTooLargeError: the store can't keep that much; nothing changed.
        """
        ...

    def attributes(self, name: ItemName) -> Mapping[str, str]:
        """Return the attributes.

        Args:
            name: as for ``Backend.get``.

        Returns:
            Those of the latest ``put_with``; none after a ``put``.

        Raises:
            ItemNotFoundError: there is no such item.
        """
        ...
