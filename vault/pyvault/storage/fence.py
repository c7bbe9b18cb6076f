"""A fence around a driver: what gets out is of the contract, or an error that names who broke it.

A little longer than most files: each member of each protocol is a few lines, and only together they are the fence.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeGuard, cast

from pyvault.backend import API_VERSION, Availability
from pyvault.errors import BackendError, PyvaultError, UserCancelledError
from pyvault.names import ItemName, Kind, LaterKind
from pyvault.secret import Secret
from pyvault.thread_locks import holding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping
    from contextlib import AbstractContextManager

    from pyvault.backend import Ask, Backend, Options

METHODS = ("get", "put", "delete", "names", "close")


def fence(driver: object, who: str) -> Backend:
    """Return *driver* behind a fence that can do what it can, and no more.

    Args:
        driver: what ``open`` of somebody's class gave.
        who: whose it is, for errors: ``the backend 'acme' of 'acme-vault' 1.0``.

    Raises:
        BackendError: it is no backend.
    """
    if missing := [method for method in METHODS if not callable(getattr(type(driver), method, None))]:
        raise _broken(who, f"opened an object without {', '.join(missing)}")
    can = {name: member for name, member in OPTIONAL.items() if hasattr(type(driver), name)}
    from pyvault.storage.patience import Patient

    fenced: Fence = type("FencedBackend", (Fence,), can)(Patient(driver), who)
    return fenced


def checked_availability(seen: object, who: str) -> Availability:
    """Return what a probe gave, if it is an answer.

    Raises:
        BackendError: it isn't.
    """
    if isinstance(seen, Availability):
        fields: list[Any] = [seen.available, seen.reason, seen.hint]
        if isinstance(fields[0], bool) and all(isinstance(field, str | None) for field in fields[1:]):
            return seen
    raise _broken(who, f"returned {_kind(seen)} instead of an Availability")


class Fence:
    """The five methods of every driver; :data:`OPTIONAL` has what some can do beyond them."""

    API_VERSION: ClassVar[int] = API_VERSION

    def __init__(self, driver: Any, who: str) -> None:
        self.driver = driver
        self.who = who

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Refuse: a fence is made around what is open."""
        del options, ask
        raise TypeError("a fence is made around an open backend")

    def get(self, name: ItemName) -> Secret[bytes]:
        """Return the item's bytes."""
        with self.doing(f"read '{name}'"):
            data = self.driver.get(name)
        if not _is_secret_bytes(data):
            raise _broken(self.who, f"returned {_kind(data)} instead of secret bytes for '{name}'")
        return data

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Store or replace the item."""
        with self.doing(f"write '{name}'"):
            self.driver.put(name, data)

    def delete(self, name: ItemName) -> None:
        """Remove the item."""
        with self.doing(f"delete '{name}'"):
            self.driver.delete(name)

    def names(self) -> list[ItemName]:
        """List the items."""
        with self.doing("list its items"):
            listed = self.driver.names()
        if not _is_list_of_names(listed):
            raise _broken(self.who, f"returned {_kind_of_list(listed)} instead of a list of item names")
        return listed

    def close(self) -> None:
        """Let go of everything."""
        with self.doing("close"):
            self.driver.close()

    @contextmanager
    def doing(self, attempt: str) -> Generator[None]:
        """Name the owner in whatever comes out of the driver meanwhile."""
        with contract_errors(attempt, who=self.who):
            yield


def _put_with(self: Fence, name: ItemName, data: Secret[bytes], attributes: Mapping[str, str]) -> None:
    with self.doing(f"write '{name}'"):
        self.driver.put_with(name, data, attributes)


def _attributes(self: Fence, name: ItemName) -> Mapping[str, str]:
    with self.doing(f"read the attributes of '{name}'"):
        given = dict(self.driver.attributes(name))
    return _texts(given, self.who)


def _get_versioned(self: Fence, name: ItemName) -> tuple[Secret[bytes], str]:
    with self.doing(f"read '{name}'"):
        given: object = self.driver.get_versioned(name)
    data, version = _pair(given)
    if not _is_secret_bytes(data):
        raise _broken(self.who, f"returned {_kind(given)} instead of secret bytes and a version for '{name}'")
    return data, _version(self, version)


def _pair(value: object) -> tuple[object, object]:
    found = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def _put_if(self: Fence, name: ItemName, data: Secret[bytes], version: str) -> str:
    with self.doing(f"write '{name}'"):
        given = self.driver.put_if(name, data, version)
    return _version(self, given)


def _create(self: Fence, name: ItemName, data: Secret[bytes]) -> str:
    with self.doing(f"write '{name}'"):
        given = self.driver.create(name, data)
    return _version(self, given)


def _version(self: Fence, given: object) -> str:
    if not isinstance(given, str):
        raise _broken(self.who, f"returned {_kind(given)} instead of a version")
    return given


def _describe(self: Fence) -> dict[str, str]:
    with self.doing("describe itself"):
        given = dict(self.driver.describe())
    return _texts(given, self.who)


def _lock(self: Fence) -> None:
    with self.doing("lock"):
        self.driver.lock()


def _locked(self: Fence) -> bool:
    with self.doing("say whether it is locked"):
        return bool(self.driver.locked())


def _on_warning(self: Fence, listener: Callable[[str], None]) -> None:
    with self.doing("take a listener"):
        self.driver.on_warning(listener)


def _transaction(self: Fence) -> AbstractContextManager[None]:
    return changing(self.driver, who=self.who)


def _child_key(self: Fence, child_id: bytes) -> Secret[bytes]:
    with self.doing("derive a key"):
        key = self.driver.child_key(child_id)
    if not _is_secret_bytes(key):
        raise _broken(self.who, f"returned {_kind(key)} instead of a key")
    return key


def _vault_id(self: Fence) -> bytes:
    with self.doing("say its id"):
        return bytes(self.driver.vault_id)


def _key_epoch(self: Fence) -> int:
    with self.doing("say its epoch"):
        return int(self.driver.key_epoch)


#: The members of the optional protocols, see :mod:`pyvault.backend`.
OPTIONAL: Mapping[str, object] = {
    "put_with": _put_with,
    "attributes": _attributes,
    "get_versioned": _get_versioned,
    "put_if": _put_if,
    "create": _create,
    "describe": _describe,
    "lock": _lock,
    "locked": _locked,
    "on_warning": _on_warning,
    "transaction": _transaction,
    "child_key": _child_key,
    "vault_id": property(_vault_id),
    "key_epoch": property(_key_epoch),
}


def _is_secret_bytes(value: object) -> TypeGuard[Secret[bytes]]:
    return isinstance(value, Secret) and isinstance(value.reveal(), bytes)  # pyright: ignore[reportUnknownMemberType]  # any driver's


def _is_list_of_names(value: object) -> TypeGuard[list[ItemName]]:
    return isinstance(value, list) and all(_is_name(name) for name in cast("list[object]", value))


def _is_name(value: object) -> bool:
    if not isinstance(value, ItemName):
        return False
    kind, name = cast("tuple[object, object]", value)
    # A kind that is a plain text equals ours, and is not found where kinds are told apart.
    return isinstance(kind, Kind | LaterKind) and isinstance(name, str)


def _texts(given: dict[Any, Any], who: str) -> dict[str, str]:
    if all(isinstance(key, str) and isinstance(value, str) for key, value in given.items()):
        return given
    raise _broken(who, "returned something other than strings")


def _kind(value: object) -> str:
    if isinstance(value, Secret):
        return f"a secret {type(value.reveal()).__name__}"  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # any driver's
    return type(value).__name__


def _kind_of_list(value: object) -> str:
    if not isinstance(value, list):
        return _kind(value)
    odd: object = next(each for each in cast("list[object]", value) if not _is_name(each))
    return (
        "a list with an ItemName that no name_in_store made"
        if isinstance(odd, ItemName)
        else f"a list with {_kind(odd)}"
    )


def _broken(who: str, what: str) -> BackendError:
    return BackendError(f"{who} {what}", hint="report it to its author")


@contextmanager
def contract_errors(
    attempt: str, *, who: str = "the backend", passing: Collection[BaseException] = ()
) -> Generator[None]:
    """Turn whatever a driver raises into a BackendError, and let pass what comes from elsewhere.

    Args:
        attempt: what was tried, for the message: ``read 'credential/prod'``.
        who: whose driver it is, for the message.
        passing: what the caller itself has raised into the driver.

    Raises:
        BackendError: for every exception of the driver that is not ours. Ctrl-C passes, and what the program
            raised in the middle of the call: see :mod:`pyvault.interruptions`.
    """
    handled = sys.exception()
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit, UserCancelledError):
        raise
    except BaseException as exc:
        if any(exc is known for known in passing):
            raise
        from pyvault.interruptions import find_interruption

        interruption = find_interruption(exc, handled=handled)
        if interruption is exc or (interruption is None and isinstance(exc, PyvaultError)):
            raise
        if interruption is not None:  # the driver, or a library below it, made another exception of it
            raise interruption from None
        raise BackendError(f"{who} failed to {attempt}: {type(exc).__name__}") from None


@holding
def changing(driver: Any, *, who: str = "the backend") -> Generator[None]:
    """Make the changes inside one change of a driver that can; what the block raises passes."""
    raised: list[BaseException] = []
    with contract_errors("write", who=who, passing=raised), driver.transaction():
        try:
            yield
        except BaseException as exc:
            raised.append(exc)
            raise
