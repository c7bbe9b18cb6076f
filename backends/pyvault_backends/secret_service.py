"""Keep items in the desktop's Secret Service: gnome-keyring, KeePassXC, KDE's ksecretd.

Attributes are stored readably by some services (gnome-keyring keeps their MD5
in the clear), so the name is in them as a hash only, and in clear inside the
encrypted secret. The ``session`` collection is never used: it ends with the
login.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import threading
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.envelope import open_envelope, read_envelope, seal_envelope
from pyvault.errors import (
    BackendError,
    BackendLockedError,
    BackendUnavailableError,
    ItemNotFoundError,
    UserCancelledError,
)
from pyvault.options import check_options, seconds_option
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from secretstorage import Collection, Item

    from pyvault.names import ItemName
    from pyvault_backends._session_bus import TimedConnection

NAME = "secret-service"
KNOWN = frozenset({"collection", "timeout", "prompt_timeout"})
CALL_LIMIT = 10.0  # seconds; a call takes milliseconds
PROMPT_LIMIT = 120.0  # seconds for a human to find the window and type
APPLICATION = {"application": "pyvault"}
NO_BUS = Availability(
    available=False,
    reason="there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)",
    hint="log in to a desktop, or use --backend file",
)


class SecretServiceBackend:
    """One collection of the Secret Service.

    Options:
        collection: the label of another collection than the default one; it is
            made, with a prompt, when it is missing.
        timeout, prompt_timeout: seconds.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, connection: TimedConnection, collection: Collection) -> None:
        self._connection: TimedConnection | None = connection
        self._collection = collection
        self._guard = threading.RLock()  # a connection is not for several threads

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the collection; the service may show a prompt of its own to unlock or make it."""
        del ask
        seen = cls.probe(options)
        address = _bus_address()
        if not seen.available or address is None:
            raise BackendUnavailableError(seen.reason or "it does not work here", hint=seen.hint)
        from pyvault_backends._session_bus import TimedConnection, bus_errors

        with bus_errors("open the collection"):
            connection = TimedConnection(
                address,
                limit=seconds_option(NAME, options, "timeout", CALL_LIMIT),
                prompt_limit=seconds_option(NAME, options, "prompt_timeout", PROMPT_LIMIT),
            )
            try:
                return cls(connection, _open_collection(connection, options.get("collection")))
            except BaseException:
                connection.close()
                raise

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Say whether there is a session bus, and the library; speaks with neither."""
        check_options(NAME, options, known=KNOWN)
        if sys.platform in {"win32", "darwin"}:
            return Availability(available=False, reason="it is a service of Linux desktops")
        address = _bus_address()
        if address is None:
            return NO_BUS
        if find_spec("secretstorage") is None:
            return Availability(
                available=False,
                reason="the library 'SecretStorage' is not installed",
                hint="install pyvault-aws[secret-service]",
            )
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(address)
        except OSError as exc:
            reason = f"nobody answers at the session bus: {exc.strerror or type(exc).__name__}"
            return Availability(available=False, reason=reason, hint=NO_BUS.hint)
        return Availability(available=True)

    @classmethod
    def examine(cls, options: Options) -> Availability:
        """Say whether the collection can be used: speaks with the service, shows no prompt."""
        seen = cls.probe(options)
        address = _bus_address()
        if not seen.available or address is None:
            return seen
        from pyvault_backends._session_bus import TimedConnection, bus_errors

        try:
            with bus_errors("look for the collection"):
                connection = TimedConnection(address, limit=1, prompt_limit=1)
                try:
                    found = _find_collection(connection, options.get("collection"))
                    if found.is_locked() and not _is_desktop():
                        return Availability(
                            available=False,
                            reason="its collection is locked, and there is no desktop to unlock it",
                            hint="unlock it first, or use --backend file",
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
        """Remove the item."""
        with self._speaking(f"delete '{name}'"):
            self._find(name).delete()

    def names(self) -> list[ItemName]:
        """Read the names out of the secrets; that is where they stand."""
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
            if self._connection is not None:
                self._connection.close()
                self._connection = None

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

    @contextmanager
    def _speaking(self, doing: str) -> Generator[None]:
        from pyvault_backends._session_bus import bus_errors

        with self._guard, bus_errors(doing):
            yield


def _attributes(name: ItemName) -> dict[str, str]:
    # Never anything that changes: replacing matches on all of them.
    digest = hashlib.sha256(f"pyvault/{name}".encode()).hexdigest()
    return {**APPLICATION, "item": digest}


def _bus_address() -> str | None:
    """Give the socket of the session bus, as ``connect`` takes it; None if there is none."""
    for entry in os.environ.get("DBUS_SESSION_BUS_ADDRESS", "").split(";"):
        transport, _, pairs = entry.partition(":")
        keys = {key: value for key, _, value in (pair.partition("=") for pair in pairs.split(","))}
        if transport == "unix" and "path" in keys:
            return keys["path"]
        if transport == "unix" and "abstract" in keys:
            return f"\0{keys['abstract']}"
    # systemd starts one per user and sets no variable in an SSH session.
    usual = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "bus")
    return str(usual) if usual.is_socket() else None


def _is_desktop() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _find_collection(connection: TimedConnection, label: str | None) -> Collection:
    """Give the collection without making one; raises secretstorage's ItemNotFoundException."""
    from secretstorage import Collection, ItemNotFoundException, get_all_collections

    if label is None:
        return Collection(connection)
    for collection in get_all_collections(connection):
        if collection.get_label() == label:
            return collection
    raise ItemNotFoundException


def _open_collection(connection: TimedConnection, label: str | None) -> Collection:
    from secretstorage import ItemNotFoundException, PromptDismissedException, create_collection
    from secretstorage.util import open_session

    session = open_session(connection)
    try:
        collection = _find_collection(connection, label)
    except ItemNotFoundException:
        try:
            collection = create_collection(connection, label or "Default", "" if label else "default", session)
        except PromptDismissedException:
            raise _not_unlocked("there is no collection, and its making was dismissed") from None
    collection.session = session
    # True means dismissed; without a desktop that is what the service says at once.
    if collection.is_locked() and collection.unlock(timeout=connection.prompt_limit):
        raise _not_unlocked("the collection of the Secret Service is locked")
    return collection


def _not_unlocked(message: str) -> UserCancelledError | BackendLockedError:
    from pyvault_backends._session_bus import UNLOCK_HINT

    if _is_desktop():
        return UserCancelledError(f"{message}: the prompt was dismissed")
    return BackendLockedError(f"{message}, and there is no desktop to ask at", hint=UNLOCK_HINT)
