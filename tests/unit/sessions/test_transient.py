"""Sessions in memory: found, listed and dropped as those of the file are, and never on a disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pyvault.errors import BackendLockedError, ItemNotFoundError
from pyvault.model import Credentials
from pyvault.names import Kind
from pyvault.secret import Secret
from pyvault.sessions.transient import TransientSessions
from pyvault_backends.memory import MemoryBackend

NOW = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEYS = [f"{number:064}" for number in range(4)]


def credentials(lasts: timedelta = HOUR) -> Credentials:
    return Credentials(
        access_key_id="ASIAEXAMPLEEXAMPLE00",
        secret_access_key=Secret("planted-secret"),
        session_token=Secret("planted-token"),
        expires=NOW + lasts,
    )


class Time:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sessions(time: Time) -> TransientSessions:
    return TransientSessions(MemoryBackend(), name=None, clock=time)


def test_a_session_is_found_while_it_is_fresh(sessions: TransientSessions) -> None:
    sessions.put(KEYS[0], credentials(), profile="p", op="x")
    assert sessions.get(KEYS[0], min_ttl=HOUR / 2) == credentials()
    for key, least in ((KEYS[0], HOUR), (KEYS[1], HOUR / 2)):
        with pytest.raises(ItemNotFoundError):
            sessions.get(key, min_ttl=least)


def test_they_are_listed_soonest_first_and_cleared_by_profile_and_by_root(sessions: TransientSessions) -> None:
    rows = [("a", "base", 3), ("b", "base", 2), ("b", None, 1), ("c", None, 4)]
    for key, (profile, root, hours) in zip(KEYS, rows, strict=True):
        sessions.put(key, credentials(hours * HOUR), profile=profile, op="x", root=root)
    sessions.put_blob(Kind.SSO_TOKEN, "portal", Secret(b"t"))
    assert [entry.key for entry in sessions.entries()] == [KEYS[2], KEYS[1], KEYS[0], KEYS[3]]
    assert "planted" not in repr(sessions.entries())
    assert (sessions.clear("a"), sessions.clear(root="base"), sessions.clear(), sessions.clear()) == (1, 1, 2, 0)
    assert sessions.blobs(Kind.SSO_TOKEN) == ["portal"]


def test_what_has_ended_goes_with_the_next_one(sessions: TransientSessions, time: Time) -> None:
    sessions.put(KEYS[0], credentials(), profile="p", op="x")
    time.now += 2 * HOUR
    sessions.put(KEYS[1], credentials(9 * HOUR), profile="p", op="x")
    time.now = NOW
    assert [entry.key for entry in sessions.entries()] == [KEYS[1]]


def test_blobs_come_and_go(sessions: TransientSessions) -> None:
    sessions.put_blob(Kind.SSO_CLIENT, "portal", Secret(b"client"))
    assert sessions.get_blob(Kind.SSO_CLIENT, "portal") == Secret(b"client")
    sessions.delete_blob(Kind.SSO_CLIENT, "portal")
    with pytest.raises(ItemNotFoundError):
        sessions.delete_blob(Kind.SSO_CLIENT, "portal")


def test_while_the_store_is_locked_nobody_reads_them(time: Time) -> None:
    backend = MemoryBackend()
    sessions = TransientSessions(backend, name=None, clock=time)
    sessions.put(KEYS[0], credentials(), profile="p", op="x")
    backend.lock()
    with pytest.raises(BackendLockedError):
        sessions.get(KEYS[0], min_ttl=HOUR / 2)


def test_handles_of_one_name_share_them_and_others_do_not(time: Time) -> None:
    one, same, other = (
        TransientSessions(MemoryBackend(), name=name, clock=time) for name in ("shared", "shared", None)
    )
    one.put(KEYS[0], credentials(), profile="p", op="x")
    assert same.get(KEYS[0], min_ttl=HOUR / 2) == credentials()
    assert other.entries() == []
