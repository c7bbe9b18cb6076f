"""Keep items in the desktop's Secret Service: gnome-keyring, KeePassXC, KDE's ksecretd.

Attributes are stored readably by some services (gnome-keyring keeps their MD5
in the clear), so the name is in them as a hash only, and in clear inside the
encrypted secret. The ``session`` collection is never used: it ends with the
login.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.errors import BackendError, BackendUnavailableError, ItemNotFoundError
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options, seconds_option
from pyvault.storage.envelope import open_envelope, read_envelope, seal_envelope
from pyvault.storage.how_to_add import how_to_add
from pyvault.surface import argument
from pyvault.thread_locks import holding, tell_of_fork
from pyvault_backends._desktop import CALL_LIMIT, PROMPT_LIMIT, bus_address, connect_problem, is_desktop, no_bus_reason

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from secretstorage import Collection, Item

    from pyvault.names import ItemName
    from pyvault_backends._session_bus import TimedConnection

NAME = "secret-service"
KNOWN = frozenset({"collection", "timeout", "prompt_timeout"})
APPLICATION = {"application": "pyvault"}


class SecretServiceBackend:
    """One collection of the Secret Service.

    Options:
        collection: the label of another collection than the default one; it is
            made, with a prompt, when it is missing.
        timeout, prompt_timeout: seconds.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, connection: TimedConnection, collection: Collection, options: Options) -> None:
        self._connection: TimedConnection | None = connection
        self._collection = collection
        self._options = options
        self._inherited = False  # the connection is that of the process which forked this one
        self._guard = threading.RLock()  # a connection is not for several threads
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Leave the connection to the parent: what one asks, the other would hear."""
        self._guard = threading.RLock()
        if self._connection is not None:
            self._connection.sock.close()
            self._inherited = True

    @classmethod
    def reads(cls, options: Options) -> tuple[str, ...]:
        """Return what leads to the bus of the desktop."""
        del options
        return ("DBUS_*", "DISPLAY", "WAYLAND_DISPLAY")

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the collection; the service may show a prompt of its own to unlock or make it."""
        del ask
        return cls(*cls._connect(options), options)

    @classmethod
    def _connect(cls, options: Options) -> tuple[TimedConnection, Collection]:
        probed = cls.probe(options)
        address = bus_address()
        if not probed.available or address is None:
            raise BackendUnavailableError(probed.reason or "it does not work here", hint=probed.hint)
        from pyvault_backends._session_bus import TimedConnection, bus_errors, open_collection

        with bus_errors("open the collection"):
            connection = TimedConnection(
                address,
                limit=seconds_option(NAME, options, "timeout", CALL_LIMIT),
                prompt_limit=seconds_option(NAME, options, "prompt_timeout", PROMPT_LIMIT),
            )
            try:
                return connection, open_collection(connection, options.get("collection"))
            except BaseException:
                connection.close()
                raise

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return whether there is a session bus and the library; sends and imports nothing."""
        check_options(NAME, options, known=KNOWN)
        if sys.platform in {"win32", "darwin"}:
            return Availability(available=False, reason="it is a service of Linux desktops")
        address = bus_address()
        if address is None:
            reason, hint = no_bus_reason()
            return Availability(available=False, reason=reason, hint=hint or _no_bus_hint())
        if find_spec("secretstorage") is None:
            return Availability(
                available=False,
                reason="the library 'SecretStorage' is not installed",
                hint=how_to_add("SecretStorage"),
            )
        if problem := connect_problem(address):
            reason = f"nobody answers at the session bus: {problem}"
            hint = f"the bus of DBUS_SESSION_BUS_ADDRESS may be that of an earlier login; {_no_bus_hint()}"
            return Availability(available=False, reason=reason, hint=hint)
        return Availability(available=True)

    @classmethod
    def examine(cls, options: Options) -> Availability:
        """Return whether the collection can be used; asks the service, shows no prompt."""
        probed = cls.probe(options)
        address = bus_address()
        if not probed.available or address is None:
            return probed
        from pyvault_backends._session_bus import TimedConnection, bus_errors, find_collection

        try:
            with bus_errors("look for the collection"):
                connection = TimedConnection(address, limit=1, prompt_limit=1)
                try:
                    found = find_collection(connection, options.get("collection"))
                    if found.is_locked() and not is_desktop():
                        return Availability(
                            available=False,
                            reason="its collection is locked, and there is no desktop to unlock it",
                            hint=f"unlock it first, or use {argument('backend', 'file')}",
                        )
                finally:
                    connection.close()
        except ItemNotFoundError:
            return Availability(
                available=False, reason="it has no default collection", hint="make one with your desktop's key manager"
            )
        except BackendError as exc:
            return Availability(available=False, reason=exc.message, hint=exc.hint)
        return Availability(available=True)

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read the secret of the item with the name's hash."""
        with self._speaking(f"read '{name}'"):
            return open_envelope(name, Secret(self._find(name).get_secret()))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Make the item or replace its secret, in one call."""
        envelope = seal_envelope(name, data)
        with self._speaking(f"write '{name}'"):
            self._collection.create_item(
                f"pyvault {name.kind}", _attributes(name), envelope.reveal().encode(), replace=True
            )

    def delete(self, name: ItemName) -> None:
        with self._speaking(f"delete '{name}'"):
            self._find(name).delete()

    def names(self) -> list[ItemName]:
        """Read the names from the secrets, the only place that has them."""
        with self._speaking("list its items"):
            return [
                read_envelope(Secret(secret), of="an item of pyvault in the Secret Service")[0]
                for secret in self._secrets()
            ]

    def lock(self) -> None:
        """Lock the collection; opening the backend anew may prompt for it."""
        with self._speaking("lock the collection"):
            self._collection.lock()

    def locked(self) -> bool:
        """Ask the service."""
        with self._speaking("look at the collection"):
            return self._collection.is_locked()

    def describe(self) -> dict[str, str]:
        """Name the collection."""
        with self._speaking("describe the collection"):
            return {"collection": self._collection.get_label(), "locked": str(self._collection.is_locked()).lower()}

    def close(self) -> None:
        """Leave the bus."""
        with self._guard:
            if self._connection is not None and not self._inherited:
                self._connection.close()
            self._connection, self._inherited = None, False

    def _find(self, name: ItemName) -> Item:
        for item in self._collection.search_items(_attributes(name)):
            return item
        raise ItemNotFoundError(f"there is no item '{name}'")

    def _secrets(self) -> Iterator[bytes]:
        from secretstorage import ItemNotFoundException

        for item in self._collection.search_items(APPLICATION):
            try:
                yield item.get_secret()
            except ItemNotFoundException:
                continue  # deleted by another process since the search

    @holding
    def _speaking(self, doing: str) -> Generator[None]:
        from pyvault_backends._session_bus import bus_errors

        with self._guard:
            if self._inherited:
                self._connection, self._collection = self._connect(self._options)
                self._inherited = False
            with bus_errors(doing):
                yield


def _attributes(name: ItemName) -> dict[str, str]:
    # Never anything that changes: replacing matches on all of them.
    digest = hashlib.sha256(f"pyvault/{name}".encode()).hexdigest()
    return {**APPLICATION, "item": digest}


def _no_bus_hint() -> str:
    return f"log in to a desktop, or use {argument('backend', 'file')}"
