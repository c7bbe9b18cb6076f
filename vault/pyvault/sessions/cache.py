"""The session cache: temporary credentials and SSO tokens in a vault file of their own."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Protocol, TypeVar

from pyvault import clock as real_clock
from pyvault.errors import ItemNotFoundError, VaultNotFoundError, WriteFailedError
from pyvault.names import ItemName, Kind
from pyvault.record import Record
from pyvault.sessions.session_codec import decode_session, encode_session
from pyvault.sessions.session_handle import SessionHandle
from pyvault.sessions.session_vault import SessionVault, cleared_path, session_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from pyvault.backend import Backend
    from pyvault.clock import Clock
    from pyvault.files.file_checks import FileChecks
    from pyvault.model import Credentials
    from pyvault.paths import Paths
    from pyvault.secret import Secret
    from pyvault.sessions.login_key import LoginKey
    from pyvault.vaultfile.state.entries import Entry
    from pyvault.vaultfile.vault import Vault

T = TypeVar("T")


class SessionEntry(Record):
    """What can be told of a cached session without opening it.

    Attributes:
        key: its cache key.
        profile: whose step it was made for.
        op: as in a plan: ``sts.AssumeRole``.
        root: the profile whose stored key is at its root, if one is.
        expires: aware UTC.
    """

    key: str
    profile: str
    op: str
    root: str | None
    expires: datetime | None


class SessionCache:
    """Cached sessions, and raw items beside them for SSO."""

    def __init__(
        self, file: SessionVault, clock: Clock = real_clock.now, *, note: Callable[[str], None] = lambda _: None
    ) -> None:
        """Name the file; it is opened when something is asked.

        Args:
            file: the session vault.
            clock: tells what has ended.
            note: told of a session that can't be kept.
        """
        self._note = note
        self._handle = SessionHandle(file)
        self._clock = clock

    def get(self, key: str, *, min_ttl: timedelta) -> Credentials:
        """Return a session that is good for more than *min_ttl*.

        Raises:
            ItemNotFoundError: there is none.
            BackendError: the cache can't be read; that is not "none".
        """
        credentials = self._read(ItemName(Kind.SESSION, key), decode_session)
        if not credentials.is_fresh(at=self._clock(), window=min_ttl):
            raise ItemNotFoundError("the cached session has ended")
        return credentials

    def put(self, key: str, credentials: Credentials, *, profile: str, op: str, root: str | None = None) -> None:
        """Keep a session until it expires, and drop those that have.

        Where nothing can be written, in a read-only home or on a full disk, it is good without being kept.

        Raises:
            BackendError: the key of the cache can't be had.
        """
        attributes = {"profile": profile, "op": op} | ({"root": root} if root is not None else {})
        try:
            self._put(ItemName(Kind.SESSION, key), encode_session(credentials), attributes, credentials.expires)
        except WriteFailedError as problem:
            self._note(f"the session is not kept, and the next command asks AWS again: {problem.message}")

    def entries(self) -> list[SessionEntry]:
        """List the cached sessions that have not ended, soonest end first."""
        now = self._clock()
        found = [
            SessionEntry(
                key=entry.name.name,
                profile=entry.attributes.get("profile", ""),
                op=entry.attributes.get("op", ""),
                root=entry.attributes.get("root"),
                expires=entry.expires,
            )
            for entry in self._list()
            if entry.name.kind is Kind.SESSION and (entry.expires is None or entry.expires > now)
        ]
        return sorted(found, key=lambda entry: (entry.expires is None, entry.expires, entry.key))

    def clear(self, profile: str | None = None, *, root: str | None = None) -> int:
        """Drop sessions and return how many.

        Args:
            profile: those made for its steps; None for all profiles.
            root: only those made from the stored key of this profile.
        """
        return self._drop(
            lambda entry: (
                profile in {None, entry.attributes.get("profile")} and root in {None, entry.attributes.get("root")}
            ),
            kinds=frozenset({Kind.SESSION}),
        )

    def drop(self, keys: Collection[str], *, kind: Kind = Kind.SESSION) -> int:
        """Drop the sessions with these cache keys, or the raw items with these names, and return how many."""
        return self._drop(lambda entry: entry.name.name in keys, kinds=frozenset({kind}))

    def clear_expired(self) -> int:
        """Drop everything that has ended and return how many."""
        now = self._clock()
        return self._drop(
            lambda entry: entry.expires is not None and entry.expires <= now, kinds=frozenset(Kind), for_good=False
        )

    # Raw items, for SSO tokens and client registrations

    def get_blob(self, kind: Kind, name: str) -> Secret[bytes]:
        """Return an item's bytes.

        Raises:
            ItemNotFoundError: there is none of this name.
        """
        return self._read(ItemName(kind, name), lambda data: data)

    def put_blob(self, kind: Kind, name: str, data: Secret[bytes], *, expires: datetime | None = None) -> None:
        """Keep or replace an item's bytes."""
        self._put(ItemName(kind, name), data, {}, expires)

    def delete_blob(self, kind: Kind, name: str) -> None:
        """Remove an item.

        Raises:
            ItemNotFoundError: there is none of this name.
        """
        if not self.drop({name}, kind=kind):
            raise ItemNotFoundError(f"there is no item '{ItemName(kind, name)}'")

    def blobs(self, kind: Kind) -> list[str]:
        """List the names of a kind."""
        return [entry.name.name for entry in self._list() if entry.name.kind is kind]

    def signed_in(self) -> None:
        """Note that the user has signed in: for so long a key without a vault is good."""
        self._handle.file.signed_in()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._handle.close()

    def _read(self, name: ItemName, use: Callable[[Secret[bytes]], T]) -> T:
        try:
            return self._handle.read(lambda vault: use(vault.get(name)))
        except VaultNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None

    def _list(self) -> list[Entry]:
        try:
            return self._handle.read(lambda vault: vault.entries())
        except VaultNotFoundError:
            return []

    def _put(
        self, name: ItemName, data: Secret[bytes], attributes: Mapping[str, str], expires: datetime | None
    ) -> None:
        def put(vault: Vault) -> None:
            now = self._clock()
            self._handle.file.move_under_vault(vault)
            with vault.transaction():
                for entry in vault.entries():
                    if entry.expires is not None and entry.expires <= now:
                        vault.delete(entry.name)
                vault.put(name, data, attributes=attributes, expires=expires)

        self._handle.write(put)

    def _drop(self, ends: Callable[[Entry], bool], *, kinds: frozenset[Kind], for_good: bool = True) -> int:
        """Delete items; *for_good*: no earlier state of the file is used again, which would have them."""

        def drop(vault: Vault) -> int:
            number = 0
            with vault.transaction():
                doomed = [entry.name for entry in vault.entries() if entry.name.kind in kinds and ends(entry)]
                for name in doomed:
                    vault.delete(name)
                if doomed and for_good:
                    number = self._handle.file.mark_cleared(vault)
            if number:
                self._handle.file.remember_cleared(number)
            return len(doomed)

        try:
            return self._handle.read(drop)
        except VaultNotFoundError:
            return 0


