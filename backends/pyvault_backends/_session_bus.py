"""The session bus with a time limit on everything: a daemon that hangs must not hang us.

Imports D-Bus libraries, so it is imported only when a driver speaks.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# jeepney has no types.

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jeepney import DBusErrorResponse, Message
from jeepney.io.blocking import DBusConnection, prep_socket
from secretstorage import (
    Collection,
    ItemNotFoundException,
    LockedException,
    PromptDismissedException,
    SecretServiceNotAvailableException,
    create_collection,
    get_all_collections,
)
from secretstorage.util import add_match_rules, open_session

from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ItemNotFoundError,
    UserCancelledError,
)
from pyvault.surface import argument
from pyvault_backends._desktop import CALL_LIMIT, PROMPT_LIMIT, bus_address, is_desktop, no_bus_reason

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Generator


class TimedConnection(DBusConnection):  # type: ignore[misc]  # jeepney has no types
    """A connection whose calls end, and whose prompts do.

    jeepney's calls wait for ever unless each has a time limit, and secretstorage
    sets none.
    """

    def __init__(self, address: str, *, limit: float, prompt_limit: float) -> None:
        """Connect and say hello.

        Args:
            address: of the socket, as ``connect`` takes it.
            limit: seconds for one call.
            prompt_limit: seconds for a human at a prompt.
        """
        self.limit = limit
        self.prompt_limit = prompt_limit
        channel = prep_socket(address, timeout=limit)
        try:
            super().__init__(channel)  # waits for the answer to its hello
            add_match_rules(self)
        except BaseException:
            channel.close()
            raise

    def send_and_get_reply(self, message: Message, *, timeout: float | None = None) -> Message:
        """Wait for the reply, within the limit."""
        return super().send_and_get_reply(message, timeout=self.limit if timeout is None else timeout)

    def recv_until_filtered(self, queue: deque[Any], *, timeout: float | None = None) -> Message:
        """Wait for the end of a prompt, within its limit."""
        return super().recv_until_filtered(queue, timeout=self.prompt_limit if timeout is None else timeout)


@contextmanager
def bus_errors(doing: str) -> Generator[None]:
    """Turn what D-Bus, the library and the daemon raise into errors of the contract.

    Args:
        doing: for the message, e.g. ``read 'credential/prod'``.
    """
    try:
        yield
    except PromptDismissedException:  # first: it is a kind of ItemNotFoundException, and no absence
        raise UserCancelledError("the prompt of the Secret Service was dismissed") from None
    except ItemNotFoundException:
        raise ItemNotFoundError(f"can't {doing}: there is no such item") from None
    except LockedException:
        raise BackendLockedError("the collection of the Secret Service is locked", hint=_unlock_hint()) from None
    except SecretServiceNotAvailableException:
        raise BackendUnavailableError("no Secret Service answers on the session bus", hint=_no_service_hint()) from None
    except TimeoutError:  # an OSError too, so before it
        raise BackendTimeoutError(f"the Secret Service gave no answer to '{doing}' in time") from None
    except DBusErrorResponse as exc:
        raise _named(exc.name, doing) from None
    except (OSError, ValueError) as exc:  # FileNotFoundError of a stale socket; ValueError of an odd address
        raise BackendUnavailableError(
            f"the session bus can't be reached: {type(exc).__name__}", hint=_no_service_hint()
        ) from None


def _named(name: str, doing: str) -> BackendError:
    """Read the name of a D-Bus error; its text may quote anything and is left out."""
    match name.rpartition(".")[2]:
        case "IsLocked":
            return BackendLockedError("the collection of the Secret Service is locked", hint=_unlock_hint())
        case "AccessDenied":
            return AccessDeniedError(f"the Secret Service refused to {doing}")
        case "NoReply" | "Timeout" | "TimedOut":
            return BackendTimeoutError(f"the Secret Service gave no answer to '{doing}' in time")
        case "ServiceUnknown" | "NameHasNoOwner" | "Disconnected":
            return BackendUnavailableError("no Secret Service answers on the session bus", hint=_no_service_hint())
        case _:
            return BackendError(f"the Secret Service failed to {doing}: {name}")


def find_collection(connection: TimedConnection, label: str | None) -> Collection:
    """Return the default collection or one with a label, without making it; raises ItemNotFoundException."""
    if label is None:
        return Collection(connection)
    for collection in get_all_collections(connection):
        if collection.get_label() == label:
            return collection
    raise ItemNotFoundException


def open_collection(connection: TimedConnection, label: str | None) -> Collection:
    """Return the collection, unlocked; the service may prompt to unlock or to make it."""
    session = open_session(connection)
    try:
        collection = find_collection(connection, label)
    except ItemNotFoundException:
        try:
            collection = create_collection(connection, label or "Default", "" if label else "default", session)
        except PromptDismissedException:
            raise _not_unlocked("there is no collection, and its making was dismissed") from None
    collection.session = session
    _unlock(connection, collection)
    return collection


def existing_collection(label: str) -> tuple[TimedConnection, Collection]:
    """Return an existing collection, unlocked, and the connection to close.

    Raises:
        BackendUnavailableError: no bus, no service, or no such collection.
    """
    address = bus_address()
    if address is None:
        reason, hint = no_bus_reason()
        raise BackendUnavailableError(reason, hint=hint or _no_service_hint())
    with bus_errors("find the collection"):
        connection = TimedConnection(address, limit=CALL_LIMIT, prompt_limit=PROMPT_LIMIT)
        try:
            collection = find_collection(connection, label)
            collection.session = open_session(connection)
            _unlock(connection, collection)
        except ItemNotFoundException:
            connection.close()
            raise BackendUnavailableError(f"the Secret Service has no collection '{label}'") from None
        except BaseException:
            connection.close()
            raise
    return connection, collection


def _unlock(connection: TimedConnection, collection: Collection) -> None:
    # True means dismissed; without a desktop that is what the service says at once.
    if collection.is_locked() and collection.unlock(timeout=connection.prompt_limit):
        raise _not_unlocked("the collection of the Secret Service is locked")


def _not_unlocked(message: str) -> UserCancelledError | BackendLockedError:
    if is_desktop():
        return UserCancelledError(f"{message}: the prompt was dismissed")
    return BackendLockedError(f"{message}, and there is no desktop to ask at", hint=_unlock_hint())


def _unlock_hint() -> str:
    return f"unlock the keyring of your desktop, or use {argument('backend', 'file')}"


def _no_service_hint() -> str:
    file = argument("backend", "file")
    return f"log in to a desktop, start a Secret Service such as gnome-keyring, or use {file}"