def open_session_vault(
    paths: Paths,
    backend_name: str,
    options: Mapping[str, str],
    backend: Backend,
    *,
    note: Callable[[str], None] = lambda _: None,
    clock: Clock = real_clock.now,
    checks: FileChecks | None = None,
    login: LoginKey | None = None,
) -> SessionCache:
    """Return the session cache that belongs to a backend; nothing is opened yet.

    Args:
        paths: the file is in their data directory.
        backend_name: as the registry calls it.
        options: which store it is.
        backend: guards the file's key.
        note: gets one line if the file had to be replaced, or a session can't be kept.
        clock: tells what has ended.
        checks: of the file and its directory, by default the ordinary ones.
        login: has the key of the file while there is no vault.
    """
    path = session_path(paths.data, backend_name, options)
    memory = cleared_path(paths.state, path)
    vault = SessionVault(path, backend, note=note, clock=clock, checks=checks, memory=memory, login=login)
    return SessionCache(vault, clock, note=note)


def session_files(paths: Paths) -> list[Path]:
    """Find the session files of all backends."""
    return sorted(paths.data.glob("sessions-*.pyv"))


DEFAULT_MIN_TTL = timedelta(minutes=5)  # AWS_MIN_TTL


def find_min_ttl(environ: Mapping[str, str]) -> timedelta:
    """Return the life a cached session must have left: ``AWS_MIN_TTL``, else five minutes.

    Raises:
        InvalidSettingError: it is no duration.
    """
    from pyvault.config.values import parse_duration

    text = environ.get("AWS_MIN_TTL")
    return parse_duration(text, what="AWS_MIN_TTL") if text else DEFAULT_MIN_TTL


class CacheMode(Enum):
    """How a retrieval treats sessions that are already there.

    USE takes them; REFRESH fetches every planned step again and keeps the
    result; OFF neither reads nor writes.
    """

    USE = "use"
    REFRESH = "refresh"
    OFF = "off"


class BlobStore(Protocol):
    """The part of the session vault that keeps bytes by kind and name."""

    def get_blob(self, kind: Kind, name: str) -> Secret[bytes]:
        """Return the bytes.

        Raises:
            ItemNotFoundError: there are none of this name.
        """
        ...

    def put_blob(self, kind: Kind, name: str, data: Secret[bytes], *, expires: datetime | None = None) -> None:
        """Keep or replace the bytes."""
        ...

    def delete_blob(self, kind: Kind, name: str) -> None:
        """Remove the bytes.

        Raises:
            ItemNotFoundError: there are none of this name.
        """
        ...
